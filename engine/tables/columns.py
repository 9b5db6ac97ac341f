"""Column kinds that the tables share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import DateTime, FetchedValue, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field

_JSONB: Any = JSONB(none_as_null=True)
_MOMENT: Any = DateTime(timezone=True)
_TEXTS: Any = ARRAY(Text)


def json() -> Any:
    """A ``jsonb`` column that is always given."""
    return Field(sa_type=_JSONB, nullable=False)


def json_or_null() -> Any:
    """A ``jsonb`` column; Python's None is SQL's NULL, never JSON's null."""
    return Field(default=None, sa_type=_JSONB, nullable=True)


def texts() -> Any:
    """A ``text[]`` column, empty unless given."""
    return Field(default_factory=list, sa_type=_TEXTS)


def moment() -> Any:
    """A ``timestamptz`` that may be empty."""
    return Field(default=None, sa_type=_MOMENT, nullable=True)


def stamped() -> Any:
    """A ``timestamptz`` that the database's clock fills in at insert: time belongs to the database."""
    filled_in = {"server_default": FetchedValue()}
    return Field(default=None, sa_type=_MOMENT, nullable=False, sa_column_kwargs=filled_in)
