"""Connectors and their tools as the page shows them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from dsl.policy import Nature, Policy
from engine.connections import ConnectorView, ToolView
from studio.connectors import natures
from studio.connectors.natures import Mark
from studio.shell.moments import iso

# state of a pin: (words, tone, what it means)
PINS: Final[dict[str, tuple[str, str, str]]] = {
    "pinned": ("Pinned", "", "The server offers exactly what was pinned."),
    "changed": ("Changed", "warning", "The server describes this tool differently than when it was pinned."),
    "missing": ("Missing", "danger", "The server does not offer this tool any more."),
    "new": ("New", "info", "The server offers this since; workflows cannot use it before it is accepted."),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One argument or result of a tool."""

    name: str
    type: str
    required: bool
    doc: str


@dataclass(frozen=True, slots=True)
class ToolRow:
    """One tool. `pin` is the beginning of the hash of its pinned definition; `says` what it may do, in sentences."""

    name: str
    full_name: str
    doc: str
    effect: str
    marks: list[Mark]
    says: str
    takes: list[Field]
    gives: list[Field]
    schema: dict[str, Any]
    pin: str
    sha256: str
    state: str


@dataclass(frozen=True, slots=True)
class ConnectorRow:
    """One connector. `health` is "ok", "down" or "unopened"."""

    name: str
    title: str
    url: str
    trusted: bool
    enabled: bool
    health: str
    message: str
    checked: str
    tools: list[ToolRow]
    count: str


def row(connector: ConnectorView, policy: Policy) -> ConnectorRow:
    """The row of a connector."""
    tools = [tool(connector.name, each, nature_of(connector.name, each, policy)) for each in connector.tools]
    return ConnectorRow(
        name=connector.name,
        title=connector.title or connector.name,
        url=connector.url,
        trusted=connector.trusted,
        enabled=connector.enabled,
        health=connector.health,
        message=connector.message,
        checked=iso(connector.checked_at),
        tools=tools,
        count="1 tool" if len(tools) == 1 else f"{len(tools)} tools",
    )


def nature_of(connector: str, view: ToolView, policy: Policy) -> Nature:
    """What the policy makes of a tool."""
    effect = "read" if view.effect == "read" else "write"
    return policy.nature(connector, view.name, effect=effect, idempotent=view.idempotent)


def tool(connector: str, view: ToolView, nature: Nature) -> ToolRow:
    """The row of a tool."""
    said = (natures.does(nature), natures.asked(nature), natures.repeated(nature))
    return ToolRow(
        name=view.name,
        full_name=f"{connector}.{view.name}",
        doc=view.description or view.title,
        effect="read" if nature.reads else "write",
        marks=natures.marks(nature),
        says=" ".join(said).strip(),
        takes=fields(view.input_schema),
        gives=fields(view.output_schema or {}),
        schema={"input": view.input_schema, "output": view.output_schema},
        pin=view.sha256[:12],
        sha256=view.sha256,
        state=view.state,
    )


def fields(schema: dict[str, Any]) -> list[Field]:
    """The properties of an object's schema; none for anything else."""
    required = set(schema.get("required") or ())
    return [
        Field(name, type_words(each, schema), name in required, str(each.get("description", "")))
        for name, each in (schema.get("properties") or {}).items()
        if isinstance(each, dict)
    ]


def type_words(schema: dict[str, Any], root: dict[str, Any], depth: int = 0) -> str:
    """A short name of a schema's type: "text", "list of order", "paid | shipped". `root` holds its references."""
    reference = schema.get("$ref")
    if isinstance(reference, str):
        return reference.rpartition("/")[2].lower()
    if options := schema.get("enum"):
        return " | ".join(str(option) for option in options)
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        named = [
            type_words(each, root, depth + 1)
            for each in choices
            if isinstance(each, dict) and each.get("type") != "null"
        ]
        return " or ".join(dict.fromkeys(named)) or "nothing"
    match schema.get("type"):
        case "array":
            items = schema.get("items")
            return (
                f"list of {type_words(items, root, depth + 1)}"
                if isinstance(items, dict) and depth < 3
                else "list"
            )
        case "string":
            return {"date": "date", "date-time": "time", "email": "e-mail"}.get(
                str(schema.get("format")), "text"
            )
        case "integer":
            return "whole number"
        case "boolean":
            return "yes or no"
        case list() as types:
            return " or ".join(str(each) for each in types if each != "null")
        case str() as name:
            return name
        case _:
            return "anything"
