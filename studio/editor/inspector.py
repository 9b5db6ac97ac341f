"""What the inspector shows of a step: fields made from the tool's JSON Schema and from the kind of the step. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Final, assert_never

from dsl import tree
from dsl.catalog import Catalog, Schema
from dsl.diagnostic import Diagnostic
from dsl.literals import spell_duration
from dsl.outline import uses
from dsl.wording.sentences import humanize
from studio.editor.reading import Reading
from studio.editor.spelling import Control, plain_of, source

RANK: Final = {"error": 0, "warning": 1, "info": 2}


@dataclass(frozen=True, slots=True)
class Field:
    """One field. ``key`` says what it sets ("arg:amount", "expr:arms[0].test", "clause:timeout", "id", "doc").

    ``control`` is how plain values are entered; ``mode`` whether the value shown is plain or an expression.
    ``removable``: emptying it takes it out of the text.
    """

    key: str
    label: str
    value: str = ""
    control: Control = "expression"
    mode: str = "expression"
    help: str = ""
    placeholder: str = ""
    options: tuple[str, ...] = ()
    required: bool = False
    lines: int = 1
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    fields: tuple[Field, ...]
    folded: bool = False


@dataclass(frozen=True, slots=True)
class Inspected:
    """``problems`` hold the index of each diagnostic, so that its fix can be asked for."""

    path: str
    id: str
    kind: str
    tool: str
    title: str
    sentence: str
    doc: str
    effect: str
    sections: tuple[Section, ...] = ()
    problems: tuple[dict[str, Any], ...] = field(default=())


def inspect(reading: Reading, catalog: Catalog, path: str) -> dict[str, Any]:
    """The inspector's JSON for the step at ``path``; empty when there is none."""
    place = reading.steps.get(path)
    if place is None:
        return {}
    step = place.step
    node = next((node for node in reading.graph["nodes"] if node["id"] == path), {})
    mine = [(n, found) for n, found in enumerate(reading.diagnostics) if found.step == path]
    mine.sort(key=lambda one: RANK[one[1].severity])
    shown = Inspected(
        path=path,
        id=step.id,
        kind=str(node.get("kind", "")),
        tool=str(node.get("tool") or ""),
        title=str(node.get("title") or humanize(step.id)),
        sentence=str(node.get("sentence") or ""),
        doc=step.doc,
        effect=str(node.get("effect") or ""),
        sections=tuple(_sections(step, reading, catalog)),
        problems=tuple(problem(found, n) for n, found in mine),
    )
    return asdict(shown)


def problem(found: Diagnostic, index: int) -> dict[str, Any]:
    """``way`` says the steps that prove it, where the message does not; ``shows`` whether a way can be painted."""
    told = " -> " in found.message or " -> " in found.help
    return {
        "index": index,
        "code": found.code,
        "severity": found.severity,
        "message": found.message,
        "help": found.help,
        "step": found.step or "",
        "fix": found.fix.title if found.fix else "",
        "way": "" if told or len(found.witness) < 2 else " → ".join(found.witness),
        "shows": len(found.witness) > 1,
    }


def _sections(step: tree.Step, reading: Reading, catalog: Catalog) -> Iterator[Section]:
    kind = step.kind
    text = reading.text
    match kind:
        case tree.Call() | tree.RunWorkflow():
            schema = _schema_of(kind, reading, catalog)
            fields = tuple(_arguments(kind.args, schema, reading))
            yield Section("Arguments", fields)
        case tree.Agent():
            yield Section("Agent", tuple(_agent(kind, text)))
        case tree.Approve():
            yield Section("Approval", tuple(_approval(kind, text, catalog)))
        case tree.If(arms=arms):
            yield Section("When", tuple(_arms(arms, text)))
        case tree.Switch(subject=subject, arms=arms):
            chosen = Field("expr:subject", "Look at", source(subject, text), required=True)
            yield Section("Which way", (chosen, *_arms(arms, text, "Case")))
        case tree.Foreach(items=items, concurrency=concurrency):
            at_once = Field(
                "expr:concurrency",
                "At once",
                "" if concurrency is None else str(concurrency),
                placeholder="1",
                help="How many items are worked on at the same time.",
            )
            each = Field(
                "expr:items",
                "Items",
                source(items, text),
                required=True,
                help=f"Each one is called {kind.variable} inside.",
            )
            yield Section("For each", (each, at_once))
        case tree.Loop(test=test, mode=mode, max=limit):
            again = Field(
                "expr:test", "While" if mode == "while" else "Until", source(test, text), required=True
            )
            yield Section(
                "Again",
                (
                    again,
                    Field(
                        "expr:max",
                        "At most",
                        str(limit),
                        required=True,
                        help="Rounds, however the condition goes.",
                    ),
                ),
            )
        case tree.Wait():
            yield Section("Wait", tuple(_waiting(kind, text)))
        case tree.Let(value=value):
            yield Section("Value", (Field("expr:value", "Is", source(value, text), required=True, lines=2),))
        case tree.Return(value=value):
            yield Section(
                "Result", (Field("expr:value", "Result", source(value, text), required=True, lines=4),)
            )
        case tree.Fail(code=code, message=message):
            said = "" if message is None else source(message, text)
            yield Section(
                "Error",
                (
                    Field("expr:code", "Code", f'"{code}"', required=True),
                    Field("expr:message", "Message", said),
                ),
            )
        case tree.Parallel() | tree.Do() | tree.Broken():
            pass
        case _:
            assert_never(kind)
    if isinstance(kind, tree.Call | tree.RunWorkflow | tree.Agent):
        yield Section("If it takes long or fails", tuple(_clauses(step, text)), folded=not step.clauses)


def control_of(path: str, argument: str, reading: Reading, catalog: Catalog) -> Control:
    """How plain values of an argument are entered."""
    place = reading.steps.get(path)
    if place is None or not isinstance(place.step.kind, tree.Call | tree.RunWorkflow):
        return "expression"
    schema = _schema_of(place.step.kind, reading, catalog).get("properties", {}).get(argument, {})
    return _control(schema)[0]


def _schema_of(kind: tree.Call | tree.RunWorkflow, reading: Reading, catalog: Catalog) -> Schema:
    use = uses(reading.parsed.workflow).get(kind.alias)
    if use is None:
        return {}
    match kind:
        case tree.Call(tool=name):
            tool = catalog.tool(use.name, name)
            return {} if tool is None else tool.input_schema
        case tree.RunWorkflow():
            found = catalog.workflows.get(use.name)
            return {} if found is None else found.input_schema


def _arguments(args: Sequence[tree.Arg], schema: Schema, reading: Reading) -> Iterator[Field]:
    written = {arg.name: arg for arg in args}
    properties: dict[str, Schema] = schema.get("properties", {})
    required = set(schema.get("required", ()))
    # A key for "only once" is the engine's to fill in: shown only to those who wrote one.
    names = [name for name in properties if name != "idempotency_key" or name in written]
    for name in sorted(names, key=lambda name: name not in required):
        yield _argument(name, properties[name], written.get(name), name in required, reading)
    for name, arg in written.items():
        if name not in properties:
            value = source(arg.value, reading.text)
            yield Field(f"arg:{name}", name, value, problem=_problem_in(arg.span, reading))


def _argument(name: str, schema: Schema, arg: tree.Arg | None, required: bool, reading: Reading) -> Field:
    control, options = _control(schema)
    plain = None if arg is None else plain_of(arg.value, reading.text, control)
    if arg is not None and control == "select" and plain not in options:
        plain = None
    mode = "plain" if control != "expression" and (arg is None or plain is not None) else "expression"
    value = "" if arg is None else plain if plain is not None else source(arg.value, reading.text)
    missing = "This argument is required." if required and arg is None else ""
    return Field(
        key=f"arg:{name}",
        label=name,
        value=value,
        control=control,
        mode=mode,
        help=str(schema.get("description", "")),
        placeholder=_placeholder(schema),
        options=options,
        required=required,
        lines=3 if "\n" in value or name in ("body", "message", "summary", "text") else 1,
        problem=missing or ("" if arg is None else _problem_in(arg.span, reading)),
    )


def _control(schema: Schema) -> tuple[Control, tuple[str, ...]]:
    options = schema.get("enum") or next(
        (one["enum"] for one in schema.get("anyOf", ()) if "enum" in one), None
    )
    if options and all(isinstance(option, str) for option in options):
        return "select", tuple(options)
    kinds = {schema.get("type"), *(one.get("type") for one in schema.get("anyOf", ()))} - {None, "null"}
    match kinds:
        case _ if kinds == {"string"}:
            return "text", ()
        case _ if kinds and kinds <= {"integer", "number"}:
            return "number", ()
        case _ if kinds == {"boolean"}:
            return "toggle", ("true", "false")
        case _:
            return "expression", ()


def _placeholder(schema: Schema) -> str:
    if "default" in schema and schema["default"] is not None:
        return str(schema["default"])
    kind = schema.get("type", "")
    return {"string": "Text, with ${...} for values", "object": "{ name: value }", "array": "[ ... ]"}.get(
        str(kind), ""
    )


def _problem_in(span: tree.Span, reading: Reading) -> str:
    inside = (
        found.message
        for found in reading.diagnostics
        if found.severity == "error" and span.start <= found.span.start and found.span.end <= span.end
    )
    return next(inside, "")


def _agent(kind: tree.Agent, text: str) -> Iterator[Field]:
    yield Field("expr:model", "Model", source(kind.model, text), required=True)
    yield Field(
        "expr:system", "Instructions", "" if kind.system is None else source(kind.system, text), lines=3
    )
    yield Field("expr:prompt", "Task", "" if kind.prompt is None else source(kind.prompt, text), lines=3)


def _approval(kind: tree.Approve, text: str, catalog: Catalog) -> Iterator[Field]:
    who = kind.approvers[0] if kind.approvers else None
    if who is not None:
        known = sorted((catalog.roles if who.by == "role" else catalog.users) or ())
        name = plain_of(who.name, text, "text")
        listed = name is not None and (not known or name in known)
        yield Field(
            "expr:approvers[0]",
            "Role" if who.by == "role" else "Person",
            name if listed and name is not None else source(who.name, text),
            control="select" if known else "text",
            mode="plain" if listed else "expression",
            options=tuple(known),
            required=True,
            help="Anybody with this role may decide." if who.by == "role" else "",
        )
    title = "" if kind.title is None else plain_of(kind.title, text, "text")
    yield Field(
        "expr:title",
        "Question",
        title if title is not None else source(kind.title, text) if kind.title else "",
        control="text",
        mode="plain" if title is not None else "expression",
        lines=2,
        placeholder="Refund ${order.total} to ${order.customer.name}?",
        help="What the person is asked.",
    )
    within = "" if kind.within_ms is None else spell_duration(kind.within_ms)
    yield Field(
        "expr:within",
        "Answer within",
        within,
        placeholder="3d",
        help="Such as 30m, 24h or 3d. After that the run fails, unless it says what else to do.",
    )


def _arms(arms: Sequence[tree.Arm], text: str, word: str = "") -> Iterator[Field]:
    for n, arm in enumerate(arms):
        value = ", ".join(source(test, text) for test in arm.tests)
        label = f"{word} {n + 1}" if word else "Condition" if n == 0 else f"Otherwise, when ({n + 1})"
        yield Field(f"expr:arms[{n}].test", label, value, required=True, lines=2 if len(value) > 42 else 1)


def _waiting(kind: tree.Wait, text: str) -> Iterator[Field]:
    if kind.until is not None:
        yield Field("expr:until", "Until", source(kind.until, text), required=True)
    elif kind.event is not None:
        yield Field("expr:event", "For the event", f'"{kind.event}"', required=True)
        yield Field("expr:when", "When", "" if kind.when is None else source(kind.when, text))
    else:
        length = "" if kind.ms is None else spell_duration(kind.ms)
        yield Field(
            "expr:ms", "For", length, required=True, placeholder="24h", help="Such as 90s, 24h or 3d."
        )


def _clauses(step: tree.Step, text: str) -> Iterator[Field]:
    found: dict[str, str] = {}
    for clause in step.clauses:
        match clause:
            case tree.Timeout(ms=ms):
                found["timeout"] = spell_duration(ms)
            case tree.Retry(span=span):
                found["retry"] = text[span.start : span.end].removeprefix("retry").strip()
            case tree.Key(value=value):
                found["key"] = source(value, text)
            case _:
                pass
    yield Field(
        "clause:timeout",
        "Give up after",
        found.get("timeout", ""),
        placeholder="30s",
        help="Such as 10s or 2m.",
    )
    yield Field(
        "clause:retry",
        "Try again",
        found.get("retry", ""),
        placeholder="3 backoff 1s to 1m",
        help="How often, and how long to wait in between.",
    )
    yield Field(
        "clause:key",
        "Only once for",
        found.get("key", ""),
        placeholder='"refund-${order.id}"',
        help="The same key never does the thing twice.",
    )
