"""What each step gives, for people: its kind in plain words, or why it cannot be known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

from dsl import tree
from dsl.catalog import Catalog, Schema
from dsl.meaning.scope import scopes_of
from dsl.meaning.unions import members_of
from dsl.outline import Place, kind_slots, places, uses
from dsl.parse import Parsed
from dsl.schemas import kinds_of
from dsl.wording.telling import type_words

MAX_FIELDS = 8


@dataclass(frozen=True, slots=True)
class ResultType:
    """``words`` stand behind "gives": "an object with id (a text) and total (a number)".

    Where a result is not known, ``schema`` is ``{}``, ``words`` begin with "unknown: " and ``why`` says the rest.
    """

    schema: Schema
    words: str
    known: bool
    why: str = ""


def types_of(parsed: Parsed, catalog: Catalog) -> dict[str, ResultType]:
    """The result of every step, by its path. What is written wrongly is unknown; this never raises."""
    workflow = parsed.workflow
    try:
        results = scopes_of(workflow, catalog).results
    except RecursionError:
        return {}
    found: dict[str, ResultType] = {}
    aliases = uses(workflow)
    for place in places(workflow.body):
        schema = results.get(place.path, {})
        if place.path in found:
            continue
        if schema:
            found[place.path] = ResultType(schema, result_words(schema), True)
        else:
            why = _why(place, aliases, catalog)
            found[place.path] = ResultType({}, _unknown(why), False, why)
    return found


def unsaid(alias: str, tool: str) -> str:
    """The words for what a tool returns that does not say it."""
    return _unknown(_silent(alias, tool))


def _unknown(why: str) -> str:
    return f"unknown: {why}"


def _silent(alias: str, tool: str) -> str:
    return f"the tool `{alias}.{tool}` does not say what it returns"


def result_words(schema: Schema) -> str:
    """A schema in words, an object with its fields."""
    members = members_of(schema)
    if len(members) > 1:
        return " or ".join(dict.fromkeys(result_words(one) for one in members))
    whole = members[0]
    if kinds_of(whole) == {"null"}:
        return "nothing (null)"
    properties = whole.get("properties")
    if not isinstance(properties, dict) or not properties:
        items = whole.get("items")
        if kinds_of(whole) == {"array"} and isinstance(items, dict) and items.get("properties"):
            return f"a list of objects, each {_fields(items)}"
        return type_words(whole)
    return f"an object {_fields(whole)}"


def _fields(schema: Schema) -> str:
    properties = schema["properties"]
    shown = [
        f"{name} ({type_words(one) if isinstance(one, dict) else 'anything'})"
        for name, one in list(properties.items())[:MAX_FIELDS]
    ]
    more = f" and {len(properties) - MAX_FIELDS} more fields" if len(properties) > MAX_FIELDS else ""
    return f"with {', '.join(shown)}{more}"


def _why(place: Place, aliases: dict[str, tree.Use], catalog: Catalog) -> str:
    kind = place.step.kind
    match kind:
        case tree.Call(alias=alias, tool=tool):
            use = aliases.get(alias)
            if use is not None and not catalog.connectors:
                return "the connectors are not known here"
            if use is None or catalog.tool(use.name, tool) is None:
                return f"there is no tool `{alias}.{tool}`"
            return _silent(alias, tool)
        case tree.RunWorkflow(alias=alias):
            use = aliases.get(alias)
            if use is None or use.name not in catalog.workflows:
                return f"the workflow behind `{alias}` is not known here"
            return f"the workflow `{use.name}` does not declare its `output`"
        case tree.Agent():
            return "the agent does not say what it answers; write `output` to say it"
        case tree.Wait(event=event):
            return f'the event "{event}" can carry anything'
        case tree.Fail() | tree.Return():
            return "the run ends here, nothing reads it"
        case tree.Let():
            return "it is computed from values that are not known themselves"
        case tree.Broken():
            return "the step cannot be read"
        case (
            tree.If()
            | tree.Switch()
            | tree.Parallel()
            | tree.Do()
            | tree.Foreach()
            | tree.Loop()
            | tree.Approve()
        ):
            if kind_slots(kind):
                return "what its blocks give is not known"
            return "it gives nothing"
        case _:
            assert_never(kind)
