"""State of the alerts page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import reflex as rx

from engine import connections, workflows
from engine.alerts import KINDS, rules
from engine.errors import BadInput, WeftError
from engine.notifying import channels
from engine.permissions import Permission, may
from studio.alerts.rows import SNOOZES, ChangeRow, RuleRow, change_row, fields_of, form_of, rule_row
from studio.shell import services
from studio.shell.session import authorized, guarded


class Alerts(rx.State):
    """``asking``: "", "rule" (the dialog), "delete" or "tried"; ``chosen``: the rule it is about, "" for a new one."""

    rows: list[RuleRow] = []
    past: list[ChangeRow] = []
    loaded: bool = False
    can_change: bool = False
    asking: str = ""
    chosen: str = ""
    kind: str = "failure_rate"
    fields: dict[str, str] = {}
    picked: list[str] = []
    errors: dict[str, str] = {}
    problem: str = ""
    tried: str = ""
    tried_fires: bool = False
    tried_told: str = ""
    workflows: list[tuple[str, str]] = []
    connectors: list[str] = []
    channels: list[tuple[str, str]] = []
    message: str = ""
    help: str = ""

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When the page opens."""
        self.asking, self.problem = "", ""
        self.can_change = may(await authorized(self), Permission.ALERTS)
        await self._read()

    @rx.event(temporal=True)
    @guarded("view")
    async def refresh(self) -> None:
        """Every few seconds while the page is looked at."""
        if self.loaded:
            await self._read()

    @rx.event
    @guarded("alerts")
    async def ask(self) -> None:
        """Opens the dialog for a new rule."""
        await self._open("")

    async def _open(self, rule_id: str) -> None:
        actor, db = await authorized(self, "alerts"), await services.database()
        try:
            found = {str(one.id): one for one in await rules.list_rules(db, actor)}
            listed = await workflows.list_workflows(db, actor)
            known = await connections.list_connectors(db, actor)
        except WeftError as error:
            self.message, self.help = error.message, error.help
            return
        rule = found.get(rule_id)
        self.workflows = [(str(one.id), one.title or one.name) for one in listed]
        self.connectors = [one.name for one in known]
        self.chosen, self.kind = (rule_id, rule.kind) if rule is not None else ("", "failure_rate")
        self.fields = fields_of(rule)
        self.picked = [str(one) for one in rule.channels] if rule is not None else []
        self.errors, self.problem, self.asking = {}, "", "rule"

    @rx.event
    @guarded("alerts")
    async def choose_kind(self, kind: str) -> None:
        """What a new rule watches, with the usual numbers."""
        if kind in KINDS:
            self.kind, self.errors, self.problem = kind, {}, ""
            self.fields = {**fields_of(None, kind), "name": self.fields.get("name", "")}

    @rx.event
    @guarded("alerts")
    async def pick(self, channel: str) -> None:
        """A channel of its own, or no longer."""
        self.picked = [one for one in self.picked if one != channel] + (
            [channel] * (channel not in self.picked)
        )

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        """Closes whatever is open."""
        self.asking = ""

    @rx.event
    @guarded("alerts")
    async def save(self, said: dict[str, Any]) -> rx.event.EventSpec | None:
        """What the dialog says."""
        actor, db = await authorized(self, "alerts"), await services.database()
        try:
            form = form_of(said, self.kind, self.picked)
            if self.chosen:
                await rules.change_rule(db, actor, _id(self.chosen), form)
            else:
                await rules.create_rule(db, actor, form)
        except BadInput as error:
            self.fields = {**self.fields, **{name: str(value) for name, value in said.items()}}
            self.errors, self.problem = dict(error.problems), error.message
            return None
        except WeftError as error:
            self.problem = f"{error.message} {error.help}"
            return None
        self.asking = ""
        await self._read()
        return rx.toast.success("The rule is looked at every 15 seconds.")

    @rx.event
    @guarded("alerts")
    async def act(self, rule_id: str, do: str) -> None:
        """What a rule's menu says; "snooze:MINUTES" silences it, with 0 no longer."""
        chosen = _id(rule_id)
        match do.partition(":"):
            case ("change", _, _):
                await self._open(rule_id)
            case ("test", _, _):
                self.chosen = rule_id
                await self._try(False)
            case ("pause" | "resume", _, _):
                await self._done(lambda db, actor: rules.pause(db, actor, chosen, do == "pause"))
            case ("snooze", _, minutes) if minutes in SNOOZES or minutes == "0":
                await self._done(lambda db, actor: rules.snooze(db, actor, chosen, int(minutes)))
            case ("delete", _, _):
                self.chosen, self.asking = rule_id, "delete"

    @rx.event
    @guarded("alerts")
    async def delete(self) -> None:
        """The rule that was asked about, with its history."""
        chosen, self.asking = self.chosen, ""
        await self._done(lambda db, actor: rules.delete_rule(db, actor, _id(chosen)))

    @rx.event
    @guarded("alerts")
    async def send_test(self) -> None:
        """The same, to its channels."""
        await self._try(True)

    async def _try(self, send: bool) -> None:
        actor = await authorized(self, "alerts")
        try:
            found = await rules.try_rule(await services.database(), actor, _id(self.chosen), send)
        except WeftError as error:
            self.message, self.help = error.message, error.help
            return
        self.tried, self.tried_fires, self.asking = found.words, found.fires, "tried"
        self.tried_told = ""
        if send:
            named = ", ".join(found.channels)
            self.tried_told = (
                f"Sent to {named}." if named else "No channel hears of alerts: nothing was sent."
            )
        await self._read()

    async def _done(self, do: Callable[[Any, Any], Awaitable[Any]]) -> None:
        actor = await authorized(self, "alerts")
        try:
            await do(await services.database(), actor)
        except WeftError as error:
            self.message, self.help = error.message, error.help
            return
        await self._read()

    async def _read(self) -> None:
        actor, db = await authorized(self), await services.database()
        try:
            found = await rules.list_rules(db, actor)
            past = await rules.history(db, actor)
            named = {one.id: one.name for one in await channels.list_channels(db, actor)}
        except WeftError as error:
            self.message, self.help, self.loaded = error.message, error.help, True
            return
        self.channels = [(str(one), name) for one, name in named.items()]
        self.rows = [rule_row(one, named) for one in found]
        self.past = [change_row(one) for one in past]
        self.loaded, self.message, self.help = True, "", ""


def _id(text: str) -> UUID:
    """Of nothing where it is none."""
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)
