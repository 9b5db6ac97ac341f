"""Simulation: a plan walked over everything that can happen, without any effect. Pure, and always the same."""

from __future__ import annotations

from dsl.simulation.result import (
    Choice,
    Effect,
    Limits,
    Mock,
    MockAnswer,
    MockError,
    Outcome,
    Path,
    Simulation,
    Taken,
    Unreached,
)
from dsl.simulation.summary import summary
from dsl.simulation.usual import usual_results
from dsl.simulation.walking import simulate

__all__ = [
    "Choice",
    "Effect",
    "Limits",
    "Mock",
    "MockAnswer",
    "MockError",
    "Outcome",
    "Path",
    "Simulation",
    "Taken",
    "Unreached",
    "simulate",
    "summary",
    "usual_results",
]
