"""Expressions: CEL without message literals, with durations and templates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from dsl.tree.span import Span


@dataclass(frozen=True, slots=True)
class Constant:
    """A string without holes, a number, ``true``, ``false`` or ``null``."""

    value: str | int | float | bool | None
    span: Span


@dataclass(frozen=True, slots=True)
class Duration:
    """``24h``, ``1m30s``: a length of time in milliseconds."""

    ms: int
    span: Span


@dataclass(frozen=True, slots=True)
class Template:
    """A string with ``${...}`` holes. ``parts`` alternates plain text and expressions, in order.

    ``prompt`` is true for the triple-quoted form, whose common indentation is already removed from ``parts``.
    """

    parts: tuple[str | Expr, ...]
    prompt: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Name:
    id: str
    span: Span


@dataclass(frozen=True, slots=True)
class Member:
    """``target.name``, or ``target.?name`` where ``optional``."""

    target: Expr
    name: str
    optional: bool
    span: Span


@dataclass(frozen=True, slots=True)
class Index:
    target: Expr
    index: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class FunctionCall:
    function: str
    args: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class MethodCall:
    target: Expr
    method: str
    args: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Unary:
    op: Literal["!", "-"]
    operand: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Binary:
    op: Literal["||", "&&", "<", "<=", ">", ">=", "==", "!=", "in", "+", "-", "*", "/", "%"]
    left: Expr
    right: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class Conditional:
    test: Expr
    then: Expr
    other: Expr
    span: Span


@dataclass(frozen=True, slots=True)
class ListOf:
    items: tuple[Expr, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class MapOf:
    """A map literal; a bare or quoted key is a :class:`Constant` string, ``(expr): value`` any expression."""

    entries: tuple[tuple[Expr, Expr], ...]
    span: Span


Expr: TypeAlias = (
    Constant
    | Duration
    | Template
    | Name
    | Member
    | Index
    | FunctionCall
    | MethodCall
    | Unary
    | Binary
    | Conditional
    | ListOf
    | MapOf
)
