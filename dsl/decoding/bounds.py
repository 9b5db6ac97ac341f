"""How far a decoder may go."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bounds:
    """``steps``, ``values`` and ``types`` say how often a step, an expression or a type may stand inside another one;
    ``holes`` the same inside a ``${...}``. ``statements`` and ``items`` are the longest lists of steps and of anything
    else.

    With the default values no program gets as deep as the parser's own limit.
    """

    steps: int = 4
    values: int = 2
    types: int = 2
    holes: int = 1
    statements: int = 30
    items: int = 12


CHAINS = {"or_": 3, "and_": 3, "rel": 1, "add": 3, "mul": 2, "unary": 2, "postfix": 4, "type_post": 2}
"""How often a rule may go on with itself: ``a + b + c + d`` is ``add`` three times."""
