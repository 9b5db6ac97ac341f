"""A toolset over a server object in the same process: real protocol types, no transport. For tests and built-ins."""

from __future__ import annotations

import contextlib
from typing import Any

from mcp.client.client import Client
from mcp.server.mcpserver import MCPServer

from connectors.session import CLIENT, SessionToolset


class MemoryToolset(SessionToolset):
    def __init__(self, name: str, server: MCPServer[Any]) -> None:
        super().__init__(name)
        self._server = server

    async def _connect(self, resources: contextlib.AsyncExitStack) -> Client:
        return Client(self._server, client_info=CLIENT, cache=None, read_timeout_seconds=self.open_seconds)
