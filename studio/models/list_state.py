"""State of the list of models and of the dialog that adds or changes one. A key is never part of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import reflex as rx

from engine import models
from engine.errors import BadInput, WeftError
from engine.models import Form, ModelView
from engine.permissions import Permission, may
from studio.models.rows import PROVIDERS, ModelRow, fields_of, form_of, rows_of
from studio.models.rules_state import ModelRules
from studio.shell import services
from studio.shell.notices import plain
from studio.shell.session import authorized, guarded


class ModelList(rx.State):
    """``said``: the fields of the dialog, but for the key. ``editing``: "" while it is closed, "new", or an id.
    ``common``: the models of the environment, which answer where the account has none."""

    rows: list[ModelRow] = []
    loaded: bool = False
    message: str = ""
    help: str = ""
    can_change: bool = False
    common: str = ""
    common_problem: str = ""

    editing: str = ""
    said: dict[str, str] = fields_of(None)
    has_key: bool = False
    enabled: bool = True
    provider: str = "openai"
    problem: str = ""
    errors: dict[str, str] = {}
    saving: bool = False

    deleting: str = ""
    deleting_name: str = ""
    testing: str = ""

    @rx.var
    def usual_place(self) -> str:
        """Where models of the chosen provider usually are."""
        return PROVIDERS[self.provider][2]

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When the page opens."""
        self.editing, self.deleting, self.testing, self.saving = "", "", "", False
        await self._read()

    @rx.event
    @guarded("models")
    async def ask(self) -> None:
        """Opens the dialog for a new one."""
        self._open("new", None)

    @rx.event
    @guarded("models")
    async def choose_provider(self, provider: str) -> None:
        """The dialog says what fits the provider."""
        if provider in PROVIDERS:
            self.provider = provider

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        """Closes the dialogs."""
        self.editing, self.deleting, self.problem, self.errors = "", "", "", {}

    @rx.event
    @guarded("models")
    async def save(self, form: dict[str, Any]) -> Any:
        """Keeps what the dialog says, then tries the model out."""
        actor = await authorized(self, "models")
        said = form_of({**form, "provider": self.provider}, has_key=self.has_key)
        if not isinstance(said, Form):
            self.problem, self.errors = "This model cannot be kept.", said
            return None
        db = await services.database()
        try:
            if self.editing == "new":
                view = await models.add_model(db, actor, said)
            else:
                view = await models.change_model(db, actor, UUID(self.editing), said)
        except BadInput as error:
            self.problem, self.errors = f"{error.message} {error.help}".strip(), dict(error.problems)
            return None
        except (WeftError, ValueError) as error:
            self.problem, self.errors = f"{error} {getattr(error, 'help', '')}".strip(), {}
            return None
        self.editing, self.problem, self.errors = "", "", {}
        await self._read()
        return ModelList.test(str(view.id)) if view.enabled and not view.probe else None

    @rx.event
    @guarded("models")
    async def pick(self, entry_id: str, what: str) -> Any:
        """What was chosen in the menu of one."""
        actor = await authorized(self, "models")
        found = await self._find(entry_id)
        if found is None:
            return await self._read()
        match what:
            case "edit":
                self._open(entry_id, found)
            case "delete":
                self.deleting, self.deleting_name = entry_id, found.name
            case "switch":
                try:
                    await models.switch_model(await services.database(), actor, found.id)
                except WeftError as error:
                    return _toast(error)
                await self._read()
        return None

    @rx.event
    @guarded("models")
    async def up(self, entry_id: str) -> Any:
        """Tries it before the one above it."""
        return await self._move(entry_id, -1)

    @rx.event
    @guarded("models")
    async def down(self, entry_id: str) -> Any:
        """Tries it after the one below it."""
        return await self._move(entry_id, 1)

    @rx.event
    @guarded("models")
    async def delete(self) -> Any:
        """Deletes the one that was asked about, with its key."""
        actor = await authorized(self, "models")
        try:
            await models.delete_model(await services.database(), actor, UUID(self.deleting))
        except (WeftError, ValueError) as error:
            return _toast(error)
        self.deleting = ""
        return await self._read()

    @rx.event(background=True)
    @guarded("models")
    async def test(self, entry_id: str) -> Any:
        """Tries one out; it may take a minute, and the page says so meanwhile."""
        actor = await authorized(self, "models")
        async with self:
            if self.testing:
                return None
            self.testing = entry_id
        failed = None
        try:
            await models.test_model(await services.database(), actor, UUID(entry_id))
        except (WeftError, ValueError) as error:
            failed = _toast(error)
        finally:
            async with self:
                self.testing = ""
        async with self:
            await self._read()
        return [ModelRules.refresh] if failed is None else [failed, ModelRules.refresh]

    # ---- parts -----------------------------------------------------------------------------------------------

    def _open(self, editing: str, view: ModelView | None) -> None:
        self.editing, self.said = editing, fields_of(view)
        self.provider = "openai" if view is None else view.provider
        self.has_key = view is not None and view.has_key
        self.enabled = view is None or view.enabled
        self.problem, self.errors = "", {}

    async def _find(self, entry_id: str) -> ModelView | None:
        listed = await models.list_models(await services.database(), await authorized(self))
        return next((view for view in listed if str(view.id) == entry_id), None)

    async def _move(self, entry_id: str, by: int) -> Any:
        actor = await authorized(self, "models")
        db = await services.database()
        ids = [view.id for view in await models.list_models(db, actor)]
        place = next((place for place, known in enumerate(ids) if str(known) == entry_id), -1)
        if place < 0 or not 0 <= place + by < len(ids):
            return await self._read()
        ids[place], ids[place + by] = ids[place + by], ids[place]
        try:
            await models.order_models(db, actor, ids)
        except WeftError as error:
            return _toast(error)
        return await self._read()

    async def _read(self) -> None:
        actor = await authorized(self)
        self.can_change = may(actor, Permission.MODELS)
        try:
            self.common, self.common_problem = ", ".join(models.common_models()), ""
        except WeftError as error:
            self.common, self.common_problem = "", f"{error.message} {error.help}".strip()
        try:
            self.rows = rows_of(await models.list_models(await services.database(), actor))
        except WeftError as error:
            self.message, self.help, self.loaded = error.message, error.help, True
            return
        self.loaded, self.message, self.help = True, "", ""


def _toast(error: Exception) -> Any:
    message = error.message if isinstance(error, WeftError) else str(error)
    return rx.toast.error(plain(message), description=plain(getattr(error, "help", "")))
