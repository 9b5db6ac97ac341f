"""The document: a Weft text with its revision and what can be undone and redone.

Every writer (text pane, canvas and inspector, chat, restore, paste) sends a :class:`Change`, made for a base
revision. :meth:`Document.apply` gives a new document or a :class:`Refused` that says why; nothing is ever half done.
One gesture is one undo, whoever made it. Tree, diagnostics and graph are derived from the text, elsewhere.

A change that was made for an older revision is carried over the changes since then. Where both touched one place,
what a person typed wins and the other change is one undo away, so nothing is lost; anything else is refused.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

from dsl import Edit, EditError
from dsl import apply as apply_edit
from studio.editor.splice import Splice, difference, rebase

Source: TypeAlias = Literal["text", "canvas", "chat", "restore", "paste"]

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


Body: TypeAlias = NewText | Typed | Edit


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
    """One thing that was done, and can be undone."""

    splice: Splice
    source: Source
    gesture: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """``recent`` holds the last splices, newest last, for changes that arrive late."""

    text: str
    revision: int = 0
    done: tuple[Deed, ...] = ()
    undone: tuple[Deed, ...] = ()
    recent: tuple[Splice, ...] = ()

    @classmethod
    def open(cls, text: str, revision: int = 0) -> Document:
        """Line ends become plain newlines, as the text pane counts them."""
        return cls(_newlines(text), revision)

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
        back = self._moved(deed.splice.inverse)
        return replace(back, done=self.done[:-1], undone=(*self.undone, deed))

    def redo(self) -> Document:
        if not self.undone:
            return self
        deed = self.undone[-1]
        again = self._moved(deed.splice)
        return replace(again, done=(*self.done, deed), undone=self.undone[:-1])

    def touched(self) -> Document:
        """The same text under a new revision."""
        return self._moved(Splice(0, "", ""))

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

    def _moved(self, splice: Splice) -> Document:
        return replace(
            self,
            text=splice.apply(self.text),
            revision=self.revision + 1,
            recent=(*self.recent, splice)[-REMEMBERED:],
        )


def _newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


__all__ = ["Body", "Change", "Deed", "Document", "NewText", "Refused", "Source", "Typed"]
