"""The numbers themselves, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from engine.figures.span import Span


@dataclass(frozen=True, slots=True)
class Sums:
    """Runs that were started, and those that ended, by how they did; durations in seconds from start to end, None
    where no run ended; what models cost. ``cost_usd`` counts calls whose price is known."""

    started: int = 0
    succeeded: int = 0
    failed: int = 0
    timed_out: int = 0
    cancelled: int = 0
    p50: float | None = None
    p95: float | None = None
    p99: float | None = None
    model_calls: int = 0
    cost_usd: float = 0.0

    @property
    def ended(self) -> int:
        return self.succeeded + self.failed + self.timed_out + self.cancelled

    @property
    def success(self) -> float | None:
        """The share that succeeded, of all that ended by themselves: what somebody called off is neither."""
        judged = self.succeeded + self.failed + self.timed_out
        return self.succeeded / judged if judged else None


@dataclass(frozen=True, slots=True)
class Moment:
    """What happened in the slot that begins ``at``."""

    at: datetime
    sums: Sums


@dataclass(frozen=True, slots=True)
class StepFigure:
    """``step``: its path without iterations, "…" for those beyond the 500 that a workflow may have by name. ``waits``:
    what it took is a person's, or another's. Seconds from when it began until it ended, tries and pauses included."""

    workflow_id: UUID
    workflow: str
    step: str
    waits: bool
    n: int
    failed: int
    p50: float
    p95: float
    seconds: float


@dataclass(frozen=True, slots=True)
class CallFigure:
    """Calls of one tool, each try for itself. ``codes``: of the errors, the most frequent first. ``mean_s``: of a try.
    ``before``: the share that failed in the time before; None when there were none."""

    connector: str
    tool: str
    n: int
    failed: int
    mean_s: float
    codes: tuple[tuple[str, int], ...]
    before: float | None


@dataclass(frozen=True, slots=True)
class QueueMoment:
    """The worst within the slot; None where nobody looked, since no runner was up. Times in seconds."""

    at: datetime
    due: int | None = None
    oldest_s: float | None = None
    running: int | None = None
    waiting: int | None = None
    approvals: int | None = None
    approval_s: float | None = None


@dataclass(frozen=True, slots=True)
class Now:
    """How it stands. ``due``: runs that wait for a free place, ``oldest_s`` how long the first has. ``ages``: open
    approvals of less than an hour, four hours, a day, and more."""

    due: int = 0
    oldest_s: float = 0.0
    running: int = 0
    waiting: int = 0
    needs_review: int = 0
    approvals: int = 0
    approval_s: float = 0.0
    ages: tuple[int, int, int, int] = (0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Figures:
    """``ever``: whether a run was started at any time. ``queue`` is of the whole account, also for one workflow."""

    span: Span
    moments: tuple[Moment, ...]
    sums: Sums
    before: Sums
    steps: tuple[StepFigure, ...]
    waits: tuple[StepFigure, ...]
    calls: tuple[CallFigure, ...]
    queue: tuple[QueueMoment, ...]
    now: Now
    ever: bool
