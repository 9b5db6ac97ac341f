"""How long an account keeps what is over. ``engine.janitor`` deletes; the database says what may go (0007)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.functional_validators import AfterValidator

from engine import audit
from engine.actor import Actor
from engine.database import Database
from engine.errors import NotFound
from engine.permissions import Permission, require
from engine.tables import Account

LEAST_DAYS = 7
"""Nothing younger is ever deleted, whatever is set: a typo must not take yesterday. The database holds to it too."""
MOST_DAYS = 36_500


def _long_enough(days: int) -> int:
    if 0 < days < LEAST_DAYS:
        raise ValueError(f"needs {LEAST_DAYS} days or more, or 0 to keep them for ever")
    return days


Days = Annotated[int, Field(ge=0, le=MOST_DAYS, strict=True), AfterValidator(_long_enough)]


class Retention(BaseModel):
    """Days after which things are deleted; 0: never.

    ``runs_days``: runs that are over, counted from their end, with their journal, approvals and model calls, together
    with all the runs that they have started; ``trials_days``: those of tests, likewise, and the texts that only they
    had; ``events_days``: published events; ``artifacts_days``: large values of runs that are over, which may go before
    their run does; they always go with it. The audit log and the numbers of ``engine.totals`` stay for ever.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    runs_days: Days = 90
    trials_days: Days = 30
    events_days: Days = 30
    artifacts_days: Days = 90


def retention_of(account: Account | None) -> Retention:
    """What holds; the defaults where nothing was set, or nothing that can be read."""
    said: Any = {} if account is None else account.settings.get("retention", {})
    try:
        return Retention.model_validate(said)
    except ValidationError:
        return Retention()


async def get_retention(db: Database, actor: Actor) -> Retention:
    require(actor, Permission.POLICY)
    async with db.account(actor) as session:
        return retention_of(await session.get(Account, actor.account_id))


async def set_retention(db: Database, actor: Actor, retention: Retention) -> Retention:
    """Holds from the janitor's next round on."""
    require(actor, Permission.POLICY)
    async with db.account(actor) as session:
        account = await session.get(Account, actor.account_id, with_for_update=True)
        if account is None:
            raise NotFound("This workspace is not there any more.", "Sign in again.")
        before = retention_of(account)
        account.settings = {**account.settings, "retention": retention.model_dump()}
        session.add(account)
        await session.flush()
        changed = {"before": before.model_dump(), "after": retention.model_dump()}
        await audit.append(session, actor.account_id, actor.email, "retention.set", "retention", changed)
    return retention
