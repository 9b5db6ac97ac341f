"""State of the page of triggers: the list with its filters, and the one that is chosen."""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import reflex as rx

from engine import secrets
from engine.actor import Actor
from engine.errors import WeftError
from engine.hooks import register as hooks
from engine.permissions import Permission, may
from engine.triggers import register
from engine.triggers.register import TriggerSummary
from studio.origins import allowed_origins
from studio.shell import services
from studio.shell.notices import plain
from studio.shell.session import authorized, guarded
from studio.triggers.rows import DeliveryRow, Detail, TriggerRow, delivery_of, detail_of, example_body, row_of
from studio.triggers.words import KINDS, STATES, VERDICTS

PAGE: Final = 20
MOST: Final = 100
MOST_ROWS: Final = 200
"""Of the list; the filters find the others."""


class TriggerList(rx.State):
    """``chosen``: the id of the trigger in the panel, "" for none. ``body``: what a test would send."""

    rows: list[TriggerRow] = []
    total: int = 0
    loaded: bool = False
    message: str = ""
    help: str = ""
    kind: str = ""
    state: str = ""
    words: str = ""
    hidden: int = 0
    can_keep: bool = False
    can_run: bool = False

    chosen: str = ""
    detail: Detail = Detail()
    deliveries: list[DeliveryRow] = []
    more: bool = False

    testing: bool = False
    sending: bool = False
    body: str = "{}"
    tested: dict[str, str] = {}

    _shown: int = PAGE

    @rx.var
    def one(self) -> list[TriggerRow]:
        """The one that is chosen, or none."""
        return [row for row in self.rows if row.id == self.chosen]

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When the page opens, with what its address chooses."""
        query = self.router.url.query_parameters
        self.kind = query.get("kind", "") if query.get("kind", "") in KINDS else ""
        self.state = query.get("state", "") if query.get("state", "") in STATES else ""
        wanted = _uuid(query.get("trigger", ""))
        self.chosen = "" if wanted is None else str(wanted)
        self.testing, self.tested, self._shown, self.words = False, {}, PAGE, ""
        self.detail, self.deliveries = Detail(), []
        await self._read()

    @rx.event(temporal=True)
    @guarded("view")
    async def refresh(self) -> None:
        """Every few seconds."""
        if self.loaded:
            await self._read()

    @rx.event
    @guarded("view")
    async def filter_kind(self, kind: str) -> None:
        """Only triggers of one kind; "" for all."""
        self.kind = kind if kind in KINDS else ""
        await self._read()

    @rx.event
    @guarded("view")
    async def filter_state(self, state: str) -> None:
        """Only triggers in one state; "" for all."""
        self.state = state if state in STATES else ""
        await self._read()

    @rx.event
    @guarded("view")
    async def search(self, words: str) -> None:
        """Only triggers with all of these words in their workflow, their name or what starts them."""
        self.words = words[:200]
        await self._read()

    @rx.event
    @guarded("view")
    async def choose(self, trigger_id: str) -> Any:
        """Into the panel, and into the address, so that it can be sent to somebody."""
        self.chosen = trigger_id if any(row.id == trigger_id for row in self.rows) else ""
        self.detail, self.deliveries, self._shown, self.tested = Detail(), [], PAGE, {}
        await self._read()
        address = f"/triggers?trigger={self.chosen}" if self.chosen else "/triggers"
        return rx.call_script(f"history.replaceState(history.state, '', '{address}')")

    @rx.event
    @guarded("view")
    async def show_more(self) -> None:
        """More of what came in."""
        self._shown = min(self._shown + PAGE, MOST)
        await self._read()

    @rx.event
    @guarded("triggers")
    async def switch(self) -> Any:
        """Pauses the chosen one, or resumes it."""
        actor = await authorized(self, "triggers")
        found = _uuid(self.chosen)
        row = next(iter(self.one), None)
        if found is None or row is None:
            return None
        try:
            act = register.resume if row.state == "paused" else register.pause
            await act(await services.database(), actor, found)
        except WeftError as error:
            return _toast(error)
        await self._read()
        return None

    @rx.event
    @guarded("triggers")
    async def catch_up(self, policy: str) -> Any:
        """What the chosen schedule does about moments at which nothing ran."""
        actor = await authorized(self, "triggers")
        if (found := _uuid(self.chosen)) is None:
            return None
        try:
            await register.set_catch_up(await services.database(), actor, found, policy)
        except WeftError as error:
            return _toast(error)
        await self._read()
        return None

    @rx.event
    @guarded("run")
    async def ask_test(self) -> None:
        """Opens the dialog with a body to begin with."""
        actor = await authorized(self, "run")
        if (found := _uuid(self.chosen)) is None:
            return
        try:
            view = await register.get_trigger(await services.database(), actor, found)
        except WeftError as error:
            self.message, self.help = error.message, error.help
            return
        self.testing, self.tested, self.body = True, {}, example_body(view)

    @rx.event
    @guarded("view")
    async def close_test(self) -> None:
        """Closes the dialog."""
        self.testing, self.tested = False, {}

    @rx.event
    @guarded("run")
    async def send_test(self, form: dict[str, Any]) -> None:
        """Signs what is in the dialog, sends it, and says what became of it."""
        actor = await authorized(self, "run")
        found = _uuid(self.chosen)
        if found is None:
            return
        self.body = str(form.get("body", ""))[:1_100_000]
        try:
            said = await hooks.send_test(await services.database(), actor, found, self.body)
        except WeftError as error:
            self.tested = {"words": "Not sent", "tone": "danger", "why": error.message, "advice": error.help}
            return
        words, tone, advice = VERDICTS[said.verdict]
        self.tested = {
            "words": words,
            "tone": tone,
            "why": said.why,
            "advice": advice,
            "run": str(said.run_id or ""),
        }
        await self._read()

    async def _read(self) -> None:
        actor = await authorized(self)
        try:
            db = await services.database()
            views = await register.list_triggers(db, actor)
            missing = await secrets.missing(db, actor)
            lately = await hooks.lately(db, actor)
            rows = [row_of(view, missing, lately) for view in views]
            if self.chosen:
                view = next((view for view in views if str(view.id) == self.chosen), None)
                await self._read_one(actor, view, missing, lately)
        except WeftError as error:
            self.message, self.help, self.loaded = error.message, error.help, True
            return
        self.total = len(rows)
        shown = [row for row in rows if row.id == self.chosen or self._fits(row)]
        self.hidden = max(0, len(shown) - MOST_ROWS)
        shown = [row for n, row in enumerate(shown) if n < MOST_ROWS or row.id == self.chosen]
        if shown != self.rows:
            self.rows = shown
        self.can_keep, self.can_run = may(actor, Permission.TRIGGERS), may(actor, Permission.RUN)
        self.loaded, self.message, self.help = True, "", ""

    def _fits(self, row: TriggerRow) -> bool:
        here = f"{row.workflow} {row.name} {row.words}".lower()
        return (
            self.kind in ("", row.kind)
            and self.state in ("", row.state)
            and all(word in here for word in self.words.lower().split())
        )

    async def _read_one(self, actor: Actor, view: TriggerSummary | None, missing: Any, lately: Any) -> None:
        if view is None:
            self.chosen, self.detail, self.deliveries = "", Detail(), []
            return
        db = await services.database()
        fires = await register.next_fires(db, actor, view.id, 5)
        detail = detail_of(
            view,
            fires,
            origin=self._origin(),
            account_id=actor.account_id,
            missing=missing,
            lately=lately.get(view.id),
        )
        if detail != self.detail:
            self.detail = detail
        came: list[DeliveryRow] = []
        if view.kind == "webhook":
            found = await hooks.list_deliveries(db, actor, view.id, limit=self._shown + 1)
            came = [delivery_of(one) for one in found[: self._shown]]
            self.more = len(found) > self._shown
        if came != self.deliveries:
            self.deliveries = came

    def _origin(self) -> str:
        """The address that people open the studio at, as far as it is one of its own."""
        url = self.router.url
        here = f"{url.scheme}://{url.netloc}"
        origins = allowed_origins()
        return here if here in origins else origins[0]


def _uuid(value: str) -> UUID | None:
    try:
        return UUID(value)
    except ValueError:
        return None


def _toast(error: WeftError) -> Any:
    return rx.toast.error(plain(error.message), description=plain(error.help))
