"""Runs: the front door. Starting is in ``engine.starting`` (tests of drafts: ``engine.trials``), finding them in
``engine.finding``, looking at one in ``engine.watching``, cancelling here; executing them is the runner's."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine import audit, eventlog, tables
from engine.actor import Actor
from engine.database import Database
from engine.errors import Conflict
from engine.eventlog import NewEvent
from engine.finding.asking import RunFilter
from engine.finding.listing import MOST_COUNTED, Page, costs, count_runs, list_runs
from engine.lifecycle import RunState, is_terminal
from engine.permissions import Permission, require
from engine.starting import MOST_AT_ONCE, Debounce, NewRun, start_run, start_runs
from engine.watching import (
    RunDetail,
    RunSummary,
    batches,
    events_after,
    events_of_step,
    follow,
    get_result,
    get_run,
    get_summary,
    summary_in,
)

__all__ = [
    "MOST_AT_ONCE",
    "MOST_COUNTED",
    "Debounce",
    "NewRun",
    "Page",
    "RunDetail",
    "RunFilter",
    "RunSummary",
    "batches",
    "cancel_run",
    "costs",
    "count_runs",
    "events_after",
    "events_of_step",
    "follow",
    "get_result",
    "get_run",
    "get_summary",
    "list_runs",
    "start_run",
    "start_runs",
]


async def cancel_run(db: Database, actor: Actor, run_id: UUID) -> RunSummary:
    """End a run. One that has not begun is cancelled when this returns. Any other is told to stop: whoever runs it
    finishes the steps it is in the middle of, undoes what was done, and cancels it then. One that waits, or is in
    review, is queued for that, and its open approvals cannot be decided any more. Cancelling twice is once. Raises
    ``Conflict`` when the run is over.
    """
    require(actor, Permission.CANCEL)
    async with db.account(actor) as session:
        run = await eventlog.lock(session, run_id)
        match RunState(run.state):
            case RunState.QUEUED if run.epoch == 0:
                await _cancel_now(session, actor, run)
            case RunState.QUEUED | RunState.RUNNING | RunState.WAITING | RunState.NEEDS_REVIEW:
                await _ask_to_stop(session, actor, run)
            case RunState.CANCELLED:
                pass
            case state:
                assert is_terminal(state)
                raise Conflict(
                    f"This run is over: it {_ENDS[state]}.",
                    "A run that is over never changes.",
                    current=await summary_in(session, run_id),
                )
        return await summary_in(session, run_id)


_ENDS = {RunState.SUCCEEDED: "succeeded", RunState.FAILED: "failed", RunState.TIMED_OUT: "timed out"}


async def _ask_to_stop(session: AsyncSession, actor: Actor, run: tables.Run) -> None:
    before = run.state
    # One that was asked already may have come to a stop for another reason: a review. Then it is asked again.
    if run.cancel_requested_at is not None and before in (RunState.QUEUED, RunState.RUNNING):
        return
    now = (await session.exec(select(func.now()))).one()
    run.cancel_requested_at = run.cancel_requested_at or now
    if before != RunState.RUNNING:
        run.state, run.due_at, run.waiting_on = RunState.QUEUED, now, []
        if before == RunState.NEEDS_REVIEW:
            run.error, run.attempt = None, 0
        # The runner journals the gates' ends, each where it stands; until then nobody shall decide one.
        close = "UPDATE approvals SET state = 'cancelled', decided_at = now() WHERE run_id = :run AND state = 'open'"
        await session.execute(text(close), {"run": run.id})
    session.add(run)
    await session.flush()
    await eventlog.notify(session, "weft_runs", str(run.id))
    await eventlog.notify(session, "weft_events", str(run.id))
    await audit.append(session, actor.account_id, actor.email, "run.cancel", str(run.id), {"state": before})


async def _cancel_now(session: AsyncSession, actor: Actor, run: tables.Run) -> None:
    run.state = RunState.CANCELLED
    run.finished_at = (await session.exec(select(func.now()))).one()
    run.due_at = None
    await eventlog.append(session, run, [NewEvent("run.cancelled", "", {"by": actor.email})])
    await eventlog.notify(session, "weft_runs", str(run.id))
    await audit.append(
        session, actor.account_id, actor.email, "run.cancel", str(run.id), {"state": RunState.QUEUED}
    )
