"""A bulkhead: so many calls at a time, so that one slow connector cannot take up everything."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from connectors.tool import ToolError


class Bulkhead:
    """``most`` calls at a time; whoever comes then waits for a place, in the order of coming."""

    def __init__(self, name: str, most: int) -> None:
        self._name = name
        self._most = most
        self._places = asyncio.Semaphore(most)

    @asynccontextmanager
    async def place(self, timeout_s: float) -> AsyncIterator[float]:
        """A place, and what is left of the time. Raises ``ToolError("unavailable")`` when none comes free in it."""
        clock = asyncio.get_running_loop().time
        since = clock()
        try:
            async with asyncio.timeout(timeout_s):
                await self._places.acquire()
        except TimeoutError:
            said = f"{self._name} has {self._most} calls under way, and none ended within {timeout_s:g} s"
            raise ToolError("unavailable", f"{said}; nothing was sent", "not_done") from None
        try:
            yield max(timeout_s - (clock() - since), 0.001)
        finally:
            self._places.release()
