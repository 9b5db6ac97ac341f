"""Appending to a run's journal from a service, under the lock of the run's row. See ``engine.tables.runs``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from sqlalchemy import func, text
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.errors import NotFound
from engine.tables import Run, RunEvent


@dataclass(frozen=True, slots=True)
class NewEvent:
    kind: str
    path: str = ""
    data: dict[str, Any] = field(default_factory=dict)


async def lock(session: AsyncSession, run_id: UUID) -> Run:
    """The run's row until the end of the transaction: no runner can write to the run meanwhile."""
    query = (
        select(Run).where(col(Run.id) == run_id).with_for_update().execution_options(populate_existing=True)
    )
    run = (await session.exec(query)).first()
    if run is None:
        raise NotFound("There is no such run.", "Look at the list of runs.")
    return run


async def append(session: AsyncSession, run: Run, events: Sequence[NewEvent]) -> None:
    """Add events to a locked run. The caller flushes its other changes to the row along with ``last_seq``."""
    # A runner that holds the run numbers its events without writing the row.
    newest = select(func.max(RunEvent.seq)).where(col(RunEvent.run_id) == run.id)
    run.last_seq = (await session.exec(newest)).one() or 0
    for event in events:
        run.last_seq += 1
        session.add(
            RunEvent(
                run_id=run.id,
                seq=run.last_seq,
                account_id=run.account_id,
                kind=event.kind,
                path=event.path,
                data=event.data,
            )
        )
    session.add(run)
    await session.flush()
    await notify(session, "weft_events", str(run.id))


async def notify(session: AsyncSession, channel: str, payload: str) -> None:
    """Delivered when the transaction commits."""
    statement = text("SELECT pg_notify(:channel, :payload)")
    await session.execute(statement, {"channel": channel, "payload": payload})
