"""Runs that happened a while ago: queued, begun and ended through the states, with rows wherever a run has some."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from engine.identity import new_id
from tests.engine_run.ground import Ground
from tests.engine_run.kit import plan

OF_A_RUN = ("run_events", "approvals", "event_waits", "model_calls")


@dataclass(frozen=True, slots=True)
class Past:
    ground: Ground
    version: UUID

    @staticmethod
    def lay(owner_url: str) -> Past:
        ground = Ground.lay(owner_url)
        return Past(ground, ground.publish(plan()))

    @property
    def account(self) -> UUID:
        return self.ground.account_id

    def run(
        self,
        days: float,
        state: str = "succeeded",
        *,
        parent: UUID | None = None,
        took_days: float = 0.0,
        key: str | None = None,
    ) -> UUID:
        """A run that ended ``days`` ago, or, in a state that is no end, was queued then."""
        now = datetime.now(UTC)
        queued = now - timedelta(days=days + took_days)
        run_id = aged_id(queued)
        with psycopg.connect(self.ground.owner_url) as connection:
            connection.execute(
                "INSERT INTO runs (id, account_id, workflow_id, version_id, content_hash, input, queued_at, last_seq,"
                " idempotency_key, parent_run_id, parent_path, depth) SELECT %s, %s, %s, %s, '', '{}', %s, 2, %s, %s,"
                " %s, coalesce((SELECT depth + 1 FROM runs WHERE id = %s), 0)",
                (
                    *(run_id, self.account, self.ground.workflow_id, self.version, queued, key),
                    *(parent, None if parent is None else f"child-{run_id}", parent),
                ),
            )
            connection.execute(
                "INSERT INTO run_events (account_id, run_id, seq, kind) SELECT %s, %s, n, 'step.succeeded'"
                " FROM generate_series(1, 2) AS n",
                (self.account, run_id),
            )
            connection.execute(
                "INSERT INTO approvals (id, account_id, run_id, workflow_id, path, step_id, args_hash)"
                " VALUES (%s, %s, %s, %s, 'a', 'a', '')",
                (new_id(), self.account, run_id, self.ground.workflow_id),
            )
            connection.execute(
                "INSERT INTO model_calls (id, account_id, run_id, provider, model, ms, cost_usd, at)"
                " VALUES (%s, %s, %s, 'p', 'm', 500, 0.25, %s)",
                (new_id(), self.account, run_id, queued),
            )
            connection.execute(
                "INSERT INTO event_waits (run_id, path, account_id, name, seen) VALUES (%s, 'w', %s, 'never', 0)",
                (run_id, self.account),
            )
            for step in {"queued": (), "running": ("running",)}.get(state, ("running", state)):
                ends = step in ("succeeded", "failed", "cancelled", "timed_out")
                connection.execute(
                    "UPDATE runs SET state = %s, started_at = coalesce(started_at, queued_at), due_at = NULL,"
                    " finished_at = %s WHERE id = %s",
                    (step, now - timedelta(days=days) if ends else None, run_id),
                )
        return run_id

    def keep(self, **days: int) -> None:
        self.ground.query(
            "UPDATE accounts SET settings = settings || jsonb_build_object('retention', %s::jsonb) WHERE id = %s"
            " RETURNING 1",
            psycopg.types.json.Jsonb(days),
            self.account,
        )

    def there(self, *runs: UUID) -> set[UUID]:
        """Those that have any row anywhere; a run is there as a whole or not at all."""
        parts_of = (("runs", "id"), *((table, "run_id") for table in OF_A_RUN))
        # One statement, one moment.
        query = " UNION ALL ".join(
            f"SELECT DISTINCT '{table}', {key} FROM {table} WHERE {key} = ANY(%s)" for table, key in parts_of
        )
        found: dict[str, set[UUID]] = {table: set() for table, _ in parts_of}
        for table, run_id in self.ground.query(query, *(list(runs) for _ in parts_of)):
            found[table].add(run_id)
        whole, *parts = found["runs"], found["run_events"], found["approvals"], found["model_calls"]
        assert all(part == whole for part in parts), found
        assert found["event_waits"] <= whole
        return whole

    def totals(self) -> dict[str, Any]:
        """Of everything in the database."""
        rows = self.ground.query("SELECT state, runs, round(seconds::numeric, 2) FROM weft_run_totals()")
        return {state: (runs, seconds) for state, runs, seconds in rows}


def aged_id(at: datetime) -> UUID:
    """As ``new_id`` would have made it then."""
    tail = new_id().int & (2**80 - 1)
    return UUID(int=int(at.timestamp() * 1000) << 80 | tail)
