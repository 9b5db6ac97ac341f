"""Types, tools and what they can do, in words for a person: what completion and hover say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dsl.catalog import Schema
from dsl.policy import Nature
from dsl.schemas import kinds_of, words_for
from dsl.wording.spelling import listed

_FORMATS = {
    "date-time": "a time",
    "date": "a day",
    "duration": "a length of time",
    "email": "an e-mail address",
}
_DEEDS = {
    "money": "moves money",
    "delete": "deletes things",
    "send": "sends something outside",
    "write": "changes data",
}
_MANY = {
    "a text": "texts",
    "a whole number": "whole numbers",
    "a number": "numbers",
    "an object": "objects",
    "a list": "lists",
}


def type_words(schema: Schema) -> str:
    """Such as: a list of objects."""
    kinds = kinds_of(schema)
    present = kinds - {"null"}
    optional = ", or null" if "null" in kinds and present else ""
    if present == {"array"} and isinstance(schema.get("items"), dict):
        inner = type_words(schema["items"])
        if inner == "anything":
            return f"a list{optional}"
        return f"a list of {_MANY.get(inner, inner)}{optional}"
    if present == {"string"} and schema.get("format") in _FORMATS and "enum" not in schema:
        return _FORMATS[schema["format"]] + optional
    if "const" in schema and isinstance(schema["const"], str):
        return f'the text "{schema["const"]}"' if len(schema["const"]) <= 40 else "a text"
    return words_for(schema) + optional


def nature_words(nature: Nature) -> str:
    """What calling a tool can do, in one or two sentences."""
    if nature.reads:
        return "It only reads."
    deeds = [words for deed, words in _DEEDS.items() if deed in nature.does]
    if nature.does > {"write"}:
        deeds.remove(_DEEDS["write"])
    if not nature.stated:
        return (
            "Nobody has said what it can do, so it is taken for the worst: it needs an approval, "
            "and a key to be tried again."
        )
    said = f"It {listed(deeds)}"
    if nature.dangerous:
        if nature.approval == "bounded" and nature.amount:
            said += f"; it needs an approval, or a condition that bounds `{nature.amount}`"
        else:
            said += "; it needs an approval"
        if nature.approvers:
            said += f" by {listed(sorted(nature.approvers), 'or')}"
    again = "it may be repeated with a key" if nature.idempotent else "it must not be repeated"
    return f"{said}; {again}."


def argument_words(name: str, schema: Schema, required: Sequence[str]) -> str:
    """Such as: a text, required."""
    said = type_words(schema)
    if name in required:
        return f"{said}, required"
    default: Any = schema.get("default")
    if default in (None, ""):
        return f"{said}, optional"
    shown = (
        f'"{default}"'
        if isinstance(default, str)
        else str(default).lower()
        if isinstance(default, bool)
        else default
    )
    return f"{said}, otherwise {shown}"
