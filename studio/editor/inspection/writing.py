"""What a changed field of a step means as an edit of the text. Pure: nothing is done here."""

from __future__ import annotations

import re

import dsl
from dsl.catalog import Catalog
from dsl.outline import Place
from studio.editor.document import Refused
from studio.editor.gesture import SetField
from studio.editor.inspection import ground, structure
from studio.editor.inspection.clauses import clause_text, fresh_catch
from studio.editor.inspection.field import Field, found, walked
from studio.editor.inspection.form import step_sections
from studio.editor.inspection.header import header_edit
from studio.editor.inspection.part import moved_item, with_part
from studio.editor.inspection.start import START
from studio.editor.reading import Reading
from studio.editor.spelling import quoted, spelled

NO_FIELD = Refused("There is no such field.", "Load the page again.")
_DURATION = re.compile(r"([0-9]+(ms|s|m|h|d|w))+")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

# Fields of a step's kind that hold no expression: a time, a number, or a text in quotes.
_BARE = frozenset({"within", "quorum", "max_turns", "concurrency", "max", "ms"})
_QUOTED = frozenset({"event", "code"})


def field_edit(gesture: SetField, reading: Reading, catalog: Catalog) -> dsl.Edit | Refused:
    """The edit, or why there is none; then what was typed stays in its field."""
    if gesture.step in ("", START):
        return header_edit(gesture, reading)
    place = reading.steps.get(gesture.step)
    if place is None:
        return Refused("This step is not there any more.", "Choose another step.")
    area, _, name = gesture.key.partition(":")
    match area:
        case "id":
            return dsl.RenameStep(path=gesture.step, id=gesture.value.strip())
        case "doc":
            return dsl.SetDoc(path=gesture.step, doc=gesture.value.strip())
        case "clause":
            return _clause(gesture, name, place, reading, catalog)
        case "arg" | "expr":
            special = structure.edit(gesture, name, place, reading, catalog) if area == "expr" else None
            return special if special is not None else _value(gesture, area, name, place, reading, catalog)
        case _:
            return NO_FIELD


def _clause(
    gesture: SetField, name: str, place: Place, reading: Reading, catalog: Catalog
) -> dsl.Edit | Refused:
    path, step = gesture.step, place.step
    indent = ground.indent_of(reading.text, step.span.start) + "  "
    if gesture.op == "add":
        if name == "catch":
            clause, text = fresh_catch(step, indent)
            return dsl.SetClause(path=path, clause=clause, text=text)
        if name == "compensate":
            return dsl.SetClause(path=path, clause="compensate", text=f"compensate {{\n{indent}}}")
        return NO_FIELD
    if gesture.op == "drop":
        return dsl.SetClause(path=path, clause=name.partition(".")[0], text=None)
    value = gesture.value
    wrong = _wrong(name, value)
    if wrong is not None:
        return wrong
    if name == "key" and gesture.mode == "plain":
        value = quoted(value) if value.strip() else ""
    try:
        text = clause_text(step, name, value, gesture.values, reading.text)
    except (KeyError, ValueError, IndexError):
        return NO_FIELD
    return dsl.SetClause(path=path, clause=name.partition(".")[0], text=text)


def _wrong(name: str, value: str) -> Refused | None:
    """What can be said of a time, a number or a name before the text is asked."""
    part, value = name.rpartition(".")[2], value.strip()
    if not value:
        return None
    if part in ("timeout", "first", "longest", "within", "ms", "after") and not _DURATION.fullmatch(value):
        return Refused(
            f"`{value}` is no length of time.", "Write a number and a unit, such as 30s, 5m, 2h or 3d."
        )
    if part in ("times", "quorum", "max_turns", "concurrency", "max") and not value.isdigit():
        return Refused(f"`{value}` is no whole number.", "Write a number such as 3.")
    if part == "variable" and not _NAME.fullmatch(value):
        return Refused(f"`{value}` is no name.", "Use letters, digits and _; begin with a letter.")
    return None


def _value(
    gesture: SetField, area: str, name: str, place: Place, reading: Reading, catalog: Catalog
) -> dsl.Edit | Refused:
    """An argument, an expression of the step, or a part of one."""
    sections = tuple(step_sections(place, reading, catalog))
    field = found(sections, gesture.key, gesture.at, gesture.control)
    whole = found(sections, gesture.key, ())
    before = "" if whole is None else whole.source
    if gesture.op == "set":
        text = text_of(gesture, field, name)
        if isinstance(text, Refused):
            return text
        after = with_part(before, gesture.at, text)
        if after is not None and text is not None:
            after = _with_fixed(after, gesture, tuple(section_fields(sections)))
    elif gesture.op == "add":
        row = None if field is None else _blank(field, sections)
        if field is None or row is None:
            return NO_FIELD
        after = with_part(before, (*gesture.at, len(field.fields)), row)
    elif not gesture.at or not isinstance(gesture.at[-1], int):
        return NO_FIELD
    elif gesture.op == "drop":
        after = with_part(before, gesture.at, None)
    else:
        index = gesture.at[-1]
        after = moved_item(before, gesture.at[:-1], index, index + (1 if gesture.op == "down" else -1))
    if area == "arg":
        return dsl.SetArgument(path=gesture.step, name=name, value=after)
    return dsl.SetExpression(path=gesture.step, field=name, value=after)


def section_fields(sections: tuple[object, ...]) -> list[Field]:
    return [field for section in sections for field in walked(getattr(section, "fields", ()))]


def text_of(gesture: SetField, field: Field | None, name: str = "") -> str | Refused | None:
    """What was typed as Weft has it; None for nothing."""
    value = gesture.value
    wrong = _wrong(name, value)
    if wrong is not None:
        return wrong
    if gesture.mode == "expression":
        return value.strip() or None
    control = gesture.control or (field.control if field is not None else "text")
    quote = field.quoted if field is not None else True
    match control:
        case "chips" | "picks":
            if not gesture.values:
                return None
            if not quote and not all(_NUMBER.fullmatch(one.strip()) for one in gesture.values):
                return Refused("These must be numbers.", "Write numbers such as 12 or 0.5.")
            return "[" + ", ".join(quoted(one) if quote else one.strip() for one in gesture.values) + "]"
        case "number":
            bare = value.strip()
            if bare and not _NUMBER.fullmatch(bare):
                return Refused(
                    f"`{bare}` is no number.", "Write a number such as 12 or 0.5, or switch to an expression."
                )
            return bare or None
        case "select":
            return (quoted(value) if quote else value.strip()) if value else None
        case _ if name in _BARE:
            return value.strip() or None
        case _:
            if value == "" or (not value.strip() and control != "text"):
                return None
            return spelled(
                value, field.control if field is not None and field.control != "expression" else "text"
            )


def _with_fixed(after: str, gesture: SetField, fields: tuple[Field, ...]) -> str:
    """An object that has begun gets the fields that can only have one value."""
    for group in fields:
        depth = len(group.at)
        around = group.key == gesture.key and group.control == "group" and group.at == gesture.at[:depth]
        if not around or not any(_meant(inner, gesture) for inner in walked(group.fields)):
            continue
        for inner in group.fields:
            if inner.fixed and not inner.source:
                after = with_part(after, inner.at, inner.fixed) or after
    return after


def _meant(field: Field, gesture: SetField) -> bool:
    return field.at == gesture.at and (not gesture.control or field.control == gesture.control)


def _blank(field: Field, sections: tuple[object, ...]) -> str | None:
    """One more item of a list."""
    if field.control != "rows":
        return None
    sample = field.fields[0] if field.fields else None
    if field.adds and sample is None:
        return "{}" if field.sort == "objects" else '""'
    if sample is None or sample.control == "group":
        return "{}"
    return {"number": "0", "toggle": "false", "rows": "[]", "chips": "[]"}.get(sample.control, '""')
