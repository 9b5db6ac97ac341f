"""State of the page of connectors. Looking again asks the servers, so it happens in the background."""

from __future__ import annotations

from typing import Final

import reflex as rx

from engine import connections
from engine.errors import WeftError
from studio.connectors.rows import ConnectorRow, row
from studio.shell import services
from studio.shell.session import authorized, guarded

# A page that opens asks servers again that were not asked for this long.
STALE_SECONDS: Final = 30.0


class ConnectorList(rx.State):
    """Connectors as last seen."""

    rows: list[ConnectorRow] = []
    loaded: bool = False
    checking: bool = False
    message: str = ""
    help: str = ""

    @rx.event
    @guarded("view")
    async def load(self) -> object:
        """When the page opens: what is known at once, then what the servers say."""
        await self._read()
        return ConnectorList.look

    @rx.event(background=True, supersedes=True)
    @guarded("view")
    async def look(self) -> None:
        """Asks the servers that were not asked lately."""
        await self._ask(STALE_SECONDS)

    @rx.event(background=True, supersedes=True)
    @guarded("view")
    async def check(self) -> None:
        """Asks all servers now."""
        await self._ask(0.0)

    async def _ask(self, older_than_s: float) -> None:
        actor = await authorized(self)
        async with self:
            self.checking = True
        try:
            await connections.refresh(await services.database(), actor, older_than_s=older_than_s)
        except WeftError as error:
            async with self:
                self.message, self.help = error.message, error.help
        async with self:
            self.checking = False
            await self._read()

    async def _read(self) -> None:
        actor = await authorized(self)
        try:
            listed = await connections.list_connectors(await services.database(), actor)
        except WeftError as error:
            self.message, self.help, self.loaded = error.message, error.help, True
            return
        rows = [row(each) for each in listed]
        if rows != self.rows:
            self.rows = rows
        self.loaded, self.message, self.help = True, "", ""
