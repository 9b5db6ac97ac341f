"""A fresh step for each thing that can be put into a workflow, ready to be edited.

Arguments that a tool requires are filled from names that can be read at the place where the name and the sort of
value fit (``order_id`` from ``input.order_id``, ``x.order_id`` or ``order.id``), else with an empty value of the
right sort.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from dsl import tree
from dsl.catalog import Catalog, Connector, Schema, Tool
from dsl.edits.ground import NAME, Ground
from dsl.edits.models import UseLine
from dsl.edits.names import free_name
from dsl.edits.steps import canonical_steps
from dsl.literals import spell_string
from dsl.meaning.scope import scopes_of
from dsl.outline import uses
from dsl.parse import Parsed
from dsl.schemas import declared_types, fields_of, resolved, schema_of_fields

Names = Mapping[str, Schema]

KINDS: Final = (
    "approve",
    "if",
    "switch",
    "parallel",
    "do",
    "foreach",
    "loop",
    "wait",
    "let",
    "return",
    "fail",
    "agent",
)
_IDS = {
    "approve": "approval",
    "if": "check",
    "switch": "choice",
    "parallel": "together",
    "do": "group",
    "foreach": "each",
    "loop": "rounds",
    "wait": "pause",
    "let": "value",
    "return": "done",
    "fail": "failed",
    "agent": "assistant",
}
_EMPTY = {"string": '""', "integer": "0", "number": "0.0", "boolean": "false", "array": "[]", "object": "{}"}


@dataclass(frozen=True, slots=True)
class NewStep:
    """``text`` is the step in canonical form; ``uses`` what it calls, for :class:`dsl.AddStep`."""

    id: str
    text: str
    uses: tuple[UseLine, ...] = ()


def new_step(
    item: str, parsed: Parsed, catalog: Catalog, container: str | None = None, before: str | None = None
) -> NewStep:
    """A step for ``item``: a kind of step (:data:`KINDS`) or "connector.tool".

    ``container`` and ``before`` say where it will stand, as in :class:`dsl.AddStep`, so that names of other steps can
    be used; without them only the workflow's input is. Raises ValueError when there is no such thing.
    """
    ground = Ground(parsed)
    names = _names_at(ground, catalog, container, before)
    if item in KINDS:
        id = free_name(_IDS[item], ground.names)
        text = f"step {id}: {_kind_text(item, parsed, catalog, names, id)}"
        return NewStep(id, canonical_steps(text).rstrip("\n"))
    connector_name, _, tool_name = item.partition(".")
    connector = catalog.connectors.get(connector_name)
    tool = catalog.tool(connector_name, tool_name)
    if connector is None or tool is None:
        raise ValueError(f"there is no step or tool {item!r}")
    return _call(ground, connector, tool, names)


def _call(ground: Ground, connector: Connector, tool: Tool, names: Names) -> NewStep:
    present = uses(ground.workflow)
    known = next(
        (alias for alias, use in present.items() if use.source == "mcp" and use.name == connector.name), None
    )
    alias = known or free_name(connector.name, frozenset(present))
    id = free_name(tool.name, ground.names)
    schema = resolved(tool.input_schema)
    properties: dict[str, Schema] = schema.get("properties", {})
    args = []
    for name in schema.get("required", ()):
        value = _from_scope(name, properties.get(name, {}), names) or placeholder(properties.get(name, {}))
        args.append(f"{name if NAME.fullmatch(name) else spell_string(name)}: {value}")
    text = f"step {id}: call {alias}.{tool.name}({', '.join(args)}) timeout 30s"
    return NewStep(id, canonical_steps(text).rstrip("\n"), (UseLine(alias=alias, connector=connector.name),))


def _kind_text(item: str, parsed: Parsed, catalog: Catalog, names: Names, id: str) -> str:
    match item:
        case "approve":
            roles = sorted(catalog.roles or ())
            role = "manager" if not roles or "manager" in roles else roles[0]
            return f'approve by role {spell_string(role)} {{ title "May this go on?" within 24h }}'
        case "if":
            return "if true { }"
        case "switch":
            subject, values = next(_choices(names), ('"a"', ["a", "b"]))
            cases = " ".join(f"case {spell_string(value)} {{ }}" for value in values[:4])
            return f"switch {subject} {{ {cases} default {{ }} }}"
        case "foreach":
            items = next((path for path, schema in _values(names) if schema.get("type") == "array"), "[]")
            return f"foreach {free_name('item', Ground(parsed).names | {id})} in {items} {{ }}"
        case "loop":
            return "loop until true max 10 { }"
        case "wait":
            return "wait 1h"
        case "let":
            return 'let ""'
        case "return":
            return f"return {_result(parsed)}"
        case "fail":
            return 'fail "failed" with "what went wrong"'
        case "agent":
            return 'agent "balanced" { prompt "What should be done?" max_turns 8 }'
        case _:
            return f"{item} {{ }}"


def placeholder(schema: Schema) -> str:
    """An empty value of the right sort, as Weft text; the first of an enumeration."""
    for one in (schema, *schema.get("anyOf", ()), *schema.get("oneOf", ())):
        if one.get("enum"):
            first = one["enum"][0]
            return spell_string(first) if isinstance(first, str) else _EMPTY.get(_sort(one), "null")
        if isinstance(one.get("const"), str):
            return spell_string(one["const"])
        if _sort(one) in _EMPTY:
            return _EMPTY[_sort(one)]
    return '""' if not schema else "null"


def _sort(schema: Schema) -> str:
    kind: Any = schema.get("type", "")
    return next((one for one in kind if one != "null"), "") if isinstance(kind, list) else str(kind)


def _result(parsed: Parsed) -> str:
    schema = schema_of_fields(fields_of(parsed.workflow, "output"), declared_types(parsed.workflow))
    required = set(schema.get("required", ()))
    fields = [f"{n}: {placeholder(s)}" for n, s in schema.get("properties", {}).items() if n in required]
    return "{ " + ", ".join(fields) + " }" if fields else "{}"


def _names_at(ground: Ground, catalog: Catalog, container: str | None, before: str | None) -> Names:
    scopes = scopes_of(ground.workflow, catalog)
    header: Names = {
        "input": schema_of_fields(fields_of(ground.workflow, "input"), declared_types(ground.workflow))
    }
    if container is None:
        return header
    if container not in ground.blocks:
        # A branch that is not written yet: what its step reads can be read in it.
        around = ground.places.get(container.rpartition("/")[0])
        return header if around is None else _names_at(ground, catalog, around.container, around.step.id)
    sure = _surely_run(ground, container)

    def known(found: Names) -> Names:
        return {
            **header,
            **{name: schema for name, schema in found.items() if name not in ground.names or name in sure},
        }

    members = [place for place in ground.places.values() if place.container == container]
    for place in members:
        if place.step.id == before:
            return known(scopes.before.get(place.path, {}))
    if not members:
        owner = container.rpartition("/")[0]
        return known(scopes.before.get(owner, {}))
    last = max(members, key=lambda place: place.index)
    parent = ground.places.get(container.rpartition("/")[0])
    beside = parent is not None and isinstance(parent.step.kind, tree.Parallel)
    own = {} if beside else {last.step.id: scopes.results.get(last.path, {})}
    return known({**scopes.before.get(last.path, {}), **own})


def _surely_run(ground: Ground, container: str) -> frozenset[str]:
    """The steps of a block and of those around it: what stands in a branch beside them may not have run."""
    around = {""}
    while container:
        around.add(container)
        owner = ground.places.get(container.rpartition("/")[0])
        container = owner.container if owner else ""
    return frozenset(place.step.id for place in ground.places.values() if place.container in around)


def _values(names: Names) -> Iterator[tuple[str, Schema]]:
    """Every name and every field of one, with its schema; the nearest first."""
    for name, schema in reversed(list(names.items())):
        if name in ("secrets", "config"):
            continue
        if name != "input":
            yield name, schema
        for field, inner in resolved(schema).get("properties", {}).items():
            if NAME.fullmatch(field):
                yield f"{name}.{field}", inner


def _choices(names: Names) -> Iterator[tuple[str, list[str]]]:
    for path, schema in _values(names):
        values = schema.get("enum")
        if values and all(isinstance(value, str) for value in values):
            yield path, values


def _from_scope(name: str, schema: Schema, names: Names) -> str | None:
    wanted = {f"input.{name}"}
    for path, found in _values(names):
        field = path.rpartition(".")[2]
        named = path in wanted or field == name or path.replace(".", "_") == name
        if named and _sort(found) in ("", _sort(schema)) and "." in path:
            return path
    return None
