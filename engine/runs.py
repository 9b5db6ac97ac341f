"""Runs: start, cancel. Looking at them is in ``engine.watching``; executing them is the runner's."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, Literal, cast
from uuid import UUID

from sqlalchemy import func, text
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

import dsl
from dsl.plan import Expression, Plan
from engine import audit, eventlog, tables
from engine.actor import Actor
from engine.database import Database
from engine.errors import BadInput, Conflict, NotFound
from engine.eventlog import NewEvent
from engine.identity import new_id
from engine.lifecycle import RunState, is_terminal
from engine.permissions import Permission, require
from engine.strict import NotJson, encode
from engine.telemetry import accepted
from engine.watching import (
    Page,
    RunDetail,
    RunSummary,
    batches,
    events_after,
    follow,
    get_run,
    get_summary,
    list_runs,
    summary_in,
)

__all__ = [
    "Page",
    "RunDetail",
    "RunSummary",
    "batches",
    "cancel_run",
    "events_after",
    "follow",
    "get_run",
    "get_summary",
    "list_runs",
    "start_run",
]

Trigger = Literal["manual", "api", "schedule", "webhook", "event", "mcp", "workflow"]
LARGEST_INPUT = 256 * 1024
"""Bytes of JSON that a run's input may have."""


@dataclass(frozen=True, slots=True)
class Interface:
    """What starting a run needs of a version."""

    content_hash: str
    input_schema: dict[str, Any]
    defaults: dict[str, Expression]


class _Interfaces:
    """Interfaces of versions lately used. Versions never change, so entries never go stale; keyed by account too."""

    def __init__(self, size: int = 256) -> None:
        self._kept: OrderedDict[tuple[UUID, UUID, UUID], Interface] = OrderedDict()
        self._size = size

    async def get(self, session: AsyncSession, workflow: tables.Workflow, version_id: UUID) -> Interface:
        key = (workflow.account_id, workflow.id, version_id)
        found = self._kept.get(key)
        if found is None:
            query = select(tables.Version).where(
                tables.Version.id == version_id, tables.Version.workflow_id == workflow.id
            )
            row = (await session.exec(query)).first()
            if row is None:
                raise NotFound("This workflow has no such version.", "Look at the workflow's versions.")
            plan = Plan.model_validate(row.plan)
            found = Interface(row.content_hash, plan.input_schema, plan.input_defaults)
            self._kept[key] = found
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return found


_interfaces = _Interfaces()


def fitted(value: Any, interface: Interface) -> dict[str, Any]:
    """The input as the workflow sees it: defaults filled in, numbers of the right kind. Raises ``BadInput``."""
    if not isinstance(value, dict):
        raise BadInput("The input does not fit.", [("", "must be an object with a field for each input")])
    try:
        if len(encode(value)) > LARGEST_INPUT:
            raise BadInput("The input is too large.", [("", f"has more than {LARGEST_INPUT} bytes")])
    except NotJson as error:
        raise BadInput("The input does not fit.", [("", f"holds {error}")]) from error
    defaults = {
        name: dsl.evaluate(expression, {})
        for name, expression in interface.defaults.items()
        if name not in value
    }
    whole = dsl.coerce(value | defaults, interface.input_schema)
    problems = dsl.validate_input(whole, interface.input_schema)
    if problems:
        raise BadInput(
            "The input does not fit: " + "; ".join(str(problem) for problem in problems[:5]) + ".",
            [(problem.path, problem.message) for problem in problems],
            "Correct these fields and start again.",
        )
    return cast("dict[str, Any]", whole)


async def start_run(
    db: Database,
    actor: Actor,
    workflow_id: UUID,
    input: Any,
    idempotency_key: str | None = None,
    version_id: UUID | None = None,
    *,
    trigger: Trigger = "manual",
    traceparent: str | None = None,
) -> RunSummary:
    """Queue a run of the live version (or of ``version_id``). When this returns, the run is committed.

    The same ``idempotency_key`` gives the same run. ``traceparent``: the span above it (W3C Trace
    Context); what does not follow the rules is ignored. Raises ``NotFound``, ``BadInput`` (each field that does not
    fit), ``Conflict`` when nothing is published, or when the key was used with another input.
    """
    require(actor, Permission.RUN)
    if idempotency_key is not None and not 0 < len(idempotency_key) <= 200:
        raise BadInput(
            "The idempotency key does not fit.", [("idempotency_key", "needs 1 to 200 characters")]
        )
    async with db.account(actor) as session:
        workflow = await session.get(tables.Workflow, workflow_id)
        if workflow is None:
            raise NotFound("There is no such workflow.", "Look at the list of workflows.")
        if workflow.archived_at is not None:
            raise Conflict("This workflow is archived.", "Runs start of workflows that are not.")
        chosen = version_id or workflow.live_version_id
        if chosen is None:
            raise Conflict("This workflow is not published yet.", "Publish it, then start a run.")
        interface = await _interfaces.get(session, workflow, chosen)
        whole = fitted(input, interface)
        run_id = await _insert(
            session,
            actor,
            workflow_id,
            chosen,
            interface,
            whole,
            idempotency_key,
            trigger,
            accepted(traceparent),
        )
        if run_id is None:
            return await _existing(session, workflow_id, idempotency_key or "", whole)
        return await summary_in(session, run_id)


async def _insert(
    session: AsyncSession,
    actor: Actor,
    workflow_id: UUID,
    version_id: UUID,
    interface: Interface,
    input: dict[str, Any],
    idempotency_key: str | None,
    trigger: Trigger,
    traceparent: str | None,
) -> UUID | None:
    """The new run's id, or None when the key is taken."""
    statement = (
        insert(tables.Run)
        .values(
            id=new_id(),
            account_id=actor.account_id,
            workflow_id=workflow_id,
            version_id=version_id,
            content_hash=interface.content_hash,
            input=input,
            trigger=trigger,
            idempotency_key=idempotency_key,
            requested_by=actor.user_id,
            last_seq=1,
            traceparent=traceparent,
        )
        .on_conflict_do_nothing(index_elements=["account_id", "workflow_id", "idempotency_key"])
        .returning(col(tables.Run.id))
    )
    run_id: UUID | None = (await session.execute(statement)).scalar_one_or_none()
    if run_id is not None:
        session.add(
            tables.RunEvent(
                run_id=run_id, seq=1, account_id=actor.account_id, kind="run.accepted", data={"input": input}
            )
        )
        await session.flush()
        await eventlog.notify(session, "weft_runs", str(run_id))
        await eventlog.notify(session, "weft_events", str(run_id))
    return run_id


async def _existing(session: AsyncSession, workflow_id: UUID, key: str, input: dict[str, Any]) -> RunSummary:
    query = select(tables.Run).where(tables.Run.workflow_id == workflow_id, tables.Run.idempotency_key == key)
    run = (await session.exec(query)).one()
    summary = await summary_in(session, run.id)
    if run.input != input:
        raise Conflict(
            "This idempotency key was used with another input.",
            "Use a new key for a new run.",
            current=summary,
        )
    return summary


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
