"""The form of each kind of step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import assert_never

from dsl import tree
from dsl.catalog import Catalog, Schema
from dsl.outline import uses
from dsl.schemas import declared_types, fields_of, resolved, schema_of_fields
from studio.editor.inspection.agent import agent_sections
from studio.editor.inspection.field import Field, Section
from studio.editor.inspection.people import approval_sections
from studio.editor.inspection.value import Around, value_field
from studio.editor.reading import Reading
from studio.editor.spelling import duration_in, plain_of, source

ANYTHING: Schema = {}
TEXT: Schema = {"type": "string"}


def kind_sections(step: tree.Step, reading: Reading, catalog: Catalog) -> Iterator[Section]:
    kind, around = step.kind, Around(reading.text, reading.diagnostics)
    match kind:
        case tree.Call():
            yield Section(
                "Arguments", tuple(_arguments(kind.args, schema_of_call(kind, reading, catalog), around))
            )
        case tree.RunWorkflow():
            yield Section("Workflow", (_which(kind, reading, catalog),))
            yield Section(
                "Inputs", tuple(_arguments(kind.args, schema_of_call(kind, reading, catalog), around))
            )
        case tree.Agent():
            yield from agent_sections(kind, reading, catalog, around)
        case tree.Approve():
            yield from approval_sections(kind, catalog, around)
        case tree.If(arms=arms):
            yield Section("When", (_ways(arms, around),))
        case tree.Switch(subject=subject, arms=arms):
            looked = _expression("expr:subject", "Look at", subject, around, required=True)
            yield Section("Which way", (looked, _cases(arms, around)))
        case tree.Foreach():
            yield Section("For each", tuple(_foreach(kind, around)))
        case tree.Loop():
            yield Section("Again", tuple(_loop(kind, around)))
        case tree.Wait():
            yield Section("Wait", tuple(_waiting(kind, around)))
        case tree.Let(value=value):
            yield Section("Value", (_expression("expr:value", "Is", value, around, required=True, lines=2),))
        case tree.Return(value=value):
            yield Section("Result", (_result(value, reading, around),))
        case tree.Fail():
            yield Section("Error", tuple(_failing(kind, around)))
        case tree.Parallel(join=join):
            yield Section("Goes on", (_join(join),))
        case tree.Do() | tree.Broken():
            pass
        case _:
            assert_never(kind)


def schema_of_call(kind: tree.Call | tree.RunWorkflow, reading: Reading, catalog: Catalog) -> Schema:
    """The schema of the arguments, its references put in place; {} where it is not known."""
    use = uses(reading.parsed.workflow).get(kind.alias)
    if use is None:
        return {}
    match kind:
        case tree.Call(tool=name):
            tool = catalog.tool(use.name, name)
            return {} if tool is None else resolved(tool.input_schema)
        case tree.RunWorkflow():
            other = catalog.workflows.get(use.name)
            return {} if other is None else resolved(other.input_schema)


def _arguments(args: Sequence[tree.Arg], schema: Schema, around: Around) -> Iterator[Field]:
    written = {arg.name: arg for arg in args}
    properties: dict[str, Schema] = schema.get("properties") or {}
    # What is required keeps the order of the tool's author; an object's fields have none where it is stored.
    required = list(map(str, schema.get("required") or ()))
    # A key for "only once" is the engine's to fill in: shown only to those who wrote one.
    names = [name for name in properties if name != "idempotency_key" or name in written]
    for name in sorted(names, key=lambda name: required.index(name) if name in required else len(required)):
        arg = written.get(name)
        given = None if arg is None else arg.value
        yield value_field(f"arg:{name}", name, properties[name], given, around, required=name in required)
    for name, arg in written.items():
        if name not in properties:
            field = value_field(f"arg:{name}", name, ANYTHING, arg.value, around, label=name)
            yield replace(field, problem=field.problem or around.problem(arg.span))


def _which(kind: tree.RunWorkflow, reading: Reading, catalog: Catalog) -> Field:
    use = uses(reading.parsed.workflow).get(kind.alias)
    name = kind.alias if use is None else use.name
    return Field(
        "expr:workflow",
        "Runs",
        name,
        control="select",
        mode="plain",
        options=tuple(sorted({*catalog.workflows, name})),
        required=True,
        problem="" if name in catalog.workflows else "No such workflow is published.",
        help="Only published workflows can be run from here.",
    )


def _expression(
    key: str,
    label: str,
    value: tree.Expr | None,
    around: Around,
    *,
    required: bool = False,
    help: str = "",
    lines: int = 1,
) -> Field:
    field = value_field(key, "", ANYTHING, value, around, label=label, required=required)
    return replace(field, help=help, lines=max(lines, 2 if len(field.value) > 42 else 1))


def _ways(arms: Sequence[tree.Arm], around: Around) -> Field:
    rows = []
    for index, arm in enumerate(arms):
        label = "Condition" if index == 0 else f"Otherwise, when ({index + 1})"
        row = _expression(f"expr:arms[{index}].test", label, arm.tests[0], around, required=True)
        rows.append(
            replace(row, can=_moves(index, len(arms), least=1), opens="then" if not index else f"elif{index}")
        )
    return Field(
        "expr:arms",
        "",
        control="rows",
        mode="plain",
        fields=tuple(rows),
        can=("add",),
        adds="Add another condition",
    )


def _moves(index: int, count: int, *, least: int) -> tuple[str, ...]:
    words = [("drop", count > least), ("up", index > 0), ("down", index + 1 < count)]
    return tuple(word for word, there in words if there)


def _cases(arms: Sequence[tree.Arm], around: Around) -> Field:
    rows = []
    for index, arm in enumerate(arms):
        key = f"expr:arms[{index}].test"
        plain = [plain_of(test, around.text, "text") for test in arm.tests]
        constant = all(isinstance(test, tree.Constant) for test in arm.tests)
        written = ", ".join(source(test, around.text) for test in arm.tests)
        row = Field(
            key, f"Case {index + 1}", written, source=written, required=True, read=True, opens=f"case{index}"
        )
        if constant and all(isinstance(one, str) for one in plain):
            row = replace(
                row,
                control="chips",
                mode="plain",
                values=tuple(one for one in plain if one is not None),
                read=False,
            )
        rows.append(replace(row, can=_moves(index, len(arms), least=1)))
    return Field(
        "expr:arms", "", control="rows", mode="plain", fields=tuple(rows), can=("add",), adds="Add a case"
    )


def _foreach(kind: tree.Foreach, around: Around) -> Iterator[Field]:
    yield _expression("expr:items", "Items", kind.items, around, required=True, help="A list.")
    yield Field(
        "expr:variable",
        "Each one is called",
        kind.variable,
        control="code",
        mode="plain",
        required=True,
        help="Steps inside read it by this name.",
    )
    yield Field(
        "expr:concurrency",
        "At once",
        "" if kind.concurrency is None else str(kind.concurrency),
        control="number",
        mode="plain",
        sort="integer",
        placeholder="1",
        default="1",
        help="How many are worked on at the same time.",
    )


def _loop(kind: tree.Loop, around: Around) -> Iterator[Field]:
    yield Field(
        "expr:mode",
        "Repeat",
        kind.mode,
        control="select",
        mode="plain",
        options=("while", "until"),
        labels=("While something holds", "Until something holds"),
        required=True,
    )
    yield _expression("expr:test", "Condition", kind.test, around, required=True)
    if kind.carry is not None:
        name, first = kind.carry
        yield _expression("expr:carry", f"{name} begins as", first, around, required=True)
    yield Field(
        "expr:max",
        "At most",
        str(kind.max),
        control="number",
        mode="plain",
        sort="integer",
        required=True,
        help="Rounds, however the condition goes.",
    )


def _waiting(kind: tree.Wait, around: Around) -> Iterator[Field]:
    sort = "until" if kind.until is not None else "event" if kind.event is not None else "for"
    yield Field(
        "expr:sort",
        "Wait for",
        sort,
        control="select",
        mode="plain",
        options=("for", "until", "event"),
        labels=("A length of time", "A moment", "An event"),
        required=True,
    )
    if kind.until is not None:
        moment = {"type": "string", "format": "date-time"}
        yield value_field("expr:until", "", moment, kind.until, around, label="Until", required=True)
    elif kind.event is not None:
        yield Field("expr:event", "Event", kind.event, control="text", mode="plain", required=True)
        yield _expression(
            "expr:when", "Only when", kind.when, around, help="The event's data is called event."
        )
    else:
        length = duration_in(around.text[kind.span.start : kind.span.end], kind.ms)
        yield Field(
            "expr:ms", "For", length, control="duration", mode="plain", required=True, placeholder="24h"
        )


def _result(value: tree.Expr, reading: Reading, around: Around) -> Field:
    workflow = reading.parsed.workflow
    outputs = fields_of(workflow, "output")
    schema = schema_of_fields(outputs, declared_types(workflow)) if outputs else ANYTHING
    field = value_field("expr:value", "", schema, value, around, label="Result", required=True)
    if not outputs:
        field = replace(field, lines=4, help="Declare outputs on Start to fill them in one by one.")
    return field


def _failing(kind: tree.Fail, around: Around) -> Iterator[Field]:
    yield Field(
        "expr:code",
        "Code",
        kind.code,
        control="text",
        mode="plain",
        required=True,
        help="A short name that a catch can ask for.",
    )
    yield replace(
        value_field("expr:message", "message", TEXT, kind.message, around, label="Message"), lines=2
    )


def _join(join: str) -> Field:
    return Field(
        "expr:join",
        "It goes on when",
        join,
        control="select",
        mode="plain",
        options=("all", "any", "settle"),
        labels=("All branches are done", "The first branch is done", "All are done, however they ended"),
        required=True,
        help={
            "all": "One that fails ends the others.",
            "any": "The other branches are stopped.",
            "settle": "Its result says of each branch how it went.",
        }.get(join, ""),
    )
