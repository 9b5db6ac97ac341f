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
from engine.pulse import engine_state

State = Literal["starting", "ready", "down"]

KEEP_SECONDS: Final = 1.5
# How long after the studio's own start an engine that has not reported yet is "starting".
START_SECONDS: Final = 300.0


@dataclass(frozen=True, slots=True)
class Pulse:
    """How the workspace is now."""

    workspace: str
    engine: State
    approvals: int
    alerts: int = 0


def shown_state(state: State, was_ready: bool, studio_age: float) -> State:
    """The engine's state for people: runners of an earlier start are on record, so a fresh start looks "down". Pure."""
    if state == "down" and not was_ready and studio_age < START_SECONDS:
        return "starting"
    if state == "starting" and studio_age >= START_SECONDS:
        return "down"
    return state


class Monitor:
    """The last look at each account, and whether this studio ever saw the engine ready."""

    def __init__(self) -> None:
        self._kept: dict[UUID, tuple[float, Pulse]] = {}
        self._started = time.monotonic()
        self._was_ready = False

    async def pulse(self, db: Database, actor: Actor) -> Pulse:
        """The account's pulse, at most `KEEP_SECONDS` old. Raises Unavailable."""
        kept = self._kept.get(actor.account_id)
        now = time.monotonic()
        if kept is not None and now - kept[0] < KEEP_SECONDS:
            return kept[1]
        engine = (await engine_state(db)).state
        self._was_ready = self._was_ready or engine == "ready"
        workspace, approvals, alerts = await _counted(db, actor)
        fresh = Pulse(workspace, shown_state(engine, self._was_ready, now - self._started), approvals, alerts)
        self._kept[actor.account_id] = (now, fresh)
        return fresh

    def forget(self, account_id: UUID) -> None:
        """Look again next time: somebody decided an approval."""
        self._kept.pop(account_id, None)


_COUNTS: Final = text(
    "SELECT (SELECT name FROM accounts), (SELECT count(*) FROM approvals WHERE state = 'open'),"
    " (SELECT count(*) FROM alert_rules WHERE firing AND paused_at IS NULL"
    "  AND (snoozed_until IS NULL OR snoozed_until <= now()))"
)


async def _counted(db: Database, actor: Actor) -> tuple[str, int, int]:
    async with db.account(actor) as session:
        name, approvals, alerts = (await session.execute(_COUNTS)).one()
    return str(name or "Workspace"), int(approvals), int(alerts)


monitor = Monitor()
