"""Accounts, workflows and runs as rows, and claimers that are nothing but a connection and a name."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import psycopg

from dsl import plan as p
from engine.identity import new_id
from engine.lease import Leases
from engine.queueing import OPTIONS
from tests.engine_run.ground import Ground

PLAN = p.Plan(workflow="w", input_schema={"type": "object"}, body=p.Block())


@dataclass(frozen=True, slots=True)
class Line:
    """A workflow with a version, in an account."""

    account_id: UUID
    workflow_id: UUID
    version_id: UUID


class Queue:
    """Writes as the owner of the database does. ``clear`` ends everything that is not over."""

    def __init__(self, owner_url: str) -> None:
        self.url = owner_url
        self.connection = psycopg.connect(owner_url, autocommit=True)

    def account(self, **limits: Any) -> UUID:
        account_id = new_id()
        self.run("INSERT INTO accounts (id, name) VALUES (%s, 'test')", account_id)
        self.limit("accounts", account_id, **limits)
        return account_id

    def workflow(self, account_id: UUID, **limits: Any) -> Line:
        ground = Ground(self.url, account_id, new_id())
        self.run(
            "INSERT INTO workflows (id, account_id, name) VALUES (%s, %s, %s)",
            ground.workflow_id,
            account_id,
            f"w{ground.workflow_id.hex}",
        )
        self.limit("workflows", ground.workflow_id, **limits)
        return Line(account_id, ground.workflow_id, ground.publish(PLAN))

    def limit(self, table: str, id: UUID, **limits: Any) -> None:
        for name, value in limits.items():
            self.run(f"UPDATE {table} SET {name} = %s WHERE id = %s", value, id)

    def start(self, line: Line, count: int = 1, priority: int = 0, due_in: str = "0 s") -> list[UUID]:
        """In one statement, each due a microsecond after the one before."""
        ids = [new_id() for _ in range(count)]
        self.run(
            "INSERT INTO runs (id, account_id, workflow_id, version_id, content_hash, input, last_seq, priority,"
            " due_at) SELECT id, %s, %s, %s, %s, %s, 1, %s, clock_timestamp() + %s::interval"
            " FROM unnest(%s::uuid[]) AS id",
            line.account_id,
            line.workflow_id,
            line.version_id,
            str(line.version_id),
            json.dumps({}),
            priority,
            due_in,
            ids,
        )
        return ids

    def finish(self, *ids: UUID) -> None:
        self.run(
            "UPDATE runs SET state = 'succeeded', lease_owner = NULL, lease_until = NULL, due_at = NULL,"
            " finished_at = now() WHERE id = ANY(%s)",
            list(ids),
        )

    def park(self, run_id: UUID, due_in: str | None = None) -> None:
        self.run(
            "UPDATE runs SET state = 'waiting', lease_owner = NULL, lease_until = NULL, attempt = 0,"
            " due_at = clock_timestamp() + %s::interval WHERE id = %s",
            due_in,
            run_id,
        )

    def answer(self, run_id: UUID) -> None:
        self.run("UPDATE runs SET state = 'queued', due_at = clock_timestamp() WHERE id = %s", run_id)

    def lose(self, *ids: UUID) -> None:
        """Their leases are over."""
        self.run("UPDATE runs SET lease_until = now() - interval '1 s' WHERE id = ANY(%s)", list(ids))

    def clear(self) -> None:
        self.run(
            "UPDATE runs SET state = 'failed', lease_owner = NULL, lease_until = NULL, due_at = NULL"
            " WHERE state IN ('queued', 'running', 'waiting')"
        )

    def run(self, sql: str, *args: Any) -> None:
        self.connection.execute(sql, args)  # type: ignore[call-overload]

    def rows(self, sql: str, *args: Any) -> list[Any]:
        return self.connection.execute(sql, args).fetchall()  # type: ignore[call-overload]


@asynccontextmanager
async def claimer(runner_url: str, name: str, lease_s: float = 60) -> AsyncIterator[Leases]:
    connection = await psycopg.AsyncConnection.connect(runner_url, autocommit=True, options=OPTIONS)
    async with connection:
        yield Leases(connection, name, lease_s)
