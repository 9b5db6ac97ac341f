"""What an account's models may cost, and what must not reach them: stored with the account, as its policy is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import audit, tables
from engine.actor import Actor
from engine.database import Database, Session
from engine.dlp import DlpPolicy, read_policy, said_of
from engine.dlp.policy import STRICTEST
from engine.errors import BadInput
from engine.models.listing import lock
from engine.ownmodels import Budgets, read_budgets
from engine.permissions import Permission, require

BUDGETS = "model_budgets"
POLICY = "dlp"


@dataclass(frozen=True, slots=True)
class Rules:
    budgets: Budgets
    policy: DlpPolicy


async def get_rules(db: Database, actor: Actor) -> Rules:
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        return rules_of(await session.get(tables.Account, actor.account_id))


async def set_budgets(db: Database, actor: Actor, said: Mapping[str, Any]) -> Budgets:
    """They hold from the next call on. Raises ``BadInput``."""
    require(actor, Permission.MODELS)
    budgets = read_budgets(said)
    async with db.account(actor) as session:
        await _store(session, actor, BUDGETS, budgets.said(), "budgets.set")
    return budgets


async def set_policy(db: Database, actor: Actor, said: object) -> DlpPolicy:
    """What must not leave, from the next call on. Raises ``BadInput``."""
    require(actor, Permission.MODELS)
    policy = read_policy(said)
    async with db.account(actor) as session:
        await _store(session, actor, POLICY, said_of(policy), "dlp.set")
    return policy


def rules_of(account: tables.Account | None) -> Rules:
    """A stored policy that this program cannot read is the strictest: nothing leaves by mistake."""
    settings = {} if account is None else account.settings
    try:
        budgets = read_budgets(settings.get(BUDGETS, {}))
    except BadInput:
        budgets = Budgets()
    return Rules(budgets, policy_in(settings))


def policy_in(settings: Mapping[str, Any]) -> DlpPolicy:
    try:
        return read_policy(settings.get(POLICY, {}))
    except BadInput:
        return STRICTEST


async def _store(session: Session, actor: Actor, name: str, said: dict[str, Any], action: str) -> None:
    account = await lock(session, actor)
    before = account.settings.get(name, {})
    account.settings = {**account.settings, name: said}
    session.add(account)
    await session.flush()
    if said != before:
        await audit.append(session, actor.account_id, actor.email, action, "models", said)
