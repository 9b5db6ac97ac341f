"""State of the page of connectors. Looking again asks the servers, so it happens in the background."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import reflex as rx

from engine import catalog, connections, policy
from engine.connections import ConnectorView, ToolView
from engine.errors import WeftError
from engine.permissions import Permission, may
from studio.connectors.natures import rule_of
from studio.connectors.rows import ConnectorRow, nature_of, row
from studio.shell import services
from studio.shell.session import authorized, guarded

# A page that opens asks servers again that were not asked for this long.
STALE_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Choice:
    """One role in the dialog; `key` names it in the form."""

    key: str
    words: str
    chosen: bool


class ConnectorList(rx.State):
    """Connectors as last seen. `said_...` is what holds for the tool that is being edited."""

    rows: list[ConnectorRow] = []
    loaded: bool = False
    checking: bool = False
    message: str = ""
    help: str = ""
    can_say: bool = False
    editing: str = ""
    problem: str = ""
    said_does: list[str] = []
    said_approval: str = ""
    said_amount: str = ""
    said_arguments: list[str] = []
    said_roles: list[Choice] = []
    said_repeat: bool = False
    said_undo: bool = False

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

    @rx.event
    @guarded("policy")
    async def edit(self, full_name: str) -> None:
        """Opens the dialog with what holds for a tool."""
        actor = await authorized(self, "policy")
        db = await services.database()
        found = _find(await connections.list_connectors(db, actor), full_name)
        if found is None:
            return
        connector, view = found
        nature = nature_of(connector.name, view, await policy.get_policy(db, actor))
        roles = sorted({*((await catalog.catalog(db, actor)).roles or ()), *nature.approvers})
        properties = view.input_schema.get("properties")
        self.said_does = sorted(nature.does)
        self.said_approval, self.said_amount = nature.approval, nature.amount or ""
        self.said_arguments = list(properties) if isinstance(properties, dict) else []
        self.said_roles = [
            Choice(f"role_{number}", name, name in nature.approvers) for number, name in enumerate(roles)
        ]
        self.said_repeat, self.said_undo = nature.idempotent, nature.compensation == "expected"
        self.editing, self.problem = full_name, ""

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        """Forgets what was being edited."""
        self.editing, self.problem = "", ""

    @rx.event
    @guarded("policy")
    async def save(self, form: dict[str, Any]) -> None:
        """Keeps what the dialog says of the tool."""
        actor = await authorized(self, "policy")
        rule = rule_of(self.editing, form, [role.words for role in self.said_roles])
        if isinstance(rule, str):
            self.problem = rule
            return
        try:
            await policy.set_rule(await services.database(), actor, rule)
        except WeftError as error:
            self.problem = f"{error.message} {error.help}".strip()
            return
        self.editing, self.problem = "", ""
        await self._read()

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
            db = await services.database()
            listed = await connections.list_connectors(db, actor)
            said = await policy.get_policy(db, actor)
        except WeftError as error:
            self.message, self.help, self.loaded = error.message, error.help, True
            return
        rows = [row(each, said) for each in listed]
        if rows != self.rows:
            self.rows = rows
        self.can_say = may(actor, Permission.POLICY)
        self.loaded, self.message, self.help = True, "", ""


def _find(listed: tuple[ConnectorView, ...], full_name: str) -> tuple[ConnectorView, ToolView] | None:
    tools = ((connector, view) for connector in listed for view in connector.tools)
    return next((found for found in tools if f"{found[0].name}.{found[1].name}" == full_name), None)
