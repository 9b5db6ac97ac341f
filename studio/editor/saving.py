"""Saving the draft: by itself once changes pause, never over what somebody else saved."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import reflex as rx

from dsl import Placement, placement_json, read_placement
from engine import workflows
from engine.errors import Conflict, WeftError
from engine.permissions import Permission
from studio.editor.document import Change, NewText
from studio.editor.feeds import TextFeed
from studio.editor.reading import UNPLACED
from studio.editor.splice import difference, rebase
from studio.shell import authorized, guarded, services

QUIET = 0.5
"""Seconds without a change before the draft is saved."""
LONGEST = 4.0
"""Seconds after which it is saved although changes keep coming."""
AGAIN = 3.0
"""Seconds before a save that failed is tried again."""


class Saving(rx.State, mixin=True):
    """``save_state`` is one of saved, unsaved, saving, conflict, failed, readonly."""

    save_state: str = "saved"
    save_message: str = ""

    _draft_revision: int = 0
    _saved_text: str = ""
    _saved_placement: Placement = UNPLACED
    _theirs: Any = None
    _dirty_since: float = 0.0
    _saving: bool = False

    def _take(self, draft: workflows.Draft) -> None:
        self.title, self.name = draft.title, draft.name
        self._have(draft)
        self._theirs = None
        self.save_state = "saved" if self.may_edit else "readonly"
        self.save_message = ""

    def _have(self, draft: workflows.Draft) -> None:
        """This is what the draft holds now."""
        self._draft_revision, self._saved_text = draft.revision, draft.text
        self._saved_placement = read_placement(draft.positions)

    @property
    def _is_saved(self) -> bool:
        if self._desk is None:
            return True
        document = self._desk.document
        return (document.text, document.placement) == (self._saved_text, self._saved_placement)

    def touched(self) -> Any:
        """After a change: the save to come, or nothing when what is there is what is saved."""
        if self._is_saved and self.save_state != "conflict":
            self.save_state = "saved"
            return None
        if self.save_state not in ("conflict", "unsaved"):
            self.save_state = "unsaved"
            self._dirty_since = time.monotonic()
        return self.__class__.autosave

    @rx.event(background=True)
    @guarded("edit")
    async def autosave(self) -> AsyncIterator[Any]:
        """Saves once changes pause. Of many that wait, the last does it; one save at a time."""
        async with self:
            revision = self.revision
        await asyncio.sleep(QUIET)
        async with self:
            newer = self.revision != revision and time.monotonic() - self._dirty_since < LONGEST
            if newer or self._saving or self._desk is None or self.save_state not in ("unsaved", "failed"):
                return
        if await self._save():
            yield rx.toast.info(
                "Somebody else's changes came in.",
                description="They are in other places than yours. Undo takes them out again.",
            )

    async def _save(self) -> bool:
        """Until what is saved is what is there. Whether changes of somebody else came in meanwhile."""
        joined = False
        while True:
            async with self:
                desk, document, base = self._desk, self._desk.document, self._draft_revision
                if self._is_saved:
                    self._saving, self.save_state = False, "saved"
                    (await self.get_state(TextFeed)).keep(desk.epoch, document.revision)
                    return joined
                self._saving, self.save_state = True, "saving"
            try:
                actor = await authorized(self, Permission.EDIT)
                db = await services.database()
                saved = await workflows.save_draft(
                    db, actor, UUID(desk.workflow_id), document.text, base, placement_json(document.placement)
                )
            except Conflict as conflict:
                async with self:
                    self._saving = False
                    if self._desk is not desk:
                        return joined
                    if not await self._join(conflict.current):
                        self._meet(conflict)
                        return joined
                    joined = True
                continue
            except WeftError as error:
                async with self:
                    self._saving = False
                    self.save_state, self.save_message = "failed", f"{error.message} {error.help}"
                await asyncio.sleep(AGAIN)
                async with self:
                    if self.save_state != "failed" or self._desk is not desk:
                        return joined
                continue
            async with self:
                if self._desk is not desk:
                    self._saving = False
                    return joined
                self._have(saved)
                self._dirty_since = time.monotonic()

    async def _join(self, theirs: workflows.Draft) -> bool:
        """Brings in what somebody else saved when it is in other places than what was changed here."""
        other = difference(self._saved_text, theirs.text)
        moved = rebase(other, difference(self._saved_text, self.text))
        if moved is None:
            return False
        self._have(theirs)
        await self._change(Change("restore", self.revision, NewText(moved.apply(self.text))))
        return True

    def _meet(self, conflict: Conflict) -> None:
        self._theirs = conflict.current
        self.save_state, self.save_message = "conflict", conflict.message

    async def save_now(self) -> bool:
        """Saves before something that needs the draft (publishing). Whether it is saved. For other handlers."""
        if self._is_saved:
            return True
        if self.save_state == "conflict":
            return False
        actor = await authorized(self, Permission.EDIT)
        try:
            saved = await workflows.save_draft(
                await services.database(),
                actor,
                UUID(self.workflow_id),
                self.text,
                self._draft_revision,
                placement_json(self._desk.document.placement),
            )
        except Conflict as conflict:
            self._meet(conflict)
            return False
        self._have(saved)
        self.save_state = "saved"
        (await self.get_state(TextFeed)).keep(self._desk.epoch, self.revision)
        return True

    @rx.event
    @guarded("edit")
    async def keep_mine(self) -> Any:
        """After a conflict: what is here replaces what somebody else saved."""
        if self._theirs is None:
            return None
        self._have(self._theirs)
        self._theirs = None
        self.save_state = "unsaved"
        return self.__class__.autosave

    @rx.event
    @guarded("edit")
    async def take_theirs(self) -> Any:
        """After a conflict: what somebody else saved comes in; what was here is one undo away."""
        if self._theirs is None:
            return None
        theirs = self._theirs
        self._take(theirs)
        return await self._change(Change("restore", self.revision, NewText(theirs.text)))
