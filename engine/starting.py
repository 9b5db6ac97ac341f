"""Starting runs: one, one that later starts may still change (debounce), or many at once.

**Keys.** An idempotency key names a request: the same key is the same run, whatever became of it since, and also when
the queue is full or the workflow archived meanwhile. A debounce key names a subject: starts with the same one become
one run as long as it has not begun, and that run takes the newest input. A request that is repeated with its
idempotency key therefore changes nothing any more, even when others have changed the run after it; such keys are kept
in ``start_keys``, since one run may have many.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text

from engine import backpressure, eventlog, tables
from engine.actor import Actor
from engine.backpressure import Places
from engine.database import Database, Session
from engine.errors import BadInput, Conflict, Forbidden, NotFound, Unavailable
from engine.fitting import Interface, fitted
from engine.identity import new_id
from engine.interfaces import interfaces
from engine.permissions import Permission, may, require
from engine.strict import encode
from engine.telemetry import accepted
from engine.triggers.firing import KEY_PREFIX
from engine.watching import RunSummary, summary_in

Trigger = Literal[
    "manual", "api", "schedule", "webhook", "event", "mcp", "workflow", "chat", "replay", "fork", "error"
]

LONGEST_KEY = 200
PRIORITIES = range(-9, 10)
MOST_AT_ONCE = 1_000
"""Runs of one ``start_runs``."""
LONGEST_DEBOUNCE_S = 86_400.0
LONGEST_DELAY_S = 7 * 86_400.0


@dataclass(frozen=True, slots=True)
class Debounce:
    """Begin ``seconds`` after the last start with this ``key``, and ``at_most_seconds`` after the first of them (ten
    times as much unless given)."""

    key: str
    seconds: float
    at_most_seconds: float | None = None

    @property
    def longest(self) -> float:
        return (
            min(self.seconds * 10, LONGEST_DELAY_S) if self.at_most_seconds is None else self.at_most_seconds
        )


@dataclass(frozen=True, slots=True)
class NewRun:
    """One of many. ``priority`` None: the workflow's."""

    input: Any
    idempotency_key: str | None = None
    priority: int | None = None


@dataclass(frozen=True, slots=True)
class _Target:
    """What is started: a workflow that may be, and a version of it."""

    workflow: tables.Workflow
    version_id: UUID
    interface: Interface
    traceparent: str | None


@dataclass(frozen=True, slots=True)
class _Before:
    """A run that this idempotency key has started, with the input that came with the key."""

    run_id: UUID
    version_id: UUID
    input: dict[str, Any]


BORN = text(
    """
    WITH given AS (
      SELECT * FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS g(n int, id uuid, input jsonb, key text, priority int2)
    ), born AS (
      INSERT INTO runs (id, account_id, workflow_id, version_id, content_hash, input, trigger, idempotency_key,
        requested_by, last_seq, priority, traceparent)
      SELECT id, :account, :workflow, :version, :hash, input, :trigger, key, :by, 1, priority, :traceparent
      FROM given ORDER BY n
      ON CONFLICT (account_id, workflow_id, idempotency_key) DO NOTHING
      RETURNING id, account_id, input
    ), noted AS (
      INSERT INTO run_events (account_id, run_id, seq, kind, data)
      SELECT account_id, id, 1, 'run.accepted', jsonb_build_object('input', input) FROM born
    )
    SELECT id FROM born
    """
)
# Two starts at the same moment meet in the unique index, as do a start and a claim: whoever comes second waits for the
# row's lock and sees what became of it.
DEBOUNCED = text(
    """
    WITH one AS (
      INSERT INTO runs AS r (id, account_id, workflow_id, version_id, content_hash, input, trigger, requested_by,
        last_seq, priority, traceparent, debounce_key, due_at, debounce_until)
      VALUES (:id, :account, :workflow, :version, :hash, CAST(:input AS jsonb), :trigger, :by, 1, :priority,
        :traceparent, :key,
        clock_timestamp() + make_interval(secs => :seconds), clock_timestamp() + make_interval(secs => :longest))
      ON CONFLICT (account_id, workflow_id, debounce_key)
        WHERE debounce_key IS NOT NULL AND state = 'queued' AND epoch = 0
      DO UPDATE SET input = excluded.input, version_id = excluded.version_id, content_hash = excluded.content_hash,
        priority = excluded.priority, requested_by = excluded.requested_by, last_seq = r.last_seq + 1,
        due_at = least(excluded.due_at, r.debounce_until)
      RETURNING r.id, r.account_id, r.input, r.last_seq
    ), noted AS (
      INSERT INTO run_events (account_id, run_id, seq, kind, data)
      SELECT account_id, id, last_seq, CASE WHEN last_seq = 1 THEN 'run.accepted' ELSE 'run.replaced' END,
        jsonb_build_object('input', input) FROM one
    )
    SELECT id FROM one
    """
)
PENDING = text(
    """
    SELECT id FROM runs WHERE account_id = :account AND workflow_id = :workflow AND debounce_key = :key
    AND debounce_key IS NOT NULL AND state = 'queued' AND epoch = 0
    """
)
KEPT = text(
    """
    SELECT idempotency_key, id, version_id, input FROM runs
    WHERE account_id = :account AND workflow_id = :workflow AND idempotency_key = ANY(:keys)
    UNION ALL
    SELECT idempotency_key, run_id, version_id, input FROM start_keys
    WHERE account_id = :account AND workflow_id = :workflow AND idempotency_key = ANY(:keys)
    """
)
KEEP = text(
    """
    INSERT INTO start_keys (account_id, workflow_id, idempotency_key, run_id, version_id, input)
    VALUES (:account, :workflow, :key, :run, :version, CAST(:input AS jsonb)) ON CONFLICT DO NOTHING
    """
)
TELL = text("SELECT pg_notify('weft_runs', :run), pg_notify('weft_events', :run)")


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
    priority: int | None = None,
    debounce: Debounce | None = None,
) -> RunSummary:
    """Queue a run of the live version (or of ``version_id``). When this returns, the run is committed.

    The same ``idempotency_key`` gives the same run; ``debounce`` may give one that was started before and has not
    begun. ``priority``: -9 to 9, the higher the sooner; the workflow's by default. ``traceparent``: the span above it
    (W3C Trace Context); what does not follow the rules is ignored. Raises ``NotFound``, ``BadInput``
    (each field that does not fit), ``QueueFull``, ``Conflict`` when nothing is published, or when the key was used with
    another input.
    """
    require(actor, Permission.RUN)
    problems = [*_of_key(idempotency_key), *_of_priority(priority), *_of_debounce(debounce)]
    if problems:
        raise BadInput("The run cannot be started so.", problems, "Correct these and start again.")
    async with backpressure.places(db, actor.account_id) as places, db.account(actor) as session:
        workflow = await session.get(tables.Workflow, workflow_id)
        if workflow is None:
            raise NotFound("There is no such workflow.", "Look at the list of workflows.")
        if idempotency_key is not None:
            before = await _kept(session, actor, workflow_id, [idempotency_key])
            if idempotency_key in before:
                return await _again(session, actor, workflow_id, before[idempotency_key], input)
        target = await _target(session, actor, workflow, version_id, accepted(traceparent))
        whole = fitted(input, target.interface)
        new = NewRun(whole, idempotency_key, workflow.priority if priority is None else priority)
        if debounce is not None:
            run_id = await _debounced(session, actor, places, target, new, debounce, trigger)
        else:
            run_id = new_id()
            await places.take(session, 1)
            if not await _born(session, actor, target, {run_id: new}, trigger):
                assert idempotency_key is not None  # somebody was faster with the same one
                before = await _kept(session, actor, workflow_id, [idempotency_key])
                return await _again(session, actor, workflow_id, before[idempotency_key], input)
        await session.execute(TELL, {"run": str(run_id)})
        return await summary_in(session, run_id)


async def start_runs(
    db: Database,
    actor: Actor,
    workflow_id: UUID,
    new: Sequence[NewRun],
    version_id: UUID | None = None,
    *,
    trigger: Trigger = "manual",
    traceparent: str | None = None,
) -> tuple[UUID, ...]:
    """Queue many runs of one version, at most ``MOST_AT_ONCE``: all of them or none. Their ids, in order; a key that
    was used before gives the run it has started. Raises as ``start_run``; problems name their item (``items[3]``).
    """
    require(actor, Permission.RUN)
    if not 0 < len(new) <= MOST_AT_ONCE:
        raise BadInput(
            "Not a number of runs that can be started at once.",
            [("items", f"needs 1 to {MOST_AT_ONCE} items, not {len(new)}")],
            "Start them in several calls.",
        )
    async with backpressure.places(db, actor.account_id) as places, db.account(actor) as session:
        workflow = await session.get(tables.Workflow, workflow_id)
        if workflow is None:
            raise NotFound("There is no such workflow.", "Look at the list of workflows.")
        target = await _target(session, actor, workflow, version_id, accepted(traceparent))
        items = _items(new, target.interface, workflow.priority)
        keys = [item.idempotency_key for item in items if item.idempotency_key is not None]
        before = await _kept(session, actor, workflow_id, keys)
        fresh: dict[str, UUID] = {}
        ids: list[UUID] = []
        born: dict[UUID, NewRun] = {}
        for number, item in enumerate(items):
            key = item.idempotency_key
            if key is not None and key in before:
                await _same(session, actor, workflow_id, before[key], new[number].input, f"items[{number}]: ")
                ids.append(before[key].run_id)
            elif key is not None and key in fresh:
                ids.append(fresh[key])
            else:
                run_id = new_id()
                ids.append(run_id)
                born[run_id] = item
                if key is not None:
                    fresh[key] = run_id
        await places.take(session, len(born))
        if await _born(session, actor, target, born, trigger) < len(born):
            raise Unavailable(
                "Somebody started runs with the same keys at the same moment.",
                "Try again; nothing was started.",
            )
        await eventlog.notify(session, "weft_runs", "")
        return tuple(ids)


def _items(new: Sequence[NewRun], interface: Interface, priority: int) -> list[NewRun]:
    """All of them as the workflow sees them. Raises ``BadInput`` with what is wrong with each."""
    items: list[NewRun] = []
    problems: list[tuple[str, str]] = []
    first: dict[str, int] = {}
    for number, item in enumerate(new):
        mine = [*_of_key(item.idempotency_key), *_of_priority(item.priority)]
        whole: dict[str, Any] = {}
        try:
            whole = fitted(item.input, interface)
        except BadInput as error:
            mine += [(f"input.{path}" if path else "input", said) for path, said in error.problems]
        items.append(
            NewRun(whole, item.idempotency_key, priority if item.priority is None else item.priority)
        )
        if item.idempotency_key is not None:
            other = first.setdefault(item.idempotency_key, number)
            if items[other].input != whole:
                mine.append(("idempotency_key", f"is that of items[{other}] too, with another input"))
        problems += [(f"items[{number}].{path}", said) for path, said in mine]
    if problems:
        count = len({path.split(".")[0] for path, _ in problems})
        raise BadInput(
            f"{count} of {len(new)} runs cannot be started, so none was.",
            problems[:100],
            "Correct these and start all again.",
        )
    return items


def may_start_old(actor: Actor) -> None:
    """Raises ``Forbidden`` unless the actor may publish: an older version may lack an approval put in since."""
    if not may(actor, Permission.PUBLISH):
        raise Forbidden(
            "This is not the live version, and your role may start that one only.",
            "Leave the version out, or ask somebody who may publish.",
        )


async def _target(
    session: Session,
    actor: Actor,
    workflow: tables.Workflow,
    version_id: UUID | None,
    traceparent: str | None,
) -> _Target:
    if workflow.archived_at is not None:
        raise Conflict("This workflow is archived.", "Runs start of workflows that are not.")
    chosen = version_id or workflow.live_version_id
    if chosen is None:
        raise Conflict("This workflow is not published yet.", "Publish it, then start a run.")
    if chosen != workflow.live_version_id:
        may_start_old(actor)
    interface = await interfaces.get(session, actor.account_id, workflow.id, chosen)
    return _Target(workflow, chosen, interface, traceparent)


async def _born(
    session: Session, actor: Actor, target: _Target, new: dict[UUID, NewRun], trigger: Trigger
) -> int:
    """How many were inserted: fewer when a key is taken."""
    rows = [
        {"n": n, "id": str(run_id), "input": run.input, "key": run.idempotency_key, "priority": run.priority}
        for n, (run_id, run) in enumerate(new.items())
    ]
    about = {**_about(actor, target, trigger), "rows": encode(rows)}
    return len((await session.execute(BORN, about)).all())


async def _debounced(
    session: Session,
    actor: Actor,
    places: Places,
    target: _Target,
    new: NewRun,
    debounce: Debounce,
    trigger: Trigger,
) -> UUID:
    about = {**_about(actor, target, trigger), "key": debounce.key}
    where = {name: about[name] for name in ("account", "workflow", "key")}
    if (await session.execute(PENDING, where)).first() is None:
        await places.take(session, 1)
    about |= {
        "id": new_id(),
        "input": encode(new.input),
        "priority": new.priority,
        "seconds": debounce.seconds,
        "longest": max(debounce.longest, debounce.seconds),
    }
    run_id: UUID = (await session.execute(DEBOUNCED, about)).scalar_one()
    if new.idempotency_key is not None:
        kept: Any = await session.execute(
            KEEP,
            {
                **{name: about[name] for name in ("account", "workflow", "version", "input")},
                "key": new.idempotency_key,
                "run": run_id,
            },
        )
        if kept.rowcount != 1:
            raise Unavailable(
                "Somebody started a run with the same key at the same moment.",
                "Try again; nothing was started.",
            )
    return run_id


def _about(actor: Actor, target: _Target, trigger: Trigger) -> dict[str, Any]:
    return {
        "account": actor.account_id,
        "workflow": target.workflow.id,
        "version": target.version_id,
        "hash": target.interface.content_hash,
        "trigger": trigger,
        "by": actor.user_id,
        "traceparent": target.traceparent,
    }


async def _kept(session: Session, actor: Actor, workflow_id: UUID, keys: Sequence[str]) -> dict[str, _Before]:
    if not keys:
        return {}
    about = {"account": actor.account_id, "workflow": workflow_id, "keys": list(keys)}
    rows: Any = await session.execute(KEPT, about)
    return {key: _Before(run_id, version_id, input) for key, run_id, version_id, input in rows}


async def _again(
    session: Session, actor: Actor, workflow_id: UUID, before: _Before, input: Any
) -> RunSummary:
    await _same(session, actor, workflow_id, before, input)
    return await summary_in(session, before.run_id)


async def _same(
    session: Session, actor: Actor, workflow_id: UUID, before: _Before, input: Any, where: str = ""
) -> None:
    """Raises ``Conflict`` when the key came with another input, as the version took it that was started then."""
    interface = await interfaces.get(session, actor.account_id, workflow_id, before.version_id)
    try:
        same = fitted(input, interface) == before.input
    except BadInput:
        same = False
    if not same:
        raise Conflict(
            f"{where}This idempotency key was used with another input.",
            "Use a new key for a new run.",
            current=await summary_in(session, before.run_id),
        )


def _of_key(key: str | None) -> list[tuple[str, str]]:
    if key is not None and key.startswith(KEY_PREFIX):
        return [("idempotency_key", f"must not begin with {KEY_PREFIX!r}: such are the keys of triggers")]
    if key is None or (0 < len(key) <= LONGEST_KEY and "\0" not in key):
        return []
    return [("idempotency_key", f"needs 1 to {LONGEST_KEY} characters")]


def _of_priority(priority: int | None) -> list[tuple[str, str]]:
    if priority is None or priority in PRIORITIES:
        return []
    return [("priority", f"must be from {PRIORITIES[0]} to {PRIORITIES[-1]}, 0 is normal")]


def _of_debounce(debounce: Debounce | None) -> list[tuple[str, str]]:
    if debounce is None:
        return []
    problems = []
    if not 0 < len(debounce.key) <= LONGEST_KEY or "\0" in debounce.key:
        problems.append(("debounce.key", f"needs 1 to {LONGEST_KEY} characters"))
    if not 0 < debounce.seconds <= LONGEST_DEBOUNCE_S:
        problems.append(("debounce.seconds", f"must be more than 0 and at most {LONGEST_DEBOUNCE_S:.0f}"))
    if debounce.at_most_seconds is not None and not 0 < debounce.at_most_seconds <= LONGEST_DELAY_S:
        problems.append(
            ("debounce.at_most_seconds", f"must be more than 0 and at most {LONGEST_DELAY_S:.0f}")
        )
    return problems
