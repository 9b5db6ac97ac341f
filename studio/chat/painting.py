"""A proposal painted over the workflow as it is: one graph with what comes, what changes, and what goes. Pure.

What goes is no part of the proposed text, so the graph is that of a text of both: the proposed one, with the steps that
are taken out still in their places.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import dsl
from dsl import Parsed
from dsl.catalog import Catalog
from dsl.changes.matching import match
from dsl.changes.meaning import Text
from studio.designer.lines import runs
from studio.designer.parts import Part
from studio.editor.differing import differ, graph_of, marks

Json: TypeAlias = dict[str, Any]


def painted(old: str, new: str, catalog: Catalog) -> Json:
    """``graph`` as :func:`dsl.graph_json`, ``marks`` by node: "added", "changed", "moved" or "removed"."""
    difference = differ(old, new, catalog, {})
    both = with_what_goes(difference.old, difference.new)
    graph = graph_of(both, catalog)
    found = marks(difference)
    own = {node["id"] for node in graph["nodes"]}
    kept = {place.path for place in dsl.outline.places(difference.new.workflow.body)}
    gone = {
        path: mark
        for path, mark in found["old"].items()
        if mark == "removed" and path in own and path not in kept
    }
    return {"graph": graph, "marks": {**found["new"], **gone}}


def with_what_goes(old: Parsed, new: Parsed) -> Parsed:
    """The new text with the steps of the old one that are gone in it; the new one where that cannot be read."""
    if any(d.severity == "error" for d in (*old.diagnostics, *new.diagnostics)):
        return new
    pairs = match(Text(old.workflow), Text(new.workflow)).pairs()
    rows = runs(old, new, {one.path: other.path for one, other in pairs})
    lines = (run.old if run.owner.startswith("gone ") and not run.new else run.new for run in rows)
    both = dsl.parse("".join("".join(of) for of in lines))
    return new if any(d.severity == "error" for d in both.diagnostics) else both


def by_node(parts: Sequence[Part]) -> dict[str, str]:
    """Which part a node of the painted graph belongs to, by its path."""
    return {path: part.id for part in parts for path in (*part.old, *part.new)}
