"""What becomes of a request to a webhook: who signed it, was it here before, is it wanted, and the run that it starts.

The delivery and its run are one transaction: whoever is answered 202 has a run, and whoever is not may send again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import text

from dsl.plan import OnWebhook, PlanTrigger, Verify
from engine import backpressure, secrets, tables
from engine.database import Database, Session
from engine.dlp import DlpPolicy
from engine.errors import Conflict, NotFound, QueueFull
from engine.hooks import deliveries
from engine.hooks.deliveries import Noted
from engine.hooks.pacing import Pace
from engine.hooks.request import LARGEST_BODY, HookRequest, NotReadable, event_of
from engine.hooks.showing import preview_of
from engine.hooks.verdict import ANSWERS, Verdict
from engine.hooks.verifying import Refused, Verified, verify
from engine.models.rules import policy_in
from engine.triggers.firing import Skipped, Unfit
from engine.triggers.starting import Started, start
from engine.vault import Sealed

FOUND = text(
    """
    SELECT id, spec, paused_at, extract(epoch FROM clock_timestamp())::float8 AS now FROM triggers
    WHERE account_id = :account AND kind = 'webhook' AND live AND method = :method AND path = :path
    """
)

_paces: WeakKeyDictionary[Database, Pace] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Received:
    """``why`` is for those who may see the trigger, and not for the sender. ``retry_after_s``: see
    ``engine.hooks.verdict.Answer``."""

    verdict: Verdict
    why: str = ""
    run_id: UUID | None = None
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class _Hook:
    """A trigger as it is now. ``values``: of its secret, those that are valid; ``trouble``: why there is none."""

    id: UUID
    verify: Verify
    paused: bool
    now_s: float
    values: Sequence[str]
    trouble: str
    policy: DlpPolicy


async def receive(
    db: Database, request: HookRequest, *, pace: Pace | None = None, asked_by: UUID | None = None
) -> Received | None:
    """None: there is no such webhook. ``asked_by``: who sends it as a test. Raises ``Unavailable``."""
    pace = pace or _paces.setdefault(db, Pace())
    address = (request.account_id, request.method, request.path)
    if not pace.takes(address):
        if pace.notes(address) and (hook := await _find(db, request)) is not None:
            await _note(
                db, Noted(hook.id, request, asked_by), Verdict.TOO_MANY, "Too many requests in one second."
            )
        return _received(Verdict.TOO_MANY)
    hook = await _find(db, request)
    if hook is None:
        return None
    noted = Noted(hook.id, request, asked_by)
    body = request.body
    if body is None:
        why = f"It has {request.size:,} bytes or more; {LARGEST_BODY:,} are read."
        return await _note(db, noted, Verdict.TOO_LARGE, why)
    if hook.trouble:
        return await _note(db, noted, Verdict.NO_SECRET, hook.trouble)
    checked = verify(hook.verify.function, hook.values, request.headers, body, hook.now_s)
    if isinstance(checked, Refused):
        return await _note(db, noted, checked.verdict, checked.why)
    return await _signed(db, hook, _known(noted, hook, checked, body), body)


async def _signed(db: Database, hook: _Hook, noted: Noted, body: bytes) -> Received | None:
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


async def _find(db: Database, request: HookRequest) -> _Hook | None:
    about = {"account": request.account_id, "method": request.method, "path": request.path}
    async with db.account(request.account_id) as session:
        row = (await session.execute(FOUND, about)).one_or_none()
        if row is None:
            return None
        on = PlanTrigger.model_validate(row.spec).on
        assert isinstance(on, OnWebhook)
        check = on.verify or Verify(function="")
        values: Sequence[str] = ()
        trouble = ""
        try:
            opened = await secrets.opened(session, request.account_id, check.secret)
            values = () if opened is None else opened.values
        except Sealed:
            trouble = (
                f"The secret `{check.secret}` cannot be opened with the installation's key: give it again."
            )
        if not values:
            trouble = trouble or f"The secret `{check.secret}` is not set."
        account = await session.get(tables.Account, request.account_id)
        policy = policy_in({} if account is None else account.settings)
        return _Hook(row.id, check, row.paused_at is not None, row.now, values, trouble, policy)


def _known(noted: Noted, hook: _Hook, checked: Verified, body: bytes) -> Noted:
    return replace(
        noted,
        signed=True,
        secret=checked.secret,
        identity=checked.identity,
        told=checked.told,
        preview=preview_of(body, hook.values, hook.policy),
    )


async def _note(db: Database, noted: Noted, verdict: Verdict, why: str) -> Received:
    async with db.account(noted.request.account_id) as session:
        await deliveries.note(session, noted, verdict, why)
    return _received(verdict, why)


def _received(verdict: Verdict, why: str = "", run_id: UUID | None = None) -> Received:
    return Received(verdict, why, run_id, ANSWERS[verdict].retry_after_s)
