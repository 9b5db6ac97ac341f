"""What every rule about two texts looks at: their interfaces, their steps side by side, and where runs wait."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from dsl import tree
from dsl.catalog import Catalog, Schema
from dsl.changes.matching import Matching, match
from dsl.changes.meaning import Spot, Text
from dsl.changes.view import View, view_of
from dsl.parse import Parsed
from dsl.schemas import declared_types, fields_of, schema_of

_ROUND = re.compile(r"\[\d+\]|#\d+")


@dataclass(frozen=True, slots=True)
class Passage:
    """``waiting``: the spots of the old text at which runs wait."""

    view: View
    waiting: tuple[Spot, ...]

    @property
    def old(self) -> tree.Workflow:
        return self.view.old.workflow

    @property
    def new(self) -> tree.Workflow:
        return self.view.new.workflow

    @property
    def matching(self) -> Matching:
        return self.view.matching

    def partner(self, spot: Spot) -> Spot | None:
        key = self.matching.to_new.get(spot.key)
        return None if key is None else self.matching.new.spots[key]

    def nearest(self, spot: Spot) -> tree.Span:
        """Where to point at in the new text for a step that it has no more: the step around it, or the name."""
        for around in self.matching.old.around(spot):
            partner = self.partner(around)
            if partner is not None:
                return partner.step.id_span
        return self.new.name_span


def passage_of(old: Parsed, new: Parsed, catalog: Catalog, waiting: Collection[str] | None) -> Passage:
    matching = match(Text(old.workflow), Text(new.workflow))
    view = view_of(old, new, matching, catalog)
    if waiting is None:
        return Passage(view, tuple(spot for spot in matching.old.spots if can_wait(spot.step.kind)))
    places = dict.fromkeys(_ROUND.sub("", path) for path in waiting)
    known = matching.old.by_path
    return Passage(view, tuple(known[path] for path in places if path in known))


def can_wait(kind: tree.Kind) -> bool:
    """Whether a run can stand at a step for long: for a person, a time, an event or another run."""
    return isinstance(kind, tree.Approve | tree.Wait | tree.RunWorkflow)


@dataclass(frozen=True, slots=True)
class Entry:
    """One field of the interface. ``needed``: who starts the workflow must give it."""

    field: tree.Field
    schema: Schema
    needed: bool


def entries(workflow: tree.Workflow, role: str) -> dict[str, Entry]:
    types = declared_types(workflow)
    found: dict[str, Entry] = {}
    for field in fields_of(workflow, role):
        optional = isinstance(field.type, tree.OptionalType) or field.default is not None
        found.setdefault(field.name, Entry(field, schema_of(field.type, types), not optional))
    return found


def block_span(workflow: tree.Workflow, role: str) -> tree.Span:
    """The keyword of the ``input`` or ``output`` block; the workflow's name where there is none."""
    for head in workflow.heads:
        if isinstance(head, tree.Fields) and head.role == role:
            return tree.Span(head.span.start, head.span.start + len(role))
    return workflow.name_span
