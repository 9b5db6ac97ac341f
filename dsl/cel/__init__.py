"""Expressions: from the tree to CEL, and from CEL to plain JSON values.

``lower`` turns an expression of the tree into one of the plan, ``evaluate`` computes it. Before that, ``shadow``
writes it down as kinds only, and ``typing`` has it checked against the ``shapes`` of what it reads; ``clashes`` puts
what is refused in words. Only ``runtime`` and ``typing`` know the library that does the work.
"""

from __future__ import annotations

from dsl.cel.errors import ExpressionError
from dsl.cel.functions import FUNCTIONS, METHODS
from dsl.cel.printing import show_duration, show_value
from dsl.cel.runtime import evaluate, problem_of, truth
from dsl.cel.source import free_names, lower, show_expression

__all__ = [
    "FUNCTIONS",
    "METHODS",
    "ExpressionError",
    "evaluate",
    "free_names",
    "lower",
    "problem_of",
    "show_duration",
    "show_expression",
    "show_value",
    "truth",
]
