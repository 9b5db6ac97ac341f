"""The header: what a workflow uses, takes, gives and is started by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from dsl.tree.expressions import Expr
from dsl.tree.span import Span
from dsl.tree.typeforms import Type


@dataclass(frozen=True, slots=True)
class Use:
    """``use alias: mcp "connector"`` or ``use alias: workflow "name"``."""

    alias: str
    source: Literal["mcp", "workflow"]
    name: str
    alias_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class TypeDecl:
    name: str
    type: Type
    doc: str
    name_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    type: Type
    default: Expr | None
    doc: str
    name_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Fields:
    """One ``input``, ``output`` or ``config`` block."""

    role: Literal["input", "output", "config"]
    fields: tuple[Field, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Secret:
    name: str
    name_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Arg:
    """One ``name: value`` of a call, an annotation or a trigger."""

    name: str
    value: Expr
    name_span: Span
    span: Span


@dataclass(frozen=True, slots=True)
class Webhook:
    """``when`` of this and of the other two: only what fits it starts a run."""

    method: str
    path: str
    verify: Expr | None
    when: Expr | None = None


@dataclass(frozen=True, slots=True)
class Schedule:
    cron: str
    timezone: str
    when: Expr | None = None


@dataclass(frozen=True, slots=True)
class EventTrigger:
    event: str
    when: Expr | None


@dataclass(frozen=True, slots=True)
class Manual:
    pass


@dataclass(frozen=True, slots=True)
class Trigger:
    name: str
    on: Webhook | Schedule | EventTrigger | Manual
    args: tuple[Arg, ...]
    doc: str
    name_span: Span
    span: Span


Head: TypeAlias = Use | TypeDecl | Fields | Secret | Trigger
