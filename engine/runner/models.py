"""Models for ``agent`` steps: the account's own where it has some, else those of the environment.

A runner reads the entries as it reads connectors, of any account and over its one connection. The keys in them are
sealed; what opens them is the installation's key file, which a runner is told the place of (``WEFT_KEY_FILE``) and the
database does not have.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import psycopg

from engine import vault
from engine.dlp import DlpPolicy, read_policy
from engine.dlp.policy import STRICTEST
from engine.errors import BadInput, WeftError
from engine.model import Call, ModelEntry, ModelError, NoModel, Part, ToolSpec, Turn, board
from engine.ownmodels import Purse, Reserved, ScreenedModel, Stored, entry_of, guarded_board
from engine.ownmodels.budget import HOLD_S, RELEASE, RESERVE, budget_held
from engine.runner.desk import Desk

log = logging.getLogger(__name__)

FRESH_S: Final = 5.0
"""How long an account's entries and rules are believed before they are read again."""

_ENTRIES: Final = """
SELECT id, account_id, name, provider, url, model, tier, usd_in, usd_out, sealed_key, probe, usd_cached, usd_stored
FROM account_models WHERE account_id = %s AND enabled ORDER BY position, id
"""
_POLICY: Final = "SELECT settings -> 'dlp' FROM accounts WHERE id = %s"
_RESERVE: Final = RESERVE.format("%s", "%s", "%s", "%s", "%s")
_RELEASE: Final = RELEASE.format("%s", "%s")


@dataclass(frozen=True, slots=True)
class _Known:
    until: float
    own: bool
    entries: tuple[ModelEntry, ...]
    policy: DlpPolicy


class RunnerModels:
    """``engine.runtime.Models``. ``entries``: the environment's."""

    def __init__(self, desk: Desk, entries: Sequence[ModelEntry]) -> None:
        self._desk = desk
        self._entries = tuple(entries)
        self._known: dict[UUID, _Known] = {}

    async def turn(
        self, account_id: UUID, run_id: UUID, wanted: str, parts: Sequence[Part], tools: Sequence[ToolSpec]
    ) -> Turn:
        """Raises ``ModelError``; ``NoModel`` where the account has none and the environment neither."""
        known = await self._of(account_id)
        if not known.entries:
            raise NoModel

        async def sink(call: Call) -> None:
            await self._desk.spent(account_id, run_id, call)

        model = ScreenedModel(
            known.entries,
            known.policy,
            purse=self._purse(account_id, known.entries),
            sink=sink,
            wanted=wanted,
            shared=guarded_board() if known.own else board(),
        )
        return await model.turn(parts, tools)

    async def _of(self, account_id: UUID) -> _Known:
        known = self._known.get(account_id)
        if known is None or known.until < time.monotonic():
            async with self._desk.connection() as connection:
                rows = await (await connection.execute(_ENTRIES, (account_id,))).fetchall()
                said = await (await connection.execute(_POLICY, (account_id,))).fetchone()
            entries = _opened([Stored(*row) for row in rows]) if rows else self._entries
            policy = _policy(None if said is None else said[0])
            known = self._known[account_id] = _Known(time.monotonic() + FRESH_S, bool(rows), entries, policy)
        return known

    def _purse(self, account_id: UUID, entries: Sequence[ModelEntry]) -> Purse:
        async def reserve(usd: Decimal, tokens: int) -> Reserved:
            try:
                async with self._desk.connection() as connection:
                    cursor = await connection.execute(_RESERVE, (account_id, None, usd, tokens, HOLD_S))
                    row = await cursor.fetchone()
            except psycopg.errors.LockNotAvailable:
                raise budget_held() from None
            assert row is not None
            return Reserved(row[0], row[1], *(Decimal(number or 0) for number in row[2:]))

        async def release(reservation: UUID) -> None:
            async with self._desk.connection() as connection:
                await connection.execute(_RELEASE, (account_id, reservation))

        return Purse(reserve, release, entries)


def _policy(said: Any) -> DlpPolicy:
    try:
        return read_policy({} if said is None else said)
    except BadInput:
        return STRICTEST


def _opened(rows: Sequence[Stored]) -> tuple[ModelEntry, ...]:
    """Raises ``ModelError`` where the keys of none of them open here."""
    entries, broken = [], None
    for row in rows:
        try:
            entries.append(entry_of(row, vault.configured()))
        except WeftError as error:
            log.error("the model %r cannot be used: %s", row.name, error.message)
            broken = error
    if broken is not None and not entries:
        raise ModelError("refused", broken.message, broken.help)
    return tuple(entries)
