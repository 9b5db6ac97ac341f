"""What models cost, and how near the limits are. Days and months are those of UTC."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from sqlalchemy import text

from engine import tables
from engine.actor import Actor
from engine.database import Database, Session
from engine.models.rules import rules_of
from engine.ownmodels import Budgets
from engine.ownmodels.budget import WARN_AT, amount
from engine.permissions import Permission, require

DAYS: Final = 30

_SUMS = """coalesce(sum(calls), 0), coalesce(sum(failed), 0), coalesce(sum(tokens_in), 0),
    coalesce(sum(tokens_out), 0), coalesce(sum(usd), 0)"""
_TODAY = "(now() AT TIME ZONE 'UTC')::date"
_SPANS = text(
    f"SELECT span, {_SUMS} FROM (VALUES ('day', {_TODAY}), ('month', date_trunc('month', {_TODAY})::date))"
    " AS s (span, since) LEFT JOIN model_spend ON day >= since GROUP BY span"
)
_BY_DAY = text(
    f"SELECT day, {_SUMS} FROM model_spend WHERE day > {_TODAY} - :days GROUP BY day ORDER BY day DESC"
)
_BY_MODEL = text(
    f"SELECT model, purpose, {_SUMS} FROM model_spend WHERE day >= date_trunc('month', {_TODAY})::date"
    " GROUP BY model, purpose ORDER BY sum(usd) DESC, sum(tokens_in + tokens_out) DESC, model, purpose"
)
_OF_A_CONVERSATION = text(
    "SELECT count(*), count(error), coalesce(sum(tokens_in), 0), coalesce(sum(tokens_out), 0),"
    " coalesce(sum(cost_usd), 0) FROM model_calls WHERE conversation_id = :conversation"
)


@dataclass(frozen=True, slots=True)
class Spend:
    """``usd`` counts calls of models whose price is known."""

    calls: int = 0
    failed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    usd: float = 0.0

    @property
    def tokens(self) -> int:
        return self.tokens_in + self.tokens_out


@dataclass(frozen=True, slots=True)
class Limit:
    """``name``: one of ``Budgets``. ``share`` of it that is used, 1 for all. ``near``: 80 % and more."""

    name: str
    used: float
    most: float

    @property
    def share(self) -> float:
        return self.used / self.most

    @property
    def near(self) -> bool:
        return self.share >= float(WARN_AT)


@dataclass(frozen=True, slots=True)
class Usage:
    """``days``: the last 30 that had calls, newest first. ``models``: this month, dearest first; the purpose is
    "designer", "runs" or "other". ``conversation``: None unless one was asked for. ``warnings``: a sentence for each
    limit that is near or reached."""

    today: Spend
    month: Spend
    days: tuple[tuple[date, Spend], ...]
    models: tuple[tuple[str, str, Spend], ...]
    conversation: Spend | None
    limits: tuple[Limit, ...]

    @property
    def warnings(self) -> tuple[str, ...]:
        return tuple(_warning(limit) for limit in self.limits if limit.near)


async def usage(db: Database, actor: Actor, conversation_id: UUID | None = None) -> Usage:
    require(actor, Permission.CONVERSE)
    async with db.account(actor) as session:
        spans = {row[0]: _spend(row[1:]) for row in await session.execute(_SPANS)}
        days = tuple((row[0], _spend(row[1:])) for row in await session.execute(_BY_DAY, {"days": DAYS}))
        by_model: Any = await session.execute(_BY_MODEL)
        models = tuple((row[0], row[1], _spend(row[2:])) for row in by_model)
        here = None if conversation_id is None else await _conversation(session, conversation_id)
        budgets = rules_of(await session.get(tables.Account, actor.account_id)).budgets
    known = {**spans, **({} if here is None else {"conversation": here})}
    return Usage(spans["day"], spans["month"], days, models, here, _limits(budgets, known))


def _limits(budgets: Budgets, known: dict[str, Spend]) -> tuple[Limit, ...]:
    limits = []
    for each in fields(Budgets):
        span, _, unit = each.name.partition("_")
        most = getattr(budgets, each.name)
        if most is not None and span in known:
            spend = known[span]
            limits.append(Limit(each.name, spend.usd if unit == "usd" else spend.tokens, most))
    return tuple(limits)


async def _conversation(session: Session, conversation_id: UUID) -> Spend:
    return _spend(tuple((await session.execute(_OF_A_CONVERSATION, {"conversation": conversation_id})).one()))


def _spend(sums: Any) -> Spend:
    calls, failed, tokens_in, tokens_out, usd = sums
    return Spend(int(calls), int(failed), int(tokens_in), int(tokens_out), float(usd))


_WHOSE: Final = {"conversation": "this conversation", "day": "today", "month": "this month"}


def _warning(limit: Limit) -> str:
    span, _, unit = limit.name.partition("_")
    said = f"{amount(Decimal(str(limit.used)), unit)} of {amount(limit.most, unit)}"
    if limit.share >= 1:
        return f"The budget for {_WHOSE[span]} is used up: {said}. Models are not called any more."
    return f"{limit.share:.0%} of the budget for {_WHOSE[span]} is used: {said}."
