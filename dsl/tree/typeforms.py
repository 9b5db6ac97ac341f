"""Types as they are written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from dsl.tree.span import Span


@dataclass(frozen=True, slots=True)
class NamedType:
    name: str
    span: Span


@dataclass(frozen=True, slots=True)
class LiteralType:
    value: str
    span: Span


@dataclass(frozen=True, slots=True)
class ListType:
    item: Type
    span: Span


@dataclass(frozen=True, slots=True)
class OptionalType:
    item: Type
    span: Span


@dataclass(frozen=True, slots=True)
class UnionType:
    members: tuple[Type, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class GenericType:
    """``map<int>``."""

    name: str
    item: Type
    span: Span


@dataclass(frozen=True, slots=True)
class ObjectType:
    fields: tuple[tuple[str, Type], ...]
    span: Span


Type: TypeAlias = NamedType | LiteralType | ListType | OptionalType | UnionType | GenericType | ObjectType
