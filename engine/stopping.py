"""Forced stops: not to wait any longer for the step that a run is in.

A cancel is cooperative: whoever carries the run finishes the call it is in the middle of, since only then anybody
knows what came of it. When that call never comes back, a person may stop waiting for it. What that costs is said and
written down: the outcome of every call in flight is unknown, at its own place in the journal, and nothing that it
answers later is heard, since its runner does not hold the run any more. What the run did before is undone or left, as
the person says.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import select

from dsl.plan import Plan, PlanStep
from engine import audit, eventlog, tables
from engine.actor import Actor
from engine.database import Database, Session
from engine.errors import BadInput, Conflict
from engine.eventlog import NewEvent
from engine.forking.record import Record, static
from engine.forking.shape import writes
from engine.journal import Event
from engine.lifecycle import RunState, is_terminal
from engine.permissions import Permission, require
from engine.runtime.outline import walk
from engine.testimony import CODE
from engine.watching import RunSummary, events_in, summary_in

Json: TypeAlias = Any
Undoing: TypeAlias = Literal["undo", "leave"]

LONGEST_COMMENT = 2000
MOST_NAMED = 20

CLOSE = text(
    "UPDATE approvals SET state = 'cancelled', decided_at = now() WHERE run_id = :run AND state = 'open'"
)


async def force_stop(
    db: Database, actor: Actor, run_id: UUID, undoing: Undoing, comment: str = ""
) -> RunSummary:
    """Stop waiting for the step that a run is in. "leave": the run is over when this returns, and all that it did
    stays. "undo": it is taken from its runner, and another one undoes what was done; then it is over.

    Stopping what is cancelled already is nothing. Raises ``NotFound``, ``Conflict`` when the run is over otherwise, or
    was never asked to stop: that comes first."""
    require(actor, Permission.REVIEW)
    if len(comment) > LONGEST_COMMENT or "\0" in comment:
        raise BadInput(
            "The comment does not fit.", [("comment", f"needs at most {LONGEST_COMMENT} characters")]
        )
    async with db.account(actor) as session:
        run = await eventlog.lock(session, run_id)
        if run.state == RunState.CANCELLED:
            return await summary_in(session, run_id)
        if is_terminal(run.state):
            raise Conflict(
                f"This run is over: it {run.state.replace('_', ' ')}.",
                "A run that is over never changes.",
                current=await summary_in(session, run_id),
            )
        if run.cancel_requested_at is None or run.state not in (RunState.RUNNING, RunState.QUEUED):
            raise Conflict(
                "This run was not asked to stop.",
                "Cancel it first; stop waiting for it only when that does not end it.",
                current=await summary_in(session, run_id),
            )
        version = await session.get_one(tables.Version, run.version_id)
        steps = {step.path: step for step, _ in walk(Plan.model_validate(version.plan).body, "")}
        record = Record.of(await _events(session, run_id))
        unknown = list(in_flight(record, steps))
        now = (await session.exec(select(func.clock_timestamp()))).one()
        said = {"by": actor.email, "comment": comment, "undoing": undoing, "unknown": unknown}
        events = [event for path in unknown for event in _unknown(record, path, actor, comment)]
        events.append(NewEvent("run.forced", "", said))
        run.lease_owner, run.lease_until, run.epoch = None, None, run.epoch + 1
        if undoing == "undo":
            run.state, run.due_at, run.attempt, run.waiting_on = RunState.QUEUED, now, 0, []
        else:
            reason = _reason(actor, unknown)
            events += [NewEvent("gate.answered", at, {"answer": "cancelled"}) for at in _open(record)]
            events.append(NewEvent("run.cancelled", "", {"error": reason}))
            run.state, run.error, run.finished_at, run.due_at = RunState.CANCELLED, reason, now, None
            await session.execute(CLOSE, {"run": run_id})
        await eventlog.append(session, run, events)
        await eventlog.notify(session, "weft_runs", str(run_id))
        await audit.append(session, actor.account_id, actor.email, "run.force_stop", str(run_id), said)
        return await summary_in(session, run_id)


def in_flight(record: Record, steps: dict[str, PlanStep]) -> Iterator[str]:
    """The calls that change something, and that have begun and not ended."""
    for path, started in record.started.items():
        step = steps.get(static(path))
        tool = started.data.get("tool")
        if path in record.done or tool is None or step is None or tool not in writes(step):
            continue
        again = record.retrying.get(path)
        if again is None or again.seq < started.seq:
            yield path


def _unknown(record: Record, path: str, actor: Actor, comment: str) -> Iterator[NewEvent]:
    started = record.started[path].data
    attempt = started.get("attempt", 1)
    if path not in record.unknown:
        question = f"Did {started['tool']} happen? {actor.email} stopped waiting for its answer."
        asked = {"question": question, "code": "stopped", "attempt": attempt}
        yield NewEvent("step.unknown", path, asked)
    message = f"{actor.email} stopped waiting for this; nobody knows whether it happened."
    error = {"code": CODE, "message": message, "step": path, "forced": True}
    ended = {"error": error, "attempt": attempt, "final": True, "outcome": "unknown"}
    yield NewEvent("step.failed", path, {**ended, "review": "fail", "by": actor.email, "comment": comment})


def _open(record: Record) -> list[str]:
    return [path for path in record.opened if path not in record.answered]


def _reason(actor: Actor, unknown: list[str]) -> dict[str, Json]:
    said = f"{actor.email} stopped waiting for this run. Nothing was undone."
    if unknown:
        named = ", ".join(unknown[:MOST_NAMED])
        said = f"{said} Nobody knows whether these calls happened: {named}."
    reason: dict[str, Json] = {"code": "cancelled", "message": said, "step": "", "forced": True}
    return reason | ({"unknown": unknown[:MOST_NAMED]} if unknown else {})


async def _events(session: Session, run_id: UUID) -> list[Event]:
    events: list[Event] = []
    while page := await events_in(session, run_id, events[-1].seq if events else 0, 5_000):
        events.extend(page)
    return events
