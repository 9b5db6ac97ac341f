"""Who has had a hand in a run, and so is not the second pair of eyes.

Who asked for it, who published its version and who edited that text last; the same of every run that it is a part of,
since what it was started with is what the outer text says. Of the run that it goes on from, and of the one whose
failure started it, whoever asked for that: their input is in it still.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

MOST_STEPS: Final = 100
"""From run to run. Parts of parts end far before; runs that were run again and again are taken so far back."""

_INVOLVED: Final = text(
    """
    WITH RECURSIVE family AS (
      SELECT r.id AS of_run, r.id, r.version_id, r.requested_by, r.parent_run_id, r.forked_from, r.caused_by,
        true AS text, 0 AS steps
      FROM runs r WHERE r.id = ANY(CAST(:runs AS uuid[]))
      UNION
      SELECT f.of_run, r.id, r.version_id, r.requested_by, r.parent_run_id, r.forked_from, r.caused_by,
        f.text AND r.id = f.parent_run_id, f.steps + 1
      FROM family f JOIN runs r ON r.id = ANY(ARRAY[f.parent_run_id, f.forked_from, f.caused_by])
      WHERE f.steps < :most
    )
    SELECT DISTINCT f.of_run, who FROM family f JOIN versions v ON v.id = f.version_id,
      LATERAL unnest(ARRAY[f.requested_by, CASE WHEN f.text THEN v.published_by END,
        CASE WHEN f.text THEN v.edited_by END]) AS who
    WHERE who IS NOT NULL
    """
)


async def involved(session: AsyncSession, run_ids: Collection[UUID]) -> dict[UUID, Sequence[UUID]]:
    """By run; () where nobody is known."""
    found: dict[UUID, list[UUID]] = {run_id: [] for run_id in run_ids}
    if found:
        rows: Any = await session.execute(_INVOLVED, {"runs": list(found), "most": MOST_STEPS})
        for run_id, who in rows:
            found[run_id].append(who)
    return dict(found)
