"""The one interface of everything that offers tools: clients of servers, and the wrappers around them."""

from __future__ import annotations

from typing import Protocol

from connectors.tool import Health, Json, ToolDefinition, ToolResult


class Toolset(Protocol):
    """Tools of one server.

    `open` and `close` may be called from any task, more than once; after `close` a toolset stays closed.
    Calls may run at the same time. Every failure is a `ToolError`.
    """

    async def open(self) -> None:
        """Connect. Raises `ToolError("unavailable")`."""
        ...

    async def list_tools(self) -> tuple[ToolDefinition, ...]:
        """Ask the server for its definitions, in its order."""
        ...

    async def call(
        self, name: str, arguments: dict[str, Json], *, key: str | None, timeout_s: float
    ) -> ToolResult:
        """Call a tool. `key` is the idempotency key, `timeout_s` the time until `ToolError("timeout")`."""
        ...

    async def health(self) -> Health:
        """What is known without asking the server."""
        ...

    async def close(self) -> None:
        """Let go of the server. Calls in flight end with `ToolError("unavailable", outcome "unknown")`."""
        ...
