"""Rows to run on: an account, a workflow, a version with a plan, and runs of it, written by the owner."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from dsl.plan import Plan
from engine.identity import new_id

Json = Any


@dataclass(frozen=True, slots=True)
class Ground:
    owner_url: str
    account_id: UUID
    workflow_id: UUID

    @staticmethod
    def lay(owner_url: str) -> Ground:
        ground = Ground(owner_url, new_id(), new_id())
        with psycopg.connect(owner_url, autocommit=True) as connection:
            connection.execute("INSERT INTO accounts (id, name) VALUES (%s, 'test')", (ground.account_id,))
            connection.execute(
                "INSERT INTO workflows (id, account_id, name) VALUES (%s, %s, %s)",
                (ground.workflow_id, ground.account_id, f"w{ground.workflow_id.hex}"),
            )
        return ground

    def publish(self, plan: Plan) -> UUID:
        """A version of the plan; its id doubles as its content hash."""
        version_id = new_id()
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            connection.execute(
                "INSERT INTO versions (id, account_id, workflow_id, number, text, pins, plan, content_hash)"
                " SELECT %s, %s, %s, 1 + (SELECT count(*) FROM versions WHERE workflow_id = %s), '', '[]', %s, %s",
                (
                    version_id,
                    self.account_id,
                    self.workflow_id,
                    self.workflow_id,
                    plan.model_dump_json(),
                    str(version_id),
                ),
            )
        return version_id

    def start(self, version_id: UUID, given: Json, count: int = 1) -> list[UUID]:
        """Queue runs, all in one transaction."""
        ids = [new_id() for _ in range(count)]
        with psycopg.connect(self.owner_url) as connection:
            connection.execute(
                "INSERT INTO runs (id, account_id, workflow_id, version_id, content_hash, input, last_seq)"
                " SELECT id, %s, %s, %s, %s, %s, 1 FROM unnest(%s::uuid[]) AS id",
                (self.account_id, self.workflow_id, version_id, str(version_id), json.dumps(given), ids),
            )
            connection.execute(
                "INSERT INTO run_events (account_id, run_id, seq, kind, data)"
                " SELECT %s, id, 1, 'run.accepted', %s FROM unnest(%s::uuid[]) AS id",
                (self.account_id, json.dumps({"input": given}), ids),
            )
            connection.execute("SELECT pg_notify('weft_runs', '')")
        return ids

    def finish(self, ids: list[UUID]) -> None:
        """As if the runs had been carried to their end."""
        for state in ("running", "succeeded"):
            self.query("UPDATE runs SET state = %s, due_at = NULL WHERE id = ANY(%s) RETURNING 1", state, ids)

    def answer(self, run_id: UUID, path: str, answer: str = "approved") -> None:
        """What a decision does: answer once, and make a waiting run due."""
        with psycopg.connect(self.owner_url) as connection:
            connection.execute("SELECT 1 FROM runs WHERE id = %s FOR UPDATE", (run_id,))
            decided = connection.execute(
                "UPDATE approvals SET state = %s, decided_at = now()"
                " WHERE run_id = %s AND path = %s AND state = 'open' RETURNING id",
                (answer, run_id, path),
            ).fetchone()
            if decided is None:
                return
            connection.execute(
                "WITH numbered AS (UPDATE runs SET last_seq ="
                " 1 + (SELECT max(seq) FROM run_events e WHERE e.run_id = runs.id) WHERE id = %s"
                " RETURNING id, account_id, last_seq)"
                " INSERT INTO run_events (account_id, run_id, seq, kind, path, data)"
                " SELECT account_id, id, last_seq, 'gate.answered', %s, %s FROM numbered",
                (run_id, path, json.dumps({"answer": answer, "by": ["m@example.com"], "comment": ""})),
            )
            connection.execute(
                "UPDATE runs SET state = 'queued', due_at = now(), waiting_on = '{}'"
                " WHERE id = %s AND state = 'waiting'",
                (run_id,),
            )
            connection.execute("SELECT pg_notify('weft_runs', %s)", (str(run_id),))

    def query(self, sql: str, *args: Any) -> list[Any]:
        with psycopg.connect(self.owner_url, autocommit=True) as connection:
            return connection.execute(sql, args).fetchall()  # type: ignore[arg-type]

    def states(self, ids: list[UUID]) -> dict[str, int]:
        rows = self.query("SELECT state, count(*) FROM runs WHERE id = ANY(%s) GROUP BY state", ids)
        return {state: count for state, count in rows}

    def events(self, run_id: UUID) -> list[tuple[int, str, str, Json]]:
        return self.query(
            "SELECT seq, kind, path, data FROM run_events WHERE run_id = %s ORDER BY seq", run_id
        )
