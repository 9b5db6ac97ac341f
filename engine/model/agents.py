"""Models for ``agent`` steps: a tier or a name becomes a model, and each call is priced and recorded."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from typing import TypeAlias
from uuid import UUID

from engine.model.error import ModelError
from engine.model.openai import OpenAICompatible
from engine.model.settings import ModelSettings, Price
from engine.model.turn import Part, ToolSpec, Turn
from engine.model.usage import Call

log = logging.getLogger(__name__)

Ledger: TypeAlias = Callable[[UUID, UUID, Call], Awaitable[None]]
"""Records a call of (account, run)."""

TIERS = ("fast", "balanced", "best")


class AgentModels:
    """``turn`` asks one model once; with several configured for a tier, the next is asked when one fails."""

    def __init__(self, settings: ModelSettings, ledger: Ledger) -> None:
        self._settings = settings
        self._ledger = ledger
        self._providers: dict[str, OpenAICompatible] = {}

    def names(self, wanted: str) -> tuple[str, ...]:
        """The models behind a tier, or the model of that name. A tier that the settings do not map is their models."""
        tiers = dict(self._settings.tiers)
        if wanted in tiers:
            return (tiers[wanted],)
        return self._settings.models if wanted in TIERS else (wanted,)

    async def turn(
        self, account_id: UUID, run_id: UUID, wanted: str, parts: Sequence[Part], tools: Sequence[ToolSpec]
    ) -> Turn:
        """Raises ``ModelError``."""
        last: ModelError | None = None
        for name in self.names(wanted):
            try:
                return await self._one(account_id, run_id, name, parts, tools)
            except ModelError as error:
                log.warning("model %s failed: %s", name, error.code)
                last = error
        assert last is not None
        raise last

    async def _one(
        self, account_id: UUID, run_id: UUID, name: str, parts: Sequence[Part], tools: Sequence[ToolSpec]
    ) -> Turn:
        if name not in self._providers:
            self._providers[name] = OpenAICompatible(self._settings, name)
        provider, began = self._providers[name], time.monotonic()
        spent, code = Turn(""), None
        try:
            async with asyncio.timeout(self._settings.total_s):
                spent = self._priced(await provider.turn(parts, tools))
                return spent
        except TimeoutError:
            code = "timeout"
            raise ModelError("timeout", f"The model {name!r} did not answer in time.") from None
        except ModelError as error:
            code = error.code
            raise
        finally:
            ms = int((time.monotonic() - began) * 1000)
            cost = Decimal(str(spent.cost_usd))
            call = Call(provider.name, name, ms, spent.tokens_in, spent.tokens_out, code, cost)
            try:
                await self._ledger(account_id, run_id, call)
            except Exception:  # a record that fails never costs the answer
                log.exception("a model call could not be recorded")

    def _priced(self, turn: Turn) -> Turn:
        price = dict(self._settings.prices).get(turn.model)
        return turn if price is None else _with_cost(turn, price)


def _with_cost(turn: Turn, price: Price) -> Turn:
    cost = (turn.tokens_in * price.usd_in + turn.tokens_out * price.usd_out) / 1_000_000
    return Turn(turn.text, turn.uses, turn.model, turn.tokens_in, turn.tokens_out, round(cost, 9), True)
