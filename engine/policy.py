"""What an account says of its tools: stored with the account, read by every check, changed by administrators only."""

from __future__ import annotations

from sqlmodel.ext.asyncio.session import AsyncSession

from dsl.policy import Policy, ToolRule
from engine import audit, catalog
from engine.actor import Actor
from engine.catalog import policy_of
from engine.database import Database
from engine.errors import BadInput, NotFound
from engine.permissions import Permission, require
from engine.tables import Account

MOST_RULES = 2_000


async def get_policy(db: Database, actor: Actor) -> Policy:
    """The account's policy; one without rules, under which every tool is taken for the worst, when none was set."""
    require(actor, Permission.VIEW)
    async with db.account(actor) as session:
        return policy_of(await session.get(Account, actor.account_id))


async def set_policy(db: Database, actor: Actor, policy: Policy) -> Policy:
    """Put a policy in the place of the one that holds. Versions that are live keep what they were published with."""
    require(actor, Permission.POLICY)
    async with db.account(actor) as session:
        account = await _locked(session, actor)
        await _store(session, actor, account, policy)
    catalog.forget(actor.account_id)
    return policy


async def set_rule(db: Database, actor: Actor, rule: ToolRule) -> Policy:
    """Put one rule in the place of what is said of its tools so far; whatever others are about stays as it is."""
    require(actor, Permission.POLICY)
    async with db.account(actor) as session:
        account = await _locked(session, actor)
        kept = tuple(other for other in policy_of(account).rules if other.tool != rule.tool)
        policy = Policy(rules=(*kept, rule))
        await _store(session, actor, account, policy)
    catalog.forget(actor.account_id)
    return policy


async def _locked(session: AsyncSession, actor: Actor) -> Account:
    account = await session.get(Account, actor.account_id, with_for_update=True)
    if account is None:
        raise NotFound("This workspace is not there any more.", "Sign in again.")
    return account


async def _store(session: AsyncSession, actor: Actor, account: Account, policy: Policy) -> None:
    if len(policy.rules) > MOST_RULES:
        problem = ("rules", f"at most {MOST_RULES} rules")
        raise BadInput("The policy has too many rules.", [problem], "Say it with rules like `shop.*`.")
    before = {rule.tool: rule for rule in policy_of(account).rules}
    after = {rule.tool: rule for rule in policy.rules}
    account.settings = {**account.settings, "policy": policy.model_dump(mode="json", exclude_none=True)}
    session.add(account)
    await session.flush()
    changed = {
        tool: None if rule is None else rule.model_dump(mode="json", exclude_none=True)
        for tool in sorted(before.keys() | after.keys())
        if (rule := after.get(tool)) != before.get(tool)
    }
    await audit.append(session, actor.account_id, actor.email, "policy.set", "policy", {"rules": changed})
