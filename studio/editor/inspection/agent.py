"""An agent step as a form: its model, what it is told, the tools it may call, and the shape of its answer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from dsl import tree
from dsl.catalog import Catalog
from dsl.outline import uses
from dsl.schemas import declared_types
from studio.editor.inspection.field import Field, Section
from studio.editor.inspection.typeform import TypeForm, read_type, spell_type, switch, type_fields
from studio.editor.inspection.value import Around, value_field
from studio.editor.reading import Reading

TIERS: Final = ("fast", "balanced", "best")


def agent_sections(kind: tree.Agent, reading: Reading, catalog: Catalog, around: Around) -> Iterator[Section]:
    text = {"type": "string"}
    model = value_field("expr:model", "model", text, kind.model, around, label="Model", required=True)
    model = replace(model, options=TIERS, help="A tier (fast, balanced, best) or the name of a model.")
    system = value_field("expr:system", "system", text, kind.system, around, label="Instructions")
    prompt = value_field("expr:prompt", "prompt", text, kind.prompt, around, label="Task")
    tools = Field(
        "expr:tools",
        "Tools it may call",
        control="picks",
        mode="plain",
        values=tuple(tool_name(tool, reading) for tool in kind.tools),
        options=tuple(
            f"{connector.name}.{tool}"
            for connector in catalog.connectors.values()
            for tool in connector.tools
        ),
        help="A tool that needs a person's yes is never called by a model.",
    )
    yield Section("Agent", (model, replace(system, lines=3), replace(prompt, lines=3), tools))
    yield Section("Its answer", tuple(_answer(kind, reading)))
    turns = Field(
        "expr:max_turns",
        "Turns at most",
        "" if kind.max_turns is None else str(kind.max_turns),
        control="number",
        mode="plain",
        sort="integer",
        placeholder="8",
    )
    budget = value_field("expr:budget", "budget", {"type": "number"}, kind.budget, around, label="Budget")
    budget = replace(budget, help="What it may cost, in dollars.")
    yield Section("Bounds", (turns, budget), folded=kind.max_turns is None and kind.budget is None)


def tool_name(tool: tree.ToolRef, reading: Reading) -> str:
    use = uses(reading.parsed.workflow).get(tool.alias)
    return f"{tool.alias if use is None else use.name}.{tool.tool}"


def _answer(kind: tree.Agent, reading: Reading) -> Iterator[Field]:
    output, text = kind.output, reading.text
    if output is not None and not isinstance(output, tree.ObjectType):
        written = text[output.span.start : output.span.end]
        yield Field(
            "expr:output", "Its type", written, control="code", mode="plain", help="Empty it for plain text."
        )
        return
    declared = declared_types(reading.parsed.workflow)
    entries = output.fields if output is not None else ()
    rows = []
    for index, (name, type_) in enumerate(entries):
        form = read_type(type_, text)
        inner = (
            Field("expr:output.name", "Name", name, control="code", mode="plain", at=(index,), required=True),
            *type_fields("expr:output", form, declared, (index,)),
            switch("expr:output.optional", "May be missing", form.optional, (index,)),
        )
        rows.append(
            Field(
                "expr:output", name, control="group", mode="plain", at=(index,), fields=inner, can=("drop",)
            )
        )
    yield Field(
        "expr:output",
        "Fields",
        control="rows",
        mode="plain",
        fields=tuple(rows),
        can=("add",),
        adds="Add a field",
        help="" if rows else "Without fields it answers with text.",
    )


def entries_of(output: tree.Type | None, text: str) -> list[tuple[str, TypeForm]]:
    """The fields of the answer, as forms."""
    if not isinstance(output, tree.ObjectType):
        return []
    return [(name, read_type(type_, text)) for name, type_ in output.fields]


def spell_entries(entries: list[tuple[str, TypeForm]]) -> str | None:
    """The type in Weft; None where there are no fields."""
    if not entries:
        return None
    return "{ " + ", ".join(f"{name}: {spell_type(form)}" for name, form in entries) + " }"
