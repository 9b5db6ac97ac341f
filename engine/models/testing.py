"""Trying a model out: what it can is found by asking it, kept with the entry, and shown."""

from __future__ import annotations

import time
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func
from sqlmodel import select

from engine import vault
from engine.actor import Actor
from engine.database import Database
from engine.model import Call
from engine.model.calling import Caller
from engine.model.ledger import record
from engine.model.probe import Found, find
from engine.models.listing import ModelView, found, view_of
from engine.models.opening import purse, stored_of
from engine.ownmodels import entry_of, guarded_board
from engine.permissions import Permission, require

_FINDINGS: Final = 20


async def test_model(db: Database, actor: Actor, entry_id: UUID) -> ModelView:
    """Some tiny calls of it, which count against the budgets. No transaction is open meanwhile. A model that does not
    answer is no error here: what it said is in ``probe``. Raises ``NotFound``, ``Sealed``, ``BadSettings``, and
    ``ModelError`` for a budget that is used up."""
    require(actor, Permission.MODELS)
    async with db.account(actor) as session:
        row = await found(session, entry_id)
        stored, revision = stored_of(row), row.updated_at
    entry = entry_of(stored, vault.configured())
    times: list[int] = []

    async def sink(call: Call) -> None:
        if call.error is None and call.first_ms is not None:
            times.append(call.first_ms)
        await record(db, actor, call)

    began = time.monotonic()
    caller = Caller(guarded_board(), purse(db, actor, [entry], None), sink)
    seen = await find(entry, caller, anew=True)
    took_ms = int((time.monotonic() - began) * 1000)
    async with db.account(actor) as session:
        row = await found(session, entry_id)
        if row.updated_at == revision:  # else it is another model by now, and nothing is known of that one
            row.probe = said_of(seen, min(times, default=None), took_ms)
            row.probed_at = (await session.exec(select(func.now()))).one()
            session.add(row)
            await session.flush()
        return view_of(row)


# pytest takes every function of that name for a test.
test_model.__test__ = False  # type: ignore[attr-defined]


def said_of(seen: Found, first_ms: int | None, took_ms: int) -> dict[str, Any]:
    """As it is stored and shown. ``ms``: the quickest first sign of an answer; ``took_ms``: the whole test."""
    findings = [{"what": one.what, "yes": one.yes, "words": one.words} for one in seen.findings[:_FINDINGS]]
    said: dict[str, Any] = {
        "answers": seen.answers,
        "ms": first_ms,
        "took_ms": took_ms,
        "findings": findings,
    }
    if seen.answers:
        said |= {
            "tools": seen.can.tools,
            "grammar": seen.can.grammar,
            "json_schema": seen.can.json_schema,
        }
    return said
