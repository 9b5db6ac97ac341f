"""The document: a Weft text with its revision and what can be undone and redone.

Every writer (text pane, canvas and inspector, chat, restore, paste) sends a :class:`Change`, made for a base
revision. :meth:`Document.apply` gives a new document or a :class:`Refused` that says why; nothing is ever half done.
One gesture is one undo, whoever made it. Tree, diagnostics and graph are derived from the text, elsewhere.

A change that was made for an older revision is carried over the changes since then. Where both touched one place,
what a person typed wins and the other change is one undo away, so nothing is lost; anything else is refused.

Beside the text lies its :class:`dsl.Placement`: where people put the steps, what is folded, and notes. It follows the
text through every change, and putting steps somewhere is a deed like any other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from dsl import Edit, EditError, Placement, Spot, follow, parse
from dsl import apply as apply_edit
from dsl.graph.placement import NOTES, NOWHERE, put
from studio.editor.reading import UNPLACED
from studio.editor.splice import Splice, difference, rebase

Source: TypeAlias = Literal["text", "canvas", "chat", "restore", "paste"]

NOTHING = Splice(0, "", "")
UNDO_STEPS = 200
REMEMBERED = 32
"""How many of the last changes a late one can still be carried over."""


@dataclass(frozen=True, slots=True)
class NewText:
    """The whole text, as the chat and a restored version bring it."""

    text: str


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed: ``text`` in the place of ``[start, end)``, in characters of the base revision's text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Place:
    """Steps put somewhere, folded, or given a note: the whole spot of each, by path."""

    spots: Mapping[str, Spot]


@dataclass(frozen=True, slots=True)
class Tidy:
    """The steps and what is in them go back to where the layout puts them; all of them when none is named."""

    paths: tuple[str, ...] = ()


Body: TypeAlias = NewText | Typed | Place | Tidy | Edit


@dataclass(frozen=True, slots=True)
class Change:
    """Changes that share a (non-empty) ``gesture`` are undone together: a burst of typing, say."""

    source: Source
    base: int
    body: Body
    gesture: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    message: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that was done, and can be undone: ``moved`` are the spots of steps before it and after it."""

    splice: Splice
    source: Source
    gesture: str = ""
    moved: Mapping[str, tuple[Spot, Spot]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """``recent`` holds the last splices, newest last, for changes that arrive late."""

    text: str
    revision: int = 0
    done: tuple[Deed, ...] = ()
    undone: tuple[Deed, ...] = ()
    recent: tuple[Splice, ...] = ()
    placement: Placement = UNPLACED

    @classmethod
    def open(cls, text: str, revision: int = 0, placement: Placement = UNPLACED) -> Document:
        """Line ends become plain newlines, as the text pane counts them."""
        return cls(_newlines(text), revision, placement=placement)

    def apply(self, change: Change) -> Document | Refused:
        """The document after the change, itself when nothing changes, or why the change cannot be made."""
        if not self.revision - len(self.recent) <= change.base <= self.revision:
            return Refused(
                "This was made for a version of the text that is no longer here.",
                "Look at the text as it is now and do it again.",
            )
        match change.body:
            case NewText(text=text):
                after = _newlines(text)
            case Typed() as typed:
                found = self._carried(typed, change.base)
                if isinstance(found, Refused):
                    return found
                after = found
            case Place() | Tidy() as body:
                return self._placed(body, change)
            case edit:
                try:
                    after = apply_edit(self.text, edit).text
                except EditError as error:
                    return Refused(error.message, error.help)
        if after == self.text:
            return self
        return self._did(after, change.source, change.gesture)

    def undo(self) -> Document:
        """The last deed taken back; itself when there is none."""
        if not self.done:
            return self
        deed = self.done[-1]
        back = self._moved(deed.splice.inverse, {path: before for path, (before, _) in deed.moved.items()})
        return replace(back, done=self.done[:-1], undone=(*self.undone, deed))

    def redo(self) -> Document:
        if not self.undone:
            return self
        deed = self.undone[-1]
        again = self._moved(deed.splice, {path: after for path, (_, after) in deed.moved.items()})
        return replace(again, done=(*self.done, deed), undone=self.undone[:-1])

    def touched(self) -> Document:
        """The same text under a new revision."""
        return self._moved(NOTHING)

    def at(self, revision: int) -> str:
        """The text of one of the last revisions. Raises ValueError when it is not remembered."""
        since = self.revision - revision
        if not 0 <= since <= len(self.recent):
            raise ValueError(f"revision {revision} is not remembered")
        text = self.text
        for splice in reversed(self.recent[len(self.recent) - since :]):
            text = splice.inverse.apply(text)
        return text

    def _carried(self, typed: Typed, base: int) -> str | Refused:
        """The text with what was typed, carried over what has happened since ``base``."""
        before = self.at(base)
        if not 0 <= typed.start <= typed.end <= len(before):
            return Refused("The place that was typed at does not exist.", "Load the page again.")
        own = Splice(typed.start, before[typed.start : typed.end], _newlines(typed.text))
        moved: Splice | None = own
        for other in self.recent[len(self.recent) - (self.revision - base) :]:
            moved = rebase(moved, other)
            if moved is None:
                return own.apply(before)
        return moved.apply(self.text)

    def _did(self, after: str, source: Source, gesture: str) -> Document:
        splice = difference(self.text, after)
        deed = Deed(splice, source, gesture)
        done = self.done
        if gesture and done and not self.undone and (done[-1].source, done[-1].gesture) == (source, gesture):
            before = done[-1].splice.inverse.apply(self.text)
            done = done[:-1]
            deed = replace(deed, splice=difference(before, after))
        return replace(self._moved(splice), done=(*done, deed)[-UNDO_STEPS:], undone=())

    def _placed(self, body: Place | Tidy, change: Change) -> Document:
        kept = self.placement.spots
        match body:
            case Place(spots=spots):
                wanted = dict(spots)
            case Tidy(paths=paths):
                wanted = {
                    path: spot.unplaced
                    for path, spot in kept.items()
                    if _named(path, paths) and not path.startswith(NOTES)
                }
        moved = {
            path: (kept.get(path, NOWHERE), spot)
            for path, spot in wanted.items()
            if kept.get(path, NOWHERE) != spot
        }
        if not moved:
            return self
        deed = Deed(NOTHING, change.source, change.gesture, moved)
        after = self._moved(NOTHING, {path: spot for path, (_, spot) in moved.items()})
        return replace(after, done=(*self.done, deed)[-UNDO_STEPS:], undone=())

    def _moved(self, splice: Splice, spots: Mapping[str, Spot] | None = None) -> Document:
        text = splice.apply(self.text)
        placement = self.placement
        if placement.spots and text != self.text:
            placement = follow(placement, before := parse(self.text), parse(text, before))
        if spots:
            placement = put(placement, spots)
        return replace(
            self,
            text=text,
            revision=self.revision + 1,
            recent=(*self.recent, splice)[-REMEMBERED:],
            placement=placement,
        )


def _named(path: str, paths: tuple[str, ...]) -> bool:
    return not paths or any(path == name or path.startswith((f"{name}.", f"{name}/")) for name in paths)


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


__all__ = ["Body", "Change", "Deed", "Document", "NewText", "Place", "Refused", "Source", "Tidy", "Typed"]
