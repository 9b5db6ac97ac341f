"""The document: a Weft text with its revision and what can be undone and redone.

Every writer (text pane, canvas and inspector, chat, restore, paste) sends a :class:`Change`, made for a base
revision. :meth:`Document.apply` gives a new document or a :class:`Refused` that says why; nothing is ever half done.
One gesture is one undo, whoever made it. Tree, diagnostics and graph are derived from the text, elsewhere.

A change that was made for an older revision is carried over the changes since then: what others put in stays, beside
what was typed. Only where somebody replaced or took out all around it does it go, and then undo brings it back.

Several people may write. ``done`` is one history in the order things happened, and the text is what it leads to; undo
takes back the last deed of whoever asks, from the middle of it: the deed is moved behind what others did since
(:func:`studio.editor.splice.transposed`) and taken off. Where others have changed what it put in, it is refused.

Beside the text lies its :class:`dsl.Placement`: where people put the steps, what is folded, and notes. It follows the
text through every change, and putting steps somewhere is a deed like any other.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from dsl import Edit, EditError, Placement, Spot, follow, parse
from dsl import apply as apply_edit
from dsl.graph.placement import NOTES, NOWHERE, put
from studio.editor.history import Deed, Source, Undone, bounded, joined, kept, lifted
from studio.editor.reading import UNPLACED
from studio.editor.splice import Splice, carried, difference

NOTHING = Splice(0, "", "")
REMEMBERED = 256
"""How many of the last changes a late one can still be carried over."""
REMEMBERED_SIZE = 2_000_000


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
    """Changes that share a (non-empty) ``gesture`` are undone together: a burst of typing, say. ``author`` is whoever
    may undo it; without one everybody may. ``spots`` go with an edit: these steps are put there before it is made."""

    source: Source
    base: int
    body: Body
    gesture: str = ""
    author: str = ""
    spots: Mapping[str, Spot] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refused:
    message: str
    help: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """``recent`` holds the last splices, newest last, for changes that arrive late."""

    text: str
    revision: int = 0
    done: tuple[Deed, ...] = ()
    undone: tuple[Undone, ...] = ()
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
                own = difference(self.at(change.base), _newlines(text))
                splice = self._carried(own.start, own.end, own.inserted, change.base)
            case Typed(start=start, end=end, text=text):
                if not 0 <= start <= end <= len(self.at(change.base)):
                    return Refused("The place that was typed at does not exist.", "Load the page again.")
                splice = self._carried(start, end, _newlines(text), change.base)
            case Place() | Tidy() as body:
                return self._placed(body, change)
            case edit:
                try:
                    splice = difference(self.text, apply_edit(self.text, edit).text)
                except EditError as error:
                    return Refused(error.message, error.help)
        moved = self._moves(change.spots)
        if splice.removed == splice.inserted and not moved:
            return self
        return self._did(Deed(splice, change.source, change.gesture, change.author, moved))

    def can_undo(self, author: str = "") -> bool:
        return self._last(author) is not None

    def can_redo(self, author: str = "") -> bool:
        return any(undone.by == author for undone in self.undone)

    def undo(self, author: str = "") -> Document | Refused:
        """The last deed of ``author`` (or of nobody) taken back; itself when there is none."""
        at = self._last(author)
        if at is None:
            return self
        found = lifted(self.done, at)
        # The text first, as it was changed last: then the steps have the names they had when they were put somewhere.
        back = None if found is None else self._moved(found[1].splice.inverse)
        spots = None if found is None or back is None else back._spots(found[1], back=True)
        if found is None or back is None or spots is None:
            return Refused(
                "Somebody else has changed the same place since.",
                "Change it by hand, or ask them to undo theirs first.",
            )
        rest, deed = found
        back = back._put(spots)
        undone = (*kept(self.undone, deed.splice.inverse, author), Undone(author, deed))
        return replace(back, done=rest, undone=undone)

    def redo(self, author: str = "") -> Document | Refused:
        mine = [n for n, undone in enumerate(self.undone) if undone.by == author]
        if not mine:
            return self
        deed = self.undone[mine[-1]].deed
        spots = self._spots(deed, back=False)
        if spots is None:
            return Refused("Somebody else has moved the same steps since.", "Move them by hand.")
        again = self._put(spots)._moved(deed.splice)
        rest = self.undone[: mine[-1]] + self.undone[mine[-1] + 1 :]
        return replace(again, done=bounded((*self.done, deed)), undone=kept(rest, deed.splice, author))

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

    def _last(self, author: str) -> int | None:
        """Which deed ``author`` would undo."""
        for n in reversed(range(len(self.done))):
            if self.done[n].author in (author, ""):
                return n
        return None

    def _carried(self, start: int, end: int, text: str, base: int) -> Splice:
        """What was made for an older text, over what has happened since."""
        for other in self.recent[len(self.recent) - (self.revision - base) :]:
            start, end = carried(start, end, other)
        return Splice(start, self.text[start:end], text)

    def _spots(self, deed: Deed, *, back: bool) -> Mapping[str, Spot] | None:
        """The spots that the deed still decides, as they are to be; None where it did nothing else and others decided
        all of them since."""
        spots = self.placement.spots
        changes = {path: ends if back else ends[::-1] for path, ends in deed.moved.items()}
        fits = {path: want for path, (want, now) in changes.items() if spots.get(path, NOWHERE) == now}
        only = deed.splice.removed == deed.splice.inserted
        return None if only and changes and not fits else fits

    def _did(self, deed: Deed) -> Document:
        after = self._put({path: spot for path, (_, spot) in deed.moved.items()})._moved(deed.splice)
        done = (*self.done, deed)
        again = self.can_redo(deed.author)
        one = None if again or not deed.gesture else joined(self.done, deed, self.text, after.text)
        undone = tuple(one for one in kept(self.undone, deed.splice) if one.by != deed.author)
        return replace(after, done=bounded(one or done), undone=undone)

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
        moved = self._moves(wanted)
        if not moved:
            return self
        return self._did(Deed(NOTHING, change.source, "", change.author, moved))

    def _moves(self, wanted: Mapping[str, Spot]) -> dict[str, tuple[Spot, Spot]]:
        """Those that are another spot than there is: it, and what is wanted."""
        kept = self.placement.spots
        pairs = {path: (kept.get(path, NOWHERE), spot) for path, spot in wanted.items()}
        return {path: pair for path, pair in pairs.items() if pair[0] != pair[1]}

    def _put(self, spots: Mapping[str, Spot]) -> Document:
        return replace(self, placement=put(self.placement, spots)) if spots else self

    def _moved(self, splice: Splice) -> Document:
        text = splice.apply(self.text)
        placement = self.placement
        if placement.spots and text != self.text:
            placement = follow(placement, before := parse(self.text), parse(text, before))
        return replace(
            self,
            text=text,
            revision=self.revision + 1,
            recent=_remembered((*self.recent, splice)),
            placement=placement,
        )


def in_a_row(document: Document, paths: Iterable[str]) -> dict[str, Spot]:
    """The spots of those of the steps that people put somewhere, as they are where the layout puts them."""
    spots = document.placement.spots
    return {path: spots[path].unplaced for path in paths if spots.get(path, NOWHERE).x is not None}


def _remembered(recent: tuple[Splice, ...]) -> tuple[Splice, ...]:
    recent = recent[-REMEMBERED:]
    size = sum(len(splice.removed) + len(splice.inserted) for splice in recent)
    while size > REMEMBERED_SIZE and len(recent) > 1:
        size -= len(recent[0].removed) + len(recent[0].inserted)
        recent = recent[1:]
    return recent


def _named(path: str, paths: tuple[str, ...]) -> bool:
    return not paths or any(path == name or path.startswith((f"{name}.", f"{name}/")) for name in paths)


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


__all__ = ["Body", "Change", "Document", "NewText", "Place", "Refused", "Source", "Tidy", "Typed", "in_a_row"]
