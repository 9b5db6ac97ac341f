"""Column kinds that the tables share."""

from __future__ import annotations

from typing import Any

from sqlalchemy import DateTime, FetchedValue, Text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field


def json(*, nullable: bool = False) -> Any:
    """A ``jsonb`` column; Python's None is SQL's NULL, never JSON's null."""
    default = {"default": None} if nullable else {}
    return Field(sa_type=JSONB(none_as_null=True), nullable=nullable, **default)  # type: ignore[call-overload]


def texts() -> Any:
    """A ``text[]`` column, empty unless given."""
    return Field(default_factory=list, sa_type=ARRAY(Text))  # type: ignore[call-overload]


def moment() -> Any:
    """A ``timestamptz`` that may be empty."""
    return Field(default=None, sa_type=DateTime(timezone=True), nullable=True)  # type: ignore[call-overload]


def stamped() -> Any:
    """A ``timestamptz`` that the database's clock fills in at insert: time belongs to the database."""
    return Field(
        default=None,
        sa_type=DateTime(timezone=True),  # type: ignore[call-overload]
        nullable=False,
        sa_column_kwargs={"server_default": FetchedValue()},
    )
