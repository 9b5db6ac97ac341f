"""Tools for runs: the connectors of each account, opened once a process, called by their pinned definitions."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from connectors import (
    Breaker,
    BreakerPolicy,
    Bulkhead,
    Circuit,
    ConnectorSpec,
    Health,
    Pinned,
    Pool,
    Registry,
    ToolDefinition,
    ToolError,
    ToolResult,
    Toolset,
    Validated,
    toolset_of,
)

log = logging.getLogger(__name__)

Json: TypeAlias = Any

MOST_CALLS = 32
"""Calls that one connector of an account has under way at a time, in one process."""
FRESH_S = 5.0
"""How long a connector's row is believed before it is read again."""
GRACE_S = 5.0
"""A call that has not ended so long after its time is given up; its outcome is unknown."""


class PinnedSpec(ConnectorSpec):
    """A connector as an account has accepted it: with the raw definitions of its tools and their hashes.

    Another set of pins is another specification, so that the pool opens it anew."""

    pins: Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class _Known:
    until: float
    spec: PinnedSpec | None


@dataclass(frozen=True, slots=True)
class _Guard:
    """What stands before one connector of an account, whatever client of it is open."""

    breaker: Breaker
    bulkhead: Bulkhead


Find: TypeAlias = Callable[[UUID, str], Awaitable[dict[str, Json] | None]]
"""An account's enabled connector by name, as {"name", "title", "transport", "trusted", "pins"}; None: there is none."""
Tell: TypeAlias = Callable[[UUID, str, Health], Awaitable[None]]
"""Keep what was learnt about an account's connector: its circuit has opened, or closed."""


async def _tell_nobody(account_id: UUID, connector: str, health: Health) -> None:
    pass


class PooledTools:
    """``engine.effects.Tools`` over the connectors' pool. A connector that is not well is left alone for a while
    (``connectors.breaker``), and one that is slow holds up its own calls only (``connectors.bulkhead``)."""

    def __init__(
        self,
        find: Find,
        tell: Tell = _tell_nobody,
        *,
        policy: BreakerPolicy | None = None,
        most_calls: int = MOST_CALLS,
    ) -> None:
        self._find = find
        self._tell = tell
        self._policy = policy
        self._most_calls = most_calls
        self._guards: dict[tuple[UUID, str], _Guard] = {}
        self._telling: set[asyncio.Task[None]] = set()
        self._registry = Registry()
        self._pool = Pool(self._registry, _open)
        self._known: dict[tuple[UUID, str], _Known] = {}

    async def call(
        self,
        account_id: UUID,
        connector: str,
        tool: str,
        args: dict[str, Json],
        key: str,
        timeout_s: float,
        pin: str | None,
    ) -> Json:
        spec = await self._spec(account_id, connector)
        if pin is not None:
            _compare(spec, tool, pin)
        where = f"{account_id}/{connector}"

        async def send() -> ToolResult:
            try:
                async with asyncio.timeout(left_s * 2 + GRACE_S):
                    return await self._pool.call(where, tool, args, key=key, timeout_s=left_s)
            except TimeoutError:
                raise ToolError("timeout", f"{connector}.{tool} did not answer in time", "unknown") from None

        guard = self._guard(account_id, connector)
        guard.breaker.check()
        async with guard.bulkhead.place(timeout_s) as left_s:
            result = await guard.breaker.call(left_s, send)
        return result.unwrap()

    def circuits(self) -> dict[tuple[UUID, str], Circuit]:
        """The circuits of this process that are open, by account and connector: for whoever counts them."""
        found = {place: guard.breaker.circuit for place, guard in self._guards.items()}
        return {place: circuit for place, circuit in found.items() if circuit.is_open}

    async def close(self) -> None:
        await self._pool.close()
        if self._telling:
            await asyncio.wait(self._telling, timeout=GRACE_S)

    def _guard(self, account_id: UUID, connector: str) -> _Guard:
        place = (account_id, connector)
        guard = self._guards.get(place)
        if guard is None:

            def changed(circuit: Circuit) -> None:
                health = Health("down", circuit.why) if circuit.is_open else Health("ok")
                task = asyncio.create_task(self._told(account_id, connector, health))
                self._telling.add(task)
                task.add_done_callback(self._telling.discard)

            named = f"the connector {connector!r}"
            guard = self._guards[place] = _Guard(
                Breaker(named, self._policy, changed=changed), Bulkhead(named, self._most_calls)
            )
        return guard

    async def _told(self, account_id: UUID, connector: str, health: Health) -> None:
        try:
            await self._tell(account_id, connector, health)
        except Exception as error:  # nobody waits for this: calls go on, and the page shows what it knew
            log.warning("the health of connector %r could not be kept: %s", connector, error)

    async def _spec(self, account_id: UUID, connector: str) -> PinnedSpec:
        """As the pool knows it. Raises ``ToolError``."""
        place = (account_id, connector)
        known = self._known.get(place)
        if known is None or known.until < time.monotonic():
            known = self._known[place] = await self._look(account_id, connector)
        if known.spec is None:
            raise ToolError(
                "unavailable",
                f"there is no enabled connector {connector!r}; look under Connectors",
                "not_done",
            )
        return known.spec

    async def _look(self, account_id: UUID, connector: str) -> _Known:
        row = await self._find(account_id, connector)
        until, name = time.monotonic() + FRESH_S, f"{account_id}/{connector}"
        if row is None:
            self._registry.remove(name)
            return _Known(until, None)
        spec = PinnedSpec.model_validate(row)
        try:
            if self._registry.find(name) != spec:
                self._registry.put(name, spec)
                self._guards.pop((account_id, connector), None)  # another server is no worse for the former
        except ValueError as error:
            raise ToolError("unavailable", str(error), "not_done") from None
        return _Known(until, spec)


def _compare(spec: PinnedSpec, tool: str, pin: str) -> None:
    """A version runs with the definitions that it was checked against, or not at all. Raises ``ToolError``."""
    accepted = spec.pins.get(tool)
    if accepted is None or accepted["sha256"] != pin:
        since = "is not accepted any more" if accepted is None else "was accepted with another definition"
        raise ToolError(
            "changed",
            f"{spec.name}.{tool} {since} since this version was published; nothing was sent. "
            "Check the workflow against the tool as it is now and publish it again",
            "not_done",
        )


def _open(spec: ConnectorSpec) -> Toolset:
    assert isinstance(spec, PinnedSpec)
    definitions = {name: ToolDefinition.from_raw(dict(pin["definition"])) for name, pin in spec.pins.items()}
    pins = {name: definition.sha256 for name, definition in definitions.items()}
    return Validated(Pinned(toolset_of(spec), pins), definitions)
