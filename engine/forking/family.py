"""The other runs that go on from where one run stood, or from which it does: what they did is done for all of them.

A journal knows only its own run. Two that go on from the same failed step would both do it, and neither plan would say
that it happens again: so a plan knows the family, and one after the other of a family is planned and born.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from dsl.plan import Plan
from engine import tables
from engine.database import Session
from engine.forking.happened import deeds
from engine.forking.planning import Kin
from engine.forking.record import Record
from engine.journal import Event
from engine.lifecycle import is_terminal
from engine.runtime.outline import walk
from engine.watching import events_in

MOST: Final = 50
"""Of a family, the newest are looked at; of the others it is not known what they did."""

_UP: Final = """
WITH RECURSIVE up AS (
  SELECT id, forked_from FROM runs WHERE account_id = :account AND id = :run
  UNION SELECT r.id, r.forked_from FROM runs r JOIN up ON r.account_id = :account AND r.id = up.forked_from
)
"""
FIRST = text(f"{_UP} SELECT id FROM up WHERE forked_from IS NULL")
FAMILY = text(
    f"""
    {_UP}, family AS (
      SELECT id FROM up WHERE forked_from IS NULL
      UNION SELECT r.id FROM runs r JOIN family f ON r.account_id = :account AND r.forked_from = f.id
    )
    SELECT r.id, r.state, r.version_id FROM family f JOIN runs r ON r.account_id = :account AND r.id = f.id
    WHERE r.id <> :run ORDER BY r.queued_at DESC, r.id DESC LIMIT :most
    """
)
HOLD = text("SELECT pg_advisory_xact_lock(hashtextextended('fork:' || CAST(:first AS text), 0))")


async def hold(session: Session, source: tables.Run) -> None:
    """Until the end of the transaction no other run of this family is born. The caller holds the source's row."""
    about = {"account": source.account_id, "run": source.id}
    first = (await session.execute(FIRST, about)).scalar_one()
    await session.execute(HOLD, {"first": str(first)})


async def kin_of(session: Session, source: tables.Run) -> tuple[Kin, ...]:
    about = {"account": source.account_id, "run": source.id, "most": MOST + 1}
    rows: Iterable[Any] = (await session.execute(FAMILY, about)).all()
    found: list[Kin] = []
    for number, (run_id, state, version_id) in enumerate(rows):
        if number == MOST:
            found.append(Kin(run_id, False, ()))
            continue
        version = await session.get_one(tables.Version, version_id)
        steps = {step.path: step for step, _ in walk(Plan.model_validate(version.plan).body, "")}
        own = [event for event in await events_of(session, run_id) if "reused" not in event.data]
        found.append(Kin(run_id, is_terminal(state), tuple(deeds(Record.of(own), steps))))
    return tuple(found)


async def events_of(session: Session, run_id: UUID) -> tuple[Event, ...]:
    """A run's whole journal."""
    events: list[Event] = []
    while page := await events_in(session, run_id, events[-1].seq if events else 0, 5_000):
        events.extend(page)
    return tuple(events)
