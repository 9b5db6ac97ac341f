"""Everything that could be offered at a place, before it is filtered by what was typed and put in order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, assert_never

from dsl import tree
from dsl.assist import place as places
from dsl.assist.cursor import Cursor, later_steps, rest_of
from dsl.assist.functions import FUNCTION_DOCS, METHOD_DOCS, Function, Target
from dsl.assist.keywords import keyword_offers
from dsl.assist.offer import Offer
from dsl.assist.place import Place, place_of, properties_of, values_of
from dsl.assist.sketch import STAND_IN, Sketch
from dsl.assist.words import CODES, FIELDS_OF_NAMES, TYPES
from dsl.catalog import Schema, Tool
from dsl.diagnostic import Replacement
from dsl.edits.names import free_name
from dsl.literals import spell_string
from dsl.outline import uses
from dsl.schemas import declared_types, fits, kinds_of, resolved
from dsl.tree import Span
from dsl.wording.telling import argument_words, nature_words, type_words

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_ARGUMENT = re.compile(r"(?:\A|,)\s*([A-Za-z_]\w*)\s*:")
_DURATIONS = ("30s", "1m", "5m", "1h", "24h", "3d", "7d")
_COUNTS = {"RETRY": "3", "MAX": "10", "QUORUM": "2", "CONCURRENCY": "4", "MAX_TURNS": "8"}
_OPERATORS = {
    "boolean": ("&&", "||", "==", "!="),
    "number": (">", "<", ">=", "<=", "==", "!=", "+", "-", "*", "/"),
    "": ("==", "!=", ">", "<", ">=", "<=", "&&", "||"),
}


def offers(text: str, offset: int, cursor: Cursor, sketch: Sketch) -> Iterator[Offer]:
    yield from keyword_offers(text, offset, cursor, sketch)
    previous = sketch.tokens[-1] if sketch.tokens else None
    if "DURATION" in sketch.accepts and "ID" not in sketch.accepts:
        for rank, word in enumerate(_DURATIONS):
            yield Offer(word, "value", group=1, rank=rank)
    if "INT" in sketch.accepts and "ID" not in sketch.accepts and previous is not None:
        yield Offer(_COUNTS.get(previous.type, "1"), "value", group=1)
    if "ISEQUAL" in sketch.accepts or "__ANON_4" in sketch.accepts or _after_value(sketch):
        for rank, sign in enumerate(_OPERATORS[""]):
            yield Offer(sign, "operator", group=8, rank=rank)
    place = place_of(sketch)
    if place is not None:
        yield from _at(place, text, offset, cursor, sketch)


def _after_value(sketch: Sketch) -> bool:
    return bool(sketch.tokens) and "PLUS" in sketch.accepts and "ID" not in sketch.accepts


def _at(place: Place, text: str, offset: int, cursor: Cursor, sketch: Sketch) -> Iterator[Offer]:
    match place:
        case places.Value():
            yield from _values(place)
        case places.Member():
            yield from _members(place, sketch)
        case places.Alias():
            yield from _aliases(place, sketch)
        case places.ToolName(alias=alias, called=called):
            yield from _tools_of(sketch, alias, called)
        case places.Entry():
            yield from _entries(place, text, offset)
        case places.TypeName():
            yield from _types(sketch)
        case places.Sibling():
            yield from _siblings(place, text, offset, sketch)
        case places.Resource():
            yield from _resources(place, sketch)
        case places.Code(given=given):
            for rank, code in enumerate(code for code in CODES if code not in given):
                yield Offer(code, "code", documentation=CODES[code], group=1, rank=rank, text=code)
        case places.Word(words=words):
            for rank, (word, line) in enumerate(words):
                yield Offer(word, "value", documentation=line, group=1, rank=rank)
        case places.New(wish=wish):
            if wish:
                yield Offer(wish, "name", insert=f"{wish}, ", detail="a name for each item", group=1)
        case _:
            assert_never(place)


def _values(place: places.Value) -> Iterator[Offer]:
    wanted = kinds_of(place.schema)
    allowed = values_of(place.schema)
    for rank, value in enumerate(allowed):
        if isinstance(value, str):
            label = spell_string(value)
            yield Offer(value, "value", detail="one of the values", group=0, rank=rank, text=value)
        else:
            label = (
                {True: "true", False: "false"}.get(value, str(value))
                if isinstance(value, bool)
                else str(value)
            )
            yield Offer(label, "value", detail="one of the values", group=0, rank=rank)
    names = list(place.names.items())
    for number, (name, schema) in enumerate(reversed(names)):
        if name == STAND_IN:
            continue
        apt = bool(wanted) and bool(kinds_of(schema)) and fits(kinds_of(schema), wanted)
        group = 2 if apt or name == place.called else 3 if name not in FIELDS_OF_NAMES else 4
        if name in place.beside:
            detail = f"{type_words(schema)}, computed at the same time: add `after {name}`"
            yield Offer(name, "name", detail=detail, group=7, rank=number)
            continue
        doc = FIELDS_OF_NAMES.get(name, "") or _description(schema)
        yield Offer(name, "name", detail=type_words(schema), documentation=doc, group=group, rank=number)
        if place.called or wanted:
            yield from _paths(place, name, schema, wanted, number)
    if "boolean" in wanted or not wanted:
        for rank, word in enumerate(("true", "false")):
            yield Offer(word, "value", group=5, rank=rank)
    for rank, one in enumerate(FUNCTION_DOCS.values()):
        yield _function(one, 6, rank)
    if not wanted or "null" in wanted:
        yield Offer("null", "value", documentation=TYPES["null"], group=7)


def _paths(
    place: places.Value, name: str, schema: Schema, wanted: frozenset[str], number: int
) -> Iterator[Offer]:
    """Fields of a name that are called what is wanted, or are of the sort where few are."""
    if name == "secrets":
        return
    for rank, (field, inner) in enumerate(properties_of(resolved(schema)).items()):
        path = f"{name}.{field}"
        called = place.called and (field == place.called or path.replace(".", "_") == place.called)
        if not _NAME.match(field) or not (called and fits(kinds_of(inner), wanted)):
            continue
        doc = _description(inner)
        group = 0 if name == "input" or path.replace(".", "_") == place.called else 1
        yield Offer(
            path, "field", detail=type_words(inner), documentation=doc, group=group, rank=number * 50 + rank
        )


def _members(place: places.Member, sketch: Sketch) -> Iterator[Offer]:
    if place.secrets:
        declared = [head.name for head in sketch.workflow.heads if isinstance(head, tree.Secret)]
        for rank, name in enumerate(declared or sorted(sketch.catalog.secrets or ())):
            yield Offer(name, "secret", detail="a secret", group=0, rank=rank)
        return
    fields = properties_of(place.schema)
    required = place.schema.get("required") or ()
    for rank, (field, schema) in enumerate(fields.items()):
        if _NAME.match(field):
            maybe = "" if field in required or not required or "default" in schema else ", may be missing"
            detail = type_words(schema) + maybe
            yield Offer(field, "field", detail=detail, documentation=_description(schema), group=0, rank=rank)
    targets = _targets(place.schema)
    for rank, one in enumerate(METHOD_DOCS.values()):
        if one.on in targets:
            yield _function(one, 1 if one.on != "any" else 2, rank)


def _targets(schema: Schema) -> frozenset[Target]:
    kinds = kinds_of(schema) - {"null"}
    if not kinds:
        return frozenset({"list", "text", "any", "object"})
    found: set[Target] = set()
    for kind in kinds:
        match kind:
            case "array":
                found |= {"list", "any"}
            case "string":
                found |= {"text", "any"}
                if schema.get("format") in ("date-time", "date"):
                    found.add("time")
            case "object":
                found.add("object")
    return frozenset(found)


def _function(one: Function, group: int, rank: int) -> Offer:
    holes = ", ".join(f"${{{n}:{name}}}" for n, name in enumerate(one.parameters[: one.required], 1))
    documentation = f"{one.line}\n\n`{one.example}`"
    return Offer(
        one.name,
        "method" if one.on else "function",
        insert=f"{one.name}()" if not one.parameters else f"{one.name}(",
        snippet=f"{one.name}({holes})" if one.required else f"{one.name}()",
        detail=one.signature,
        documentation=documentation,
        group=group,
        rank=rank,
    )


def _description(schema: Schema) -> str:
    found = schema.get("description")
    return found if isinstance(found, str) else ""


def _aliases(place: places.Alias, sketch: Sketch) -> Iterator[Offer]:
    known = uses(sketch.workflow)
    if place.source == "workflow":
        for rank, (alias, use) in enumerate(known.items()):
            if use.source == "workflow":
                other = sketch.catalog.workflows.get(use.name)
                schema = resolved(other.input_schema) if other else {}
                yield _called(alias, "workflow", schema, f"the workflow {use.name}", "", rank)
        used = {use.name for use in known.values() if use.source == "workflow"}
        for rank, name in enumerate(sorted(set(sketch.catalog.workflows) - used)):
            alias = free_name(name.rsplit("/", 1)[-1], known.keys())
            other = sketch.catalog.workflows[name]
            yield _called(
                alias,
                "workflow",
                resolved(other.input_schema),
                f"the workflow {name}",
                "",
                rank,
                group=3,
                edits=_use_line(sketch, alias, "workflow", name),
            )
        return
    for rank, (alias, use) in enumerate(known.items()):
        if use.source != "mcp":
            continue
        connector = sketch.catalog.connectors.get(use.name)
        yield Offer(alias, "name", detail=f"the connector {use.name}", group=0, rank=rank)
        for number, tool in enumerate((connector.tools if connector else {}).values()):
            yield _tool(sketch, use.name, tool, f"{alias}.", place.called, 1, rank * 1000 + number)
    used = {use.name for use in known.values() if use.source == "mcp"}
    for rank, name in enumerate(sorted(set(sketch.catalog.connectors) - used)):
        alias = free_name(name.rsplit("/", 1)[-1], known.keys())
        edits = _use_line(sketch, alias, "mcp", name)
        for number, tool in enumerate(sketch.catalog.connectors[name].tools.values()):
            yield _tool(sketch, name, tool, f"{alias}.", place.called, 2, rank * 1000 + number, edits)


def _use_line(sketch: Sketch, alias: str, source: str, name: str) -> tuple[Replacement, ...]:
    """The line that a tool of a connector not used yet needs, behind the other ones."""
    present = [head for head in sketch.workflow.heads if isinstance(head, tree.Use)]
    line = f"use {alias}: {source} {spell_string(name)}"
    if present:
        at = present[-1].span.end
        return (Replacement(Span(at, at), f"\n  {line}"),)
    at = sketch.workflow.body.span.start + 1
    return (Replacement(Span(at, at), f"\n  {line}\n"),) if sketch.workflow.name else ()


def _tools_of(sketch: Sketch, alias: str, called: bool) -> Iterator[Offer]:
    use = uses(sketch.workflow).get(alias)
    connector = sketch.catalog.connectors.get(use.name) if use else sketch.catalog.connectors.get(alias)
    if connector is None:
        return
    edits = () if use else _use_line(sketch, alias, "mcp", alias)
    for rank, tool in enumerate(connector.tools.values()):
        yield _tool(sketch, connector.name, tool, "", called, 0, rank, edits)


def _tool(
    sketch: Sketch,
    connector: str,
    tool: Tool,
    prefix: str,
    called: bool,
    group: int,
    rank: int,
    edits: tuple[Replacement, ...] = (),
) -> Offer:
    schema = resolved(tool.input_schema)
    about = [tool.description, nature_words(sketch.catalog.nature(connector, tool.name))]
    documentation = "\n\n".join(part for part in about if part)
    label = f"{prefix}{tool.name}"
    if not called:
        return Offer(
            label, "tool", detail=tool.title, documentation=documentation, group=group, rank=rank, edits=edits
        )
    return _called(label, "tool", schema, tool.title, documentation, rank, group=group, edits=edits)


def _called(
    label: str,
    kind: str,
    schema: Schema,
    detail: str,
    documentation: str,
    rank: int,
    *,
    group: int = 0,
    edits: tuple[Replacement, ...] = (),
) -> Offer:
    holes = ", ".join(
        f"{name if _NAME.match(name) else spell_string(name)}: ${{{number}}}"
        for number, name in enumerate(_required(schema), 1)
    )
    return Offer(
        label,
        kind,  # type: ignore[arg-type]
        snippet=f"{label}({holes})" if holes else f"{label}($1)",
        detail=detail,
        documentation=documentation,
        group=group,
        rank=rank,
        edits=edits,
    )


def _required(schema: Schema) -> list[str]:
    found = schema.get("required")
    return [name for name in found if isinstance(name, str)] if isinstance(found, list) else []


def _entries(place: places.Entry, text: str, offset: int) -> Iterator[Offer]:
    given = place.given | frozenset(_ARGUMENT.findall(rest_of(text, offset, steps=False).partition("{")[0]))
    rest = rest_of(text, offset, steps=False)
    colon = "" if re.match(r"[\w\"]*\s*:", rest) else ": "
    required = _required(place.schema)
    for rank, (name, schema) in enumerate(properties_of(place.schema).items()):
        if name in given or name == "idempotency_key":
            continue
        label = name if _NAME.match(name) else spell_string(name)
        yield Offer(
            label,
            place.sort,
            insert=label + colon,
            detail=argument_words(name, schema, required),
            documentation=_description(schema),
            group=0 if name in required else 1,
            rank=rank,
        )


def _types(sketch: Sketch) -> Iterator[Offer]:
    for rank, (name, _) in enumerate(declared_types(sketch.workflow).items()):
        if name != STAND_IN:
            yield Offer(name, "type", detail="a type of this workflow", group=0, rank=rank)
    for rank, (name, line) in enumerate(TYPES.items()):
        snippet = f"{name}<${{1:string}}>" if name in ("map", "list") else ""
        yield Offer(name, "type", documentation=line, snippet=snippet, group=1, rank=rank)


def _siblings(place: places.Sibling, text: str, offset: int, sketch: Sketch) -> Iterator[Offer]:
    block = next((link.node for link in reversed(sketch.way) if isinstance(link.node, tree.Block)), None)
    ids = [step.id for step in block.steps] if block is not None else []
    for rank, name in enumerate(dict.fromkeys([*ids, *later_steps(text, offset)])):
        if name not in place.given and name not in (place.own, STAND_IN):
            yield Offer(name, "step", detail="a step beside this one", group=0, rank=rank)


def _resources(place: places.Resource, sketch: Sketch) -> Iterator[Offer]:
    catalog = sketch.catalog
    known: Mapping[str, Any]
    match place.sort:
        case "connector":
            known = {name: one.title for name, one in catalog.connectors.items()}
        case "workflow":
            known = dict.fromkeys(catalog.workflows, "a published workflow")
        case "role":
            known = dict.fromkeys(sorted(catalog.roles or ()), "a role")
        case "user":
            known = dict.fromkeys(sorted(catalog.users or ()), "a person")
        case "secret":
            for rank, name in enumerate(sorted(catalog.secrets or ())):
                yield Offer(name, "secret", detail="a secret", group=0, rank=rank)
            return
        case _:
            assert_never(place.sort)
    for rank, (name, title) in enumerate(known.items()):
        yield Offer(name, place.sort, detail=title, group=0, rank=rank, text=name)
