"""What can be read where a step stands: names with their types, as trees to pick from, and values they have had."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import dsl
from dsl import tree
from dsl.assist.sketch import scopes_in
from dsl.catalog import Catalog, Schema
from dsl.cel import ExpressionError, lower
from dsl.meaning.unions import members_of
from dsl.outline import Place, kind_slots, slots
from dsl.plan import Json
from dsl.schemas import fields_of, kinds_of
from dsl.wording.telling import type_words
from studio.editor.inspection.known import Known
from studio.editor.reading import Reading

DEEPEST: Final = 5
MOST_CHILDREN: Final = 40
MOST_NODES: Final = 800
MOST_SHOWN: Final = 120
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NO_VALUE: Final = object()

Names = Mapping[str, Schema]


def names_at(reading: Reading, catalog: Catalog, path: str) -> Names:
    """What an expression of the step at ``path`` can read, with its schema."""
    workflow = reading.parsed.workflow
    scopes = scopes_in(workflow, catalog)
    place = reading.steps.get(path)
    names = dict(scopes.before.get(path, {}))
    if place is not None and isinstance(place.step.kind, tree.Loop | tree.Wait):
        # A loop's condition reads its rounds, a wait's the event; the other fields of the step do not mind.
        for site in scopes.sites:
            if site.step == path:
                names.update(site.names)
    return names


def values_at(reading: Reading, path: str, names: Names, known: Known) -> dict[str, Json]:
    """The values that these names have, as far as anybody knows; a name that has none is left out."""
    workflow = reading.parsed.workflow
    env: dict[str, Json] = {"config": _defaults(workflow, "config")}
    if known.run or fields_of(workflow, "input"):
        env["input"] = {**_defaults(workflow, "input"), **known.input}
    for name, step in _steps_of_names(reading, path).items():
        if name in names and step in known.outputs:
            env[name] = known.outputs[step]
    for owner in _around(reading, path):
        kind = owner.step.kind
        match kind:
            case tree.Foreach(variable=variable, items=items):
                listed = _value(items, env)
                if isinstance(listed, list) and listed:
                    env[variable] = listed[0]
            case tree.Loop(carry=(variable, first)):
                value = _value(first, env)
                if value is not _NO_VALUE:
                    env[variable] = value
    return {name: value for name, value in env.items() if name in names}


def _defaults(workflow: tree.Workflow, role: str) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for entry in fields_of(workflow, role):
        if entry.default is not None:
            value = _value(entry.default, {})
            if value is not _NO_VALUE:
                found[entry.name] = value
    return found


def _value(expression: tree.Expr, env: Mapping[str, Json]) -> Any:
    try:
        return dsl.evaluate(lower(expression), env)
    except ExpressionError:
        return _NO_VALUE


def _around(reading: Reading, path: str) -> list[Place]:
    """The steps that the step stands in, outermost first."""
    found: list[Place] = []
    place = reading.steps.get(path)
    while place is not None and place.container:
        place = reading.steps.get(place.container.rpartition("/")[0])
        if place is not None:
            found.insert(0, place)
    return found


def _steps_of_names(reading: Reading, path: str) -> dict[str, str]:
    """Which step each name stands for where the step at ``path`` is: inner blocks hide outer ones."""
    found = dict(_exported(reading.parsed.workflow.body, ""))
    chain = [*_around(reading, path)]
    place = reading.steps.get(path)
    inner = [*chain[1:], place] if place is not None else []
    for owner, below in zip(chain, inner, strict=False):
        if below is None:
            continue
        name = below.container.rpartition("/")[2]
        slot = next((one for one in slots(owner.step) if one.name == name), None)
        if slot is not None:
            found.update(_exported(slot.block, owner.path + slot.infix))
    return found


def _exported(block: tree.Block, prefix: str) -> Iterator[tuple[str, str]]:
    for step in block.steps:
        path = prefix + step.id
        for slot in kind_slots(step.kind):
            if not slot.scope:
                yield from _exported(slot.block, path + slot.infix)
        yield step.id, path


@dataclass(slots=True)
class _Room:
    left: int = MOST_NODES


def data_tree(reading: Reading, names: Names, values: Mapping[str, Json]) -> list[dict[str, Any]]:
    """Groups to pick from: ``{"title", "items"}``, an item ``{"path", "name", "type", "sample", "items"}``."""
    room = _Room()
    workflow = reading.parsed.workflow
    secrets = [head.name for head in workflow.heads if isinstance(head, tree.Secret)]
    steps = [name for name in names if name not in ("input", "config", "secrets")]
    groups: list[dict[str, Any]] = []
    if steps:
        found = [
            _node(name, name, names[name], values.get(name, _NO_VALUE), 0, room) for name in reversed(steps)
        ]
        groups.append({"title": "Earlier steps", "items": found})
    for name, title in (("input", "Inputs"), ("config", "Settings")):
        if name in names:
            node = _node(name, name, names[name], values.get(name, _NO_VALUE), 0, room)
            if node.get("items"):
                groups.append({"title": title, "items": node["items"]})
    if secrets and "secrets" in names:
        items = [
            {"path": f"secrets.{name}", "name": name, "type": "a secret", "sample": "", "items": []}
            for name in secrets
        ]
        groups.append({"title": "Secrets", "items": items})
    return groups


def _node(path: str, name: str, schema: Schema, value: Any, depth: int, room: _Room) -> dict[str, Any]:
    room.left -= 1
    known = value is not _NO_VALUE
    return {
        "path": path,
        "name": name,
        "type": type_words(schema) if schema else _kind(value) if known else "not known",
        "sample": shown(value) if known else "",
        "items": list(_children(path, schema, value, depth, room)) if depth < DEEPEST else [],
    }


def _children(path: str, schema: Schema, value: Any, depth: int, room: _Room) -> Iterator[dict[str, Any]]:
    fields: dict[str, Schema] = {}
    item: Schema | None = None
    for one in members_of(schema) if schema else ():
        properties = one.get("properties")
        if isinstance(properties, dict):
            for name, inner in properties.items():
                fields.setdefault(name, inner if isinstance(inner, dict) else {})
        if kinds_of(one) - {"null"} == {"array"}:
            item = one["items"] if isinstance(one.get("items"), dict) else {}
    if isinstance(value, dict):
        for name in value:
            fields.setdefault(str(name), {})
    if isinstance(value, list) and item is None:
        item = {}
    for name in list(fields)[:MOST_CHILDREN]:
        if room.left <= 0:
            return
        inner = value.get(name, _NO_VALUE) if isinstance(value, dict) else _NO_VALUE
        yield _node(_member(path, name), name, fields[name], inner, depth + 1, room)
    if item is not None and room.left > 0:
        first = value[0] if isinstance(value, list) and value else _NO_VALUE
        yield _node(f"{path}[0]", "first one", item, first, depth + 1, room)


def _member(path: str, name: str) -> str:
    return f"{path}.{name}" if _NAME.fullmatch(name) else f"{path}[{json.dumps(name, ensure_ascii=False)}]"


def _kind(value: Any) -> str:
    match value:
        case bool():
            return "true or false"
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case dict():
            return "an object"
        case _:
            return "nothing"


def shown(value: Any) -> str:
    """A value in one line, short."""
    if isinstance(value, str):
        text = json.dumps(value[: MOST_SHOWN + 1], ensure_ascii=False)
    elif isinstance(value, dict):
        inner = ", ".join(f"{name}: {shown(one)[:40]}" for name, one in list(value.items())[:6])
        text = f"{{ {inner} }}" if inner else "{}"
    elif isinstance(value, list):
        text = (
            f"[{', '.join(shown(one)[:40] for one in value[:4])}]"
            if len(value) < 5
            else f"{len(value)} items"
        )
    else:
        text = json.dumps(value)
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"
