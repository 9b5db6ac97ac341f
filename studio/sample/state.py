"""State of the sample business's page. It reads through the same connectors as workflows do."""

from __future__ import annotations

import asyncio
from typing import Final

import reflex as rx

from engine import connections
from engine.errors import WeftError
from studio.sample.rows import MailRow, OrderRow, orders, outbox
from studio.shell import services
from studio.shell.session import authorized, guarded

MOST: Final = 100


class SampleBusiness(rx.State):
    """What the shop and the outbox hold now."""

    orders: list[OrderRow] = []
    mails: list[MailRow] = []
    loaded: bool = False
    reading: bool = False
    message: str = ""
    help: str = ""

    @rx.event(background=True, supersedes=True)
    @guarded("view")
    async def load(self) -> None:
        """When the page opens, and on request. In the background: a server that is slow holds up nobody."""
        actor = await authorized(self)
        async with self:
            self.reading = True
        try:
            db = await services.database()
            listed, sent = await asyncio.gather(
                connections.call(db, actor, "shop", "list_orders", {"limit": MOST}),
                connections.call(db, actor, "mail", "list_outbox", {"limit": MOST}),
            )
        except WeftError as error:
            async with self:
                self.reading, self.loaded = False, True
                self.message, self.help = error.message, error.help
            return
        async with self:
            self.orders, self.mails = orders(listed), outbox(sent)
            self.reading, self.loaded, self.message, self.help = False, True, "", ""
