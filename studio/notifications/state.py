"""State of the notifications page. No secret is part of it but a signing secret, once, right after it was made."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import reflex as rx

from engine.errors import BadInput, WeftError
from engine.notifying import channels, deliveries, mailing
from engine.notifying.channels import ChannelView, Form
from engine.notifying.wording import TOPICS
from engine.permissions import Permission, may
from studio.notifications.rows import KINDS, ChannelRow, Sending, fields_of, form_of, row, sending
from studio.shell import services
from studio.shell.notices import plain
from studio.shell.session import authorized, guarded


class Channels(rx.State):
    """`editing`: "" while the dialog is closed, "new", or an id. `own_server`: the e-mail channel names a mail server;
    `common_server`: the installation has one. `tested`: what the last test of a channel came to."""

    rows: list[ChannelRow] = []
    sent: list[Sending] = []
    loaded: bool = False
    message: str = ""
    help: str = ""
    can_change: bool = False
    common_server: str = ""
    wish: bool = False
    wish_possible: bool = False
    may_decide: bool = False

    editing: str = ""
    kind: str = "email"
    said: dict[str, str] = fields_of(None)
    topics: list[str] = []
    enabled: bool = True
    own_server: bool = False
    has_password: bool = False
    problem: str = ""
    errors: dict[str, str] = {}
    signing_secret: str = ""

    deleting: str = ""
    deleting_name: str = ""
    testing: str = ""
    tested: str = ""
    tested_taken: bool = False
    tested_words: str = ""

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When the page opens."""
        self.editing, self.deleting, self.testing, self.tested, self.signing_secret = "", "", "", "", ""
        await self._read()

    @rx.event(temporal=True)
    @guarded("view")
    async def refresh(self) -> None:
        """Every few seconds."""
        await self._read()

    @rx.event
    @guarded("view")
    async def switch_wish(self) -> Any:
        """Whether the reader is told by e-mail about approvals for their role."""
        actor = await authorized(self)
        try:
            wish = await deliveries.set_wish(await services.database(), actor, not self.wish)
        except WeftError as error:
            return rx.toast.error(error.message, description=error.help)
        self.wish, self.wish_possible = wish.approvals, wish.possible
        return None

    @rx.event
    @guarded("channels")
    async def add(self, kind: str) -> None:
        """Opens the dialog for a new one."""
        if kind in KINDS:
            self._open("new", kind, None)

    @rx.event
    @guarded("channels")
    async def choose_server(self, which: str) -> None:
        """The installation's mail server, or one of the channel's own."""
        self.own_server = which == "own" or not self.common_server

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        """Closes the dialogs."""
        self.editing, self.deleting, self.problem, self.signing_secret, self.errors = "", "", "", "", {}

    @rx.event
    @guarded("channels")
    async def save(self, form: dict[str, Any]) -> Any:
        """Keeps what the dialog says."""
        actor = await authorized(self, "channels")
        said = form_of(form, self.kind, known=self.editing != "new", own_server=self.own_server)
        # What was typed stays, whatever comes of it.
        self.said = {name: str(form.get(name, "")) for name in self.said}
        self.topics = [topic for topic in TOPICS if form.get(f"topic {topic}")]
        self.enabled = bool(form.get("enabled"))
        if not isinstance(said, Form):
            self.problem, self.errors = "This channel cannot be kept.", said
            return None
        db, secret = await services.database(), ""
        try:
            if self.editing == "new":
                made = await channels.add_channel(db, actor, said)
                secret = made.signing_secret
            else:
                await channels.change_channel(db, actor, UUID(self.editing), said)
        except BadInput as error:
            self.problem, self.errors = f"{error.message} {error.help}".strip(), dict(error.problems)
            return None
        except (WeftError, ValueError) as error:
            self.problem, self.errors = f"{error} {getattr(error, 'help', '')}".strip(), {}
            return None
        self.editing, self.problem, self.errors, self.signing_secret = "", "", {}, secret
        await self._read()
        return None

    @rx.event
    @guarded("channels")
    async def pick(self, channel_id: str, what: str) -> Any:
        """What was chosen in the menu of one."""
        actor = await authorized(self, "channels")
        found = await self._find(channel_id)
        if found is None:
            return await self._read()
        match what:
            case "edit":
                self._open(channel_id, found.kind, found)
            case "delete":
                self.deleting, self.deleting_name = channel_id, found.name
            case "secret" if found.kind == "webhook":
                try:
                    made = await channels.rotate_secret(await services.database(), actor, found.id)
                except WeftError as error:
                    return rx.toast.error(error.message, description=error.help)
                self.signing_secret = made.signing_secret
        return None

    @rx.event
    @guarded("channels")
    async def delete(self) -> Any:
        """Deletes the one that was asked about."""
        actor = await authorized(self, "channels")
        try:
            await channels.delete_channel(await services.database(), actor, UUID(self.deleting))
        except (WeftError, ValueError) as error:
            return rx.toast.error(str(error))
        self.deleting = ""
        return await self._read()

    @rx.event(background=True)
    @guarded("channels")
    async def test(self, channel_id: str) -> Any:
        """Sends a message now; the page shows what the receiver answered."""
        actor = await authorized(self, "channels")
        async with self:
            if self.testing:
                return
            self.testing, self.tested = channel_id, ""
        taken, words = False, ""
        try:
            tried = await deliveries.try_channel(await services.database(), actor, UUID(channel_id))
            taken, words = tried.taken, tried.words
        except (WeftError, ValueError) as error:
            words = f"{error} {getattr(error, 'help', '')}".strip()
        async with self:
            self.testing, self.tested = "", channel_id
            self.tested_taken, self.tested_words = taken, words
            await self._read()

    @rx.event
    @guarded("channels")
    async def again(self, delivery_id: str) -> Any:
        """Sends once more what was given up."""
        actor = await authorized(self, "channels")
        try:
            await deliveries.send_again(await services.database(), actor, UUID(delivery_id))
        except (WeftError, ValueError) as error:
            return rx.toast.error(plain(str(error)))
        await self._read()
        return rx.toast.success("It is sent again in a moment.")

    # ---- parts -----------------------------------------------------------------------------------------------

    def _open(self, editing: str, kind: str, view: ChannelView | None) -> None:
        self.editing, self.kind, self.said = editing, kind, fields_of(view)
        self.topics = (
            list(view.topics) if view else ["approval.opened", "approval.expiring", "approval.escalated"]
        )
        self.enabled = view is None or view.enabled
        self.own_server = (view is not None and view.smtp is not None) or not self.common_server
        self.has_password = view is not None and view.has_password
        self.problem, self.errors, self.signing_secret = "", {}, ""

    async def _find(self, channel_id: str) -> ChannelView | None:
        listed = await channels.list_channels(await services.database(), await authorized(self))
        return next((view for view in listed if str(view.id) == channel_id), None)

    async def _read(self) -> None:
        actor = await authorized(self)
        self.can_change, self.may_decide = may(actor, Permission.CHANNELS), may(actor, Permission.DECIDE)
        server = mailing.of_installation()
        self.common_server = "" if server is None else server.host
        try:
            db = await services.database()
            listed = await channels.list_channels(db, actor)
            sent = await deliveries.list_deliveries(db, actor, limit=30)
            wish = await deliveries.get_wish(db, actor)
        except WeftError as error:
            self.message, self.help, self.loaded = error.message, error.help, True
            return
        rows, lately = [row(view) for view in listed], [sending(one) for one in sent]
        if rows != self.rows:
            self.rows = rows
        if lately != self.sent:
            self.sent = lately
        self.wish, self.wish_possible = wish.approvals, wish.possible
        self.loaded, self.message, self.help = True, "", ""
