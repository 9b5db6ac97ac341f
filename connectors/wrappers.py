"""Small wrappers with a toolset's own interface. Each adds one thing; they may be put around each other."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from connectors.schemas import Checker
from connectors.tool import Health, Json, ToolDefinition, ToolError, ToolResult
from connectors.toolset import Toolset


class Wrapper:
    """Passes everything on."""

    def __init__(self, inner: Toolset) -> None:
        self._inner = inner

    async def open(self) -> None:
        await self._inner.open()

    async def list_tools(self) -> tuple[ToolDefinition, ...]:
        return await self._inner.list_tools()

    async def call(
        self, name: str, arguments: dict[str, Json], *, key: str | None, timeout_s: float
    ) -> ToolResult:
        return await self._inner.call(name, arguments, key=key, timeout_s=timeout_s)

    async def health(self) -> Health:
        return await self._inner.health()

    async def close(self) -> None:
        await self._inner.close()


class Filtered(Wrapper):
    """Only the named tools exist."""

    def __init__(self, inner: Toolset, names: frozenset[str]) -> None:
        super().__init__(inner)
        self._names = names

    async def list_tools(self) -> tuple[ToolDefinition, ...]:
        return tuple(tool for tool in await self._inner.list_tools() if tool.name in self._names)

    async def call(
        self, name: str, arguments: dict[str, Json], *, key: str | None, timeout_s: float
    ) -> ToolResult:
        if name not in self._names:
            raise ToolError("unknown_tool", f"the tool {name!r} is not allowed here", "not_done")
        return await self._inner.call(name, arguments, key=key, timeout_s=timeout_s)


class TimeLimited(Wrapper):
    """No call takes longer than `most_s`, even if what it wraps forgets the time."""

    _GRACE_S = 1.0

    def __init__(self, inner: Toolset, most_s: float) -> None:
        super().__init__(inner)
        self._most_s = most_s

    async def call(
        self, name: str, arguments: dict[str, Json], *, key: str | None, timeout_s: float
    ) -> ToolResult:
        allowed = min(timeout_s, self._most_s)
        try:
            async with asyncio.timeout(allowed + self._GRACE_S):
                return await self._inner.call(name, arguments, key=key, timeout_s=allowed)
        except TimeoutError:
            raise ToolError("timeout", f"{name}: no answer within {allowed:g} seconds", "unknown") from None


class Validated(Wrapper):
    """Arguments are checked before they are sent, results before they are believed.

    `pinned` are the definitions to check against; None takes those that the server gives at opening.
    """

    def __init__(self, inner: Toolset, pinned: Mapping[str, ToolDefinition] | None = None) -> None:
        super().__init__(inner)
        self._pinned = pinned
        self._checker = Checker(pinned or {})

    async def open(self) -> None:
        await self._inner.open()
        if self._pinned is None:
            await self.list_tools()

    async def list_tools(self) -> tuple[ToolDefinition, ...]:
        found = await self._inner.list_tools()
        if self._pinned is None:
            self._checker = Checker({tool.name: tool for tool in found})
        return found

    async def call(
        self, name: str, arguments: dict[str, Json], *, key: str | None, timeout_s: float
    ) -> ToolResult:
        self._checker.check_arguments(name, arguments)
        result = await self._inner.call(name, arguments, key=key, timeout_s=timeout_s)
        if not result.is_error:
            self._checker.check_result(name, result)
        return result


class Pinned(Wrapper):
    """A tool whose definition is not the pinned one is quarantined until somebody looks at it and pins it again.

    `pins` maps tools to the SHA-256 of their definitions; a tool without a pin is refused too.
    Definitions are compared whenever they are listed, which happens at every opening.
    """

    def __init__(self, inner: Toolset, pins: Mapping[str, str]) -> None:
        super().__init__(inner)
        self._pins = dict(pins)
        self._live: dict[str, str] = {}

    async def open(self) -> None:
        await self._inner.open()
        await self.list_tools()

    async def list_tools(self) -> tuple[ToolDefinition, ...]:
        found = await self._inner.list_tools()
        self._live = {tool.name: tool.sha256 for tool in found}
        return found

    async def call(
        self, name: str, arguments: dict[str, Json], *, key: str | None, timeout_s: float
    ) -> ToolResult:
        pin, live = self._pins.get(name), self._live.get(name)
        if live is not None and pin != live:
            raise ToolError(
                "changed",
                f"the definition of the tool {name!r} is not the one that was accepted; review it under Connectors",
                "not_done",
            )
        return await self._inner.call(name, arguments, key=key, timeout_s=timeout_s)


@dataclass(frozen=True)
class Call:
    """One finished call, without its content. `error_code` is None when it succeeded; `seconds` is what it took."""

    tool: str
    seconds: float
    error_code: str | None


class Recorded(Wrapper):
    """Tells `record` about every finished call."""

    def __init__(self, inner: Toolset, record: Callable[[Call], None]) -> None:
        super().__init__(inner)
        self._record = record

    async def call(
        self, name: str, arguments: dict[str, Json], *, key: str | None, timeout_s: float
    ) -> ToolResult:
        started = time.perf_counter()
        code: str | None = "cancelled"
        try:
            result = await self._inner.call(name, arguments, key=key, timeout_s=timeout_s)
            code = result.error_code if result.is_error else None
            return result
        except ToolError as error:
            code = error.code
            raise
        finally:
            self._record(Call(name, time.perf_counter() - started, code))
