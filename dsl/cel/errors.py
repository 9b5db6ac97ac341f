"""The one error of an expression."""

from __future__ import annotations


class ExpressionError(ValueError):
    """An expression could not be computed. ``message`` is for people and holds no values, only names and kinds."""

    code = "expression"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message
