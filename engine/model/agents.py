"""Models for ``agent`` steps: a tier or a name becomes a model, and each call is priced and recorded."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias
from uuid import UUID

from engine.model.board import Board
from engine.model.chat import ChatModel
from engine.model.entry import ModelEntry
from engine.model.error import ModelError
from engine.model.meter import Meter
from engine.model.turn import Part, ToolSpec, Turn
from engine.model.usage import Call

Ledger: TypeAlias = Callable[[UUID, UUID, Call], Awaitable[None]]
"""Records a call of (account, run)."""

EntriesOf: TypeAlias = Callable[[UUID], Awaitable[Sequence[ModelEntry]]]
"""The models of an account; none where it has none of its own."""

MeterOf: TypeAlias = Callable[[UUID, UUID], Meter]
"""The budget that a call of (account, run) counts against."""


class AgentModels:
    """``turn`` asks one model once; with several for a tier, the next is asked when one fails.

    ``entries`` answer in every account that ``of_account`` knows no models of.
    """

    def __init__(
        self,
        entries: Sequence[ModelEntry],
        ledger: Ledger,
        *,
        of_account: EntriesOf | None = None,
        meter_of: MeterOf | None = None,
        shared: Board | None = None,
    ) -> None:
        self._entries = tuple(entries)
        self._ledger = ledger
        self._of_account = of_account
        self._meter_of = meter_of
        self._shared = shared

    async def turn(
        self, account_id: UUID, run_id: UUID, wanted: str, parts: Sequence[Part], tools: Sequence[ToolSpec]
    ) -> Turn:
        """Raises ``ModelError``."""
        own = () if self._of_account is None else await self._of_account(account_id)
        entries = tuple(own) or self._entries
        if not entries:
            raise ModelError(
                "refused", "No language model is connected.", "Connect one, as docs/models.md says."
            )
        meter = None if self._meter_of is None else self._meter_of(account_id, run_id)

        async def sink(call: Call) -> None:
            await self._ledger(account_id, run_id, call)

        model = ChatModel(entries, meter, wanted=wanted, shared=self._shared)
        return await model.turn(parts, tools, sink)
