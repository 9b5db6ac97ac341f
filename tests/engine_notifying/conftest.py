"""Accounts, a key file, and channels to receivers on loopback."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from typing import Any
from uuid import UUID

import psycopg
import pytest

from engine import tables, vault
from engine.database import Database, Urls
from engine.identity import new_id
from engine.notifying.courier import Courier, CourierSettings
from engine.notifying.outbox import Item
from engine.notifying.posting import Outcome
from engine.notifying.signing import new_secret
from engine.notifying.targets import secret_name
from tests.engine_models.conftest import key_file
from tests.engine_store.conftest import (
    Workspace,
    application,
    client,
    make_workspace,
    neighbour,
    open_gate,
    owner,
    runner,
    settings,
    workspace,
)

__all__ = [
    "application",
    "client",
    "key_file",
    "make_workspace",
    "neighbour",
    "open_gate",
    "owner",
    "runner",
    "settings",
    "workspace",
]

SECRET = new_secret()
QUICK = CourierSettings(poll_s=0.05)


@pytest.fixture(autouse=True)
def loopback(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEFT_NOTIFY_ALLOW_HOSTS", "127.0.0.1")


@pytest.fixture
def hand(owner_url: str) -> Iterator[psycopg.Connection]:
    """The owner's, each statement by itself."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        yield connection


@pytest.fixture(autouse=True)
def fresh(urls: Urls, owner_url: str) -> None:
    """What an earlier test left in the outbox is nobody's business."""
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("DELETE FROM outbox")
        connection.execute("DELETE FROM channels")


MakeChannel = Callable[..., Awaitable[UUID]]


@pytest.fixture
def channel(db: Database) -> MakeChannel:
    """A channel as it is stored: ``channel(workspace, url, topics=...)``, a webhook unless said otherwise."""

    async def make(
        workspace: Workspace,
        url: str = "",
        kind: str = "webhook",
        topics: tuple[str, ...] = ("alert",),
        config: dict[str, Any] | None = None,
        secret: dict[str, Any] | None = None,
    ) -> UUID:
        channel_id = new_id()
        said = {"signing": [SECRET]} if secret is None else secret
        sealed = vault.configured().seal(
            workspace.account_id, secret_name("channel", channel_id), json.dumps(said)
        )
        async with db.account(workspace.account_id) as session:
            session.add(
                tables.Channel(
                    id=channel_id,
                    account_id=workspace.account_id,
                    name=f"{kind} {str(channel_id)[-6:]}",
                    kind=kind,
                    config={"url": url} if config is None else config,
                    topics=list(topics),
                    sealed=sealed,
                )
            )
        return channel_id

    return make


class Watched:
    """A courier: ``await sent()`` waits for the next item that it sent and marked."""

    def __init__(self, url: str, settings: CourierSettings = QUICK) -> None:
        self._queue: asyncio.Queue[tuple[Item, Outcome]] = asyncio.Queue()
        self.courier = Courier(url, settings, self._note)

    def _note(self, what: str, item: Item, outcome: Outcome) -> None:
        if what == "marked":
            self._queue.put_nowait((item, outcome))

    async def sent(self, within_s: float = 10) -> tuple[Item, Outcome]:
        async with asyncio.timeout(within_s):
            return await self._queue.get()


@pytest.fixture
async def courier(urls: Urls) -> AsyncIterator[Callable[..., Watched]]:
    opened: list[Watched] = []

    def open_(settings: CourierSettings = QUICK) -> Watched:
        one = Watched(urls.runner, settings)
        one.courier.open()
        opened.append(one)
        return one

    yield open_
    for one in opened:
        await one.courier.close()
