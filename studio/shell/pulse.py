"""What the frame around every page shows of the workspace: open approvals, and how the engine is.

One look at the database serves every open page of an account for a moment, however many there are.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import text

from engine.actor import Actor
from engine.database import Database

EngineState = Literal["starting", "ready", "down"]

KEEP_SECONDS: Final = 1.5
# A runner says that it lives every few seconds; one that has been silent this long is not counted.
SILENT_SECONDS: Final = 15.0
# How long after its own start the studio calls an engine that was never seen "starting".
START_SECONDS: Final = 120.0

_started = time.monotonic()


@dataclass(frozen=True, slots=True)
class Pulse:
    """How the workspace is now."""

    workspace: str
    engine: EngineState
    approvals: int


def engine_state(alive: int, silent_for: float | None, studio_age: float) -> EngineState:
    """From living runners, seconds since any was last seen (None: never since its table was made), and the studio's age."""
    if alive:
        return "ready"
    if studio_age < START_SECONDS and (silent_for is None or silent_for > studio_age):
        return "starting"
    return "down"


_kept: dict[UUID, tuple[float, Pulse]] = {}


async def pulse(db: Database, actor: Actor) -> Pulse:
    """The account's pulse, at most `KEEP_SECONDS` old. Raises Unavailable."""
    kept = _kept.get(actor.account_id)
    now = time.monotonic()
    if kept is not None and now - kept[0] < KEEP_SECONDS:
        return kept[1]
    fresh = await _look(db, actor, now - _started)
    _kept[actor.account_id] = (now, fresh)
    return fresh


async def _look(db: Database, actor: Actor, studio_age: float) -> Pulse:
    async with db.account(actor) as session:
        workspace = await session.execute(text("SELECT name FROM accounts"))
        waiting = await session.execute(text("SELECT count(*) FROM approvals WHERE state = 'open'"))
        runners = await session.execute(
            text(
                "SELECT count(*) FILTER (WHERE seen_at > now() - make_interval(secs => :silent)),"
                " extract(epoch FROM now() - max(seen_at)) FROM runners"
            ),
            {"silent": SILENT_SECONDS},
        )
        alive, silent_for = runners.one()
        name = workspace.scalar_one_or_none()
        count = waiting.scalar_one()
    age = None if silent_for is None else float(silent_for)
    return Pulse(str(name or "Workspace"), engine_state(int(alive), age, studio_age), int(count))
