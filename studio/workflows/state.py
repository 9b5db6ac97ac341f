"""State of the list of workflows and of the dialog that makes one."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

import reflex as rx

from engine import workflows
from engine.actor import Actor
from engine.drafts import Draft
from engine.errors import BadInput, Conflict, WeftError
from engine.triggers import register
from studio.shell import services
from studio.shell.notices import plain
from studio.shell.session import authorized, guarded
from studio.workflows.latest import last_runs
from studio.workflows.rows import WorkflowRow, another, fitting, row, tags_of, title_from

LONGEST_SENTENCE: Final = 4000


class WorkflowList(rx.State):
    """The rows, what is searched for, and the dialog for a new workflow."""

    rows: list[WorkflowRow] = []
    loaded: bool = False
    search: str = ""
    message: str = ""
    help: str = ""

    asking: bool = False
    creating: bool = False
    problem: str = ""
    archiving: str = ""
    archiving_title: str = ""

    filter: str = "all"
    tag: str = ""

    @rx.var
    def shown(self) -> list[WorkflowRow]:
        """The rows that fit the search and the filter."""
        return fitting(self.rows, self.search, self.filter, self.tag)

    @rx.var
    def tags(self) -> list[str]:
        """Every tag there is, the most used first."""
        return tags_of(self.rows)

    @rx.var
    def archived_only(self) -> bool:
        """Whether there is nothing but archived workflows."""
        return all(each.archived for each in self.rows)

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        """When the page opens."""
        self.asking, self.problem, self.creating = False, "", False
        await self._read()

    @rx.event(temporal=True)
    @guarded("view")
    async def refresh(self) -> None:
        """Every few seconds."""
        await self._read()

    @rx.event
    @guarded("view")
    async def find(self, words: str) -> None:
        """What to search for."""
        self.search = str(words)[:200]

    @rx.event
    @guarded("view")
    async def choose(self, shown: str) -> None:
        """Which workflows to show."""
        if shown in ("all", "live", "unpublished", "archived"):
            self.filter = shown

    @rx.event
    @guarded("view")
    async def choose_tag(self, tag: str) -> None:
        """Shows those with a tag; the tag that is chosen already is let go."""
        self.tag = "" if tag == self.tag else str(tag)[:200]

    @rx.event
    @guarded("edit")
    async def ask(self) -> None:
        """Opens the dialog for a new workflow."""
        self.asking, self.problem = True, ""

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        """Closes the dialogs."""
        self.asking, self.archiving = False, ""

    @rx.event
    @guarded("edit")
    async def create(self, form: dict[str, Any]) -> Any:
        """Makes a workflow. With a description, the editor opens its chat with it."""
        actor = await authorized(self, "edit")
        sentence = " ".join(str(form.get("sentence", "")).split())[:LONGEST_SENTENCE]
        name = " ".join(str(form.get("name", "")).split())
        if not sentence and not name:
            self.problem = "Describe what it should do, or give it a name."
            return
        self.creating, self.problem = True, ""
        yield
        try:
            made = await _create(actor, name, sentence)
        except BadInput as error:
            self.problem, self.creating = f"{error.message} {error.help}".strip(), False
        except WeftError as error:
            self.problem, self.creating = f"{error.message} {error.help}".strip(), False
        else:
            asked = f"?ask={quote(sentence, safe='')}" if sentence else ""
            yield rx.redirect(f"/workflows/{made.workflow_id}{asked}")

    @rx.event
    @guarded("publish")
    async def ask_archive(self, workflow_id: str, title: str) -> None:
        """Asks before it takes a workflow off."""
        self.archiving, self.archiving_title = workflow_id, title

    @rx.event
    @guarded("publish")
    async def archive(self) -> Any:
        """Takes a workflow off the list and off the engine."""
        actor = await authorized(self, "publish")
        try:
            await workflows.archive(await services.database(), actor, UUID(self.archiving))
        except (WeftError, ValueError) as error:
            return rx.toast.error(str(error))
        archived, title = self.archiving, self.archiving_title
        self.archiving = ""
        await self._read()
        return rx.toast.success(
            f"Archived {plain(title)}.",
            description="No new runs start; its history stays.",
            action={"label": "Undo", "on_click": WorkflowList.unarchive(archived)},
        )

    @rx.event
    @guarded("publish")
    async def unarchive(self, workflow_id: str) -> Any:
        """Puts a workflow back on the list."""
        actor = await authorized(self, "publish")
        try:
            await workflows.unarchive(await services.database(), actor, UUID(workflow_id))
        except (WeftError, ValueError) as error:
            return rx.toast.error(str(error))
        await self._read()
        return rx.toast.success("It is back, and its live version takes runs again.")

    async def _read(self) -> None:
        actor = await authorized(self)
        try:
            db = await services.database()
            listed = await workflows.list_workflows(db, actor, archived=True)
            last = await last_runs(db, actor)
            triggers = await register.list_triggers(db, actor)
        except WeftError as error:
            self.message, self.help, self.loaded = error.message, error.help, True
            return
        rows = [row(each, last, triggers) for each in listed]
        if rows != self.rows:
            self.rows = rows
            if self.tag not in tags_of(rows):
                self.tag = ""
        self.loaded, self.message, self.help = True, "", ""


async def _create(actor: Actor, name: str, sentence: str) -> Draft:
    """With the given name, or with one from the sentence and a number when that is taken."""
    db = await services.database()
    if name:
        return await workflows.create_workflow(db, actor, name)
    title = title_from(sentence)
    for number in range(1, 20):
        try:
            return await workflows.create_workflow(db, actor, another(title, number))
        except Conflict:
            continue
    return await workflows.create_workflow(db, actor, another(title, 20))
