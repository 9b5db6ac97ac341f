"""What answers in an account: its own models, else the environment's; behind its budgets and what must not leave."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from decimal import Decimal
from uuid import UUID

from sqlalchemy import text
from sqlmodel import col, select
from sqlmodel.sql.expression import SelectOfScalar

from engine import tables, vault
from engine.actor import Actor
from engine.database import Database, HasAccount
from engine.errors import Unavailable, WeftError
from engine.model import Board, Call, ModelEntry, ModelSettings, board
from engine.model.ledger import record
from engine.models.rules import rules_of
from engine.ownmodels import Purse, Reserved, ScreenedModel, Stored, entry_of, guarded_board
from engine.ownmodels.budget import HOLD_S, RELEASE, RESERVE, budget_held
from engine.permissions import Permission, require

log = logging.getLogger(__name__)

_RESERVE = text(RESERVE.format(":account", "cast(:conversation AS uuid)", ":usd", ":tokens", ":seconds"))
_RELEASE = text(RELEASE.format(":account", ":id"))

_kept: dict[UUID, tuple[tuple[object, ...], tuple[ModelEntry, ...]]] = {}
"""By account: what its rows were, and the entries made of them with their keys opened."""


async def chat_model(
    db: Database, actor: Actor, conversation_id: UUID | None = None, *, wanted: str = ""
) -> ScreenedModel | None:
    """One for one exchange; None: no model is connected and the rules answer. A change to the list, the budgets or the
    rules acts at once. Every call is recorded in the conversation's name, unless the caller gives a sink of its own.
    Raises ``Unavailable`` and, for settings of the environment that make no sense, ``BadSettings``."""
    require(actor, Permission.CONVERSE)
    async with db.account(actor) as session:
        rows = (await session.exec(_enabled())).all()
        rules = rules_of(await session.get(tables.Account, actor.account_id))
    entries: Sequence[ModelEntry] = _entries(actor.account_id, rows)
    shared: Board = guarded_board()
    if not rows:
        settings = ModelSettings.from_environment(os.environ)
        entries, shared = (() if settings is None else settings.entries()), board()
    if not entries:
        return None

    async def sink(call: Call) -> None:
        await record(db, actor, call, conversation_id=conversation_id)

    return ScreenedModel(
        entries,
        rules.policy,
        purse=purse(db, actor, entries, conversation_id),
        sink=sink,
        wanted=wanted,
        shared=shared,
    )


def common_models() -> tuple[str, ...]:
    """The names of the environment's models, which answer where an account has none. Raises ``BadSettings``."""
    settings = ModelSettings.from_environment(os.environ)
    return () if settings is None else tuple(entry.model for entry in settings.entries())


async def own_entries(db: Database, actor: Actor) -> tuple[ModelEntry, ...]:
    """The account's enabled models with their keys opened, for calls. Never to be shown."""
    require(actor, Permission.CONVERSE)
    async with db.account(actor) as session:
        return _entries(actor.account_id, (await session.exec(_enabled())).all())


def purse(
    db: Database, who: HasAccount, entries: Sequence[ModelEntry], conversation_id: UUID | None
) -> Purse:
    """Asked before each call; each reservation is a transaction of its own."""

    async def reserve(usd: Decimal, tokens: int) -> Reserved:
        said = {"account": who.account_id, "conversation": conversation_id, "usd": usd, "tokens": tokens}
        try:
            async with db.account(who) as session:
                row = (await session.execute(_RESERVE, {**said, "seconds": HOLD_S})).one()
        except Unavailable:
            raise budget_held() from None
        return Reserved(row.reservation, row.over, *(Decimal(n or 0) for n in (row.used, row.held, row.most)))

    async def release(reservation: UUID) -> None:
        async with db.account(who) as session:
            await session.execute(_RELEASE, {"account": who.account_id, "id": reservation})

    return Purse(reserve, release, entries)


def stored_of(row: tables.AccountModel) -> Stored:
    return Stored(
        row.id,
        row.account_id,
        row.name,
        row.provider,
        row.url,
        row.model,
        row.tier,
        row.usd_in,
        row.usd_out,
        row.sealed_key,
        row.probe,
        row.usd_cached,
        row.usd_stored,
    )


def _enabled() -> SelectOfScalar[tables.AccountModel]:
    row = tables.AccountModel
    return select(row).where(col(row.enabled).is_(True)).order_by(col(row.position), col(row.id))


def _entries(account_id: UUID, rows: Sequence[tables.AccountModel]) -> tuple[ModelEntry, ...]:
    """Opened once for as long as the rows stay as they are. One whose key does not open is left out, and told in the
    log; raises where none opens."""
    revision = tuple((row.id, row.updated_at, row.probed_at) for row in rows)
    kept = _kept.get(account_id)
    if kept is not None and kept[0] == revision:
        return kept[1]
    entries, broken = [], None
    for row in rows:
        try:
            entries.append(entry_of(stored_of(row), vault.configured()))
        except WeftError as error:
            log.error("the model %r cannot be used: %s", row.name, error.message)
            broken = error
    if broken is not None and not entries:
        raise broken
    made = tuple(entries)
    _kept[account_id] = (revision, made)
    return made
