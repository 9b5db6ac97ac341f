"""Postgres' notifications, one listening connection for a process, handed to whoever waits.

A notification is a hint that something is worth looking at, never the news itself: a waiter always looks again when
its wait ends, also when it ended because the connection was lost. So nothing depends on one arriving.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import suppress

import psycopg
from psycopg import sql

CHANNELS = ("weft_events", "weft_runs", "weft_versions", "weft_drafts")
RETRY_S = 1.0


class Notices:
    def __init__(self, url: str) -> None:
        self._url = url
        self._waiters: dict[tuple[str, str | None], set[asyncio.Event]] = defaultdict(set)
        self._task: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    def subscribe(self, channel: str, payload: str | None = None) -> Subscription:
        """Wake on notifications of a channel, of one payload or (None) of any. Starts to listen at the first call."""
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._listen(), name="weft-notices")
        return Subscription(self, (channel, payload))

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
            self._task = None

    async def _listen(self) -> None:
        while True:
            try:
                connection = await psycopg.AsyncConnection.connect(
                    self._url, autocommit=True, connect_timeout=10, application_name="weft-notices"
                )
                async with connection:
                    for channel in CHANNELS:
                        await connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(channel)))
                    self._listening.set()
                    self._wake_all()  # whatever happened while nobody listened
                    async for notice in connection.notifies():
                        self._wake((notice.channel, notice.payload))
                        self._wake((notice.channel, None))
            except psycopg.Error:
                self._listening.clear()
                self._wake_all()
                await asyncio.sleep(RETRY_S)

    def _wake(self, key: tuple[str, str | None]) -> None:
        for event in self._waiters.get(key, ()):
            event.set()

    def _wake_all(self) -> None:
        for events in self._waiters.values():
            for event in events:
                event.set()


class Subscription:
    """``async with`` it, then look, then ``wait``: what happens between the look and the wait is not missed."""

    def __init__(self, notices: Notices, key: tuple[str, str | None]) -> None:
        self._notices = notices
        self._key = key
        self._event = asyncio.Event()

    async def __aenter__(self) -> Subscription:
        self._notices._waiters[self._key].add(self._event)
        with suppress(TimeoutError):
            async with asyncio.timeout(2.0):
                await self._notices._listening.wait()
        return self

    async def __aexit__(self, *error: object) -> None:
        waiters = self._notices._waiters[self._key]
        waiters.discard(self._event)
        if not waiters:
            del self._notices._waiters[self._key]

    async def wait(self, timeout_s: float) -> bool:
        """True when notified, False when the time was up. Either way: look again."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._event.wait()
            return True
        except TimeoutError:
            return False
        finally:
            self._event.clear()
