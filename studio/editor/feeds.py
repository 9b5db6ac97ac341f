"""What the page holds of the open document. Kept apart from everything else, so that a change resends only these."""

from __future__ import annotations

from typing import Any

import reflex as rx

from dsl.diagnostic import Diagnostic
from studio.editor.desk import Desk, Told
from studio.editor.feed import news
from studio.editor.reading import Reading

Json = dict[str, Any]


class CanvasFeed(rx.State):
    """The graph, what can be put on it, and which step is selected from elsewhere than the canvas."""

    snapshot: Json = {}
    patches: list[Json] = []
    palette: list[Json] = []
    selected: Json = {}
    way: Json = {}
    others: list[Json] = []

    _known: int = -1

    def heard(self, revision: int) -> None:
        """The page has got this far: earlier patches need not be sent again."""
        self._known = revision

    def open(self, desk: Desk) -> None:
        self.snapshot = desk.canvas_snapshot()
        self.patches, self._known = [], -1
        self.way = {}

    def tell(self, told: Told, desk: Desk) -> None:
        self.patches = news(self.patches, self._known, told.canvas)
        self.follow(desk.reading)

    def select(self, path: str) -> None:
        # Equal values would not be sent again: the number makes every selection one of its own.
        self.selected = {"seq": self.selected.get("seq", 0) + 1, "id": path, "reveal": bool(path)}

    def show(self, id: str) -> None:
        """Brings a node into view without selecting it."""
        kept = self.selected.get("id", "")
        self.selected = {"seq": self.selected.get("seq", 0) + 1, "id": kept, "reveal": True, "lane": id}

    def show_way(self, found: Diagnostic | None) -> None:
        """Paints the steps that prove a problem; None, or a problem that is no way, paints nothing."""
        shown: Json = {}
        if found is not None and len(found.witness) > 1:
            shown = {
                "code": found.code,
                "step": found.step or "",
                "severity": found.severity,
                "steps": list(found.witness),
            }
        if shown != self.way:
            self.way = shown

    def follow(self, reading: Reading) -> None:
        """After a change, once its problems are known: the same problem may have another way now, or be gone."""
        if self.way and reading.diagnosis.known:
            told = (self.way["code"], self.way["step"])
            same = (found for found in reading.diagnostics if (found.code, found.step or "") == told)
            self.show_way(next(same, None))


class TextFeed(rx.State):
    """The text as others change it, which of it is saved, and the place to show."""

    snapshot: Json = {}
    patches: list[Json] = []
    saved: Json = {}
    place: Json = {}
    others: list[Json] = []

    _seen: int = 0
    _known: int = -1

    def heard(self, revision: int) -> None:
        """The page has got this far: earlier patches need not be sent again."""
        self._known = revision

    def open(self, desk: Desk) -> None:
        self.snapshot = desk.text_snapshot(self._seen)
        self.patches, self._known = [], -1

    def tell(self, told: Told, desk: Desk, page: str) -> None:
        """``page`` is this one: only its own messages are answered here."""
        if told.by == page and told.seen:
            self._seen = told.seen
        self.patches = news(self.patches, self._known, {**told.text, "seen": self._seen})

    def keep(self, epoch: str, revision: int) -> None:
        """The text of this revision is in the draft."""
        now = {"epoch": epoch, "rev": revision}
        if now != self.saved:
            self.saved = now

    def show(self, start: int, end: int, *, focus: bool = False, scroll: bool = True) -> None:
        """Marks a range and (``scroll``) brings it into view; a negative ``start`` marks nothing. With ``focus`` the
        cursor goes there too, where the text is seen."""
        self.place = {
            "seq": self.place.get("seq", 0) + 1,
            "start": start,
            "end": end,
            "scroll": scroll and start >= 0,
            "focus": focus,
        }
