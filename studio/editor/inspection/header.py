"""What a changed field of the workflow's own form means as an edit of its header."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any, Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import dsl
from dsl import tree
from dsl.literals import spell_string
from dsl.schemas import declared_types, fields_of, schema_of
from studio.editor.document import Refused
from studio.editor.gesture import SetField
from studio.editor.inspection.field import Field
from studio.editor.inspection.ground import replaced, swapped
from studio.editor.inspection.part import with_part
from studio.editor.inspection.schedule import DAYS, Often, read_cron, spell_cron
from studio.editor.inspection.shape import shape_of
from studio.editor.inspection.start import sort_of
from studio.editor.inspection.typeform import changed_type, read_type, spell_type
from studio.editor.reading import Reading
from studio.editor.spelling import source, spelled

Part = Literal["use", "type", "input", "output", "config", "secret", "trigger"]
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NOT_A_NAME = "Use letters, digits and _; begin with a letter."
_GONE = Refused("This is not there any more.", "Load the page again.")
_FRESH = {
    "input": ("new_input", "string"),
    "output": ("new_output", "string"),
    "config": ("new_setting", 'string = ""'),
    "type": ("NewType", "{ name: string }"),
    "secret": ("new_secret", ""),
    "trigger": ("schedule", ""),
}


def header_edit(gesture: SetField, reading: Reading) -> dsl.Edit | Refused:
    workflow = reading.parsed.workflow
    area, _, rest = gesture.key.partition(":")
    name, _, part = rest.partition(".")
    if area == "name":
        given = gesture.value.strip()
        if not _NAME.fullmatch(given):
            return Refused(f"`{given or 'Nothing'}` is no name.", _NOT_A_NAME)
        return replaced(reading, workflow.name_span.start, workflow.name_span.end, given)
    if area == "doc":
        return dsl.SetDoc(path="", doc=gesture.value.strip())
    if area not in _FRESH:
        return _GONE
    sort = cast(Part, area)
    if gesture.op == "add":
        return _fresh(sort, gesture, reading)
    if gesture.op == "drop":
        return dsl.SetHeader(part=sort, name=name, text=None)
    if part == "name":
        return _renamed(sort, name, gesture.value.strip())
    match sort:
        case "input" | "output" | "config":
            return _entry(sort, name, part, gesture, reading)
        case "type":
            return dsl.SetHeader(part="type", name=name, text=gesture.value.strip() or "any")
        case "trigger":
            return _trigger(name, part, gesture, reading)
        case _:
            return _GONE


def _renamed(sort: Part, name: str, new: str) -> dsl.Edit | Refused:
    if not _NAME.fullmatch(new):
        return Refused(f"`{new or 'Nothing'}` is no name.", _NOT_A_NAME)
    return dsl.RenameName(sort=sort, name=name, new=new)


def _fresh(sort: Part, gesture: SetField, reading: Reading) -> dsl.Edit:
    name, text = _FRESH[sort]
    heads = reading.parsed.workflow.heads
    taken = {getattr(head, "name", "") for head in heads}
    if sort in ("input", "output", "config"):
        taken = {entry.name for entry in fields_of(reading.parsed.workflow, sort)}
    if sort == "trigger":
        text = f'schedule "0 9 * * MON-FRI" timezone {spell_string(_zone(gesture.values))}'
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return dsl.SetHeader(part=sort, name=free, text=text)


def _zone(values: tuple[str, ...]) -> str:
    """The time zone that the browser told, where there is one of that name."""
    for name in values[:1]:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError):
            continue
        return name
    return "UTC"


def _entry(
    role: Literal["input", "output", "config"], name: str, part: str, gesture: SetField, reading: Reading
) -> dsl.Edit | Refused:
    workflow, text = reading.parsed.workflow, reading.text
    entries = fields_of(workflow, role)
    index = next((n for n, entry in enumerate(entries) if entry.name == name), -1)
    if index < 0:
        return _GONE
    entry = entries[index]
    if gesture.op in ("up", "down"):
        other = index + (1 if gesture.op == "down" else -1)
        if not 0 <= other < len(entries):
            return Refused("There is no place to move it to.")
        a, b = entry.span, entries[other].span
        start, end, moved = swapped(text, (a.start, a.end), (b.start, b.end))
        return replaced(reading, start, end, moved)
    type_ = source(entry.type, text)
    default = "" if entry.default is None else source(entry.default, text)
    if part == "doc":
        return dsl.SetHeader(part=role, name=name, text=_field(type_, default), doc=gesture.value.strip())
    if part == "default":
        shape = shape_of(schema_of(entry.type, declared_types(workflow)))
        given = _given(gesture, Field("", "", control=shape.control, quoted=shape.quoted))
        whole = given if not gesture.at else with_part(default, gesture.at, given)
        return dsl.SetHeader(part=role, name=name, text=_field(type_, whole or ""))
    try:
        form = changed_type(read_type(entry.type, text), part, gesture.value, gesture.values)
    except KeyError:
        return _GONE
    return dsl.SetHeader(part=role, name=name, text=_field(spell_type(form), default))


def _field(type_: str, default: str) -> str:
    return f"{type_} = {default}" if default else type_


def _given(gesture: SetField, field: Field) -> str | None:
    if gesture.mode == "expression":
        return gesture.value.strip() or None
    if gesture.values or gesture.control in ("chips", "picks"):
        items = [spelled(one, "text" if field.quoted else "number") for one in gesture.values]
        return f"[{', '.join(items)}]" if items else None
    if gesture.value == "":
        return None
    control = gesture.control or field.control
    return spelled(gesture.value, cast(Any, control if field.quoted or control != "select" else "number"))


def _trigger(name: str, part: str, gesture: SetField, reading: Reading) -> dsl.Edit | Refused:
    found = (h for h in reading.parsed.workflow.heads if isinstance(h, tree.Trigger) and h.name == name)
    head = next(found, None)
    if head is None:
        return _GONE
    text, value = reading.text, gesture.value.strip()
    args = {arg.name: source(arg.value, text) for arg in head.args}
    on: str | Refused = _written(head, text)
    match part, head.on:
        case "sort", _:
            on = _on(gesture, name) if gesture.value != sort_of(head) else on
        case "when", tree.Webhook() | tree.Schedule() | tree.EventTrigger():
            pass
        case "with", _ if gesture.at and isinstance(gesture.at[0], str):
            inner = with_part(
                args.get(gesture.at[0], ""), gesture.at[1:], _given(gesture, Field("", "", control="text"))
            )
            if inner is None:
                args.pop(gesture.at[0], None)
            else:
                args[gesture.at[0]] = inner
        case _, tree.Schedule(cron=cron, timezone=zone):
            on = _schedule(part, gesture, cron, zone)
        case "method", tree.Webhook():
            on = _webhook(value, head.on.path, _said(head.on.verify, text))
        case "path", tree.Webhook(method=method):
            on = _webhook(
                method, value if value.startswith("/") else f"/{value}", _said(head.on.verify, text)
            )
        case "verify", tree.Webhook(method=method, path=path):
            on = _webhook(method, path, value)
        case "event", tree.EventTrigger():
            on = f"event {spell_string(value)}"
        case _:
            return _GONE
    if isinstance(on, Refused):
        return on
    when = _when(head, text)
    if part == "when":
        when = value
    same = part != "sort" or gesture.value == sort_of(head)
    if when and same:
        on += f" when {when}"
    puts = ", ".join(f"{key}: {one}" for key, one in args.items())
    return dsl.SetHeader(part="trigger", name=name, text=on + (f" with ({puts})" if puts else ""))


def _when(head: tree.Trigger, text: str) -> str:
    return "" if isinstance(head.on, tree.Manual) else _said(head.on.when, text)


def _said(expression: tree.Expr | None, text: str) -> str:
    return "" if expression is None else source(expression, text)


def _written(head: tree.Trigger, text: str) -> str:
    """What starts it, as it is written, without its ``when``."""
    match head.on:
        case tree.Schedule(cron=cron, timezone=zone):
            return f"schedule {spell_string(cron)} timezone {spell_string(zone)}"
        case tree.Webhook(method=method, path=path, verify=verify):
            return _webhook(method, path, _said(verify, text))
        case tree.EventTrigger(event=event):
            return f"event {spell_string(event)}"
        case tree.Manual():
            return "manual"


def _webhook(method: str, path: str, verify: str) -> str:
    return f"webhook {method} {spell_string(path)}" + (f" verify {verify}" if verify else "")


def _on(gesture: SetField, name: str) -> str | Refused:
    match gesture.value:
        case "manual":
            return "manual"
        case "schedule":
            return f'schedule "0 9 * * MON-FRI" timezone {spell_string(_zone(gesture.values))}'
        case "webhook":
            return f"webhook POST {spell_string('/' + name)}"
        case "event":
            return f"event {spell_string(name)}"
        case _:
            return Refused("There is no such way to start it.")


def _schedule(part: str, gesture: SetField, cron: str, zone: str) -> str | Refused:
    plan, value = read_cron(cron), gesture.value.strip()
    match part:
        case "timezone":
            zone = value
        case "cron":
            plan = replace(plan, often="cron", cron=value)
        case "often":
            plan = replace(plan, often=cast(Often, value), days=plan.days or (1, 2, 3, 4, 5))
        case "time":
            match = re.fullmatch(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", value)
            if match is None:
                return Refused(f"`{value}` is no time of day.", "Write it like 09:30.")
            plan = replace(plan, hour=int(match[1]), minute=int(match[2]))
        case "days":
            days = tuple((DAYS.index(one) + 1) % 7 for one in gesture.values if one in DAYS)
            if not days:
                return Refused("It needs a day.", "Choose at least one.")
            plan = replace(plan, days=days)
        case "step" | "minute" | "day":
            if not value.isdigit():
                return Refused(f"`{value}` is no whole number.", "Write a number such as 15.")
            plan = replace(plan, **{part: min(int(value), 59)})
        case _:
            return _GONE
    return f"schedule {spell_string(spell_cron(plan))} timezone {spell_string(zone)}"
