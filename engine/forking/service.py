"""Running a recorded run again: from a step on, with another input, on another version.

``fork_plan`` says what would be taken over and what would happen again; ``fork`` makes the run, if it is still just
that, and if every effect that would fire again was confirmed by its path. Idempotency keys name the run: those of the
new one are others than the old one's, so a refund that fires again is a second refund.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

from dsl.plan import Plan
from engine import audit, backpressure, eventlog, tables
from engine.actor import Actor
from engine.database import Database, Session
from engine.errors import BadInput, Conflict, NotFound
from engine.fitting import Interface, fitted
from engine.forking import family
from engine.forking.birth import bear
from engine.forking.pair import Side, same_value
from engine.forking.planning import ForkPlan, Wanted, plan_fork
from engine.identity import new_id
from engine.journal import Event
from engine.lifecycle import is_terminal
from engine.permissions import Permission, require
from engine.starting import LONGEST_KEY, TELL, may_start_old
from engine.strict import encode
from engine.watching import RunSummary, summary_in

Json: TypeAlias = Any

MOST_FORKS = 50
"""Runs of ``forks_of``."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is other than in the first run. ``at``: the step from which on it runs again; "" where it stopped.
    ``input`` None: the same. ``version_id`` None: the same."""

    at: str = ""
    input: Json = None
    version_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Ready:
    """All that a plan is made of."""

    source: tables.Run
    version: tables.Version
    input: dict[str, Json]
    wanted: Wanted
    events: tuple[Event, ...]


async def fork_plan(db: Database, actor: Actor, run_id: UUID, change: Change) -> ForkPlan:
    """Raises ``NotFound``, ``Conflict`` (the run is not over, or the other version is not live), ``BadInput`` (no such
    step, or an input that does not fit)."""
    require(actor, Permission.REPLAY)
    async with db.snapshot(actor) as session:
        made = await ready(session, actor, run_id, change)
    return await asyncio.to_thread(plan_fork, made.wanted, made.events)


async def fork(
    db: Database,
    actor: Actor,
    run_id: UUID,
    change: Change,
    *,
    plan: str,
    confirmed: Collection[str] = (),
    idempotency_key: str | None = None,
    traceparent: str | None = None,
) -> RunSummary:
    """Queue the run that ``fork_plan`` has shown. ``plan``: its hash; ``confirmed``: the paths of the effects that may
    fire again, every one of them. When this returns, the run is committed.

    The same ``idempotency_key`` gives the same run. Raises as ``fork_plan``, and ``Conflict`` with the plan as it is
    now when it is another one, ``BadInput`` naming each effect that nobody has confirmed, ``QueueFull``."""
    require(actor, Permission.REPLAY)
    if idempotency_key is not None and not 0 < len(idempotency_key) <= LONGEST_KEY - 10:
        raise BadInput(
            "The key does not fit.", [("idempotency_key", f"needs 1 to {LONGEST_KEY - 10} characters")]
        )
    async with backpressure.places(db, actor.account_id) as places, db.account(actor) as session:
        source = await eventlog.lock(session, run_id)
        await family.hold(session, source)
        key = None if idempotency_key is None else f"fork:{idempotency_key}"
        if key is not None and (before := await _before(session, source, key, plan)) is not None:
            return before
        made = await _ready(session, actor, source, change)
        planned = await asyncio.to_thread(plan_fork, made.wanted, made.events)
        check(planned, plan, confirmed)
        await places.take(session, 1)
        new = new_id()
        about = {
            "version": made.version.id,
            "hash": made.version.content_hash,
            "input": encode(made.input),
            "trigger": "replay" if made.wanted.before is made.wanted.now else "fork",
            "key": key,
            "traceparent": traceparent,
            "fork": encode(_said(made, planned)),
        }
        if not await bear(session, actor, source, new, planned, about):
            raise Conflict("Somebody used this key at the same moment.", "Look at the list of runs.")
        await session.execute(TELL, {"run": str(new)})
        noted = {"new": str(new), **_said(made, planned), "confirmed": sorted(confirmed)}
        await audit.append(session, actor.account_id, actor.email, "run.fork", str(run_id), noted)
        return await summary_in(session, new)


def check(planned: ForkPlan, plan: str, confirmed: Collection[str]) -> None:
    """Raises ``Conflict`` when the plan is not the one that was agreed to, ``BadInput`` for what nobody agreed to."""
    if planned.hash != plan:
        raise Conflict(
            "What would happen is not what you were shown any more.", "Look at it again.", current=planned
        )
    if missing := [effect for effect in planned.again if effect.path not in confirmed]:
        count = "1 effect" if len(missing) == 1 else f"{len(missing)} effects"
        raise BadInput(
            f"{count} would happen again, and nobody said yes to that: "
            + ", ".join(f"{effect.tool} at {effect.path}" for effect in missing[:5])
            + ".",
            [("confirmed", f"{effect.path} ({effect.tool}) is missing") for effect in missing[:100]],
            "Say yes to each of them, or choose a later step.",
        )


async def forks_of(db: Database, actor: Actor, run_id: UUID) -> tuple[RunSummary, ...]:
    """The runs that go on from this one, newest first; some of them."""
    require(actor, Permission.VIEW)
    run = tables.Run
    query = (
        select(run.id)
        .where(run.account_id == actor.account_id, run.forked_from == run_id)
        .order_by(col(run.queued_at).desc())
        .limit(MOST_FORKS)
    )
    async with db.account(actor) as session:
        return tuple([await summary_in(session, one) for one in (await session.exec(query)).all()])


async def ready(session: Session, actor: Actor, run_id: UUID, change: Change) -> Ready:
    """What a plan needs to know, in a transaction that is open. Raises as ``fork_plan`` does."""
    run = await session.get(tables.Run, run_id)
    if run is None:
        raise NotFound("There is no such run.", "Look at the list of runs.")
    return await _ready(session, actor, run, change)


async def _before(session: Session, source: tables.Run, key: str, plan: str) -> RunSummary | None:
    query = select(tables.Run).where(
        tables.Run.account_id == source.account_id,
        tables.Run.workflow_id == source.workflow_id,
        tables.Run.idempotency_key == key,
    )
    run = (await session.exec(query)).first()
    if run is None:
        return None
    summary = await summary_in(session, run.id)
    if run.forked_from != source.id or (run.fork or {}).get("plan") != plan:
        raise Conflict(
            "This idempotency key was used for another run.", "Use a new key for a new run.", current=summary
        )
    return summary


async def _ready(session: Session, actor: Actor, source: tables.Run, change: Change) -> Ready:
    if not is_terminal(source.state):
        raise Conflict(
            f"This run is {source.state.replace('_', ' ')}.",
            "Only a run that is over can be run again: wait for its end, or cancel it first.",
            current=await summary_in(session, source.id),
        )
    workflow = await session.get_one(tables.Workflow, source.workflow_id)
    if workflow.archived_at is not None:
        raise Conflict("This workflow is archived.", "Runs start of workflows that are not.")
    if source.trial is not None and source.trial.get("real"):
        require(actor, Permission.PUBLISH)
    old = await session.get_one(tables.Version, source.version_id)
    new = old
    if change.version_id is not None and change.version_id != old.id:
        new = await _version(session, source, change.version_id, workflow.live_version_id)
    before = Side(Plan.model_validate(old.plan), source.input)
    given, now = source.input, before
    if new is not old or change.input is not None:
        plan = before.plan if new is old else Plan.model_validate(new.plan)
        wish = source.input if change.input is None else change.input
        given = fitted(wish, Interface(new.content_hash, plan.input_schema, plan.input_defaults))
        if new is not old or not same_value(given, source.input):
            now = Side(plan, given)
            if source.trial is None and workflow.live_version_id not in (None, new.id):
                may_start_old(actor)
        else:
            given = source.input
    events = await family.events_of(session, source.id)
    approvals = [e.data["approval_id"] for e in events if e.kind == "gate.opened" and "approval_id" in e.data]
    free, too_old = await _yes(session, source.id, approvals)
    wanted = Wanted(
        run_id=source.id,
        version_id=new.id,
        content_hash=new.content_hash,
        before=before,
        now=now,
        at=change.at,
        by=actor.email,
        free=free.__contains__,
        old=too_old.__contains__,
        trial=source.trial,
        kin=await family.kin_of(session, source),
    )
    return Ready(source, new, given, wanted, events)


async def _version(
    session: Session, source: tables.Run, version_id: UUID, live: UUID | None
) -> tables.Version:
    """Another version than the run's. Only the live one: an older one may lack an approval that was put in since, and
    going back to it is what checks it against the rules of today."""
    query = select(tables.Version).where(
        tables.Version.id == version_id,
        tables.Version.workflow_id == source.workflow_id,
        tables.Version.number > 0,
    )
    found = (await session.exec(query)).first()
    if found is None:
        raise NotFound("This workflow has no such version.", "Look at the workflow's versions.")
    if source.trial is not None:
        raise BadInput(
            "A test runs again on the text that it was started with.",
            [("version_id", "must be left out for a test")],
            "Test the draft as it is now instead.",
        )
    if found.id != live:
        raise Conflict(
            f"Version {found.number} is not the live one.",
            "Run this on its own version or on the live one; going back to a version makes it live again.",
        )
    return found


OLDEST_YES = timedelta(days=7)
"""A yes is relied on for as long as the approval left people to decide, and at most so long."""

YES = text(
    """
    SELECT CAST(id AS text), coalesce(relied_on_by, run_id) = :run AS free,
      decided_at + least(coalesce(expires_at - created_at, :oldest), :oldest) < clock_timestamp() AS old
    FROM approvals WHERE id = ANY(CAST(:ids AS uuid[]))
    """
)


async def _yes(session: Session, run_id: UUID, ids: Sequence[str]) -> tuple[frozenset[str], frozenset[str]]:
    """The approvals whose yes still belongs to this run, and those whose yes is too old."""
    if not ids:
        return frozenset(), frozenset()
    about = {"ids": list(ids), "run": run_id, "oldest": OLDEST_YES}
    rows: Sequence[Any] = (await session.execute(YES, about)).all()
    return frozenset(id for id, free, _ in rows if free), frozenset(id for id, _, old in rows if old)


def _said(made: Ready, planned: ForkPlan) -> dict[str, Json]:
    """What the run keeps of how it came to be."""
    return {
        "plan": planned.hash,
        "at": made.wanted.at,
        "starts_at": list(planned.starts_at)[:20],
        "steps": planned.steps,
        "reused": len(planned.reused),
        "again": [effect.path for effect in planned.again][:100],
        "input": not same_value(made.input, made.source.input),
        "version": made.version.id != made.source.version_id,
    }
