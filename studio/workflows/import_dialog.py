"""The dialog that takes a workflow from a file: what is in it is shown before anything is made of it."""

from __future__ import annotations

import asyncio
from typing import Any

import reflex as rx
from reflex.event import passthrough_event_spec

from engine import catalog, workflows
from engine.errors import Conflict, WeftError
from studio.shell import services
from studio.shell.elements import Modal, icon, test_id
from studio.shell.session import authorized, guarded
from studio.workflows.importing import Found, read
from studio.workflows.rows import another

_DROP = rx.asset("drop.jsx", shared=True)
MOST_NAMES = 50


class Drop(rx.NoSSRComponent):
    """A place for a file or a text. ``on_text`` gets ``{"name", "text"}``."""

    library = _DROP.importable_path
    tag = "Drop"
    value: rx.Var[str]
    on_text: rx.EventHandler[passthrough_event_spec(dict)]


class Import(rx.State):
    """What was given, and what is in it: ``title`` is "" while nothing was found."""

    open: bool = False
    busy: bool = False
    text: str = ""
    title: str = ""
    told: str = ""
    notes: list[dict[str, str]] = []
    problem: str = ""
    help: str = ""

    _file: str = ""
    _found: Found | None = None

    @rx.event
    @guarded("edit")
    async def ask(self) -> None:
        self.reset()
        self.open = True

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        self.reset()

    @rx.event
    @guarded("edit")
    async def look(self, given: dict[str, Any]) -> None:
        """Reads what was dropped, chosen or pasted."""
        actor = await authorized(self, "edit")
        self.text, self._file = str(given.get("text", "")), str(given.get("name", ""))[:200]
        self.title, self.told, self.notes, self._found = "", "", [], None
        self.problem, self.help = "", ""
        if not self.text.strip() and not self._file:
            return
        known = await catalog.catalog(await services.database(), actor)
        # A large export takes seconds to read; nobody else waits for it.
        found = await asyncio.to_thread(read, self._file, self.text, known)
        if not isinstance(found, Found):
            self.problem, self.help = found.message, found.help
            return
        self._found, self.title, self.told = found, found.title, _told(found)
        self.notes = [{"where": note.where, "words": note.words} for note in found.notes]

    @rx.event
    @guarded("edit")
    async def create(self, form: dict[str, Any]) -> Any:
        """Makes the workflow and opens it."""
        found = self._found
        if found is None:
            return
        title = " ".join(str(form.get("title", "")).split()) or found.title
        self.busy, self.problem, self.help = True, "", ""
        yield
        try:
            made = await _make(await authorized(self, "edit"), title, found.text)
        except WeftError as error:
            self.problem, self.help, self.title = error.message, error.help, title
        else:
            self.reset()
            yield rx.redirect(f"/workflows/{made}")
        finally:
            self.busy = False


async def _make(actor: Any, title: str, text: str) -> str:
    """The id of the new workflow. A name that is taken gets a number."""
    db = await services.database()
    name = workflows.name_of(text)
    for number in range(1, MOST_NAMES):
        given = text if number == 1 else workflows.renamed(text, f"{name}_{number}")
        try:
            return str(
                (await workflows.create_workflow(db, actor, another(title, number), given)).workflow_id
            )
        except Conflict:
            continue
    raise Conflict(f"Many workflows are named {name!r} already.", "Change the name behind `workflow`.")


def _told(found: Found) -> str:
    kind = "Read from n8n" if found.kind == "n8n" else "A Weft workflow"
    steps = "1 step" if found.steps == 1 else f"{found.steps} steps"
    if not found.errors and not found.warnings:
        return f"{kind}: {steps}, no problems."
    parts = [
        f"{count} {word}{'' if count == 1 else 's'}"
        for count, word in ((found.errors, "error"), (found.warnings, "warning"))
        if count
    ]
    return f"{kind}: {steps}, {' and '.join(parts)} to look at in the editor."


def import_dialog() -> rx.Component:
    return Modal.create(
        rx.el.header(rx.el.h2("Import a workflow")),
        rx.el.form(
            rx.el.div(
                Drop.create(value=Import.text, on_text=Import.look),
                rx.cond(
                    Import.problem != "",
                    rx.el.div(
                        icon("circle-alert"),
                        rx.el.div(
                            rx.el.div(Import.problem, class_name="w-strong"),
                            rx.el.div(Import.help, class_name="w-small w-muted"),
                        ),
                        class_name="w-note danger",
                        role="alert",
                        custom_attrs=test_id("import-problem"),
                    ),
                ),
                rx.cond(Import.title != "", _found()),
                class_name="body",
            ),
            rx.el.footer(
                rx.el.button("Cancel", type="button", class_name="w-button", on_click=Import.close),
                rx.el.button(
                    rx.cond(Import.busy, "Importing…", "Import"),
                    type="submit",
                    class_name="w-button primary",
                    disabled=Import.busy | (Import.title == ""),
                    custom_attrs=test_id("import-confirm"),
                ),
            ),
            on_submit=Import.create,
        ),
        open=Import.open,
        label="Import a workflow",
        wide=True,
        on_close=Import.close,
        custom_attrs=test_id("import-dialog"),
    )


def _found() -> rx.Component:
    return rx.fragment(
        rx.el.div(
            rx.el.label("Title", html_for="import-title"),
            rx.el.input(
                id="import-title",
                name="title",
                default_value=Import.title,
                key=Import.title,
                max_length=200,
                auto_complete="off",
                class_name="w-input",
                custom_attrs=test_id("import-title"),
            ),
            rx.el.span(Import.told, class_name="w-help", custom_attrs=test_id("import-told")),
            class_name="w-field",
        ),
        rx.cond(
            Import.notes.length() > 0,
            rx.el.div(
                rx.el.h3("Not taken over as it was"),
                rx.el.ul(
                    rx.foreach(
                        Import.notes,
                        lambda note: rx.el.li(
                            rx.el.span(note["where"], class_name="w-strong"), " ", note["words"]
                        ),
                    ),
                    class_name="w-import-notes",
                    custom_attrs=test_id("import-notes"),
                ),
                class_name="w-stack",
            ),
        ),
    )
