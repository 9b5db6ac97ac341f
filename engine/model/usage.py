"""What each call of a model cost: one row a call, whether it answered or not.

Here is what a runner writes down; ``engine.model.ledger`` is the same for the services, over their database.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from engine.identity import new_id

BY_A_RUNNER = """
INSERT INTO model_calls (id, account_id, run_id, provider, model, tokens_in, tokens_out, cost_usd, ms, error)
VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
"""


@dataclass(frozen=True, slots=True)
class Call:
    """One finished call. ``error`` is the code of the ModelError, "cancelled", or None when it answered. ``cost_usd``
    is 0 where nobody knows the model's price. ``tokens_cached`` of ``tokens_in`` were read from the provider's cache;
    ``first_ms`` is the time to the first sign of an answer, None where there was none."""

    provider: str
    model: str
    ms: int
    tokens_in: int = 0
    tokens_out: int = 0
    error: str | None = None
    cost_usd: Decimal = Decimal(0)
    tokens_cached: int = 0
    first_ms: int | None = None


async def record_of_run(
    connection: psycopg.AsyncConnection[TupleRow], account_id: UUID, run_id: UUID, call: Call
) -> None:
    """From a runner, which may only add rows here and never read any."""
    row = (new_id(), account_id, run_id, call.provider, call.model, call.tokens_in, call.tokens_out)
    await connection.execute(BY_A_RUNNER, (*row, call.cost_usd, call.ms, call.error))
