"""A model server that follows a script: OpenAI's and Anthropic's protocols over real HTTP on loopback, for tests and
demonstrations.

It answers the n-th request with the n-th line of its script, or with what a function of the request says, keeps what it
was asked, and can be told what it is able to. ``python -m studio.designer.scripted ANSWER.txt ...`` serves files.
"""

from __future__ import annotations

from studio.designer.scripted.lines import (
    BreakOff,
    CutOff,
    Garbage,
    Line,
    Power,
    Request,
    Say,
    Silence,
    Stall,
    Status,
    Trouble,
    Use,
    Verbatim,
)
from studio.designer.scripted.powers import grammar_of, wanted
from studio.designer.scripted.server import Script, ScriptedModel

__all__ = [
    "BreakOff",
    "CutOff",
    "Garbage",
    "Line",
    "Power",
    "Request",
    "Say",
    "Script",
    "ScriptedModel",
    "Silence",
    "Stall",
    "Status",
    "Trouble",
    "Use",
    "Verbatim",
    "grammar_of",
    "wanted",
]
