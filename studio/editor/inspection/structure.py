"""Fields that change how a step is put together: its branches, who decides, its tools, which workflow it runs."""

from __future__ import annotations

import re
from typing import TypeAlias

import dsl
from dsl import tree
from dsl.assist.sketch import scopes_in
from dsl.catalog import Catalog
from dsl.literals import spell_string
from dsl.outline import Place, uses
from studio.editor.document import Refused
from studio.editor.gesture import SetField
from studio.editor.inspection import arms
from studio.editor.inspection.agent import entries_of, spell_entries
from studio.editor.inspection.ground import indent_of, replaced
from studio.editor.inspection.people import GO_ON, approver_text
from studio.editor.inspection.typeform import TypeForm, changed_type
from studio.editor.reading import Reading
from studio.editor.spelling import duration_in, quoted, source

_KEY = re.compile(r"([a-z_]+)(?:\[(\d{1,4})\])?(?:\.([a-z_.]+))?")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
Outcome: TypeAlias = dsl.Edit | Refused | None
SAME = dsl.Sequence(edits=())


def edit(gesture: SetField, name: str, place: Place, reading: Reading, catalog: Catalog) -> Outcome:
    """None for a field that is a plain value or expression."""
    match = _KEY.fullmatch(name)
    if match is None:
        return None
    word, number, part = match.group(1), int(match.group(2) or -1), match.group(3) or ""
    kind = place.step.kind
    match kind, word:
        case ((tree.If() | tree.Switch()), "arms"):
            return _arm(gesture, kind, number, reading, catalog)
        case tree.Approve(), "approvers":
            return _approver(gesture, kind, number, part, reading, catalog)
        case tree.Approve(), "escalate":
            return _escalation(gesture, kind, part, reading, catalog)
        case tree.Approve(), "show":
            return _shown(gesture, kind, place, reading, catalog)
        case tree.Approve(), "on_reject" | "on_timeout":
            return _otherwise(gesture, kind, word, reading)
        case tree.Foreach(), "variable":
            return dsl.RenameName(
                sort="variable", name=kind.variable, new=gesture.value.strip(), block=f"{gesture.step}/body"
            )
        case tree.Loop(), "mode":
            return _mode(gesture, kind, reading)
        case tree.Wait(), "sort":
            return _sort(gesture, kind, reading)
        case tree.Wait(), "event":
            return dsl.SetExpression(
                path=gesture.step, field="event", value=spell_string(gesture.value.strip())
            )
        case tree.Fail(), "code":
            return dsl.SetExpression(path=gesture.step, field="code", value=_code(gesture))
        case tree.Parallel(), "join":
            return _join(gesture, kind, reading)
        case tree.RunWorkflow(), "workflow":
            return _workflow(gesture, kind, reading, catalog)
        case tree.Agent(), "tools":
            return _tools(gesture, reading)
        case tree.Agent(), "output":
            return _output(gesture, kind, part, reading)
    return None


def _code(gesture: SetField) -> str:
    value = gesture.value.strip()
    return value if gesture.mode == "expression" and value.startswith('"') else spell_string(value)


def _arm(
    gesture: SetField, kind: tree.If | tree.Switch, number: int, reading: Reading, catalog: Catalog
) -> Outcome:
    match gesture.op:
        case "add":
            return arms.added(kind, reading, catalog)
        case "drop":
            return arms.dropped(kind, number, reading)
        case "up" | "down":
            return arms.moved(kind, number, number + (1 if gesture.op == "down" else -1), reading)
    if not 0 <= number < len(kind.arms):
        return Refused("This branch is not there any more.")
    if gesture.control == "chips":
        if not gesture.values:
            return Refused("A case needs a value.", "Type one and press Enter, or remove the case.")
        return arms.tested(kind.arms[number], ", ".join(map(quoted, gesture.values)), reading)
    if not gesture.value.strip():
        return Refused("A branch needs a condition.", "Write one, or remove the branch.")
    if isinstance(kind, tree.If):
        return None
    return arms.tested(kind.arms[number], gesture.value.strip(), reading)


def _known(by: str, catalog: Catalog) -> str:
    """Somebody to begin with."""
    names = sorted((catalog.roles if by == "role" else catalog.users) or ())
    return spell_string(names[0] if names else "manager" if by == "role" else "name@example.com")


def _approver(
    gesture: SetField, kind: tree.Approve, number: int, part: str, reading: Reading, catalog: Catalog
) -> Outcome:
    text = reading.text
    written = [text[one.span.start : one.span.end] for one in kind.approvers]
    if gesture.op == "add":
        written.append(approver_text("role", _known("role", catalog)))
    elif not 0 <= number < len(written):
        return Refused("This person is not there any more.")
    elif gesture.op == "drop":
        del written[number]
        if not written:
            return Refused("Somebody must decide.", "Choose another role instead.")
    elif part == "by":
        if gesture.value == kind.approvers[number].by or gesture.value not in ("role", "user"):
            return SAME
        written[number] = approver_text(gesture.value, _known(gesture.value, catalog))
    else:
        name = quoted(gesture.value) if gesture.mode == "plain" else gesture.value.strip()
        if not gesture.value.strip():
            return Refused("Somebody must decide.", "Choose a role or a person.")
        written[number] = approver_text(kind.approvers[number].by, name)
    return replaced(reading, kind.approvers[0].span.start, kind.approvers[-1].span.end, ", ".join(written))


def _escalation(
    gesture: SetField, kind: tree.Approve, part: str, reading: Reading, catalog: Catalog
) -> Outcome:
    present, text = kind.escalate, reading.text
    after = (
        "" if present is None else duration_in(text[present.span.start : present.span.end], present.after_ms)
    )
    by = "role" if present is None else present.to.by
    name = _known("role", catalog) if present is None else source(present.to.name, text)
    match part:
        case "after":
            after = gesture.value.strip()
            if after and not re.fullmatch(r"([0-9]+(ms|s|m|h|d|w))+", after):
                return Refused(
                    f"`{after}` is no length of time.", "Write a number and a unit, such as 2h or 1d."
                )
        case "to.by" if gesture.value == by:
            return SAME
        case "to.by":
            by, name = gesture.value, _known(gesture.value, catalog)
        case _:
            name = quoted(gesture.value) if gesture.mode == "plain" else gesture.value.strip()
    value = f"after {after} to {approver_text(by, name)}" if after else None
    return dsl.SetExpression(path=gesture.step, field="escalate", value=value)


def _shown(
    gesture: SetField, kind: tree.Approve, place: Place, reading: Reading, catalog: Catalog
) -> Outcome:
    written = [source(one, reading.text) for one in kind.show]
    at = gesture.at[0] if gesture.at and isinstance(gesture.at[0], int) else len(written)
    if gesture.op == "add":
        names = list(scopes_in(reading.parsed.workflow, catalog).before.get(place.path, {}))
        steps = [name for name in names if name not in ("config", "secrets", "input", *written)]
        written.append(steps[-1] if steps else "input")
    elif gesture.op == "drop" or not gesture.value.strip():
        del written[at : at + 1]
    else:
        written[at : at + 1] = [gesture.value.strip()]
    return dsl.SetExpression(path=gesture.step, field="show", value=", ".join(written) or None)


def _otherwise(gesture: SetField, kind: tree.Approve, word: str, reading: Reading) -> Outcome:
    present = kind.on_reject if word == "on_reject" else kind.on_timeout
    if (gesture.value == GO_ON) == (present is not None):
        return SAME
    indent = indent_of(reading.text, kind.span.start) + "  "
    value = f"{{\n{indent}}}" if gesture.value == GO_ON else None
    return dsl.SetExpression(path=gesture.step, field=word, value=value)


def _mode(gesture: SetField, kind: tree.Loop, reading: Reading) -> Outcome:
    at = reading.text.rfind(kind.mode, kind.span.start, kind.test.span.start)
    if at < 0 or gesture.value not in ("while", "until"):
        return Refused("This cannot be changed here.", "Change it in the text.")
    return replaced(reading, at, at + len(kind.mode), gesture.value)


def _sort(gesture: SetField, kind: tree.Wait, reading: Reading) -> Outcome:
    forms = {
        "for": "wait 1h",
        "until": 'wait until timestamp("2030-01-01T09:00:00Z")',
        "event": 'wait event "name"',
    }
    if gesture.value == ("until" if kind.until else "event" if kind.event is not None else "for"):
        return SAME
    if gesture.value not in forms:
        return Refused("There is no such way to wait.")
    return replaced(reading, kind.span.start, kind.span.end, forms[gesture.value])


def _join(gesture: SetField, kind: tree.Parallel, reading: Reading) -> Outcome:
    if gesture.value not in ("all", "any", "settle"):
        return Refused("There is no such way to go on.")
    start, end = kind.span.start, kind.block.span.start
    at = reading.text.find("{", start + len("parallel"))
    return replaced(
        reading,
        start,
        max(end, at) if at >= 0 else end,
        "parallel " + (f"{gesture.value} " if gesture.value != "all" else ""),
    )


def _workflow(gesture: SetField, kind: tree.RunWorkflow, reading: Reading, catalog: Catalog) -> Outcome:
    name, known = gesture.value, uses(reading.parsed.workflow).get(kind.alias)
    if known is not None and known.name == name:
        return SAME
    if name not in catalog.workflows:
        return Refused("No such workflow is published.", "Publish it first, then choose it here.")
    alias, use = _alias(name, "workflow", reading)
    span = kind.target_span
    change = replaced(reading, span.start, span.end, alias)
    if isinstance(change, Refused) or use is None:
        return change
    return dsl.Sequence(edits=(change, use))


def _alias(name: str, sort: str, reading: Reading) -> tuple[str, dsl.Edit | None]:
    """What the text calls a connector or workflow; with the line that says so, where there is none."""
    known = uses(reading.parsed.workflow)
    for alias, use in known.items():
        if use.name == name and use.source == sort:
            return alias, None
    alias = re.sub(r"[^A-Za-z0-9_]", "_", name)
    alias = alias if _NAME.fullmatch(alias) else f"w_{alias}"
    while alias in known:
        alias += "_2"
    return alias, dsl.SetHeader(part="use", name=alias, text=f"{sort} {spell_string(name)}")


def _tools(gesture: SetField, reading: Reading) -> Outcome:
    added: dict[str, dsl.Edit] = {}
    aliases: dict[str, str] = {}
    names: list[str] = []
    for one in gesture.values:
        connector, _, tool = one.partition(".")
        if connector not in aliases:
            aliases[connector], use = _alias(connector, "mcp", reading)
            if use is not None:
                added[connector] = use
        names.append(f"{aliases[connector]}.{tool}")
    change = dsl.SetExpression(path=gesture.step, field="tools", value=", ".join(names) or None)
    return dsl.Sequence(edits=(change, *added.values())) if added else change


def _output(gesture: SetField, kind: tree.Agent, part: str, reading: Reading) -> Outcome:
    entries = entries_of(kind.output, reading.text)
    if gesture.op == "set" and not gesture.at:
        return dsl.SetExpression(path=gesture.step, field="output", value=gesture.value.strip() or None)
    at = gesture.at[0] if gesture.at and isinstance(gesture.at[0], int) else len(entries)
    if gesture.op == "add":
        taken = {name for name, _ in entries}
        entries.append((_free("answer", taken), TypeForm("string")))
    elif not 0 <= at < len(entries):
        return Refused("This field is not there any more.")
    elif gesture.op == "drop":
        del entries[at]
    elif part == "name":
        name = gesture.value.strip()
        if not _NAME.fullmatch(name):
            return Refused(f"`{name}` is no name.", "Use letters, digits and _; begin with a letter.")
        entries[at] = (name, entries[at][1])
    else:
        try:
            entries[at] = (entries[at][0], changed_type(entries[at][1], part, gesture.value, gesture.values))
        except KeyError:
            return None
    return dsl.SetExpression(path=gesture.step, field="output", value=spell_entries(entries))


def _free(name: str, taken: set[str]) -> str:
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
