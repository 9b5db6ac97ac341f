"""What the inspector shows, as values: sections of fields. The browser draws them and knows nothing of workflows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

Control: TypeAlias = Literal[
    "text",  # a text, with ${...} holes
    "code",  # a name, a type or another piece of Weft that is no expression
    "number",
    "toggle",
    "select",
    "date",
    "moment",  # a date with a time
    "time",
    "duration",
    "expression",
    "chips",  # a list of plain values
    "picks",  # some of the options
    "group",  # fields of an object
    "rows",  # a list of fields
    "choice",  # one of several shapes: ``fields`` has one for each, ``value`` is the number of the shape
    "note",  # nothing to fill in: something to read
]
Mode: TypeAlias = Literal["plain", "expression"]
At: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``key`` says what it sets ("arg:amount", "expr:arms[0].test", "clause:retry.times", "id", "doc") and
    ``at`` which part of that value, from outside in.

    ``value`` (or ``values``) is what a plain control shows, ``source`` the expression as it is written; ``mode`` which
    of the two it is. ``quoted``: the options are texts. ``can``: "fx" plain or expression, "add", "drop", "up" and
    "down" for lists, "open" to show its lane on the canvas. ``default`` is what holds when it is left empty. ``sort``
    of a text: "email", "uri". ``read``: the value is an expression that can read data. ``fixed``: written along with
    the fields beside it, there is no choice.
    """

    key: str
    label: str
    value: str = ""
    control: Control = "expression"
    mode: Mode = "expression"
    at: At = ()
    source: str = ""
    values: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    options: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    quoted: bool = True
    help: str = ""
    placeholder: str = ""
    default: str = ""
    sort: str = ""
    required: bool = False
    lines: int = 1
    problem: str = ""
    can: tuple[str, ...] = ()
    adds: str = ""
    opens: str = ""
    read: bool = False
    fixed: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    fields: tuple[Field, ...]
    folded: bool = False
    key: str = ""
    help: str = ""


def walked(fields: Iterable[Field]) -> Iterator[Field]:
    """Every field with those inside of it."""
    for field in fields:
        yield field
        yield from walked(field.fields)


def found(sections: Iterable[Section], key: str, at: At, control: str = "") -> Field | None:
    """The field that sets this; where several shapes share a place, the one with this control."""
    mine = [
        field
        for section in sections
        for field in walked(section.fields)
        if field.key == key and field.at == at and field.control != "choice"
    ]
    return next((field for field in mine if field.control == control), mine[0] if mine else None)


_QUIET = Field("", "")


def shown(field: Field) -> dict[str, Any]:
    """A field as JSON: what says nothing is left out, but for what every control reads."""
    always = (
        "key",
        "label",
        "value",
        "control",
        "mode",
        "at",
        "options",
        "help",
        "required",
        "lines",
        "problem",
    )
    told: dict[str, Any] = {}
    for name in Field.__slots__:
        value = getattr(field, name)
        if name == "fields":
            if value:
                told[name] = [shown(inner) for inner in value]
        elif name in always or value != getattr(_QUIET, name):
            told[name] = list(value) if isinstance(value, tuple) else value
    return told


def section_shown(section: Section) -> dict[str, Any]:
    return {
        "title": section.title,
        "key": section.key or section.title,
        "folded": section.folded,
        "help": section.help,
        "fields": [shown(field) for field in section.fields],
    }


def with_can(field: Field, *more: str) -> Field:
    return replace(field, can=(*field.can, *more))
