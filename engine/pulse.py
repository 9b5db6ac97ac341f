"""How the engine is: runners that live, and what there is to do, over all accounts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import text

from engine.database import Database
from engine.lifecycle import RunState

SILENT_S = 15.0
"""A runner says that it lives every few seconds; one that was silent for so long is not counted."""


@dataclass(frozen=True, slots=True)
class EngineState:
    """``state``: "ready" with a living runner, "starting" before there was any, "down" otherwise: runs then queue."""

    state: Literal["ready", "starting", "down"]
    runners: int
    active: int


@dataclass(frozen=True, slots=True)
class RunTotals:
    """Runs in one state, and for how many seconds those that are over went on, together."""

    state: RunState
    runs: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Backlog:
    """``oldest_s``: how long the run that has been due for the longest waits for a runner; 0 when none does.
    ``approvals``: those that nobody has decided."""

    oldest_s: float
    approvals: int


async def engine_state(db: Database) -> EngineState:
    query = text(
        """
        SELECT count(*), count(*) FILTER (WHERE alive), coalesce(sum(active) FILTER (WHERE alive), 0)
        FROM (SELECT active, seen_at > now() - make_interval(secs => :silent) AS alive FROM runners) AS r
        """
    )
    async with db.platform() as session:
        row: Any = (await session.execute(query, {"silent": SILENT_S})).one()
        known, alive, active = row
    return EngineState("ready" if alive else "down" if known else "starting", alive, active)


async def run_totals(db: Database) -> tuple[RunTotals, ...]:
    """Counts only: the one thing that is read over all accounts."""
    async with db.platform() as session:
        rows: Iterable[Any] = await session.execute(
            text("SELECT state, runs, seconds FROM weft_run_totals()")
        )
        return tuple(RunTotals(RunState(state), runs, seconds) for state, runs, seconds in rows)


async def backlog(db: Database) -> Backlog:
    async with db.platform() as session:
        row: Any = (await session.execute(text("SELECT oldest_s, approvals FROM weft_backlog()"))).one()
    return Backlog(row.oldest_s or 0.0, row.approvals)
