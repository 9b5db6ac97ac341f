"""What each call of a model cost: one row a call, whether it answered or not."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from engine import tables
from engine.actor import Actor
from engine.database import Database


@dataclass(frozen=True, slots=True)
class Call:
    """One finished call. ``error`` is the code of the ModelError, or None when it answered."""

    provider: str
    model: str
    ms: int
    tokens_in: int = 0
    tokens_out: int = 0
    error: str | None = None


async def record(
    db: Database, actor: Actor, call: Call, *, conversation_id: UUID | None = None, run_id: UUID | None = None
) -> None:
    async with db.account(actor) as session:
        session.add(
            tables.ModelCall(
                account_id=actor.account_id,
                conversation_id=conversation_id,
                run_id=run_id,
                provider=call.provider,
                model=call.model,
                tokens_in=call.tokens_in,
                tokens_out=call.tokens_out,
                cost_usd=Decimal(0),
                ms=call.ms,
                error=call.error,
            )
        )
