"""One open document and what it means, for one page: changes go in, what the page must be told comes out.

No web framework here. A desk is kept by the page's state on the server; the text it holds is saved to the draft.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dsl import Placement
from dsl.catalog import Catalog
from studio.editor import feed
from studio.editor.document import Change, Document, Refused
from studio.editor.reading import UNPLACED, Reader, Reading
from studio.editor.splice import difference


@dataclass(frozen=True, slots=True)
class Told:
    """What a change led to. ``canvas`` and ``text`` are patches for the page; ``fresh`` are paths of new steps."""

    canvas: dict[str, Any]
    text: dict[str, Any]
    fresh: tuple[str, ...]


class Desk:
    """``epoch`` names this opening; every message to the page carries it."""

    def __init__(
        self, workflow_id: str, text: str, catalog: Catalog, epoch: str, placement: Placement = UNPLACED
    ) -> None:
        self.workflow_id = workflow_id
        self.epoch = epoch
        self.document = Document.open(text, placement=placement)
        self._seen = 0
        self.use(catalog)

    def use(self, catalog: Catalog) -> None:
        """Reads against another catalog from now on: the connectors changed."""
        self.catalog = catalog
        self._reader = Reader(catalog)

    @property
    def reading(self) -> Reading:
        return self._reader.read(self.document.text, self.document.placement)

    def apply(self, change: Change, seen: int | None = None) -> Told | Refused:
        """Does a change. ``seen`` is the number of the text pane's message it came with."""
        if seen is not None:
            self._seen = seen
        after = self.document.apply(change)
        return after if isinstance(after, Refused) else self._become(after)

    def undo(self) -> Told | None:
        """None when there is nothing to undo."""
        return self._become(self.document.undo()) if self.document.done else None

    def redo(self) -> Told | None:
        return self._become(self.document.redo()) if self.document.undone else None

    def canvas_snapshot(self) -> dict[str, Any]:
        return feed.canvas_snapshot(self.epoch, self.document.revision, self.reading.graph)

    def text_snapshot(self) -> dict[str, Any]:
        document = self.document
        return feed.text_snapshot(self.epoch, document.revision, self.workflow_id, document.text)

    def _become(self, after: Document) -> Told:
        before, was = self.document, self.reading
        if after.revision == before.revision:
            # Nothing changed, but the text pane waits for the answer to what it sent: a revision without a change.
            after = before.touched()
        self.document = after
        now = self.reading
        return Told(
            canvas=feed.canvas_patch(self.epoch, before.revision, after.revision, was.graph, now.graph),
            text=feed.text_patch(
                self.epoch, before.revision, after.revision, difference(before.text, after.text), self._seen
            ),
            fresh=tuple(path for path in now.steps if path not in was.steps),
        )
