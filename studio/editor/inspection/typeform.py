"""A type as a form: what it is, whether there may be several, whether it may be left out; and back into Weft."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

from dsl import tree
from dsl.literals import spell_string
from studio.editor.inspection.field import At, Field

BASES: Final = {
    "string": "Text",
    "int": "Whole number",
    "float": "Number",
    "bool": "Yes or no",
    "date": "Date",
    "timestamp": "Date and time",
    "duration": "Length of time",
    "enum": "One of a few texts",
    "object": "Object",
    "any": "Anything",
}
_SAME: Final = {"integer": "int", "number": "float", "boolean": "bool", "json": "any"}
OTHER: Final = "other"


@dataclass(frozen=True, slots=True)
class TypeForm:
    """``base`` is one of :data:`BASES`, the name of a declared type, or "other" with the type as it is written."""

    base: str
    many: bool = False
    optional: bool = False
    values: tuple[str, ...] = ()
    written: str = ""


def read_type(type_: tree.Type, text: str) -> TypeForm:
    match type_:
        case tree.OptionalType(item=item):
            return replace(read_type(item, text), optional=True)
        case tree.ListType(item=item) | tree.GenericType(name="list", item=item):
            inner = read_type(item, text)
            if not inner.many and not inner.optional:
                return replace(inner, many=True)
        case tree.NamedType(name=name):
            return TypeForm(_SAME.get(name, name))
        case tree.LiteralType(value=value):
            return TypeForm("enum", values=(value,))
        case tree.UnionType(members=members) if all(isinstance(one, tree.LiteralType) for one in members):
            return TypeForm(
                "enum", values=tuple(one.value for one in members if isinstance(one, tree.LiteralType))
            )
    return TypeForm(OTHER, written=text[type_.span.start : type_.span.end])


def spell_type(form: TypeForm) -> str:
    match form.base:
        case "enum":
            words = " | ".join(map(spell_string, form.values)) or spell_string("first")
            if len(form.values) > 1 and (form.many or form.optional):
                words = f"({words})"
        case "other":
            words = form.written or "any"
            if "|" in words and (form.many or form.optional) and not words.startswith("("):
                words = f"({words})"
        case base:
            words = base
    return words + ("[]" if form.many else "") + ("?" if form.optional else "")


def type_fields(key: str, form: TypeForm, declared: Iterable[str], at: At = ()) -> tuple[Field, ...]:
    """What it is, the texts of a choice, and whether it is a list; "optional" is its owner's to ask."""
    names = [name for name in declared if name not in BASES]
    options = [*BASES, *names]
    labels = [*BASES.values(), *names]
    if form.base == OTHER or form.base not in options:
        options.append(OTHER)
        labels.append("Written as a type")
    base = Field(
        f"{key}.base",
        "Type",
        form.base if form.base in options else OTHER,
        control="select",
        mode="plain",
        at=at,
        options=tuple(options),
        labels=tuple(labels),
        required=True,
    )
    fields = [base]
    if form.base == "enum":
        fields.append(
            Field(
                f"{key}.values", "It is one of", control="chips", mode="plain", at=at, values=form.values,
                placeholder="Add a text",
            )
        )  # fmt: skip
    if form.base == OTHER:
        fields.append(
            Field(f"{key}.written", "Type in Weft", form.written, control="code", mode="plain", at=at)
        )
    fields.append(switch(f"{key}.many", "A list of these", form.many, at))
    return tuple(fields)


def switch(key: str, label: str, on: bool, at: At = ()) -> Field:
    """A yes or no that is always answered."""
    return Field(
        key,
        label,
        "true" if on else "false",
        control="toggle",
        mode="plain",
        at=at,
        options=("true", "false"),
        required=True,
        sort="switch",
    )


def changed_type(form: TypeForm, part: str, value: str, values: tuple[str, ...]) -> TypeForm:
    """Raises KeyError for a part that there is not."""
    match part:
        case "base":
            if value == "enum":
                return replace(form, base="enum", values=form.values or ("first", "second"))
            if value == OTHER:
                return replace(form, base=OTHER, written=form.written or spell_type(form))
            return replace(form, base=value, values=(), written="")
        case "values":
            return replace(form, values=values)
        case "written":
            return replace(form, base=OTHER, written=value.strip())
        case "many":
            return replace(form, many=value == "true")
        case "optional":
            return replace(form, optional=value == "true")
    raise KeyError(part)
