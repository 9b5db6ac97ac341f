"""One open document and what it means: changes go in, what pages must be told comes out.

No web framework here. All pages of this process that have the draft open share its desk; each page hears of what
happened since it looked last (:meth:`Desk.since`).
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

from dsl import Placement
from dsl.catalog import Catalog
from studio.editor import feed
from studio.editor.document import Change, Document, Refused
from studio.editor.reading import UNPLACED, Reader, Reading
from studio.editor.splice import difference

NEWS = 16
"""How many of the last changes a page can catch up on; a page that missed more gets everything anew."""


@dataclass(frozen=True, slots=True)
class Told:
    """What a change led to. ``canvas`` and ``text`` are patches for pages; ``fresh`` are paths of new steps. ``by`` is
    the page whose text pane sent it as its message ``seen``."""

    canvas: dict[str, Any]
    text: dict[str, Any]
    fresh: tuple[str, ...]
    revision: int
    by: str = ""
    seen: int = 0


class Desk:
    """``epoch`` names this opening; every message to a page carries it."""

    def __init__(
        self, workflow_id: str, text: str, catalog: Catalog, epoch: str, placement: Placement = UNPLACED
    ) -> None:
        self.workflow_id = workflow_id
        self.epoch = epoch
        self.examining = asyncio.Lock()
        self.document = Document.open(text, placement=placement)
        self.catalog = catalog
        self._reader = Reader(catalog)
        self._news: deque[Told] = deque(maxlen=NEWS)

    def use(self, catalog: Catalog) -> None:
        """Reads against another catalog from now on: the connectors changed."""
        was = self.reading
        self.catalog = catalog
        self._reader = Reader(catalog)
        self._become(self.document.touched(), was)

    @property
    def reading(self) -> Reading:
        return self._reader.read(self.document.text, self.document.placement)

    def apply(self, change: Change, seen: int = 0, by: str = "") -> Told | Refused:
        """Does a change. ``seen`` is the number of the text pane's message it came with, ``by`` its page."""
        return self._outcome(self.document.apply(change), seen, by)

    def undo(self, author: str = "") -> Told | Refused | None:
        """None when there is nothing to undo."""
        return self._outcome(self.document.undo(author)) if self.document.can_undo(author) else None

    def redo(self, author: str = "") -> Told | Refused | None:
        return self._outcome(self.document.redo(author)) if self.document.can_redo(author) else None

    def touch(self) -> Told:
        """A revision without a change, so that a page takes what it is sent."""
        return self._become(self.document.touched(), self.reading)

    def since(self, revision: int) -> tuple[Told, ...] | None:
        """What happened after a revision; None when it is too long ago."""
        news = tuple(takewhile(lambda told: told.revision > revision, reversed(self._news)))[::-1]
        return news if len(news) == self.document.revision - revision else None

    def canvas_snapshot(self) -> dict[str, Any]:
        return feed.canvas_snapshot(self.epoch, self.document.revision, self.reading.graph)

    def text_snapshot(self, seen: int = 0) -> dict[str, Any]:
        document = self.document
        return feed.text_snapshot(self.epoch, document.revision, self.workflow_id, document.text, seen)

    def _outcome(self, after: Document | Refused, seen: int = 0, by: str = "") -> Told | Refused:
        if isinstance(after, Refused):
            return after
        if after.revision == self.document.revision:
            # Nothing changed, but the text pane waits for the answer to what it sent: a revision without a change.
            after = after.touched()
        return self._become(after, self.reading, seen, by)

    def _become(self, after: Document, was: Reading, seen: int = 0, by: str = "") -> Told:
        before = self.document
        self.document = after
        now = self.reading
        told = Told(
            canvas=feed.canvas_patch(self.epoch, before.revision, after.revision, was.graph, now.graph),
            text=feed.text_patch(
                self.epoch, before.revision, after.revision, difference(before.text, after.text), seen
            ),
            fresh=tuple(path for path in now.steps if path not in was.steps),
            revision=after.revision,
            by=by,
            seen=seen,
        )
        self._news.append(told)
        return told
