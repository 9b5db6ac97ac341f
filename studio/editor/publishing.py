"""Publishing the draft, and the versions there are."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import reflex as rx

from engine import workflows
from engine.errors import Rejected, WeftError
from engine.permissions import Permission
from studio.editor.inspector import problem
from studio.editor.state import EditorState
from studio.editor.trial import Trial
from studio.shell import authorized, guarded, people, services
from studio.shell.moments import iso


class Publishing(rx.State):
    """The publish dialog. ``refused`` are the problems that stand in the way."""

    open: bool = False
    busy: bool = False
    message: str = ""
    trouble: str = ""
    trouble_help: str = ""
    refused: list[dict[str, Any]] = []

    @rx.event
    @guarded("publish")
    async def ask(self) -> None:
        """Opens the dialog; errors that are known already are listed at once."""
        editor = await self.get_state(EditorState)
        self.refused = [found for found in editor.problems if found["severity"] == "error"]
        self.message, self.trouble, self.trouble_help = "", "", ""
        self.open, self.busy = True, False

    @rx.event
    @guarded("view")
    async def close(self) -> None:
        self.open = False

    @rx.event
    @guarded("view")
    async def say(self, message: str) -> None:
        self.message = message[:400]

    @rx.event
    @guarded("publish")
    async def publish(self) -> Any:
        """Saves the draft and makes it the live version. Refused with the list of errors when there are any."""
        self.busy = True
        yield
        editor = await self.get_state(EditorState)
        try:
            actor = await authorized(self, Permission.PUBLISH)
            if not await editor.save_now():
                self.trouble = "Somebody else changed this draft."
                self.trouble_help = "Choose whose text to keep, then publish."
                return
            db = await services.database()
            version = await workflows.publish(db, actor, UUID(editor.workflow_id), self.message.strip())
        except Rejected as rejected:
            errors = [found for found in rejected.diagnostics if found.severity == "error"]
            self.refused = [problem(found, n) for n, found in enumerate(errors)]
            self.trouble, self.trouble_help = rejected.message, rejected.help
        except WeftError as error:
            self.trouble, self.trouble_help = error.message, error.help
        else:
            self.open = False
            editor.published(version.number, version.text)
            versions = await self.get_state(Versions)
            await versions.refresh()
            yield Trial.load
            yield rx.toast.success(
                f"Version {version.number} is live.", description="The engine runs it from now on."
            )
        finally:
            self.busy = False

    @rx.event
    @guarded("view")
    async def show(self, index: int) -> Any:
        """A problem in the dialog was clicked: the editor goes there."""
        self.open = False
        return EditorState.go_to_problem(index)


class Versions(rx.State):
    """What was published, newest first."""

    rows: list[dict[str, Any]] = []
    loaded: bool = False

    @rx.event
    @guarded("view")
    async def load(self) -> None:
        await self.refresh()

    async def refresh(self) -> None:
        """Reads the list anew. For other handlers too."""
        editor = await self.get_state(EditorState)
        if not editor.workflow_id:
            return
        try:
            actor = await authorized(self)
            db = await services.database()
            found = await workflows.list_versions(db, actor, UUID(editor.workflow_id))
            names = await people.names(db, actor)
        except WeftError:
            return
        self.rows = [
            {
                "id": str(version.id),
                "number": version.number,
                "message": version.message,
                "by": names.get(version.published_by, "") if version.published_by else "",
                "at": iso(version.published_at),
                "live": version.live,
            }
            for version in found
        ]
        self.loaded = True

    @rx.event
    @guarded("edit")
    async def restore(self, version_id: str) -> Any:
        """Puts a version's text into the draft: one change, one undo. Nothing is published by it."""
        actor = await authorized(self, Permission.EDIT)
        try:
            version = await workflows.get_version(await services.database(), actor, UUID(version_id))
        except (WeftError, ValueError):
            return rx.toast.error("This version could not be read.", description="Load the page again.")
        editor = await self.get_state(EditorState)
        if str(version.workflow_id) != editor.workflow_id:
            return None
        return [
            EditorState.take_text(version.text, "restore"),
            rx.toast.success(
                f"The draft has the text of version {version.number}.",
                description="Publish to make it live. Undo brings back what was there.",
            ),
        ]
