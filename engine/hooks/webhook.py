"""A webhook as it is now, for whoever calls its address: its check, the values of its secret, whether it is paused.

Each request looks. At an address that gets too many they look once a second for all that come: whoever floods an
address gets refusals without asking the database for each.
"""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeAlias
from uuid import UUID

from sqlalchemy import text

from dsl.plan import OnWebhook, PlanTrigger, Verify
from engine import secrets, tables
from engine.database import Database
from engine.dlp import DlpPolicy
from engine.models.rules import policy_in
from engine.vault import Sealed

KEPT_S: Final = 1.0
MOST_KEPT: Final = 1_000

FOUND: Final = text(
    """
    SELECT id, spec, paused_at, extract(epoch FROM clock_timestamp())::float8 AS now FROM triggers
    WHERE account_id = :account AND kind = 'webhook' AND live AND method = :method AND path = :path
    """
)

Address: TypeAlias = tuple[UUID, str, str]
"""The account, the method, the path."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """``now_s``: the database's clock as it was looked at. ``values``: of its secret, those that are valid;
    ``trouble``: why there is none."""

    id: UUID
    verify: Verify
    paused: bool
    now_s: float
    values: Sequence[str] = field(repr=False)
    trouble: str
    policy: DlpPolicy


async def find(db: Database, address: Address) -> Webhook | None:
    """None: there is none there. Raises ``Unavailable``."""
    account_id, method, path = address
    async with db.account(account_id) as session:
        about = {"account": account_id, "method": method, "path": path}
        row = (await session.execute(FOUND, about)).one_or_none()
        if row is None:
            return None
        on = PlanTrigger.model_validate(row.spec).on
        assert isinstance(on, OnWebhook)
        check = on.verify or Verify(function="")
        values: Sequence[str] = ()
        trouble = ""
        try:
            opened = await secrets.opened(session, account_id, check.secret)
            values = () if opened is None else opened.values
        except Sealed:
            trouble = (
                f"The secret `{check.secret}` cannot be opened with the installation's key: give it again."
            )
        if not values:
            trouble = trouble or f"The secret `{check.secret}` is not set."
        account = await session.get(tables.Account, account_id)
        policy = policy_in({} if account is None else account.settings)
        return Webhook(row.id, check, row.paused_at is not None, row.now, values, trouble, policy)


@dataclass(frozen=True, slots=True)
class _Kept:
    at: float
    found: Webhook | None


class Lookout:
    """What was found lately at addresses that get too many: for a second, one look at a time."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: OrderedDict[Address, _Kept] = OrderedDict()
        self._looking = asyncio.Lock()

    async def find(self, db: Database, address: Address) -> Webhook | None:
        """As :func:`find`, at most a second old."""
        async with self._looking:
            now = self._clock()
            kept = self._kept.get(address)
            if kept is None or now - kept.at >= KEPT_S:
                kept = _Kept(now, await find(db, address))
                self._kept[address] = kept
                self._kept.move_to_end(address)
            self._forget(now)
            return kept.found

    def _forget(self, now: float) -> None:
        """No secret stays here for longer than it is of use."""
        while self._kept:
            oldest = next(iter(self._kept))
            if now - self._kept[oldest].at < KEPT_S and len(self._kept) <= MOST_KEPT:
                return
            del self._kept[oldest]
