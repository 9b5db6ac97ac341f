"""Which argument of a step a word means: "text", "subject", "recipient"."""

from __future__ import annotations

from dsl import tree
from dsl.outline import Place
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.shapes import properties
from studio.designer.builtin.words import name_stems

ARGUMENTS: dict[str, tuple[str, ...]] = {
    "text": ("body", "text", "message", "content", "summary", "note"),
    "body": ("body", "text", "message", "content"),
    "message": ("body", "text", "message", "content"),
    "content": ("body", "text", "message", "content"),
    "wording": ("body", "text", "message", "content"),
    "subject": ("subject", "title"),
    "subject line": ("subject", "title"),
    "headline": ("subject", "title"),
    "title": ("title", "subject"),
    "recipient": ("to", "recipient", "email", "channel"),
    "receiver": ("to", "recipient", "email", "channel"),
    "address": ("to", "recipient", "email", "url"),
    "channel": ("channel", "to"),
}


def argument_name(existing: Existing, place: Place, names: tuple[str, ...]) -> str | None:
    """The argument of a step that one of the names means: one it gives, else one its tool takes."""
    kind = place.step.kind
    if not isinstance(kind, tree.Call | tree.RunWorkflow):
        return None
    given = [a.name for a in kind.args]
    tool = existing.tool_of(place)
    taken = list(properties(tool.input_schema)) if tool else []
    for name in names:
        for known in (given, taken):
            if name in known:
                return name
    for name in names:
        own = name_stems(name)
        for known in (given, taken):
            near = [k for k in known if set(own) <= set(name_stems(k))]
            if len(near) == 1:
                return near[0]
    return None


def argument_schema(existing: Existing, place: Place, name: str) -> dict[str, object]:
    tool = existing.tool_of(place)
    return properties(tool.input_schema).get(name, {}) if tool else {}


__all__ = ["ARGUMENTS", "argument_name", "argument_schema"]
