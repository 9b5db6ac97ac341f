"""The courier: sends what is in the outbox, beside every runner, on a connection of its own.

It claims in one short statement and sends afterwards, so nothing is held in the database while a receiver thinks. An
item whose courier dies between the claim and the mark is due again when its lease is over, and goes out with the same
id: at least once. What was sent but could not be marked, because the database was away, is marked when it is back.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from engine.beside import Connection, work_on
from engine.errors import WeftError
from engine.notifying import outbox
from engine.notifying.delivering import Message, deliver
from engine.notifying.outbox import Item
from engine.notifying.posting import Failed, Outcome, Sent
from engine.notifying.screening import screened
from engine.notifying.targets import Target, find
from engine.notifying.timing import Over, Postponed, timing

log = logging.getLogger(__name__)

OPTIONS = "-c lock_timeout=2000 -c statement_timeout=10000 -c idle_in_transaction_session_timeout=5000"


@dataclass(frozen=True, slots=True)
class CourierSettings:
    """``at_once``: messages on their way; ``each``: of them to one receiver. ``poll_s``: between two looks;
    ``close_s``: how long ``close`` waits for those on their way; ``forget_s``: between two times that what is over for
    long is deleted."""

    at_once: int = 16
    each: int = 2
    poll_s: float = 1.0
    close_s: float = 3.0
    forget_s: float = 600.0


@dataclass(frozen=True, slots=True)
class _Mark:
    """What is to be written down of an item."""

    item: Item
    outcome: Outcome


class Courier:
    """``open``, then ``close``. ``watch`` is told "sent" of an item, then "marked" once that is written down."""

    def __init__(
        self,
        url: str,
        settings: CourierSettings | None = None,
        watch: Callable[[str, Item, Outcome], None] = lambda what, item, outcome: None,
    ) -> None:
        self._url = url
        self._settings = settings if settings is not None else CourierSettings()
        self._watch = watch
        self._task: asyncio.Task[None] | None = None
        self._sending: dict[asyncio.Task[None], Item] = {}
        self._marks: list[_Mark] = []
        self._news = asyncio.Event()
        self._closing = False
        self._forgot = float("-inf")

    def open(self) -> None:
        work = work_on(
            self._url, "courier", OPTIONS, self._settings.poll_s, self._work, over=lambda: self._closing
        )
        self._task = asyncio.create_task(work, name="weft-courier")

    async def close(self) -> None:
        """Claims no more; what is on its way has a moment to arrive and be marked, or is sent again by another."""
        self._closing = True
        self._news.set()
        if self._task is None:
            return
        await asyncio.wait({self._task}, timeout=self._settings.close_s)
        for task in (self._task, *self._sending):
            task.cancel()
        await asyncio.gather(self._task, *self._sending, return_exceptions=True)

    async def _work(self, connection: Connection) -> None:
        while True:
            self._news.clear()
            await self._mark(connection)
            if self._closing:
                if not self._sending and not self._marks:
                    return
            else:
                await self._claim(connection)
                await self._forget(connection)
            try:
                async with asyncio.timeout(self._settings.poll_s):
                    await self._news.wait()
            except TimeoutError:
                pass

    async def _claim(self, connection: Connection) -> None:
        free = self._settings.at_once - len(self._sending)
        if free <= 0:
            return
        cursor = await connection.execute(outbox.ANY_DUE)
        row = await cursor.fetchone()
        if row is None or not row[0]:
            return
        each = self._settings.each
        counted = Counter(item.target_id for item in self._sending.values())
        busy = [target for target, count in counted.items() if count >= each]
        sending = Counter(item.account_id for item in self._sending.values())
        claimed = {item.id: item for item in await outbox.claim(connection, free, each, busy, sending)}
        while claimed:
            item = claimed.pop(next(iter(claimed)))
            for other in await self._begin(connection, item, list(claimed)):
                claimed.pop(other, None)

    async def _begin(self, connection: Connection, item: Item, claimed: Sequence[UUID]) -> frozenset[UUID]:
        """The other items that it stands for: nothing is to be done about them any more."""
        refused, others = None, frozenset[UUID]()
        target, rules = None, None
        if item.attempt > outbox.MOST_ATTEMPTS:  # it took its courier down, again and again
            refused = Failed("Sending it never came to an end.", for_good=True)
        else:
            when = await timing(connection, item, claimed)
            if isinstance(when, Postponed):
                return others
            if isinstance(when, Over):
                await connection.execute(outbox.OVER, _about(item, when.words, state="dropped"))
                return others
            others = when.others
            try:
                target, rules = await find(connection, item)
            except WeftError as error:
                refused = Failed(f"{error.message} {error.help}".strip())
            else:
                if target is None:
                    refused = Failed("Its receiver was deleted or switched off.", for_good=True)
        if refused is not None or target is None:
            self._done(item, refused or Failed("It has no receiver."))
            return others
        task = asyncio.create_task(self._send(item, target, rules, len(others)), name="weft-message")
        self._sending[task] = item
        task.add_done_callback(lambda done: self._sending.pop(done, None))
        return others

    async def _send(self, item: Item, target: Target, rules: object, more: int) -> None:
        try:
            said = {**item.body, "more": more} if more else item.body
            message = Message(item.id, item.topic, item.created_at, screened(said, rules))
            outcome = await deliver(target, message)
        except Exception as error:
            log.exception("a message of %s could not be sent", item.topic)
            outcome = Failed(f"It could not be sent: {type(error).__name__}.")
        self._watch("sent", item, outcome)
        self._done(item, outcome)

    def _done(self, item: Item, outcome: Outcome) -> None:
        self._marks.append(_Mark(item, outcome))
        self._news.set()

    async def _mark(self, connection: Connection) -> None:
        while self._marks:
            mark = self._marks[0]
            query, about = _written(mark)
            await connection.execute(query, about)
            self._marks.pop(0)
            self._watch("marked", mark.item, mark.outcome)

    async def _forget(self, connection: Connection) -> None:
        if time.monotonic() - self._forgot < self._settings.forget_s:
            return
        gone = await connection.execute(outbox.FORGET)
        if gone.rowcount < outbox.FORGOTTEN:  # otherwise there is more: it goes on at the next look
            self._forgot = time.monotonic()


def _written(mark: _Mark) -> tuple[str, dict[str, object]]:
    item = mark.item
    match mark.outcome:
        case Sent(words=words):
            return outbox.SENT, _about(item, words)
        case Failed(words=words, for_good=for_good, asked_s=asked_s):
            if for_good or item.attempt >= outbox.MOST_ATTEMPTS:
                return outbox.OVER, _about(item, words, state="dead")
            delay = outbox.wait_s(item.attempt, random.random(), asked_s)
            return outbox.AGAIN, _about(item, words, delay=delay)


def _about(item: Item, words: str, **more: object) -> dict[str, object]:
    said = words.replace("\0", "")[: outbox.LONGEST_ERROR]
    return {"id": item.id, "attempt": item.attempt, "words": said, **more}
