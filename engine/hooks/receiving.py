"""What becomes of a request to a webhook: who signed it, was it here before, is it wanted, and the run that it starts.

The delivery and its run are one transaction: whoever is answered 202 has a run, and whoever is not may send again.
"""

from __future__ import annotations

import math
from collections.abc import Hashable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

from engine import backpressure
from engine.database import Database, Session
from engine.errors import Conflict, NotFound, QueueFull
from engine.hooks import deliveries
from engine.hooks.deliveries import Noted
from engine.hooks.pacing import Pace
from engine.hooks.request import LARGEST_BODY, HookRequest, NotReadable, event_of
from engine.hooks.showing import preview_of
from engine.hooks.verdict import ANSWERS, Verdict
from engine.hooks.verifying import Checked, Refused, Verified, verify
from engine.hooks.webhook import Lookout, Webhook, find
from engine.triggers.firing import Skipped, Unfit
from engine.triggers.starting import Started, run_of, start

SAME_RATE_S: Final = 1.0
SAME_BURST: Final = 20.0
"""Of one delivery, as a sender that had no answer sends it again."""


@dataclass(slots=True)
class Door:
    """Of one process: how fast requests may come, how often the same one, and what was found where too many do."""

    pace: Pace = field(default_factory=Pace)
    same: Pace = field(default_factory=lambda: Pace(rate_s=SAME_RATE_S, burst=SAME_BURST))
    lookout: Lookout = field(default_factory=Lookout)


_doors: WeakKeyDictionary[Database, Door] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Received:
    """``why`` is for those who may see the trigger, and not for the sender. ``retry_after_s``: see
    ``engine.hooks.verdict.Answer``."""

    verdict: Verdict
    why: str = ""
    run_id: UUID | None = None
    retry_after_s: int | None = None


async def receive(
    db: Database, request: HookRequest, *, door: Door | None = None, asked_by: UUID | None = None
) -> Received | None:
    """None: there is no such webhook. ``asked_by``: who sends it as a test. Raises ``Unavailable``.

    What is signed and what is not are paced apart, so the check comes first; where too many come, it is done with what
    was found a moment ago, and nothing is asked of the database. The same one again and again, which whoever caught it
    can send, is paced with what nobody signed."""
    door = door or _doors.setdefault(db, Door())
    address = (request.account_id, request.method, request.path)
    strangers = (*address, "unsigned")
    crowded = door.pace.is_dry(address) or door.pace.is_dry(strangers)
    hook = await (door.lookout.find(db, address) if crowded else find(db, address))
    if hook is None:
        door.pace.takes(strangers)
        return None
    noted = Noted(hook.id, request, asked_by)
    checked = _checked(hook, request)
    if isinstance(checked, Refused):
        if not door.pace.takes(strangers):
            return await _too_many(
                db, door, strangers, noted, "Too many in one second that nobody had signed."
            )
        return await _note(db, noted, checked.verdict, checked.why)
    assert request.body is not None
    noted = _known(noted, hook, checked, request.body)
    bucket = address if door.same.takes((*address, checked.identity)) else strangers
    if not door.pace.takes(bucket):
        return await _too_many(db, door, bucket, noted, "Too many requests in one second.")
    return await _signed(db, hook, noted, request.body)


def _checked(hook: Webhook, request: HookRequest) -> Checked:
    if request.body is None:
        why = f"It has {request.size:,} bytes or more; {LARGEST_BODY:,} are read."
        return Refused(Verdict.TOO_LARGE, why)
    if hook.trouble:
        return Refused(Verdict.NO_SECRET, hook.trouble)
    return verify(hook.verify.function, hook.values, request.headers, request.body, hook.now_s)


async def _too_many(db: Database, door: Door, bucket: Hashable, noted: Noted, why: str) -> Received:
    """A note of it now and then."""
    if door.pace.notes(bucket):
        return await _note(db, noted, Verdict.TOO_MANY, why)
    return _received(Verdict.TOO_MANY)


async def _signed(db: Database, hook: Webhook, noted: Noted, body: bytes) -> Received | None:
    if hook.paused:
        return await _note(db, noted, Verdict.PAUSED, "The trigger was paused.")
    try:
        event = event_of(noted.request, body)
    except NotReadable as error:
        return await _note(db, noted, Verdict.NOT_JSON, str(error))
    try:
        return await _start(db, noted, event)
    except QueueFull as full:
        wait = math.ceil(full.retry_after)
        return replace(await _note(db, noted, Verdict.QUEUE_FULL, full.message), retry_after_s=wait)
    except (Conflict, NotFound):  # it was switched off in between
        return None


async def _start(db: Database, noted: Noted, event: Any) -> Received:
    account_id = noted.request.account_id
    async with backpressure.places(db, account_id) as places, db.account(account_id) as session:
        mine = await deliveries.begin(session, noted)
        if mine is None:
            return await _again(session, noted)
        assert noted.identity is not None
        if noted.undated and (at := await deliveries.mark(session, noted)) is not None:
            return await _long_ago(session, noted, mine, at)
        outcome = await start(
            session, places, account_id, noted.trigger_id, event, noted.identity, noted.asked_by
        )
        match outcome:
            case Started(run_id=run_id, again=False):
                await deliveries.end(session, account_id, mine, Verdict.ACCEPTED, "", run_id)
                return _received(Verdict.ACCEPTED, run_id=run_id)
            case Started(run_id=run_id):  # its delivery is gone, its run is not
                await deliveries.end(session, account_id, mine, Verdict.DUPLICATE, _SAME, run_id)
                return _received(Verdict.DUPLICATE, _SAME, run_id)
            case Skipped():
                verdict, why = Verdict.FILTERED, "The condition behind `when` was not true."
            case Unfit(problem=problem):
                verdict, why = Verdict.NO_INPUT, f"{problem[:1].upper()}{problem[1:]}."
                if noted.undated:
                    await deliveries.unmark(session, noted)
        await deliveries.end(session, account_id, mine, verdict, why, None)
        await deliveries.bound(session, noted)
        return _received(verdict, why)


_SAME: Final = "The same was received before."


async def _again(session: Session, noted: Noted) -> Received:
    before = await deliveries.before(session, noted)
    run_id = None if before is None else before.run_id
    why = (
        _SAME
        if before is None or before.same
        else "One with the same id was received before, with another body."
    )
    await deliveries.note(session, noted, Verdict.DUPLICATE, why, run_id)
    return _received(Verdict.DUPLICATE, why, run_id)


async def _long_ago(session: Session, noted: Noted, mine: UUID, at: datetime) -> Received:
    """Its row is gone, with its run or because the trigger has another name by now; that it came is still known."""
    account_id, identity = noted.request.account_id, noted.identity
    assert identity is not None
    run_id = await run_of(session, account_id, noted.trigger_id, identity)
    why = _SAME if run_id is not None else f"The same was received on {at:%Y-%m-%d}."
    await deliveries.end(session, account_id, mine, Verdict.DUPLICATE, why, run_id)
    await deliveries.bound(session, noted)
    return _received(Verdict.DUPLICATE, why, run_id)


def _known(noted: Noted, hook: Webhook, checked: Verified, body: bytes) -> Noted:
    return replace(
        noted,
        signed=True,
        secret=checked.secret,
        identity=checked.identity,
        told=checked.told,
        preview=preview_of(body, hook.values, hook.policy),
        undated=checked.undated,
    )


async def _note(db: Database, noted: Noted, verdict: Verdict, why: str) -> Received:
    async with db.account(noted.request.account_id) as session:
        await deliveries.note(session, noted, verdict, why)
    return _received(verdict, why)


def _received(verdict: Verdict, why: str = "", run_id: UUID | None = None) -> Received:
    return Received(verdict, why, run_id, ANSWERS[verdict].retry_after_s)
