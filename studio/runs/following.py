"""Runs that somebody looks at: one reader a run, however many pages show it.

The first page that opens a run makes its ``Followed``: the version's text and graph, and its steps as an outline, read
once. While pages watch and the run goes on, one task reads what is new (events without what went in and came out) and
wakes them; each takes from the outline the lines that it shows. A run that nobody watches is kept for a while, so that
whoever opens a loop of one that is over does not read it again; there are at most ``MOST_KEPT``.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import AsyncIterator
from typing import Any, Final, TypeAlias
from uuid import UUID

from engine.actor import Actor
from engine.database import Database
from engine.errors import Unavailable
from engine.history import Fold
from engine.lifecycle import is_terminal
from engine.watching import EVENT_PAGE, OUTAGE_S, Frame, RunSummary, get_frame, news
from studio.runs.gates import gates
from studio.runs.outline import Look, Outline
from studio.runs.steps import known_steps

MOST_KEPT: Final = 48
MOST_EVENTS: Final = 200_000
"""Of one run: what comes after is not shown."""
QUIET_S: Final = 4.0
LEAST_S: Final = 0.1
"""Between two reads of one run."""
LEAST_PAINT_S: Final = 0.25
PAINT_COSTS_S: Final = 0.005
"""What an update of one page takes of this process."""

Lines: TypeAlias = list[tuple[str, dict[str, Any]]]


class Followed:
    """One run, as far as it is known here. ``rev`` grows whenever anything of it changed."""

    def __init__(self, db: Database, actor: Actor, run_id: UUID) -> None:
        self.run_id = run_id
        self.frame: Frame
        self.summary: RunSummary
        self.outline: Outline
        self.fold = Fold()
        self.rev = 0
        self.watchers = 0
        self._db, self._actor = db, actor
        self._seq = 0
        self._changed: dict[str, int] = {}
        self._lock = asyncio.Lock()
        self._news = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None
        self._problem: Unavailable | None = None
        self._gates: tuple[int, list[dict[str, Any]]] = (-1, [])
        self._shown: tuple[int, dict[tuple[object, ...], Lines]] = (-1, {})

    @property
    def over(self) -> bool:
        return is_terminal(self.summary.state)

    async def open(self) -> None:
        """Raises ``NotFound``."""
        self.frame = await get_frame(self._db, self._actor, self.run_id)
        self.outline = Outline(known_steps(self.frame.plan))
        await self.catch_up()

    async def catch_up(self) -> bool:
        """Reads what is new; whether anything was."""
        async with self._lock:
            before = self.rev
            while self._seq < MOST_EVENTS:
                summary, events = await news(self._db, self._actor, self.run_id, self._seq)
                if not events and self.rev and summary == self.summary:
                    break
                ended = is_terminal(summary.state) and not (self.rev and self.over)
                self.summary, self.rev = summary, self.rev + 1
                for event in events:
                    self._seq = event.seq
                    for path in self.fold.take(event):
                        if (step := self.fold.steps.get(path)) is not None:
                            self.outline.put(step)
                            self._changed[path.partition("~")[0]] = self.rev
                if len(events) < EVENT_PAGE:
                    if ended:
                        self.outline.end()
                    break
            return self.rev != before

    def lines(self, look: Look) -> Lines:
        """What somebody who looks so sees; the same for all who do."""
        if self._shown[0] != self.outline.rev:
            self._shown = (self.outline.rev, {})
        known = self._shown[1]
        if look.key not in known:
            known[look.key] = self.outline.lines(look)
        return known[look.key]

    def gates(self) -> list[dict[str, Any]]:
        """The open gates, see :mod:`studio.runs.gates`; worked out once for all who look."""
        if self._gates[0] != self.rev:
            steps = (self.fold.steps[path] for path in self.summary.waiting_on if path in self.fold.steps)
            self._gates = (self.rev, gates(steps, self.summary.waiting_on, self.outline.known))
        return self._gates[1]

    def changed(self, path: str) -> int:
        """At which ``rev`` the step, or what is under it, changed last; 0 for one that has not begun."""
        return self._changed.get(path.partition("~")[0], 0)

    async def changes(self, rev: int) -> AsyncIterator[int]:
        """The ``rev`` whenever it is another, and after ``QUIET_S`` without news, until the run is over. Raises
        ``Unavailable`` when the database has been away for long."""
        with self._watched():
            while True:
                async with self._news:
                    if self.rev == rev and not self.over:
                        try:
                            await asyncio.wait_for(self._news.wait(), QUIET_S)
                        except TimeoutError:
                            pass
                if self._problem is not None:
                    raise self._problem
                rev = self.rev
                yield rev
                if self.over and rev == self.rev:
                    return

    def _watched(self) -> _Watched:
        return _Watched(self)

    async def _live(self) -> None:
        gone: float | None = None
        async with self._db.notices.subscribe("weft_events", str(self.run_id)) as notices:
            while self.watchers and not self.over:
                began = time.monotonic()
                try:
                    fresh, gone = await self.catch_up(), None
                except Unavailable as away:
                    gone = gone or began
                    self._problem = away if began - gone > OUTAGE_S else None
                    fresh = self._problem is not None
                if fresh:
                    async with self._news:
                        self._news.notify_all()
                if self._problem is not None:
                    return
                await notices.wait(1.0 if gone else QUIET_S)
                await asyncio.sleep(max(0.0, LEAST_S - (time.monotonic() - began)))


class _Watched:
    """Counts a watcher, and keeps the reader alive while there is one."""

    def __init__(self, followed: Followed) -> None:
        self._followed = followed

    def __enter__(self) -> None:
        one = self._followed
        one.watchers += 1
        if one._task is None or one._task.done():
            one._problem = None
            one._task = asyncio.create_task(one._live(), name=f"weft-follow-{one.run_id}")

    def __exit__(self, *error: object) -> None:
        self._followed.watchers -= 1


class Followings:
    """Those of a process."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[UUID, UUID], Followed] = OrderedDict()
        self._opening: dict[tuple[UUID, UUID], asyncio.Lock] = {}

    async def of(self, db: Database, actor: Actor, run_id: UUID, *, fresh: bool = False) -> Followed:
        """The run, read anew where nobody watches it; ``fresh``: also where its reader may be a moment behind.
        Raises ``NotFound``, ``Forbidden``, ``Unavailable``."""
        key = (actor.account_id, run_id)
        lock = self._opening.setdefault(key, asyncio.Lock())
        async with lock:
            one = self._known.get(key)
            if one is None or one._db is not db:
                one = Followed(db, actor, run_id)
                await one.open()
                self._known[key] = one
            elif not one.over and (fresh or not one.watchers):
                await one.catch_up()
            self._known.move_to_end(key)
            self._forget()
        if not lock.locked():
            self._opening.pop(key, None)
        return one

    @property
    def pace_s(self) -> float:
        """Between two paints of a page: often enough to feel live, and so seldom that all who watch together get
        their turn."""
        return max(LEAST_PAINT_S, PAINT_COSTS_S * sum(one.watchers for one in self._known.values()))

    def _forget(self) -> None:
        idle = [key for key, one in self._known.items() if not one.watchers]
        for key in idle[: max(0, len(self._known) - MOST_KEPT)]:
            del self._known[key]


followings: Final = Followings()
