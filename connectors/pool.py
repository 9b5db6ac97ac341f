"""Open connectors, shared by everything that calls them in one event loop.

A connector is opened by its first call, once, however many calls come first together. When a call finds
it unavailable the client is retired: calls that are under way finish on it, the next call opens another.
While a server does not come back, attempts to open are spaced out, and calls between them fail at once
with the reason of the last attempt.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from connectors.registry import ConnectorSpec, Registry, toolset_of
from connectors.tool import Health, Json, Outcome, ToolDefinition, ToolError, ToolResult
from connectors.toolset import Toolset

_FIRST_PAUSE_S = 0.1
_LONGEST_PAUSE_S = 2.0


@dataclass(eq=False)
class _Lease:
    """One client and who uses it. It is closed when it is retired and nobody does."""

    spec: ConnectorSpec
    toolset: Toolset
    opening: asyncio.Task[None]
    calls: int = 0
    retired: bool = False
    closing: asyncio.Task[None] | None = None
    idle: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass
class _Slot:
    """What is remembered about a connector from one client to the next."""

    lease: _Lease | None = None
    health: Health = field(default_factory=lambda: Health("unopened"))
    failures: int = 0
    retry_at: float = 0.0


class _Stale(Exception):
    """A client that had opened could not send a call."""

    def __init__(self, error: ToolError) -> None:
        self.error = error


class Pool:
    """`make` turns a specification into a toolset; give one to wrap toolsets (validated, recorded, ...)."""

    def __init__(self, registry: Registry, make: Callable[[ConnectorSpec], Toolset] = toolset_of) -> None:
        self._registry = registry
        self._make = make
        self._slots: dict[str, _Slot] = {}
        # All that are not closed yet, in the order of their opening.
        self._leases: list[_Lease] = []
        self._closed = False

    async def call(
        self,
        connector: str,
        tool: str,
        arguments: dict[str, Json],
        *,
        key: str | None = None,
        timeout_s: float = 30.0,
    ) -> ToolResult:
        """Call `tool` of the connector registered as `connector`. Every failure is a `ToolError`.

        `timeout_s` bounds opening and calling separately. When a client that had been open turns out to
        be stale (its server was restarted) and nothing was sent, the call is made once more on a new one.
        """
        try:
            return await self._call(connector, tool, arguments, key, timeout_s)
        except _Stale:
            pass
        try:
            return await self._call(connector, tool, arguments, key, timeout_s)
        except _Stale as stale:
            raise stale.error from None

    async def _call(
        self, connector: str, tool: str, arguments: dict[str, Json], key: str | None, timeout_s: float
    ) -> ToolResult:
        slot, lease = await self._borrow(connector, timeout_s)
        try:
            result = await lease.toolset.call(tool, arguments, key=key, timeout_s=timeout_s)
            slot.health = Health("ok")
            return result
        except ToolError as error:
            self._judge(slot, lease, error)
            if error.code == "unavailable" and error.outcome == "not_done":
                raise _Stale(error) from error
            raise
        finally:
            self._give_back(lease)

    async def list_tools(self, connector: str, *, timeout_s: float = 30.0) -> tuple[ToolDefinition, ...]:
        """Ask the server for its tools. Every failure is a `ToolError`."""
        slot, lease = await self._borrow(connector, timeout_s)
        try:
            found = await lease.toolset.list_tools()
            slot.health = Health("ok")
            return found
        except ToolError as error:
            self._judge(slot, lease, error)
            raise
        finally:
            self._give_back(lease)

    def health(self, connector: str) -> Health:
        """How the last contact went, without making one."""
        slot = self._slots.get(connector)
        return Health("unopened") if slot is None else slot.health

    async def close(self, *, grace_s: float = 5.0) -> None:
        """Refuse new calls, let those under way finish for `grace_s`, and close, the last opened first."""
        self._closed = True
        leases = list(self._leases)
        busy = [asyncio.ensure_future(lease.idle.wait()) for lease in leases if lease.calls]
        if busy:
            _, waiting = await asyncio.wait(busy, timeout=grace_s)
            for task in waiting:
                task.cancel()
        for lease in reversed(leases):
            await self._closing(lease)
        self._slots.clear()

    async def _borrow(self, connector: str, timeout_s: float) -> tuple[_Slot, _Lease]:
        slot = self._slots.setdefault(connector, _Slot())
        lease = self._lease(connector, slot)
        lease.calls += 1
        lease.idle.clear()
        borrowed = False
        try:
            if not lease.opening.done():
                await asyncio.wait({lease.opening}, timeout=timeout_s)
            if not lease.opening.done():
                # This caller has no more time; others may have.
                raise _unavailable(connector, f"it did not open within {timeout_s:g} seconds")
            try:
                lease.opening.result()
            except ToolError as error:
                self._opening_failed(slot, lease, error)
                raise
            except Exception as error:
                # A toolset promises nothing but ToolError; one that breaks its word is no reason to stay
                # broken.
                told = _unavailable(connector, str(error) or type(error).__name__)
                self._opening_failed(slot, lease, told)
                raise told from error
            slot.failures = 0
            borrowed = True
            return slot, lease
        finally:
            if not borrowed:
                self._give_back(lease)

    def _lease(self, connector: str, slot: _Slot) -> _Lease:
        """The connector's client; a new one that is being opened when there is none or its specification changed."""
        spec = self._registry.find(connector)
        if self._closed or spec is None:
            reason = "the pool is closed" if self._closed else "it is not registered"
            raise _unavailable(connector, reason)
        if slot.lease is not None and slot.lease.spec is not spec and slot.lease.spec != spec:
            self._retire(slot, slot.lease)
            slot.retry_at = 0.0
        if slot.lease is None:
            if asyncio.get_running_loop().time() < slot.retry_at:
                raise ToolError("unavailable", slot.health.message, "not_done")
            toolset = self._make(spec)
            opening = asyncio.create_task(toolset.open(), name=f"open connector {connector}")
            slot.lease = _Lease(spec, toolset, opening)
            self._leases.append(slot.lease)
        return slot.lease

    def _opening_failed(self, slot: _Slot, lease: _Lease, error: ToolError) -> None:
        # All who waited for this opening come by here; the first one counts.
        if slot.lease is not lease:
            return
        pause = min(_FIRST_PAUSE_S * 2**slot.failures, _LONGEST_PAUSE_S)
        slot.failures += 1
        slot.retry_at = asyncio.get_running_loop().time() + pause
        slot.health = Health("down", error.message)
        self._retire(slot, lease)

    def _judge(self, slot: _Slot, lease: _Lease, error: ToolError) -> None:
        if error.code == "unavailable" and slot.lease is lease:
            slot.health = Health("down", error.message)
            self._retire(slot, lease)

    def _retire(self, slot: _Slot, lease: _Lease) -> None:
        slot.lease = None
        lease.retired = True
        self._close_if_unused(lease)

    def _give_back(self, lease: _Lease) -> None:
        lease.calls -= 1
        if lease.calls == 0:
            lease.idle.set()
        self._close_if_unused(lease)

    def _close_if_unused(self, lease: _Lease) -> None:
        if lease.retired and lease.calls == 0 and not self._closed:
            self._closing(lease)

    def _closing(self, lease: _Lease) -> asyncio.Task[None]:
        if lease.closing is None:
            lease.closing = asyncio.create_task(self._let_go(lease))
        return lease.closing

    async def _let_go(self, lease: _Lease) -> None:
        await lease.toolset.close()
        # Its outcome has been told to those who waited for it; nobody else needs it.
        await asyncio.gather(lease.opening, return_exceptions=True)
        self._leases.remove(lease)


def _unavailable(connector: str, reason: str, outcome: Outcome = "not_done") -> ToolError:
    return ToolError("unavailable", f"connector {connector!r} is not available: {reason}", outcome)
