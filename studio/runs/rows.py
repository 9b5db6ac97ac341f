"""Runs as the pages show them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final
from uuid import UUID

from engine.lifecycle import is_terminal
from engine.runs import RunSummary
from studio.shell.moments import iso

# state: (words, tone of its pill)
STATES: Final[dict[str, tuple[str, str]]] = {
    "queued": ("Queued", ""),
    "running": ("Running", "accent busy"),
    "waiting": ("Waiting", "warning"),
    "succeeded": ("Succeeded", "success"),
    "failed": ("Failed", "danger"),
    "cancelled": ("Cancelled", ""),
    "timed_out": ("Timed out", "danger"),
    "needs_review": ("Needs review", "warning"),
}

TRIGGERS: Final[dict[str, str]] = {
    "manual": "by hand",
    "api": "by a program",
    "schedule": "on schedule",
    "webhook": "by a webhook",
    "event": "by an event",
    "mcp": "by an agent",
    "workflow": "by another run",
    "chat": "from a conversation",
    "replay": "again, from a step",
    "fork": "again, with a change",
    "error": "by a failure",
}


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run in a list. `trouble` is a short sentence or "". `trial`: a test of a draft, which has no version."""

    id: str
    short: str
    workflow_id: str
    workflow: str
    version: str
    state: str
    by: str
    queued: str
    started: str
    finished: str
    trouble: str
    live: bool
    trial: bool = False
    trigger: str = ""
    cost: str = ""


def row(run: RunSummary, people: Mapping[UUID, str], cost: Decimal | None = None) -> RunRow:
    """The row of a run; `people` gives names for ids, `cost` is what models cost it in US dollars."""
    return RunRow(
        id=str(run.id),
        short=str(run.id)[-8:],
        workflow_id=str(run.workflow_id),
        workflow=run.workflow_title or run.workflow_name,
        version="" if run.trial else f"v{run.version}",
        state=run.state,
        by=started_by(run, people),
        queued=iso(run.queued_at),
        started=iso(run.started_at),
        finished=iso(run.finished_at),
        trouble=trouble(run),
        live=not is_terminal(run.state),
        trial=run.trial,
        trigger=TRIGGERS.get(run.trigger, run.trigger),
        cost=dollars(cost),
    )


def dollars(cost: Decimal | float | None) -> str:
    """As people read it: two digits that say something; "" for nothing."""
    if not cost:
        return ""
    return f"${cost:.2f}" if cost >= 1 else f"${cost:.2g}" if cost >= Decimal("0.0001") else "<$0.0001"


def started_by(run: RunSummary, people: Mapping[UUID, str]) -> str:
    """Who or what started it: a person when one pressed the button, otherwise the trigger."""
    if run.requested_by is not None and run.trigger in ("manual", "api", "mcp", "replay", "fork"):
        return people.get(run.requested_by, TRIGGERS[run.trigger])
    return TRIGGERS.get(run.trigger, run.trigger)


def trouble(run: RunSummary) -> str:
    """What a person should know about its state, in a few words."""
    match run.state:
        case "failed" | "timed_out" | "needs_review" if run.error:
            return str(run.error.get("message") or run.error.get("code") or "")
        case "waiting" if run.waiting_on:
            return "on " + ", ".join(run.waiting_on)
        case _ if run.cancel_requested and not is_terminal(run.state):
            return "stopping"
        case _:
            return ""
