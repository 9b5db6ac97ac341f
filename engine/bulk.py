"""Many runs at once: run again from where they failed, or cancelled.

What would happen again is counted by tool and agreed to once a tool; each run keeps the hash of its own plan, so what
happens is what was counted. A run of which nobody knows whether an effect of its happened is left out and named: that
is a question for a person, one run at a time. So is one that was run again already.

A job is rows: it goes on from where it stood whoever carries it on (``carry_on``), and each run of it is made under a
key of its own, so that none is made twice. The same key of a job is the same job.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import func, text, update
from sqlmodel import col, select

from engine import audit, tables
from engine.actor import Actor
from engine.database import Database, Session
from engine.errors import BadInput, Conflict, NotFound, QueueFull, WeftError
from engine.forking import service
from engine.forking.planning import ForkPlan, plan_fork
from engine.forking.service import Change
from engine.lifecycle import TERMINAL, RunState
from engine.permissions import Permission, require
from engine.runs import cancel_run
from engine.starting import LONGEST_KEY
from engine.strict import canonical_hash

Kind: TypeAlias = Literal["retry", "cancel"]

MOST = 1_000
"""Runs of one job."""
RETRIED = ("failed", "timed_out")
CHUNK = 20

HOLD = text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))")
"""Of two with the same key at the same moment one waits for the other, and then finds its job."""


@dataclass(frozen=True, slots=True)
class Selection:
    """Either these runs, or the newest that a filter finds. ``code``: of their error; ``since``, ``until``: when they
    were queued."""

    ids: tuple[UUID, ...] = ()
    workflow_id: UUID | None = None
    states: tuple[str, ...] = ()
    code: str = ""
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Again:
    """Effects of one tool that would happen again: how many, in how many runs, and how many of them were undone."""

    tool: str
    effects: int
    runs: int
    undone: int


@dataclass(frozen=True, slots=True)
class Left:
    """``known``: there is such a run."""

    run_id: UUID
    reason: str
    known: bool = True


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """``runs`` would be run again, ``reused`` of their effects are not repeated. ``hash``: of all this."""

    runs: tuple[UUID, ...]
    again: tuple[Again, ...]
    reused: int
    left: tuple[Left, ...]
    hash: str


@dataclass(frozen=True, slots=True)
class Job:
    """How far it has come. ``left``: some of the runs that were left out, ``left_out`` how many there are."""

    id: UUID
    kind: str
    at: datetime
    finished_at: datetime | None
    total: int
    done: int
    left_out: int
    waiting: int
    left: tuple[Left, ...]


async def plan_retry(db: Database, actor: Actor, selection: Selection) -> BulkPlan:
    """What running these again from where they failed would mean. Raises ``BadInput``."""
    require(actor, Permission.REPLAY)
    plans, left = await _plans(db, actor, selection)
    return _planned(plans, left)


async def start(
    db: Database,
    actor: Actor,
    kind: Kind,
    selection: Selection,
    key: str,
    *,
    plan: str = "",
    confirmed: Collection[str] = (),
) -> Job:
    """Write the job down; ``carry_on`` does it. To retry, ``plan`` is the hash that ``plan_retry`` gave, and
    ``confirmed`` names each tool whose effects would happen again.

    The same ``key`` gives the same job. Raises ``BadInput`` (no runs, a tool that is not confirmed), ``Conflict`` with
    the plan as it is now."""
    require(actor, Permission.REPLAY if kind == "retry" else Permission.CANCEL)
    if not 0 < len(key) <= LONGEST_KEY or "\0" in key:
        raise BadInput("The key does not fit.", [("key", f"needs 1 to {LONGEST_KEY} characters")])
    async with db.account(actor) as session:
        if (known := await _by_key(session, actor, key)) is not None:
            return known
    items: dict[UUID, str] = {}
    left: list[Left] = []
    if kind == "retry":
        plans, left = await _plans(db, actor, selection)
        now = _planned(plans, left)
        if now.hash != plan:
            raise Conflict(
                "What would happen is not what you were shown any more.", "Look at it again.", current=now
            )
        if missing := [one.tool for one in now.again if one.tool not in confirmed]:
            raise BadInput(
                f"Nobody said yes to {', '.join(missing[:5])} happening again.",
                [("confirmed", f"{tool} is missing") for tool in missing],
                "Say yes to each of these tools, or choose other runs.",
            )
        items = {one.run_id: one.hash for one in plans}
    else:
        async with db.account(actor) as session:
            items = dict.fromkeys(await _chosen(session, actor, selection, tuple(_live())), "")
    if not items:
        raise BadInput("There is no run to do this with.", [("selection", "finds none")], "Choose others.")
    async with db.account(actor) as session:
        await session.execute(HOLD, {"key": f"bulk:{actor.account_id}:{key}"})
        if (known := await _by_key(session, actor, key)) is not None:
            return known
        job = tables.BulkJob(
            account_id=actor.account_id,
            key=key,
            kind=kind,
            plan=plan,
            confirmed=sorted(confirmed),
            requested_by=actor.user_id,
        )
        session.add(job)
        await session.flush()
        rows: list[tuple[UUID, str, str, str | None]]
        rows = [(run, "waiting", of_run, None) for run, of_run in items.items()]
        rows += [(one.run_id, "left", "", one.reason) for one in left if one.known]
        session.add_all(
            tables.BulkItem(
                job_id=job.id,
                account_id=actor.account_id,
                run_id=run,
                state=state,
                plan=of_run,
                reason=reason,
            )
            for run, state, of_run, reason in rows
        )
        await session.flush()
        said: dict[str, Any] = {"kind": kind, "runs": len(items), "confirmed": sorted(confirmed)}
        await audit.append(session, actor.account_id, actor.email, "runs.bulk", str(job.id), said)
        return await _job(session, job.id)


async def carry_on(db: Database, actor: Actor, job_id: UUID) -> Job:
    """Do what of the job is not done. When the queue is full it stops, and goes on when it is called again."""
    async with db.account(actor) as session:
        job = await session.get(tables.BulkJob, job_id)
        if job is None:
            raise NotFound("There is no such job.", "Look at the list of runs.")
        kind = job.kind
    require(actor, Permission.REPLAY if kind == "retry" else Permission.CANCEL)
    while items := await _waiting(db, actor, job_id):
        for item in items:
            try:
                started = await _one(db, actor, kind, item)
            except QueueFull:
                return await get(db, actor, job_id)
            except WeftError as error:
                await _note(db, actor, item, "left", None, error.message)
            else:
                await _note(db, actor, item, "done", started, None)
    async with db.account(actor) as session:
        over = update(tables.BulkJob).where(
            col(tables.BulkJob.id) == job_id, col(tables.BulkJob.finished_at).is_(None)
        )
        await session.execute(over.values(finished_at=func.now()))
        return await _job(session, job_id)


async def get(db: Database, actor: Actor, job_id: UUID) -> Job:
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        return await _job(session, job_id)


# ---- one run --------------------------------------------------------------------------------------------


async def _one(db: Database, actor: Actor, kind: str, item: tables.BulkItem) -> UUID | None:
    """The run that was made for it."""
    if kind == "cancel":
        await cancel_run(db, actor, item.run_id)
        return None
    key = f"bulk:{item.job_id}:{item.run_id}"
    for other in await service.forks_of(db, actor, item.run_id):
        if not await _ours(db, actor, other.id, key):
            raise Conflict("It was run again already.")
    planned = await service.fork_plan(db, actor, item.run_id, Change())
    confirmed = [effect.path for effect in planned.again]
    made = await service.fork(
        db, actor, item.run_id, Change(), plan=item.plan, confirmed=confirmed, idempotency_key=key
    )
    return made.id


async def _ours(db: Database, actor: Actor, run_id: UUID, key: str) -> bool:
    async with db.account(actor) as session:
        return (await session.get_one(tables.Run, run_id)).idempotency_key == f"fork:{key}"


async def _note(
    db: Database, actor: Actor, item: tables.BulkItem, state: str, started: UUID | None, reason: str | None
) -> None:
    row = tables.BulkItem
    note = update(row).where(col(row.job_id) == item.job_id, col(row.run_id) == item.run_id)
    async with db.account(actor) as session:
        await session.execute(
            note.where(col(row.state) == "waiting").values(state=state, started=started, reason=reason)
        )


async def _waiting(db: Database, actor: Actor, job_id: UUID) -> Sequence[tables.BulkItem]:
    query = (
        select(tables.BulkItem)
        .where(tables.BulkItem.job_id == job_id, tables.BulkItem.state == "waiting")
        .order_by(col(tables.BulkItem.run_id))
        .limit(CHUNK)
    )
    async with db.account(actor) as session:
        return (await session.exec(query)).all()


# ---- what is chosen, and what it would mean -------------------------------------------------------------


async def _chosen(
    session: Session, actor: Actor, selection: Selection, states: Sequence[str]
) -> tuple[UUID, ...]:
    """Raises ``BadInput``."""
    if len(selection.ids) > MOST:
        raise BadInput(
            "Too many runs at once.", [("ids", f"needs at most {MOST} items, not {len(selection.ids)}")]
        )
    run = tables.Run
    query = select(run.id).where(run.account_id == actor.account_id, col(run.parent_run_id).is_(None))
    wanted = [state for state in selection.states if state in states] if selection.states else list(states)
    query = query.where(col(run.state).in_(wanted))
    query = query.where(col(run.id).in_(selection.ids) if selection.ids else col(run.trial).is_(None))
    if selection.workflow_id is not None:
        query = query.where(run.workflow_id == selection.workflow_id)
    if selection.code:
        query = query.where(col(run.error)["code"].as_string() == selection.code)
    if selection.since is not None:
        query = query.where(col(run.queued_at) >= selection.since)
    if selection.until is not None:
        query = query.where(col(run.queued_at) < selection.until)
    query = query.order_by(col(run.queued_at).desc(), col(run.id).desc()).limit(MOST)
    return tuple((await session.exec(query)).all())


async def _plans(db: Database, actor: Actor, selection: Selection) -> tuple[list[ForkPlan], list[Left]]:
    plans: list[ForkPlan] = []
    left: list[Left] = []
    async with db.snapshot(actor) as session:
        ids = await _chosen(session, actor, selection, RETRIED)
        forked = select(tables.Run.forked_from).where(
            tables.Run.account_id == actor.account_id, col(tables.Run.forked_from).in_(ids)
        )
        again = set((await session.exec(forked)).all())
        for run_id in ids:
            if run_id in again:
                left.append(Left(run_id, "It was run again already."))
                continue
            try:
                ready = await service.ready(session, actor, run_id, Change())
                planned = await asyncio.to_thread(plan_fork, ready.wanted, ready.events)
            except WeftError as error:
                left.append(Left(run_id, error.message))
                continue
            if unknown := next((one for one in planned.again if one.first == "unknown"), None):
                said = (
                    f"Nobody knows whether {unknown.tool} at {unknown.path} happened: look at it by itself."
                )
                left.append(Left(run_id, said))
            else:
                plans.append(planned)
    left += [Left(one, "It is not a run that failed.", False) for one in selection.ids if one not in ids]
    return plans, left


def _planned(plans: Sequence[ForkPlan], left: Sequence[Left]) -> BulkPlan:
    effects: Counter[str] = Counter()
    undone: Counter[str] = Counter()
    runs: Counter[str] = Counter()
    for one in plans:
        effects.update(effect.tool for effect in one.again)
        undone.update(effect.tool for effect in one.again if effect.first == "undone")
        runs.update({effect.tool for effect in one.again})
    again = tuple(Again(tool, effects[tool], runs[tool], undone[tool]) for tool in sorted(effects))
    said = {"plans": [one.hash for one in plans], "left": [str(one.run_id) for one in left]}
    reused = sum(len(one.reused) for one in plans)
    return BulkPlan(tuple(one.run_id for one in plans), again, reused, tuple(left), canonical_hash(said))


def _live() -> list[str]:
    return [state for state in RunState if state not in TERMINAL]


# ---- jobs -----------------------------------------------------------------------------------------------


async def _by_key(session: Session, actor: Actor, key: str) -> Job | None:
    query = select(tables.BulkJob.id).where(
        tables.BulkJob.account_id == actor.account_id, tables.BulkJob.key == key
    )
    found = (await session.exec(query)).first()
    return None if found is None else await _job(session, found)


async def _job(session: Session, job_id: UUID) -> Job:
    job = await session.get(tables.BulkJob, job_id, populate_existing=True)
    if job is None:
        raise NotFound("There is no such job.", "Look at the list of runs.")
    item = tables.BulkItem
    counted = select(item.state, func.count()).where(item.job_id == job_id).group_by(item.state)
    by_state = dict((await session.exec(counted)).all())
    some = select(item).where(item.job_id == job_id, item.state == "left").order_by(col(item.run_id))
    left = tuple(Left(one.run_id, one.reason or "") for one in (await session.exec(some.limit(100))).all())
    return Job(
        id=job.id,
        kind=job.kind,
        at=job.at,
        finished_at=job.finished_at,
        total=sum(by_state.values()),
        done=by_state.get("done", 0),
        left_out=by_state.get("left", 0),
        waiting=by_state.get("waiting", 0),
        left=left,
    )
