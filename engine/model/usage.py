"""What each call of a model cost: one row a call, whether it answered or not."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from engine import tables
from engine.actor import Actor
from engine.database import Database
from engine.identity import new_id

BY_A_RUNNER = """
INSERT INTO model_calls (id, account_id, run_id, provider, model, tokens_in, tokens_out, cost_usd, ms, error)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class Call:
    """One finished call. ``error`` is the code of the ModelError, or None when it answered. ``cost_usd`` is 0 where
    nobody knows the model's price."""

    provider: str
    model: str
    ms: int
    tokens_in: int = 0
    tokens_out: int = 0
    error: str | None = None
    cost_usd: Decimal = Decimal(0)


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
                cost_usd=call.cost_usd,
                ms=call.ms,
                error=call.error,
            )
        )


async def record_of_run(
    connection: psycopg.AsyncConnection[TupleRow], account_id: UUID, run_id: UUID, call: Call
) -> None:
    """The same from a runner, which may only add rows here and never read any."""
    row = (new_id(), account_id, run_id, call.provider, call.model, call.tokens_in, call.tokens_out)
    await connection.execute(BY_A_RUNNER, (*row, call.cost_usd, call.ms, call.error))
