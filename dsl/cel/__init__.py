"""Expressions: from the tree to CEL, and from CEL to plain JSON values.

``lower`` turns an expression of the tree into one of the plan, ``evaluate`` computes it. Only ``runtime`` knows the
library that does the work.
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
