"""A draft that is open in this process: its desk, what of it is saved, and the pages that look at it.

All pages that have a draft open are in one room. Whoever changes something there tells the others: each gets one event
(:meth:`Room.tell`), and looks for itself at what is new. A page that does nothing costs nothing. Pages whose socket is
gone leave after a moment, since a page that is loaded again or reconnects comes back at once; a room that everybody
left is kept only while there is something in it that is not saved.
"""

from __future__ import annotations

import asyncio
import contextvars
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from reflex_base.event import Event

from dsl import Placement, read_placement
from dsl.catalog import Catalog
from engine.workflows import Draft
from studio.editor.desk import Desk
from studio.editor.document import Change, NewText, Place
from studio.editor.merging import clashes, moved_by, settled, three_way

GRACE: Final = 4.0
"""Seconds a page without a socket still counts as here."""
COLOURS: Final = 8

LONGEST_LOOK: Final = 30.0

Enqueue = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Person:
    id: str
    name: str
    letters: str


@dataclass(slots=True, eq=False)
class Page:
    """One tab. ``enqueue`` hands it an event, ``router`` is where it is and whose it is; ``told``: one is under way."""

    token: str
    person: Person
    enqueue: Enqueue
    router: dict[str, Any]
    hear: str
    step: str = ""
    line: int = 0
    told: bool = False
    left: float | None = None


@dataclass(slots=True)
class Saved:
    """What the draft holds: its text, where steps are, its revision. ``state`` is as the pages show it, ``dirty_since``
    when the first change came that is not saved, ``asked`` counts changes, ``at`` is the document's revision that was
    saved last."""

    revision: int
    text: str
    placement: Placement
    state: str = "saved"
    message: str = ""
    busy: bool = False
    dirty_since: float = 0.0
    asked: int = 0
    at: int = 0

    def has(self, draft: Draft) -> None:
        self.revision, self.text = draft.revision, draft.text
        self.placement = read_placement(draft.positions)


class Room:
    """``clash`` is the draft as somebody else saved it where the same places were changed here: it waits for a choice.

    Whoever writes the draft for this room, or reads it to bring it in, holds ``writing``, and waits for no page inside:
    what the room believes to be saved is what was.

    Not a dataclass: the framework would wrap what a page's state holds of it, and every page another wrap.
    """

    def __init__(self, desk: Desk, saved: Saved) -> None:
        self.desk = desk
        self.saved = saved
        self.clash: Draft | None = None
        self.writing = asyncio.Lock()
        self.follower: asyncio.Task[None] | None = None
        self.pages: dict[str, Page] = {}
        self._colours: dict[str, int] = {}
        self._deliveries: set[asyncio.Task[Any]] = set()

    @property
    def is_saved(self) -> bool:
        document = self.desk.document
        return (document.text, document.placement) == (self.saved.text, self.saved.placement)

    def join(self, theirs: Draft) -> bool:
        """Brings in what somebody else saved where it meets no change of ours; else it waits for a choice. Whether the
        text here is another one by that."""
        saved, document = self.saved, self.desk.document
        pieces = three_way(saved.text, document.text, theirs.text)
        self.clash = None
        if clashes(pieces):
            self.clash = theirs
            saved.state, saved.message = "conflict", "Somebody else changed the same places of this draft."
            return False
        ours = moved_by(saved.placement, document.placement)
        spots = moved_by(saved.placement, read_placement(theirs.positions))
        saved.has(theirs)
        self.desk.apply(Change("restore", document.revision, NewText(settled(pieces))))
        others = {path: spot for path, spot in spots.items() if path not in ours}
        self.desk.apply(Change("restore", self.desk.document.revision, Place(others)))
        if saved.state == "conflict":
            saved.state, saved.message = "saved" if self.is_saved else "unsaved", ""
        return self.desk.document.text != document.text

    def enter(self, page: Page) -> None:
        old = self.pages.get(page.token)
        if old is not None:
            page.step, page.line = old.step, old.line
        self.pages[page.token] = page
        self._colours.setdefault(page.person.id, len(self._colours) % COLOURS)
        if old is None or old.left is not None or old.person != page.person:
            self.tell(besides=page.token)

    def leave(self, token: str) -> None:
        if self.pages.pop(token, None) is not None:
            self.tell()

    def look(self, token: str, step: str | None = None, line: int | None = None) -> None:
        """Where somebody is: the step they selected, the line their cursor is in."""
        page = self.pages.get(token)
        if page is None:
            return
        before = page.step, page.line
        page.step = page.step if step is None else step
        page.line = page.line if line is None else line
        if (page.step, page.line) != before and self._others(page.person.id):
            self.tell(besides=token)

    def others(self, me: str) -> list[dict[str, Any]]:
        """The other people who are here, each once, where they were seen last."""
        found = {page.person.id: page for page in self._others(me)}
        return [
            {
                "id": who,
                "name": page.person.name,
                "letters": page.person.letters,
                "colour": self._colours[who],
                "step": page.step,
                "line": page.line,
            }
            for who, page in found.items()
        ]

    def _others(self, me: str) -> list[Page]:
        return [page for page in self.pages.values() if page.person.id != me and page.left is None]

    # ---- telling the pages ---------------------------------------------------------------------------

    def tell(self, besides: str = "") -> None:
        """Something is new. Each page looks for itself, once for all that happened until it does."""
        for page in self.pages.values():
            if page.token != besides and not page.told and page.left is None:
                page.told = True
                # Outside the context of the event that is handled now: that has another page's address and session.
                task = contextvars.Context().run(asyncio.get_running_loop().create_task, self._deliver(page))
                self._deliveries.add(task)
                task.add_done_callback(self._deliveries.discard)

    async def _deliver(self, page: Page) -> None:
        if self.pages.get(page.token) is not page:
            # Loaded again meanwhile, perhaps by somebody else who signed in there: it has everything, and the address
            # and session that this message would bring along are no longer the page's.
            return
        event = Event(name=page.hear, payload={}, router_data=dict(page.router))
        # With what the look sets off: a page that hears of a change may be the one that saves it.
        looked = await page.enqueue(page.token, event)
        await asyncio.wait([asyncio.ensure_future(one.wait_all()) for one in looked], timeout=LONGEST_LOOK)

    def heard(self, token: str) -> None:
        """The page looks now; what happens from here on is told anew."""
        if (page := self.pages.get(token)) is not None:
            page.told = False

    def close(self) -> None:
        """Nobody is here any more, and nothing follows what becomes of the draft."""
        if self.follower is not None:
            self.follower.cancel()

    async def settled(self) -> None:
        """When every page has looked, and what that set off is done."""
        while self._deliveries:
            await asyncio.wait(self._deliveries)


class Rooms:
    """The rooms of this process, by workflow."""

    def __init__(self) -> None:
        self._rooms: dict[str, Room] = {}

    def __len__(self) -> int:
        return len(self._rooms)

    def open(self, draft: Draft, catalog: Catalog) -> Room:
        """The room of a draft; a new one holds what the draft holds."""
        found = self._rooms.get(key := str(draft.workflow_id))
        if found is None:
            placement = read_placement(draft.positions)
            desk = Desk(key, draft.text, catalog, uuid4().hex[:12], placement)
            found = self._rooms[key] = Room(desk, Saved(draft.revision, draft.text, placement))
        elif found.desk.catalog != catalog:
            found.desk.use(catalog)
            found.tell()
        return found

    def leave(self, room: Room, token: str) -> None:
        room.leave(token)
        self.release(room)

    def release(self, room: Room) -> None:
        """Forgets a room that nobody is in and in which everything is saved."""
        if not room.pages and room.is_saved and not room.saved.busy:
            key = room.desk.workflow_id
            if self._rooms.get(key) is room:
                del self._rooms[key]
                room.close()

    def gone(self, token: str) -> None:
        """A page's socket closed. It leaves unless it is back soon."""
        for room in self._rooms.values():
            if (page := room.pages.get(token)) is not None:
                page.left = time.monotonic()
                asyncio.get_running_loop().call_later(GRACE, self._leave_for_good, room, page)

    def _leave_for_good(self, room: Room, page: Page) -> None:
        if room.pages.get(page.token) is page and page.left is not None:
            self.leave(room, page.token)

    def end(self) -> None:
        """Forgets everything, as the end of the process does."""
        for room in self._rooms.values():
            room.close()
        self._rooms.clear()


ROOMS: Final = Rooms()
