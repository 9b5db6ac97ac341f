"""What runs added up to, by workflow and hour: what a dashboard reads. Nothing is aggregated over runs.

The rows are sums of the marks that starts, ends and model calls leave (migration 0007); a janitor adds them up every
few seconds, each exactly once. They outlive the runs: what retention deletes has still happened.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import text

from engine.actor import Actor
from engine.database import Database
from engine.permissions import Permission, require

STATS = text(
    """
    SELECT date_trunc(:bucket, hour, 'UTC') AS at, workflow_id, sum(started)::bigint, sum(succeeded)::bigint,
      sum(failed)::bigint, sum(cancelled)::bigint, sum(timed_out)::bigint, sum(seconds)::double precision,
      sum(model_calls)::bigint, sum(cost_usd)
    FROM run_stats WHERE account_id = :account AND hour >= :since AND hour < :until
    GROUP BY 1, 2 ORDER BY 1, 2
    """
)


@dataclass(frozen=True, slots=True)
class RunStats:
    """What happened from ``at`` (UTC) on for an hour, or a day: runs of a workflow that were started, and those that
    ended, by how they did. ``seconds``: from start to end, of those that ended, together. ``workflow_id`` None: model
    calls of the designer."""

    at: datetime
    workflow_id: UUID | None
    started: int
    succeeded: int
    failed: int
    cancelled: int
    timed_out: int
    seconds: float
    model_calls: int
    cost_usd: Decimal


async def run_stats(
    db: Database, actor: Actor, since: datetime, until: datetime, bucket: Literal["hour", "day"] = "hour"
) -> tuple[RunStats, ...]:
    """By time, then workflow; only where something happened. The last seconds may be missing."""
    require(actor, Permission.VIEW)
    about = {"account": actor.account_id, "since": since, "until": until, "bucket": bucket}
    async with db.account(actor) as session:
        rows: Iterable[Any] = await session.execute(STATS, about)
        return tuple(RunStats(*row) for row in rows)
