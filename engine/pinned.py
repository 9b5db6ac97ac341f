"""Where pins lie: their rows, and how they go with their steps when the draft's text changes."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select

import dsl
from dsl.graph.placement import steps_followed
from dsl.outline import places
from engine import tables
from engine.database import Session
from engine.runtime.trial import Pin


async def rows(session: Session, workflow_id: UUID) -> list[tables.StepPin]:
    """By path."""
    query = select(tables.StepPin).where(tables.StepPin.workflow_id == workflow_id)
    return list(await session.exec(query.order_by(col(tables.StepPin.path))))


async def pins_in(session: Session, workflow_id: UUID) -> dict[str, Pin]:
    """By path."""
    return {row.path: Pin.of(row.content) for row in await rows(session, workflow_id)}


async def follow(session: Session, workflow_id: UUID, before: str, after: str) -> None:
    """The draft's text becomes another one: pins go with their steps. Whoever calls holds the draft's lock."""
    pins = await rows(session, workflow_id)
    if not pins:
        return
    old = {place.path: place for place in places(dsl.parse(before).workflow.body)}
    new = {place.path: place for place in places(dsl.parse(after).workflow.body)}
    moved = {path: target for path, target in steps_followed(old, new) if path != target}
    going = {row.path: moved[row.path] for row in pins if row.path in moved}
    if not going:
        return
    # What waits under a path that is taken now gives way; swapped names would meet on their way, so they go by turns.
    taken = [path for path in going.values() if path not in going]
    about = {"workflow": workflow_id}
    await session.execute(
        text("DELETE FROM step_pins WHERE workflow_id = :workflow AND path = ANY(:paths)"),
        {**about, "paths": taken},
    )
    turn = text("UPDATE step_pins SET path = :new WHERE workflow_id = :workflow AND path = :old")
    ways = [(source, f"~{target}") for source, target in going.items()]
    ways += [(f"~{target}", target) for target in going.values()]
    for source, target in ways:
        await session.execute(turn, {**about, "old": source, "new": target})
