"""Tools for runs: the connectors of each account, opened once a process, called by their pinned definitions."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from connectors import (
    ConnectorSpec,
    Pinned,
    Pool,
    Registry,
    ToolDefinition,
    ToolError,
    Toolset,
    Validated,
    toolset_of,
)

Json: TypeAlias = Any

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


Find: TypeAlias = Callable[[UUID, str], Awaitable[dict[str, Json] | None]]
"""An account's enabled connector by name, as {"name", "title", "transport", "trusted", "pins"}; None: there is none."""


class PooledTools:
    """``engine.effects.Tools`` over the connectors' pool."""

    def __init__(self, find: Find) -> None:
        self._find = find
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
        try:
            async with asyncio.timeout(timeout_s * 2 + GRACE_S):
                result = await self._pool.call(where, tool, args, key=key, timeout_s=timeout_s)
        except TimeoutError:
            raise ToolError("timeout", f"{connector}.{tool} did not answer in time", "unknown") from None
        return result.unwrap()

    async def close(self) -> None:
        await self._pool.close()

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
