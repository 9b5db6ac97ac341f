"""What the work at hand is about, for whoever writes a line of the log meanwhile: set once around a run or a request,
seen by everything that is called from there and by nothing beside it."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class RunSubject:
    run_id: UUID
    workflow_id: UUID
    account_id: UUID
    trace_id: str


RUN: ContextVar[RunSubject | None] = ContextVar("run", default=None)
STEP: ContextVar[str | None] = ContextVar("step", default=None)
"""The path of the step whose call is being made."""
REQUEST: ContextVar[str | None] = ContextVar("request", default=None)
"""The id of the HTTP request that is being answered."""


def fields() -> dict[str, str]:
    """What is known here and now, by the names that the log uses."""
    found: dict[str, str] = {}
    if (run := RUN.get()) is not None:
        found = {
            "run_id": str(run.run_id),
            "workflow_id": str(run.workflow_id),
            "account_id": str(run.account_id),
            "trace_id": run.trace_id,
        }
        if (step := STEP.get()) is not None:
            found["step"] = step
    if (request := REQUEST.get()) is not None:
        found["request_id"] = request
    return found
