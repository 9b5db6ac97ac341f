"""What is counted as it happens: in the process, added up in Postgres, read by whoever is scraped.

Several processes count the same things; a runner adds its counts with its heartbeat, the API now and then and before
it is scraped. A process that is killed loses the counts of those few seconds; nothing but the metrics reads them.

Labels have few values, all known beforehand or cut off at a number: never an account, a run, or what somebody typed.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from dataclasses import dataclass
from typing import TypeAlias

import psycopg
from psycopg.rows import TupleRow

Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]

INFINITY = float("inf")
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, INFINITY)
SHORT = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, INFINITY)
EVENTS = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 5000.0, INFINITY)

ADD = """
INSERT INTO tallies AS t (name, labels, bound, n, total)
SELECT name, labels, bound, n, total
FROM jsonb_to_recordset(CAST({rows} AS jsonb)) AS g(name text, labels text[], bound float8, n bigint, total float8)
ORDER BY name, labels, bound
ON CONFLICT (name, labels, bound) DO UPDATE SET n = t.n + excluded.n, total = t.total + excluded.total
"""
# In the order of the key, so that processes which add together never wait for each other in a ring.
ADD_BY_A_RUNNER = ADD.format(rows="%s")


@dataclass(frozen=True, slots=True)
class Measure:
    """One metric. ``bounds``: upper ends of a histogram's buckets; none: a counter. ``known``: values of the labels
    that are shown as 0 before anything was counted; a metric without labels always is."""

    name: str
    help: str
    labels: tuple[str, ...] = ()
    bounds: tuple[float, ...] = ()
    known: tuple[tuple[str, ...], ...] = ()


STEP_SECONDS = Measure(
    "step_duration_seconds",
    "Calls of tools, each attempt for itself.",
    ("outcome",),
    SECONDS,
    (("failed",), ("succeeded",)),
)
RETRIES = Measure("step_retries", "Calls of tools and models that were tried again.")
CLAIMS = Measure(
    "run_claims",
    "Runs that a runner took on; lost: from a runner that let its lease run out.",
    ("why",),
    known=(("due",), ("lost",), ("queued",)),
)
LEASES_LOST = Measure("leases_lost", "Runs that a runner found to be held by another.")
DEAD_LETTERS = Measure("dead_letters", "Runs that were given up after too many attempts.")
CIRCUITS = Measure(
    "connector_circuits",
    "Connectors that a runner left alone since they did not answer, and went back to.",
    ("change",),
    known=(("closed",), ("opened",)),
)
BATCH_EVENTS = Measure("journal_batch_events", "Events that were committed together.", bounds=EVENTS)
COMMIT_SECONDS = Measure("journal_commit_seconds", "How long a commit of the journal took.", bounds=SHORT)
REQUESTS = Measure("http_requests", "Requests that were answered.", ("method", "route", "status"))
REQUEST_SECONDS = Measure(
    "http_request_duration_seconds",
    "From a request to the beginning of its answer.",
    ("method", "route"),
    SECONDS,
)
SPANS = Measure(
    "trace_spans", "Spans that were sent, or given up.", ("outcome",), known=(("dropped",), ("sent",))
)

MEASURES = (
    STEP_SECONDS,
    RETRIES,
    CLAIMS,
    LEASES_LOST,
    DEAD_LETTERS,
    CIRCUITS,
    BATCH_EVENTS,
    COMMIT_SECONDS,
    REQUESTS,
    REQUEST_SECONDS,
    SPANS,
)


@dataclass(frozen=True, slots=True)
class Tally:
    """What was counted under one name and its labels' values. In a histogram ``n`` are those of at most ``bound`` and
    more than the bound before; ``total`` is their sum."""

    name: str
    labels: tuple[str, ...]
    bound: float
    n: int
    total: float


class Tallies:
    """Counts since they were last added up."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, tuple[str, ...], float], tuple[int, float]] = {}

    def add(self, measure: Measure, *labels: str, n: int = 1) -> None:
        place = (measure.name, labels, INFINITY)
        before, _ = self._counts.get(place, (0, 0.0))
        self._counts[place] = (before + n, 0.0)

    def observe(self, measure: Measure, value: float, *labels: str) -> None:
        place = (measure.name, labels, measure.bounds[bisect_left(measure.bounds, value)])
        before, total = self._counts.get(place, (0, 0.0))
        self._counts[place] = (before + 1, total + value)

    def taken(self) -> str | None:
        """The rows of ``ADD`` as JSON, and start again; None when nothing was counted."""
        if not self._counts:
            return None
        counts, self._counts = self._counts, {}
        return json.dumps(
            [
                {"name": name, "labels": labels, "bound": str(bound), "n": n, "total": total}
                for (name, labels, bound), (n, total) in counts.items()
            ]
        )

    async def flush(self, connection: Connection) -> None:
        """From a runner."""
        if (rows := self.taken()) is not None:
            await connection.execute(ADD_BY_A_RUNNER, (rows,))
