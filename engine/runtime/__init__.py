"""The runtime: a plan becomes a program (a LangGraph graph), and a program with a journal becomes a run."""

from engine.runtime.execution import End, Execution, Invocation
from engine.runtime.program import Program, Programs, compile_plan
from engine.runtime.state import World
from engine.runtime.support import unsupported

__all__ = [
    "End",
    "Execution",
    "Invocation",
    "Program",
    "Programs",
    "World",
    "compile_plan",
    "unsupported",
]
