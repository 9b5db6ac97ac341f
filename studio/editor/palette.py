"""What can be put on the canvas: the kinds of steps, and every connector's tools."""

from __future__ import annotations

from typing import Any, Final

from dsl.catalog import Catalog, Connector, Tool
from dsl.policy import Nature
from dsl.schemas import resolved
from dsl.wording.sentences import connector_words, humanize, tool_title
from dsl.wording.telling import argument_words

LONGEST = 400
"""Characters of a description."""
SHOWN = 8
"""How many arguments are told."""

# (kind, title, what it is for)
STEPS: Final = (
    ("approve", "Approval", "A person says yes or no"),
    ("if", "If", "Goes one way or the other"),
    ("switch", "Switch", "One way for each value"),
    ("parallel", "Parallel", "Several things at once"),
    ("foreach", "For each", "The same for every item of a list"),
    ("loop", "Loop", "Again, while something holds"),
    ("wait", "Wait", "For a time, a moment or an event"),
    ("agent", "Agent", "A language model reads, decides or writes"),
    ("let", "Value", "Works something out and names it"),
    ("return", "Finish", "Ends here with a result"),
    ("fail", "Fail", "Ends here with an error"),
)


def palette(catalog: Catalog) -> list[dict[str, Any]]:
    """Groups for the canvas: ``{"key", "title", "items"}``, an item ``{"key", "kind", "tool", "title", ...}``."""
    steps = [
        {"key": kind, "kind": kind, "tool": None, "title": title, "description": about, "effect": None}
        for kind, title, about in STEPS
    ]
    groups: list[dict[str, Any]] = [{"key": "steps", "title": "Steps", "items": steps}]
    for name in sorted(catalog.connectors):
        connector = catalog.connectors[name]
        if connector.tools:
            title = connector.title or connector_words(name)
            groups.append({"key": f"connector:{name}", "title": title, "items": _tools(connector, catalog)})
    return groups


def title_of(item: str) -> str:
    """How a kind or a "connector.tool" is called in a sentence."""
    return next((title for kind, title, _ in STEPS if kind == item), humanize(item.partition(".")[2] or item))


def _tools(connector: Connector, catalog: Catalog) -> list[dict[str, Any]]:
    return [
        {
            "key": f"{connector.name}.{tool.name}",
            "kind": "call",
            "tool": f"{connector.name}.{tool.name}",
            "title": tool_title(tool) or humanize(tool.name),
            "description": _first_sentence(tool.description),
            "about": " ".join(tool.description.split())[:LONGEST],
            "args": _arguments(tool),
            **_effect(catalog.nature(connector.name, tool.name)),
        }
        for tool in connector.tools.values()
    ]


def _effect(nature: Nature) -> dict[str, Any]:
    money = nature.stated and "money" in nature.does
    return {"effect": "read" if nature.reads else "write", "money": money}


def _arguments(tool: Tool) -> list[dict[str, str]]:
    """What a tool takes, in words; the required first."""
    schema = resolved(tool.input_schema)
    required = schema.get("required", ())
    names = sorted(schema.get("properties", {}), key=lambda name: name not in required)
    known = schema.get("properties", {})
    return [{"name": name, "words": argument_words(name, known[name], required)} for name in names[:SHOWN]]


def _first_sentence(text: str) -> str:
    flat = " ".join(text.split())
    end = flat.find(". ")
    return (flat if end < 0 else flat[:end]).removesuffix(".")[:160]
