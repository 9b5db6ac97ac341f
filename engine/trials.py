"""Tests of drafts: a run of the draft's text as it is, without publishing it, in which nothing happens outside that
nobody ticked. What a test may do is decided in ``engine.trialrules``, how it runs is in ``engine.runtime.trial``.

The text that is tested becomes a version with the number 0: immutable, pinned by hash like any other, listed nowhere
and never live. The run carries its settings; the database lets neither be without the other (migration 0010).
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import col, select

from dsl.catalog import Catalog
from dsl.plan import Agent, Plan
from dsl.simulation import usual_results
from dsl.simulation.samples import sample
from engine import audit, backpressure, catalog, drafts, pinned, tables, versions
from engine.actor import Actor
from engine.database import Database, Session
from engine.errors import Conflict, NotFound, Unavailable
from engine.fitting import Interface, fitted
from engine.history import RunView, fold
from engine.identity import new_id
from engine.journal import Event
from engine.lifecycle import TERMINAL
from engine.permissions import Permission, require
from engine.pins import checked
from engine.runtime.outline import walk
from engine.starting import LONGEST_KEY, TELL
from engine.strict import encode
from engine.telemetry import accepted
from engine.trialrules import Effect, Gate, Known, Outline, Unready, Wish, outline, settle
from engine.versions import Publishable
from engine.watching import RunSummary, events_in, summary_in

__all__ = ["Effect", "Gate", "NewTrial", "Outline", "Prepared", "Unready", "Wish", "prepare", "start_trial"]

Json: TypeAlias = Any

TRIED = text(
    """
    WITH born AS (
      INSERT INTO runs (id, account_id, workflow_id, version_id, content_hash, input, trigger, idempotency_key,
        requested_by, last_seq, priority, traceparent, trial)
      VALUES (:id, :account, :workflow, :version, :hash, CAST(:input AS jsonb), :trigger, :key, :by, 1, :priority,
        :traceparent, CAST(:trial AS jsonb))
      ON CONFLICT (account_id, workflow_id, idempotency_key) DO NOTHING
      RETURNING id, account_id, input
    ), noted AS (
      INSERT INTO run_events (account_id, run_id, seq, kind, data)
      SELECT account_id, id, 1, 'run.accepted', jsonb_build_object('input', input, 'trial', true) FROM born
    )
    SELECT id FROM born
    """
)
KEPT = text(
    "SELECT id FROM runs WHERE account_id = :account AND workflow_id = :workflow AND idempotency_key = :key"
)


@dataclass(frozen=True, slots=True)
class Prepared:
    """What a test of the draft would be: its input, the effects that could really happen, and its approvals."""

    revision: int
    input_schema: dict[str, Json]
    outline: Outline


@dataclass(frozen=True, slots=True)
class NewTrial:
    """``input`` None: that of ``source``. ``source``: the run whose outputs are taken over where the test begins in
    the middle; the latest that is over unless given. ``pins``: ``{"output"}`` or ``{"error"}`` by step, in addition to
    the workflow's own and before them; None in the place of one takes the workflow's away for this test."""

    input: Json = None
    wish: Wish = field(default_factory=Wish)
    source: UUID | None = None
    pins: Mapping[str, Json] | None = None


async def prepare(db: Database, actor: Actor, workflow_id: UUID) -> Prepared:
    """Raises ``NotFound``, and ``Rejected`` (diagnostics) when the text has errors."""
    require(actor, Permission.RUN)
    known = catalog.without_secrets(await catalog.catalog(db, actor))
    async with db.account(actor) as session:
        draft = await drafts.read(session, workflow_id)
    made = await asyncio.to_thread(versions.decide, draft.text, known, "test")
    return Prepared(draft.revision, made.plan.input_schema, outline(made.plan))


async def start_trial(
    db: Database,
    actor: Actor,
    workflow_id: UUID,
    new: NewTrial,
    *,
    revision: int | None = None,
    idempotency_key: str | None = None,
    trigger: str = "manual",
    traceparent: str | None = None,
) -> RunSummary:
    """Queue a run of the draft's text. When this returns, it is committed. ``revision``: of the draft that is meant.

    Whoever may run workflows may test them; only who may publish as well may let something really happen. Raises
    ``NotFound``, ``Rejected`` (the text has errors), ``BadInput`` (the input, a pin, or a setting does not fit: each is
    named), ``Conflict`` (the draft has another revision by now, or the workflow is archived), ``QueueFull``.
    """
    require(actor, Permission.RUN)
    if new.wish.real:
        require(actor, Permission.PUBLISH)
    known = catalog.without_secrets(await catalog.catalog(db, actor, fresh=True))
    async with db.account(actor) as session:
        draft = await drafts.read(session, workflow_id)
        if revision is not None and draft.revision != revision:
            raise Conflict(
                "Somebody else changed this draft in the meantime.", "Look at it, then test it.", draft
            )
        author = (await session.get_one(tables.Draft, workflow_id)).updated_by or actor.user_id
        recorded, before = await _recorded(session, workflow_id, new.source)
        pins = await pinned.pins_in(session, workflow_id)
    made = await asyncio.to_thread(versions.decide, draft.text, known, "test")
    for path, content in (new.pins or {}).items():
        if content is None:
            pins.pop(path, None)
        else:
            pins[path] = checked(draft.text, known, path, content)
    usual = await asyncio.to_thread(usual_results, made.plan, known)
    trial = settle(made.plan, new.wish, Known(pins, recorded, usual, _tools(made.plan, known)))
    interface = Interface(made.content_hash, made.plan.input_schema, made.plan.input_defaults)
    given = fitted(before if new.input is None and before is not None else new.input or {}, interface)
    run_id = new_id()
    about: dict[str, Any] = {
        "id": run_id,
        "account": actor.account_id,
        "workflow": workflow_id,
        "hash": made.content_hash,
        "input": encode(given),
        "trigger": trigger,
        "key": None if idempotency_key is None else f"test:{idempotency_key}"[:LONGEST_KEY],
        "by": actor.user_id,
        "traceparent": accepted(traceparent),
        "trial": encode(trial.data()),
    }
    try:
        async with backpressure.places(db, actor.account_id) as places, db.account(actor) as session:
            workflow = await session.get(tables.Workflow, workflow_id)
            if workflow is None or workflow.archived_at is not None:
                raise Conflict("This workflow is archived.", "Tests start of workflows that are not.")
            await places.take(session, 1)
            about |= {
                "priority": workflow.priority,
                "version": await _version(session, actor, workflow_id, made, author),
            }
            if (await session.execute(TRIED, about)).first() is None:
                return await summary_in(session, (await session.execute(KEPT, about)).scalar_one())
            await session.execute(TELL, {"run": str(run_id)})
            said = {"run": str(run_id), "hash": made.content_hash, "real": sorted(trial.real)}
            await audit.append(session, actor.account_id, actor.email, "trial.start", str(workflow_id), said)
            return await summary_in(session, run_id)
    except (
        IntegrityError
    ) as error:  # what the last test of this text has left was forgotten at this very moment
        raise Unavailable(
            "The test could not be started just now.", "Try again; nothing was started."
        ) from error


async def _version(
    session: Session, actor: Actor, workflow_id: UUID, made: Publishable, author: UUID
) -> UUID:
    """The version that the text is kept as. Whoever changed the draft last counts as its author, for four eyes."""
    query = select(tables.Version.id).where(
        tables.Version.workflow_id == workflow_id,
        tables.Version.content_hash == made.content_hash,
        tables.Version.number == 0,
        tables.Version.published_by == author,
    )
    found = (await session.exec(query.limit(1))).first()
    if found is not None:
        return found
    row = tables.Version(
        id=new_id(),
        account_id=actor.account_id,
        workflow_id=workflow_id,
        number=0,
        text=made.text,
        pins=made.pins(),
        plan=made.plan.model_dump(mode="json"),
        content_hash=made.content_hash,
        published_by=author,
    )
    session.add(row)
    await session.flush()
    return row.id


async def _recorded(
    session: Session, workflow_id: UUID, source: UUID | None
) -> tuple[RunView | None, dict[str, Json] | None]:
    """What was recorded in a run, and its input; of the latest one that is over unless ``source`` names one."""
    query = select(tables.Run).where(tables.Run.workflow_id == workflow_id)
    if source is not None:
        query = query.where(tables.Run.id == source)
    else:
        over = [str(state) for state in TERMINAL]
        query = query.where(col(tables.Run.state).in_(over)).order_by(col(tables.Run.queued_at).desc())
    run = (await session.exec(query.limit(1))).first()
    if run is None and source is not None:
        raise NotFound("This workflow has no such run.", "Look at its list of runs.")
    if run is None:
        return None, None
    events: list[Event] = []
    while page := await events_in(session, run.id, events[-1].seq if events else 0):
        events.extend(page)
    return fold(events), run.input


def _tools(plan: Plan, known: Catalog) -> dict[str, Json]:
    """What tools give that models call and that change something: the plainest that fits."""
    made: dict[str, Json] = {}
    for step, _ in walk(plan.body, ""):
        if isinstance(step.do, Agent):
            for one in step.do.tools:
                tool = known.tool(one.connector, one.tool)
                schema = None if tool is None else tool.output_schema
                if one.effect == "write":
                    made[f"{one.connector}.{one.tool}"] = {"done": True} if schema is None else sample(schema)
    return made
