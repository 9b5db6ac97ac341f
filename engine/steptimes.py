"""How long calls of tools take: counted in the runner, added up in Postgres with its heartbeat.

A runner that is killed loses the counts of one heartbeat; nothing but the metrics reads them.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import TypeAlias

import psycopg
from psycopg.rows import TupleRow

Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, float("inf"))
"""Upper ends of the histogram's buckets, in seconds."""

ADD = """
INSERT INTO step_totals AS t (outcome, bound, steps, seconds)
SELECT * FROM unnest(%s::text[], %s::float8[], %s::bigint[], %s::float8[])
ON CONFLICT (outcome, bound) DO UPDATE SET steps = t.steps + excluded.steps, seconds = t.seconds + excluded.seconds
"""


@dataclass(frozen=True, slots=True)
class StepTotals:
    """Calls that ended as ``outcome`` ("succeeded", "failed") in at most ``bound`` seconds and more than the bound
    before; ``seconds`` is what they took together."""

    outcome: str
    bound: float
    steps: int
    seconds: float


class StepTimes:
    """Counts since the last ``flush``."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, float], tuple[int, float]] = {}

    def add(self, outcome: str, seconds: float) -> None:
        place = (outcome, BOUNDS[bisect_left(BOUNDS, seconds)])
        steps, before = self._counts.get(place, (0, 0.0))
        self._counts[place] = (steps + 1, before + seconds)

    async def flush(self, connection: Connection) -> None:
        """In the order of the key, so that runners who flush together never wait for each other in a ring."""
        rows = sorted(self._counts.items())
        if rows:
            columns: list[list[object]] = [[], [], [], []]
            for (outcome, bound), (steps, seconds) in rows:
                for column, value in zip(columns, (outcome, bound, steps, seconds), strict=True):
                    column.append(value)
            self._counts = {}
            await connection.execute(ADD, columns)
