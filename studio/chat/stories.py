"""The last run of a workflow, as the person who asks may see it, told without what must stay inside."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias
from uuid import UUID

from engine import runs
from engine.actor import Actor
from engine.database import Database
from engine.history import StepRun
from engine.permissions import Permission, may
from engine.watching import LAST_KINDS, RunDetail
from studio.designer import RunStory

Json: TypeAlias = Any

_OVER: Final = tuple(sorted({kind.removeprefix("run.") for kind in LAST_KINDS} | {"needs_review"}))
_LONGEST_VALUE: Final = 200
_LONGEST: Final = 4_000
_STEPS: Final = 40
_SECRET: Final = re.compile(
    r"passw|secret|token|api_?key|auth|credential|cookie|session|private|signature|iban|card|cvv|pin$|ssn",
    re.IGNORECASE,
)
_HIDDEN: Final = "(hidden)"


@dataclass(frozen=True, slots=True)
class WorkflowRuns:
    """The runs of one workflow; the reader's own rights decide. Secrets never are in a run's record (it holds what was
    given before they were filled in); whatever is called like one is left out here as well."""

    db: Database
    actor: Actor
    workflow_id: UUID

    async def last(self) -> RunStory | None:
        if not may(self.actor, Permission.VIEW):
            return None
        page = await runs.list_runs(self.db, self.actor, workflow_id=self.workflow_id, state=_OVER, limit=1)
        if not page.items:
            return None
        return story_of(await runs.get_run(self.db, self.actor, page.items[0].id))


def story_of(run: RunDetail) -> RunStory:
    """A run in lines. Values are cut, and hidden where their name says that they are secret."""
    error = run.summary.error or {}
    path = str(error.get("step") or "")
    failed = run.view.step(path) if path else _failed(run)
    finished = run.summary.finished_at
    return RunStory(
        status=run.summary.state,
        step=failed.path if failed is not None else path,
        code=str(error.get("code") or ""),
        message=str(error.get("message") or "")[:1_000],
        input=written(run.input),
        arguments=written(failed.input) if failed is not None and failed.input is not None else "",
        steps=tuple(_line(step) for step in run.view.steps[-_STEPS:]),
        when=f"{finished:%Y-%m-%d %H:%M} UTC" if finished is not None else "",
    )


def _failed(run: RunDetail) -> StepRun | None:
    return next((step for step in run.view.steps if step.state in ("failed", "review")), None)


def _line(step: StepRun) -> str:
    tool = f" ({step.tool})" if step.tool else ""
    error = f": {step.error.get('code', '')} {str(step.error.get('message', ''))[:200]}" if step.error else ""
    arm = f", took {step.arm}" if step.arm else ""
    return f"- {step.path}{tool} {step.state}{arm}{error}"


def written(value: Json) -> str:
    """A value as JSON for reading, cut and with what is secret by its name hidden."""
    return json.dumps(_shown(value), ensure_ascii=False)[:_LONGEST]


def _shown(value: Json, depth: int = 0) -> Json:
    match value:
        case str():
            return value if len(value) <= _LONGEST_VALUE else value[:_LONGEST_VALUE] + "…"
        case Mapping() | list() if depth > 5:
            return "…"
        case Mapping():
            return {
                str(name): _HIDDEN if _SECRET.search(str(name)) else _shown(one, depth + 1)
                for name, one in list(value.items())[:40]
            }
        case list():
            return [_shown(one, depth + 1) for one in value[:5]] + (["…"] if len(value) > 5 else [])
        case _:
            return value


__all__ = ["WorkflowRuns", "story_of", "written"]
