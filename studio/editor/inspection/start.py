"""The workflow itself as a form: what it is called, takes and gives, its settings and secrets, and what starts it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from dsl import tree
from dsl.assist.schedule import schedule_words
from dsl.schemas import declared_types, fields_of, schema_of
from studio.editor.inspection.field import Field, Section
from studio.editor.inspection.schedule import (
    DAY_WORDS,
    DAYS,
    OFTEN,
    next_moments,
    problem_of,
    read_cron,
)
from studio.editor.inspection.typeform import read_type, switch, type_fields
from studio.editor.inspection.value import Around, value_field
from studio.editor.reading import Reading
from studio.editor.spelling import source

START = "~start"
"""What is selected when the workflow itself is."""

SORTS = {
    "manual": "By hand or by the API",
    "schedule": "On a schedule",
    "webhook": "A webhook",
    "event": "An event",
}


_ONLY_WHEN = {
    "schedule": 'Such as timestamp(event.scheduled_at).getDate("Europe/Paris") > 1.',
    "webhook": "Such as event.body.amount > 100, from what comes in.",
    "event": "The event's data is called event.",
}


def start_sections(reading: Reading, now: datetime) -> Iterator[Section]:
    workflow, around = reading.parsed.workflow, Around(reading.text, reading.diagnostics)
    yield Section("About", tuple(_about(workflow)), key="about")
    for role, title, adds, help in (
        ("input", "Inputs", "Add an input", "What a run is started with."),
        ("output", "Outputs", "Add an output", "What a run gives back."),
        ("config", "Settings", "Add a setting", "Values that are changed here, without touching a step."),
    ):
        entries = fields_of(workflow, role)
        rows = tuple(
            _entry(role, entry, index, len(entries), workflow, around) for index, entry in enumerate(entries)
        )
        field = Field(
            role,
            "",
            control="rows",
            mode="plain",
            fields=rows,
            can=("add",),
            adds=adds,
            help="" if rows else help,
        )
        yield Section(title, (field,), key=role)
    triggers = tuple(head for head in workflow.heads if isinstance(head, tree.Trigger))
    rows = tuple(_trigger(head, workflow, around, now) for head in triggers)
    help = "" if rows else "Without one it is started by hand, by the API or by another workflow."
    field = Field(
        "trigger", "", control="rows", mode="plain", fields=rows, can=("add",), adds="Add a trigger"
    )
    yield Section("Triggers", (replace(field, help=help),), key="trigger")
    yield Section("Types", (_types(workflow, reading.text),), folded=True, key="type")
    yield Section("Secrets", (_secrets(workflow),), folded=True, key="secret")


def _about(workflow: tree.Workflow) -> Iterator[Field]:
    yield Field(
        "name", "Name", workflow.name, control="code", mode="plain", required=True, help="As the text has it."
    )
    yield Field(
        "doc",
        "Description",
        workflow.doc,
        control="text",
        mode="plain",
        lines=3,
        placeholder="What it is for, in your words. Markdown.",
    )


def _entry(
    role: str, entry: tree.Field, index: int, count: int, workflow: tree.Workflow, around: Around
) -> Field:
    key = f"{role}:{entry.name}"
    types = declared_types(workflow)
    form = read_type(entry.type, around.text)
    fields = [
        Field(f"{key}.name", "Name", entry.name, control="code", mode="plain", required=True),
        *type_fields(key, form, types),
    ]
    if role != "config":
        missing = "May be left out" if role == "input" else "May be missing"
        fields.append(switch(f"{key}.optional", missing, form.optional))
    if role != "output":
        schema = schema_of(entry.type, types)
        default = value_field(f"{key}.default", entry.name, schema, entry.default, around)
        label = "When it is left out" if role == "input" else "Value"
        fields.append(replace(default, label=label, help="", problem=default.problem, read=False))
    fields.append(
        Field(
            f"{key}.doc",
            "Description",
            entry.doc,
            control="text",
            mode="plain",
            lines=2,
            placeholder="What it is",
        )
    )
    moves = [("drop", True), ("up", index > 0), ("down", index + 1 < count)]
    return Field(
        key,
        entry.name,
        source(entry.type, around.text)
        + (f" = {source(entry.default, around.text)}" if entry.default else ""),
        control="group",
        mode="plain",
        fields=tuple(fields),
        can=tuple(word for word, there in moves if there),
        problem=around.problem(entry.span),
        sort="folds",
    )


def _trigger(head: tree.Trigger, workflow: tree.Workflow, around: Around, now: datetime) -> Field:
    key = f"trigger:{head.name}"
    sort = sort_of(head)
    fields = [
        Field(f"{key}.name", "Name", head.name, control="code", mode="plain", required=True),
        Field(
            f"{key}.sort",
            "Starts it",
            sort,
            control="select",
            mode="plain",
            options=tuple(SORTS),
            labels=tuple(SORTS.values()),
            required=True,
        ),
    ]
    match head.on:
        case tree.Schedule(cron=cron, timezone=zone):
            fields += _schedule(key, cron, zone, now)
        case tree.Webhook(method=method, path=path, verify=verify):
            fields += _webhook(key, method, path, verify, around)
        case tree.EventTrigger(event=event):
            fields.append(Field(f"{key}.event", "Event", event, control="text", mode="plain", required=True))
        case tree.Manual():
            pass
    if not isinstance(head.on, tree.Manual):
        only = value_field(f"{key}.when", "", {}, head.on.when, around, label="Only when")
        fields.append(replace(only, help=_ONLY_WHEN[sort], read=False))
    fields += _given(key, head, workflow, around)
    if not isinstance(head.on, tree.Manual):
        fields.append(
            Field(
                f"{key}.live", "", _LIVE[sort], control="note", mode="plain", opens=f"/triggers?kind={sort}"
            )
        )
    return Field(
        key,
        head.name,
        _words(head),
        control="group",
        mode="plain",
        fields=tuple(fields),
        can=("drop",),
        problem=around.problem(head.span),
        sort="folds",
    )


_LIVE = {
    "schedule": "Its next moments and its pause, once it is live",
    "webhook": "Its address and what came in, once it is live",
    "event": "What it started, once it is live",
}


def sort_of(head: tree.Trigger) -> str:
    match head.on:
        case tree.Schedule():
            return "schedule"
        case tree.Webhook():
            return "webhook"
        case tree.EventTrigger():
            return "event"
        case tree.Manual():
            return "manual"


def _words(head: tree.Trigger) -> str:
    match head.on:
        case tree.Schedule(cron=cron):
            return schedule_words(cron) or cron
        case tree.Webhook(method=method, path=path):
            return f"{method} {path}"
        case tree.EventTrigger(event=event):
            return f"Event {event}"
        case tree.Manual():
            return SORTS["manual"]


def _schedule(key: str, cron: str, zone: str, now: datetime) -> Iterator[Field]:
    plan = read_cron(cron)
    yield Field(
        f"{key}.often",
        "How often",
        plan.often,
        control="select",
        mode="plain",
        options=tuple(OFTEN),
        labels=tuple(OFTEN.values()),
        required=True,
    )
    number = Field(
        f"{key}.step", "Minutes between", str(plan.step), control="number", mode="plain", sort="integer"
    )
    match plan.often:
        case "minutes":
            yield number
        case "hour":
            yield replace(number, key=f"{key}.minute", label="At minute", value=str(plan.minute))
        case "week":
            yield Field(
                f"{key}.days",
                "Days",
                control="picks",
                mode="plain",
                values=tuple(DAYS[(day - 1) % 7] for day in plan.days),
                options=DAYS,
                labels=DAY_WORDS,
                sort="buttons",
            )
        case "month":
            yield replace(number, key=f"{key}.day", label="Day of the month", value=str(plan.day))
        case "cron":
            yield Field(
                f"{key}.cron", "Cron", cron, control="code", mode="plain", placeholder="0 9 * * MON-FRI"
            )
    place = Field(
        f"{key}.timezone", "Time zone", zone, control="text", mode="plain", sort="zone", required=True
    )
    if plan.often in ("day", "week", "month"):
        at = f"{plan.hour:02}:{plan.minute:02}"
        moment = Field(f"{key}.time", "At", at, control="time", mode="plain", required=True)
        yield Field(f"{key}.moment", "", control="group", mode="plain", fields=(moment, place), sort="pair")
    else:
        yield place
    wrong = problem_of(cron, zone)
    moments = next_moments(cron, zone, now)
    words = schedule_words(cron) or ""
    yield Field(
        f"{key}.next",
        "Next",
        words,
        control="note",
        mode="plain",
        values=tuple(f"{moment:%a} {moment.day} {moment:%b %Y, %H:%M}" for moment in moments),
        problem=wrong or ("" if moments else "Such a moment never comes."),
    )


def _webhook(key: str, method: str, path: str, verify: tree.Expr | None, around: Around) -> Iterator[Field]:
    yield Field(
        f"{key}.method",
        "Method",
        method,
        control="select",
        mode="plain",
        options=tuple(dict.fromkeys(("POST", "PUT", "GET", method))),
        required=True,
    )
    yield Field(
        f"{key}.path", "Path", path, control="text", mode="plain", required=True, placeholder="/orders"
    )
    check = value_field(f"{key}.verify", "", {}, verify, around, label="Check the sender with")
    yield replace(
        check,
        placeholder="standard(secrets.signing_key)",
        help="Without a check anybody who knows the address can start it.",
        read=False,
    )


def _given(key: str, head: tree.Trigger, workflow: tree.Workflow, around: Around) -> Iterator[Field]:
    """What the trigger puts into each input."""
    types = declared_types(workflow)
    written = {arg.name: arg.value for arg in head.args}
    for entry in fields_of(workflow, "input"):
        needed = entry.default is None and not isinstance(entry.type, tree.OptionalType)
        field = value_field(
            f"{key}.with", entry.name, schema_of(entry.type, types), written.get(entry.name), around,
            at=(entry.name,), required=needed,
        )  # fmt: skip
        help = (
            ""
            if isinstance(head.on, tree.Manual | tree.Schedule)
            else "Such as event.id, from what comes in."
        )
        yield replace(field, label=f"Input {entry.name}", help=help, read=False)


def _types(workflow: tree.Workflow, text: str) -> Field:
    rows = tuple(
        Field(
            f"type:{head.name}",
            head.name,
            source(head.type, text),
            control="group",
            mode="plain",
            fields=(
                Field(
                    f"type:{head.name}.name", "Name", head.name, control="code", mode="plain", required=True
                ),
                Field(
                    f"type:{head.name}.text",
                    "Is",
                    source(head.type, text),
                    control="code",
                    mode="plain",
                    lines=3,
                ),
            ),
            can=("drop",),
            sort="folds",
        )
        for head in workflow.heads
        if isinstance(head, tree.TypeDecl)
    )
    help = "" if rows else "A name for a shape of data that several inputs share."
    return Field(
        "type", "", control="rows", mode="plain", fields=rows, can=("add",), adds="Add a type", help=help
    )


def _secrets(workflow: tree.Workflow) -> Field:
    rows = tuple(
        Field(
            f"secret:{head.name}.name",
            "Name",
            head.name,
            control="code",
            mode="plain",
            required=True,
            can=("drop",),
        )
        for head in workflow.heads
        if isinstance(head, tree.Secret)
    )
    help = "Names only; an administrator keeps the values under Admin."
    return Field(
        "secret", "", control="rows", mode="plain", fields=rows, can=("add",), adds="Add a secret", help=help
    )
