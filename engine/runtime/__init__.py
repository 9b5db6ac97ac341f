"""The runtime: a plan becomes a program (a LangGraph graph), and a program with a journal becomes a run.

``unsupported`` is what publishing asks; it must not pay for LangGraph, so the rest is imported when it is asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from engine.runtime.support import unsupported

if TYPE_CHECKING:
    from engine.runtime.execution import End, Execution, Invocation
    from engine.runtime.program import Program, Programs, compile_plan
    from engine.runtime.state import Models, World

_WHERE = {
    "End": "execution",
    "Execution": "execution",
    "Invocation": "execution",
    "Models": "state",
    "Program": "program",
    "Programs": "program",
    "World": "state",
    "compile_plan": "program",
}

__all__ = [
    "End",
    "Execution",
    "Invocation",
    "Models",
    "Program",
    "Programs",
    "World",
    "compile_plan",
    "unsupported",
]


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(import_module(f"engine.runtime.{_WHERE[name]}"), name)
    raise AttributeError(f"engine.runtime has no {name!r}")
