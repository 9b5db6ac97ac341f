"""The one connection of a runner for everything but the journal, used by one at a time, found again when it breaks."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID

import psycopg

from connectors import Health
from engine import queueing
from engine.artifacts import Artifact
from engine.lease import Connection, Leases
from engine.model import Call


class Desk:
    """``me``: the runner's id. Everything raises ``psycopg.Error`` while the database does not answer."""

    def __init__(self, url: str, me: str, lease_s: float) -> None:
        self._url = url
        self._me = me
        self._lease_s = lease_s
        self._lock = asyncio.Lock()
        self._connection: Connection | None = None

    @contextlib.asynccontextmanager
    async def leases(self) -> AsyncIterator[Leases]:
        async with self.connection() as connection:
            yield Leases(connection, self._me, self._lease_s)

    @contextlib.asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        async with self._lock:
            if self._connection is None or self._connection.closed:
                self._connection = await psycopg.AsyncConnection.connect(
                    self._url,
                    autocommit=True,
                    connect_timeout=10,
                    application_name="weft-runner",
                    options=queueing.OPTIONS,
                )
            try:
                yield self._connection
            except psycopg.OperationalError:
                await self._connection.close()
                raise

    async def close(self) -> None:
        if self._connection is not None:
            await self._connection.close()

    # ---- what runs, their tools and their models ask and tell ------------------------------------------

    async def refer(self, account_id: UUID, run_id: UUID, artifact: Artifact) -> None:
        async with self.leases() as leases:
            await leases.refer(account_id, run_id, artifact)

    async def spent(self, account_id: UUID, run_id: UUID, call: Call) -> None:
        async with self.leases() as leases:
            await leases.spent(account_id, run_id, call)

    async def connector_health(self, account_id: UUID, name: str, health: Health) -> None:
        async with self.leases() as leases:
            await leases.connector_health(account_id, name, health.state, health.message)

    async def connector(self, account_id: UUID, name: str) -> dict[str, object] | None:
        async with self.leases() as leases:
            return await leases.connector(account_id, name)
