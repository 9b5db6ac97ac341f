"""Calls of models that a service made: one row a call, in the account's name."""

from __future__ import annotations

from uuid import UUID

from engine import tables
from engine.actor import Actor
from engine.database import Database
from engine.model.usage import Call


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
