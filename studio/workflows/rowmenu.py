"""What can be done with a workflow from its row: another title, tags, a copy, its text as a file, the archive."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import reflex as rx

from engine import workflows
from engine.errors import WeftError
from studio.shell import services
from studio.shell.elements import Menu, Modal, icon, test_id
from studio.shell.notices import plain
from studio.shell.session import authorized, guarded
from studio.shell.state import Shell
from studio.workflows.rows import WorkflowRow, tags_in
from studio.workflows.state import WorkflowList

_ALWAYS = [{"key": "export", "label": "Download as .weft"}]
_EDIT = [
    {"key": "details", "label": "Title and tags…"},
    {"key": "duplicate", "label": "Duplicate"},
    *_ALWAYS,
    {"key": "archive", "label": "Archive…", "tone": "danger"},
]


def wrong(error: WeftError) -> str:
    """What is wrong, with the fields it is about."""
    fields = [f"{name} {what}." for name, what in getattr(error, "problems", ())]
    return " ".join(filter(None, [error.message, *fields, error.help]))


class RowMenu(rx.State):
    """The dialog for title and tags; ``workflow`` is the id of the one it is about, "" while it is closed."""

    workflow: str = ""
    title: str = ""
    tags: str = ""
    problem: str = ""

    @rx.event
    @guarded("view")
    async def pick(self, workflow_id: str, title: str, tags: list[str], key: str) -> Any:
        """An entry of a row's menu was chosen."""
        match key:
            case "details":
                self.workflow, self.title, self.tags, self.problem = workflow_id, title, ", ".join(tags), ""
            case "duplicate":
                return RowMenu.duplicate(workflow_id)
            case "export":
                return RowMenu.export(workflow_id)
            case "archive":
                return WorkflowList.ask_archive(workflow_id, title)
            case "unarchive":
                return WorkflowList.unarchive(workflow_id)
        return None

    @rx.event
    @guarded("edit")
    async def duplicate(self, workflow_id: str) -> Any:
        """A copy of the draft, under a name that is free."""
        actor = await authorized(self, "edit")
        try:
            made = await workflows.duplicate(await services.database(), actor, UUID(workflow_id))
        except (WeftError, ValueError) as error:
            return rx.toast.error(str(error))
        return [
            WorkflowList.refresh,
            rx.toast.success(
                f"Made {plain(made.title)}.",
                action={"label": "Open", "on_click": rx.redirect(f"/workflows/{made.workflow_id}")},
            ),
        ]

    @rx.event
    @guarded("view")
    async def export(self, workflow_id: str) -> Any:
        """The draft's text as a file."""
        actor = await authorized(self)
        try:
            draft = await workflows.get_draft(await services.database(), actor, UUID(workflow_id))
        except (WeftError, ValueError) as error:
            return rx.toast.error(str(error))
        return rx.download(data=draft.text, filename=f"{draft.name}.weft")

    @rx.event
    @guarded("edit")
    async def keep(self, form: dict[str, Any]) -> Any:
        """Title and tags as they were written."""
        actor = await authorized(self, "edit")
        title, tags = str(form.get("title", "")), str(form.get("tags", ""))
        try:
            db, identifier = await services.database(), UUID(self.workflow)
            await workflows.rename(db, actor, identifier, title)
            await workflows.set_tags(db, actor, identifier, tags_in(tags))
        except WeftError as error:
            self.title, self.tags, self.problem = title, tags, wrong(error)
            return None
        except ValueError:
            return None
        self.workflow = ""
        return WorkflowList.refresh

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        self.workflow = ""


def row_menu(each: rx.Var[WorkflowRow]) -> rx.Component:
    """The button at the end of a row, and its menu."""
    return Menu.create(
        icon("ellipsis", 15),
        label=f"More for {each.title}",
        items=rx.cond(
            Shell.can_edit,
            rx.cond(
                each.archived,
                rx.Var.create([{"key": "unarchive", "label": "Put back"}, *_ALWAYS]),
                rx.Var.create(_EDIT),
            ),
            rx.Var.create(_ALWAYS),
        ),
        on_pick=RowMenu.pick(each.id, each.title, each.tags),
        custom_attrs=test_id("row-menu"),
    )


def details_dialog() -> rx.Component:
    """Title and tags."""
    return Modal.create(
        rx.el.header(rx.el.h2("Title and tags")),
        rx.el.form(
            rx.el.div(
                rx.el.div(
                    rx.el.label("Title", html_for="row-title"),
                    rx.el.input(
                        id="row-title",
                        name="title",
                        default_value=RowMenu.title,
                        max_length=200,
                        auto_complete="off",
                        class_name="w-input",
                        custom_attrs={**test_id("row-title"), "data-autofocus": ""},
                    ),
                    class_name="w-field",
                ),
                rx.el.div(
                    rx.el.label("Tags", html_for="row-tags"),
                    rx.el.input(
                        id="row-tags",
                        name="tags",
                        default_value=RowMenu.tags,
                        placeholder="money, support",
                        auto_complete="off",
                        class_name="w-input",
                        custom_attrs={**test_id("row-tags"), "aria-describedby": "row-tags-help"},
                    ),
                    rx.el.span(
                        "Parted by commas. The list can be narrowed to one of them.",
                        id="row-tags-help",
                        class_name="w-help",
                    ),
                    class_name="w-field",
                ),
                rx.cond(
                    RowMenu.problem != "",
                    rx.el.div(RowMenu.problem, class_name="w-note danger", role="alert"),
                ),
                class_name="body",
            ),
            rx.el.footer(
                rx.el.button("Cancel", type="button", class_name="w-button", on_click=RowMenu.close),
                rx.el.button(
                    "Save", type="submit", class_name="w-button primary", custom_attrs=test_id("row-save")
                ),
            ),
            on_submit=RowMenu.keep,
        ),
        open=RowMenu.workflow != "",
        label="Title and tags",
        on_close=RowMenu.close,
    )
