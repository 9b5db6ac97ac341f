"""The runtime: a plan becomes a program, and a program with a journal becomes a run.

LangGraph is imported by the first plan whose spine branches, not by this front door: publishing asks it only what is
``unsupported``, and a runner starts sooner.
"""

from engine.runtime.execution import End, Execution, Invocation
from engine.runtime.program import Program, Programs, compile_plan
from engine.runtime.state import Models, World
from engine.runtime.support import unsupported
from engine.runtime.trial import Trial

__all__ = [
    "End",
    "Execution",
    "Invocation",
    "Models",
    "Program",
    "Programs",
    "Trial",
    "World",
    "compile_plan",
    "unsupported",
]
