"""Reads everything a dashboard shows, in one snapshot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Final
from uuid import UUID

from engine.actor import Actor
from engine.database import Database, Session
from engine.figures import queries
from engine.figures.buckets import middle, percentile
from engine.figures.figure import CallFigure, Figures, Moment, Now, QueueMoment, StepFigure, Sums
from engine.figures.span import Span
from engine.permissions import Permission, require

MOST_STEPS: Final = 8
MOST_CALLS: Final = 8


@dataclass(slots=True)
class _Slot:
    counts: tuple[int, ...] = (0, 0, 0, 0, 0)
    model_calls: int = 0
    cost_usd: float = 0.0
    buckets: dict[int, int] = field(default_factory=dict)

    def add(self, other: _Slot) -> None:
        self.counts = tuple(a + b for a, b in zip(self.counts, other.counts, strict=True))
        self.model_calls += other.model_calls
        self.cost_usd += other.cost_usd
        for bucket, n in other.buckets.items():
            self.buckets[bucket] = self.buckets.get(bucket, 0) + n

    def sums(self) -> Sums:
        started, succeeded, failed, timed_out, cancelled = self.counts
        p50, p95, p99 = (percentile(self.buckets, share) for share in (0.5, 0.95, 0.99))
        return Sums(
            started,
            succeeded,
            failed,
            timed_out,
            cancelled,
            p50,
            p95,
            p99,
            self.model_calls,
            self.cost_usd,
        )


async def figures(db: Database, actor: Actor, span: Span, workflow_id: UUID | None = None) -> Figures:
    """Of one workflow, or of all. The last seconds may be missing; what journals say comes some seconds after a run's
    end, or after it came to rest."""
    require(actor, Permission.VIEW)
    before_since, before_until = span.before
    about = {
        "account": actor.account_id,
        "workflow": workflow_id,
        "since": span.since,
        "until": span.until,
        "before_since": before_since,
        "before_until": before_until,
        "step": span.step_s,
        "grain": span.grain,
        "most": MOST_STEPS,
    }
    grain, since = span.tables
    whole = {**about, "grain": grain, "since": since}
    async with db.snapshot(actor) as session:
        slots = await _slots(session, span, about)
        steps: list[Any] = list(await session.execute(queries.STEPS, whole))
        calls: list[Any] = list(await session.execute(queries.CALLS, whole))
        queue = await _queue(session, span, about)
        now: Any = (await session.execute(queries.NOW, about)).one()
        ever: bool = (await session.execute(queries.EVER, about)).scalar_one()
    nothing = _Slot().sums()
    total, before = _Slot(), _Slot()
    for number, slot in slots.items():
        (total if number >= 0 else before).add(slot)
    return Figures(
        span,
        tuple(
            Moment(span.at(number), slots[number].sums() if number in slots else nothing)
            for number in range(span.slots)
        ),
        total.sums(),
        before.sums(),
        tuple(_step(row) for row in steps if not row[3]),
        tuple(_step(row) for row in steps if row[3]),
        _calls(calls),
        queue,
        _now(now),
        ever,
    )


async def _slots(session: Session, span: Span, about: dict[str, Any]) -> dict[int, _Slot]:
    slots: dict[int, _Slot] = {}
    counts = queries.COUNTS_BY_MINUTE if span.grain == "minute" else queries.COUNTS_BY_HOUR
    rows: Iterable[Any] = await session.execute(counts, about)
    for row in rows:
        slots[row[0]] = _Slot(tuple(row[1:6]), row[6], float(row[7]))
    took: Iterable[Any] = await session.execute(queries.DURATIONS, about)
    for slot, bucket, n in took:
        slots.setdefault(slot, _Slot()).buckets[bucket] = n
    return slots


async def _queue(session: Session, span: Span, about: dict[str, Any]) -> tuple[QueueMoment, ...]:
    grain = "minute" if span.grain == "minute" else "hour"
    rows: Iterable[Any] = await session.execute(queries.QUEUE, {**about, "grain": grain})
    known = {row[0]: QueueMoment(span.at(row[0]), *row[1:]) for row in rows}
    return tuple(known.get(slot, QueueMoment(span.at(slot))) for slot in range(span.slots))


def _now(row: Any) -> Now:
    due, oldest_s, running, waiting, needs_review, approvals, approval_s, hour, hours, day, more = row
    return Now(due, oldest_s, running, waiting, needs_review, approvals, approval_s, (hour, hours, day, more))


def _step(row: Any) -> StepFigure:
    workflow_id, workflow, step, waits, n, failed, b50, b95, seconds = row
    return StepFigure(workflow_id, workflow, step, waits, n, failed, middle(b50), middle(b95), seconds)


def _calls(rows: list[Any]) -> tuple[CallFigure, ...]:
    """The worst first: by how many calls failed, then by how many there were."""
    tools: dict[str, CallFigure] = {}
    seconds: dict[str, float] = {}
    past: dict[str, list[int]] = {}
    for tool, code, n, took, before in rows:
        known = tools.get(tool)
        if known is None:
            connector, _, name = tool.rpartition(".")
            known = CallFigure(connector or name, name, 0, 0, 0.0, (), None)
        failed = n if code else 0
        codes = (*known.codes, (code, n)) if failed else known.codes
        tools[tool] = replace(known, n=known.n + n, failed=known.failed + failed, codes=codes)
        seconds[tool] = seconds.get(tool, 0.0) + took
        of_before = past.setdefault(tool, [0, 0])
        of_before[0] += before
        of_before[1] += before if code else 0
    found = [
        replace(
            figure,
            mean_s=seconds[tool] / figure.n,
            codes=tuple(sorted(figure.codes, key=lambda one: (-one[1], one[0]))),
            before=past[tool][1] / past[tool][0] if past[tool][0] else None,
        )
        for tool, figure in tools.items()
        if figure.n
    ]
    found.sort(key=lambda one: (-one.failed, -one.n, one.connector, one.tool))
    return tuple(found[:MOST_CALLS])


async def ever_ran(db: Database, actor: Actor) -> bool:
    """Whether a run was ever started; tests of drafts are none."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        found: bool = (await session.execute(queries.EVER, {"account": actor.account_id})).scalar_one()
        return found
