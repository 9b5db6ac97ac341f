"""What all calls of models in one process share: connections, circuits, and what the models can."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

from connectors.breaker import Policy
from engine.model.circuit import POLICY, ModelBreaker
from engine.model.entry import HOSTED, ModelEntry
from engine.model.shape import Capabilities, Shape, length_of

if TYPE_CHECKING:
    import httpx

    from engine.model.probe import Found


class Board:
    """One an event loop, since connections belong to theirs; :func:`board` gives the running loop's."""

    def __init__(
        self,
        policy: Policy = POLICY,
        clock: Callable[[], float] = time.monotonic,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._policy = policy
        self._clock = clock
        self._chance = chance
        self._client: httpx.AsyncClient | None = None
        self._opening = asyncio.Lock()
        self._breakers: dict[tuple[str, ...], ModelBreaker] = {}
        self._refused: dict[tuple[str, ...], int] = {}
        self.found: dict[tuple[str, ...], Found] = {}
        """By the identity of an entry: one that changes is another, and nothing is known of it."""
        self.probing: dict[tuple[str, ...], asyncio.Task[Found]] = {}

    def breaker(self, entry: ModelEntry) -> ModelBreaker:
        if entry.identity not in self._breakers:
            self._breakers[entry.identity] = ModelBreaker(self._policy, self._clock, self._chance)
        return self._breakers[entry.identity]

    def can(self, entry: ModelEntry) -> Capabilities:
        """What the entry says itself, else what a probe found, else what is sure without one."""
        if entry.can is not None:
            return entry.can
        found = self.found.get(entry.identity)
        return assumed(entry) if found is None else found.can

    def takes(self, entry: ModelEntry, shape: Shape) -> bool:
        """Whether it can be held to ``shape``, and did not refuse one as long."""
        limit = self._refused.get((*entry.identity, type(shape).__name__))
        return self.can(entry).takes(shape) and (limit is None or length_of(shape) < limit)

    def refused(self, entry: ModelEntry, shape: Shape) -> None:
        """The server did not take this shape; the next as long is not sent."""
        key = (*entry.identity, type(shape).__name__)
        self._refused[key] = min(length_of(shape), self._refused.get(key, length_of(shape)))

    async def client(self) -> httpx.AsyncClient:
        """Without redirects: a key goes where it was meant to go and nowhere else."""
        if self._client is None:
            async with (
                self._opening
            ):  # importing and reading certificates takes a tenth of a second: once for all
                if self._client is None:
                    self._client = await asyncio.to_thread(_client)
        return self._client

    async def close(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()


def assumed(entry: ModelEntry) -> Capabilities:
    """What is sure of the hosted services; of any other server nothing is."""
    match entry.provider:
        case "anthropic":
            return Capabilities(tools=True, json_schema=True)
        case "openai":
            hosted = entry.url == HOSTED["openai"]
            return Capabilities(tools=hosted, json_schema=hosted)


def _client() -> httpx.AsyncClient:
    import httpx

    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20, keepalive_expiry=30.0)
    return httpx.AsyncClient(limits=limits, follow_redirects=False)


_BOARDS: WeakKeyDictionary[asyncio.AbstractEventLoop, Board] = WeakKeyDictionary()


def board() -> Board:
    loop = asyncio.get_running_loop()
    if loop not in _BOARDS:
        _BOARDS[loop] = Board()
    return _BOARDS[loop]
