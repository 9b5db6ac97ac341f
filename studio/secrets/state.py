"""State of the page of secrets. A value is never part of it: it comes with one event and goes into the vault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import reflex as rx

from engine import secrets
from engine.errors import BadInput, WeftError
from engine.permissions import Permission, may
from engine.secrets import SecretView, Use
from studio.shell import services
from studio.shell.moments import iso
from studio.shell.notices import plain
from studio.shell.session import authorized, guarded

KEEP: Final = (("24", "for a day"), ("1", "for an hour"), ("168", "for a week"), ("0", "not at all"))


@dataclass(frozen=True, slots=True)
class Needs:
    """A workflow that needs a secret."""

    title: str
    href: str


@dataclass(frozen=True, slots=True)
class SecretRow:
    """``before_until``: ISO 8601, until when the value before is valid too; "" where it is not."""

    name: str
    set_at: str
    set_by: str
    before_until: str
    used_by: list[Needs]
    menu: list[dict[str, str]]


_REPLACE: Final = {"key": "replace", "label": "Replace its value"}
_REVOKE: Final = {"key": "revoke", "label": "End the value before now"}
_DELETE: Final = {"key": "delete", "label": "Delete", "tone": "danger"}


class SecretList(rx.State):
    """``editing``: the name in the dialog, "+" for a new one, "" while it is closed."""

    rows: list[SecretRow] = []
    missing: list[SecretRow] = []
    loaded: bool = False
    message: str = ""
    help: str = ""
    can_change: bool = False

    editing: str = ""
    name: str = ""
    known: bool = False
    problem: str = ""
    errors: dict[str, str] = {}

    deleting: str = ""
    delete_problem: str = ""

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When the page opens; ``?name=`` opens the dialog of that one."""
        self.editing, self.deleting, self.problem, self.errors = "", "", "", {}
        await self._read()
        wanted = self.router.url.query_parameters.get("name", "")[:64]
        if wanted and self.can_change:
            self._open(wanted)

    @rx.event
    @guarded("secrets")
    async def ask(self, name: str) -> None:
        """Opens the dialog: for a new one with "", for a new value of one with its name."""
        self._open(name)

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        """Closes the dialogs."""
        self.editing, self.deleting, self.problem, self.delete_problem, self.errors = "", "", "", "", {}

    @rx.event
    @guarded("secrets")
    async def save(self, form: dict[str, Any]) -> Any:
        """Seals what the dialog says. The value stays in the field when it cannot be kept."""
        actor = await authorized(self, "secrets")
        name = self.name or str(form.get("name", "")).strip()
        try:
            hours = float(str(form.get("keep", secrets.KEEP_HOURS)))
        except ValueError:
            hours = secrets.KEEP_HOURS
        try:
            await secrets.set_secret(
                await services.database(), actor, name, str(form.get("value", "")), hours
            )
        except BadInput as error:
            self.problem, self.errors = f"{error.message} {error.help}".strip(), dict(error.problems)
            return None
        except WeftError as error:
            self.problem, self.errors = f"{error.message} {error.help}".strip(), {}
            return None
        self.editing, self.problem, self.errors = "", "", {}
        await self._read()
        return rx.toast.success(plain(f"{name} is set."))

    @rx.event
    @guarded("secrets")
    async def pick(self, name: str, what: str) -> Any:
        """What was chosen in the menu of one."""
        actor = await authorized(self, "secrets")
        match what:
            case "replace":
                self._open(name)
            case "delete":
                self.deleting, self.delete_problem = name, ""
            case "revoke":
                try:
                    await secrets.revoke_before(await services.database(), actor, name)
                except WeftError as error:
                    return rx.toast.error(plain(error.message), description=plain(error.help))
                await self._read()
        return None

    @rx.event
    @guarded("secrets")
    async def delete(self) -> Any:
        """Deletes the one that was asked about; a second time also where it is needed."""
        actor = await authorized(self, "secrets")
        forced = self.delete_problem != ""
        try:
            await secrets.delete_secret(await services.database(), actor, self.deleting, forced=forced)
        except WeftError as error:
            self.delete_problem = f"{error.message} {error.help}".strip()
            return None
        self.deleting, self.delete_problem = "", ""
        await self._read()
        return None

    def _open(self, name: str) -> None:
        self.editing, self.name = name or "+", name
        self.known = any(row.name == name for row in self.rows)
        self.problem, self.errors = "", {}

    async def _read(self) -> None:
        actor = await authorized(self)
        try:
            db = await services.database()
            listed = await secrets.list_secrets(db, actor)
            missing = await secrets.missing(db, actor)
        except WeftError as error:
            self.message, self.help, self.loaded = error.message, error.help, True
            return
        self.rows = [_row(view) for view in listed]
        self.missing = [
            SecretRow(name, "", "", "", _needs(uses), []) for name, uses in sorted(missing.items())
        ]
        self.can_change = may(actor, Permission.SECRETS)
        self.loaded, self.message, self.help = True, "", ""


def _row(view: SecretView) -> SecretRow:
    menu = [_REPLACE, _REVOKE, _DELETE] if view.before_until is not None else [_REPLACE, _DELETE]
    return SecretRow(
        view.name, iso(view.set_at), view.set_by, iso(view.before_until), _needs(view.used_by), menu
    )


def _needs(uses: tuple[Use, ...]) -> list[Needs]:
    return [Needs(use.workflow, f"/workflows/{use.workflow_id}") for use in uses]
