"""Expressions of a plan, bound once a version into functions of a scope.

Constants and plain paths (``order.customer.email``) are most of what workflows say; they are read straight from the
scope. Whatever else, and every path that does not lead anywhere, goes to ``dsl.evaluate``, whose message is better.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from dsl import plan as p
from dsl.cel import ExpressionError, evaluate
from dsl.plan import Expression
from engine.runtime.outcome import Failure
from engine.runtime.scope import Scope
from engine.strict import NotJson, TooLarge, check

Json: TypeAlias = Any
Bound: TypeAlias = Callable[[Scope], Json]

MOST_MADE = 50_000
"""Values in a list or an object that is put together in one expression: 5,000 objects of nine fields."""

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z_][A-Za-z0-9_]*)*")
_RESERVED = frozenset({"true", "false", "null", "in"})


def names_of(expression: Expression) -> frozenset[str]:
    """The root names an expression reads."""
    match expression:
        case p.ConstantExpr():
            return frozenset()
        case p.CelExpr(names=names):
            return frozenset(names)
        case p.TemplateExpr(parts=parts):
            return frozenset().union(*(names_of(part) for part in parts if not isinstance(part, str)))
        case p.ListExpr(items=items):
            return frozenset().union(*(names_of(item) for item in items))
        case p.MapExpr(entries=entries):
            return frozenset().union(*(names_of(key) | names_of(value) for key, value in entries))


def bind(expression: Expression) -> Bound:
    """A function of a scope. It raises ``dsl.ExpressionError``, and ``KeyError`` for a name that has no value."""
    if isinstance(expression, p.ConstantExpr):
        value = expression.value
        return lambda _: value
    general = _general(expression)
    if isinstance(expression, p.CelExpr) and _PLAIN.fullmatch(expression.source):
        root, *fields = expression.source.split(".")
        if root not in _RESERVED and root in expression.names:
            return _plain(root, fields, general)
    return general


def _general(expression: Expression) -> Bound:
    names = tuple(sorted(names_of(expression)))

    def value(scope: Scope) -> Json:
        return evaluate(expression, {name: scope.get(name) for name in names if scope.has(name)})

    def small(scope: Scope) -> Json:
        made = value(scope)
        try:
            check(made, MOST_MADE)
        except NotJson as error:
            raise ExpressionError(
                f"The value has grown too large: it holds {error}. Make less in one step."
                if isinstance(error, TooLarge)
                else f"The value cannot be kept: it holds {error}."
            ) from None
        return made

    # What CEL makes is bounded there; a list or an object of whole values is not.
    return small if isinstance(expression, p.ListExpr | p.MapExpr) else value


def _plain(root: str, fields: list[str], general: Bound) -> Bound:
    def value(scope: Scope) -> Json:
        try:
            found = scope.get(root)
            for field in fields:
                if type(found) is not dict:
                    return general(scope)
                found = found[field]
        except KeyError:
            return general(scope)
        return found

    return value


def failure(error: Exception, path: str, order: int) -> Failure:
    """An expression that has no value, as the failure of its step."""
    return Failure("expression", getattr(error, "message", None) or str(error), path, order)
