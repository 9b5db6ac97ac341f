"""A workflow after an edit, looked at for what it means."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dsl
from dsl import tree
from dsl.changes import changes
from dsl.outline import Place, places
from tests.designer.open_workflows import Open


@dataclass(frozen=True)
class After:
    """The workflow before and after one request."""

    base: Open
    text: str

    def at(self, id: str) -> Place:
        return next(p for p in self.places() if p.step.id == id)

    def places(self) -> list[Place]:
        return list(places(dsl.parse(self.text).workflow.body))

    def ids(self) -> list[str]:
        return [p.step.id for p in self.places()]

    def order(self, *ids: str) -> bool:
        found = self.ids()
        return [i for i in found if i in ids] == list(ids)

    def inside(self, id: str) -> str:
        """The block a step stands in."""
        return self.at(id).container

    def new(self) -> list[Place]:
        old = {p.step.id for p in places(dsl.parse(self.base.text).workflow.body)}
        return [p for p in self.places() if p.step.id not in old]

    def calls(self, tool: str, among: list[Place] | None = None) -> list[Place]:
        return [
            p
            for p in (self.places() if among is None else among)
            if isinstance(p.step.kind, tree.Call) and f"{p.step.kind.alias}.{p.step.kind.tool}" == tool
        ]

    def source(self, id: str) -> str:
        span = self.at(id).step.span
        return self.text[span.start : span.end]

    def kinds(self) -> set[str]:
        return {
            c.kind
            for c in changes(dsl.parse(self.base.text), dsl.parse(self.text), self.base.catalog).changes
        }

    def gate(self, id: str) -> tree.Approve:
        kind = self.at(id).step.kind
        assert isinstance(kind, tree.Approve)
        return kind

    def kind(self, id: str) -> Any:
        return self.at(id).step.kind

    def escalates(self, id: str) -> int | None:
        found = self.gate(id).escalate
        return None if found is None else found.after_ms

    def roles(self, id: str) -> list[str]:
        return [str(a.name.value) for a in self.gate(id).approvers if isinstance(a.name, tree.Constant)]

    def field(self, role: str, name: str) -> str:
        for head in dsl.parse(self.text).workflow.heads:
            if isinstance(head, tree.Fields) and head.role == role:
                for one in head.fields:
                    if one.name == name:
                        return self.text[one.span.start : one.span.end]
        return ""

    def triggers(self) -> list[str]:
        heads = dsl.parse(self.text).workflow.heads
        return [
            " ".join(self.text[h.name_span.end + 1 : h.span.end].split())
            for h in heads
            if isinstance(h, tree.Trigger)
        ]
