"""Edges drawn and cut on the canvas, and steps put behind others: what each means as an edit.

Not every edge can be: a refusal says why, and often what could be done instead. That edit is kept here until the person
asks for it or the text has changed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import reflex as rx

import dsl
from dsl import tree
from dsl.catalog import Catalog
from studio.editor import gesture as says
from studio.editor.document import Change, Refused
from studio.editor.edits import edit_of
from studio.editor.gesture import Path, Said
from studio.editor.reading import Reading

if TYPE_CHECKING:
    from studio.editor.hearing import Table
    from studio.editor.state import EditorState


class Connect(Said):
    """``target`` shall wait for ``source``, and ``cut``, which the edge led to until now, no longer."""

    type: Literal["connect"]
    source: Path
    target: Path
    cut: Path | None = None


class Disconnect(Said):
    type: Literal["disconnect"]
    source: Path
    target: Path


class Follow(Said):
    """A new step behind ``source``: the next one in a sequence, one that waits for it in a ``parallel``."""

    type: Literal["follow"]
    item: Path
    source: Path


class Instead(Said):
    """What the last refusal offered."""

    type: Literal["instead"]


Drawn: TypeAlias = Connect | Disconnect | Follow


class Drawing(rx.State):
    """What was refused last: ``{"seq", "message", "help", "instead"}``, the last of which says what the offer does."""

    refused: dict[str, Any] = {}

    # Not sent to the page.
    _instead: Any = None
    _revision: int = -1

    def refuse(self, error: dsl.EditError, revision: int) -> None:
        self._instead, self._revision = error.instead, revision
        self.refused = {
            "seq": self.refused.get("seq", 0) + 1,
            "message": error.message,
            "help": error.help,
            "instead": offer_words(error.instead),
        }

    def taken(self, revision: int) -> dsl.Edit | None:
        """The offer, once, as long as the text is what it was made for."""
        edit, self._instead = self._instead, None
        return edit if self._revision == revision else None


def offer_words(edit: dsl.Edit | None) -> str:
    match edit:
        case None:
            return ""
        case dsl.Wrap(into="loop"):
            return "Put them into a loop"
        case dsl.Wrap(into="parallel"):
            return "Run them side by side"
        case _:
            return "Do that instead"


def drawn_edit(drawn: Drawn, reading: Reading, catalog: Catalog) -> dsl.Edit | Refused:
    """What was drawn, as an edit of the text."""
    match drawn:
        case Connect(source=source, target=target, cut=None):
            return dsl.Connect(source=source, target=target)
        case Connect(source=source, target=target, cut=str() as cut):
            joined, parted = (
                dsl.Connect(source=source, target=target),
                dsl.Disconnect(source=source, target=cut),
            )
            return dsl.Sequence(edits=(joined, parted))
        case Disconnect(source=source, target=target):
            return dsl.Disconnect(source=source, target=target)
        case Follow():
            return _follow(drawn, reading, catalog)


def _follow(drawn: Follow, reading: Reading, catalog: Catalog) -> dsl.Edit | Refused:
    place = reading.steps.get(drawn.source)
    if place is None:
        return Refused("The step is no longer there.", "Look at the canvas as it is now.")
    owner = reading.steps.get(place.container.rpartition("/")[0])
    beside = owner is not None and isinstance(owner.step.kind, tree.Parallel)
    if not beside or not place.container.endswith("/body"):
        return edit_of(says.Add(type="add", item=drawn.item, after=drawn.source), reading, catalog)
    added = edit_of(says.Add(type="add", item=drawn.item, container=place.container), reading, catalog)
    if isinstance(added, Refused) or not isinstance(added, dsl.AddStep):
        return added
    new = dsl.new_step(drawn.item, reading.parsed, catalog, place.container, None)
    prefix = place.path[: len(place.path) - len(place.step.id)]
    return dsl.Sequence(edits=(added, dsl.Connect(source=place.path, target=prefix + new.id)))


async def _draw(editor: EditorState, message: Drawn) -> Any:
    desk = editor._desk
    edit = drawn_edit(message, desk.reading, desk.catalog)
    if isinstance(edit, Refused):
        return await editor._edit(edit)
    try:
        dsl.apply(desk.document.text, edit)
    except dsl.EditError as error:
        (await editor.get_state(Drawing)).refuse(error, editor.revision)
        return None
    return await editor._edit(edit)


async def _instead(editor: EditorState, _: Instead) -> Any:
    edit = (await editor.get_state(Drawing)).taken(editor.revision)
    return None if edit is None else await editor._change(Change("canvas", editor.revision, edit))


DRAWN: Final[Table] = {Connect: _draw, Disconnect: _draw, Follow: _draw, Instead: _instead}
"""For the canvas."""
