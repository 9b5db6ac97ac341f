"""Values that are known without running anything: what the last run read and gave, and what a person has pinned."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from dsl.plan import Json
from engine import runs
from engine.actor import Actor
from engine.database import Database
from engine.pins import list_pins

_ROUND = re.compile(r"\[\d+\]")


@dataclass(frozen=True, slots=True)
class Known:
    """``outputs`` by the step's path in the text; of several rounds, the first. ``run`` is an id, "" for none."""

    input: Mapping[str, Json] = field(default_factory=dict)
    outputs: Mapping[str, Json] = field(default_factory=dict)
    run: str = ""
    state: str = ""
    at: str = ""

    def with_pins(self, pins: Mapping[str, Json]) -> Known:
        """What is pinned stands for what the run gave."""
        return replace(self, outputs={**self.outputs, **pins}) if pins else self


NOTHING = Known()


def known_of(detail: runs.RunDetail) -> Known:
    outputs: dict[str, Json] = {}
    for step in detail.view.steps:
        if step.state in ("succeeded", "caught") and "output" not in step.large:
            outputs.setdefault(_ROUND.sub("", step.path), step.output)
    finished = detail.summary.finished_at or detail.summary.queued_at
    given: Any = detail.input
    return Known(
        given if isinstance(given, dict) else {},
        outputs,
        str(detail.summary.id),
        detail.summary.state,
        finished.isoformat(),
    )


async def pinned(db: Database, actor: Actor, workflow_id: UUID) -> dict[str, Json]:
    """What steps are pinned to give, by path."""
    found = await list_pins(db, actor, workflow_id)
    return {pin.path: pin.content["output"] for pin in found if "output" in pin.content}


async def last_known(db: Database, actor: Actor, workflow_id: UUID, before: Known = NOTHING) -> Known:
    """Of the last run that succeeded, or of the last one; ``before`` itself where that is still the one."""
    for state in ("succeeded", None):
        page = await runs.list_runs(db, actor, workflow_id=workflow_id, state=state, limit=1)
        for summary in page.items:
            if (str(summary.id), summary.state) == (before.run, before.state):
                return before
            return known_of(await runs.get_run(db, actor, summary.id))
    return NOTHING
