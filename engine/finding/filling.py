"""Makes the terms of runs that began or ended, behind their backs. Runs in every runner's janitor.

A start and an end leave the run's id in ``run_unsearched``, in their own transaction (triggers); here they are taken
away again and the terms written, in one statement's transaction: each exactly once, whoever dies. What the account's
rules keep from models is not made into terms; a policy that cannot be read keeps everything.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from json import loads
from typing import TypeAlias
from uuid import UUID

import psycopg
from psycopg.rows import TupleRow

from engine.dlp import DlpFailed, DlpPolicy, read_policy, redact
from engine.dlp.policy import STRICTEST
from engine.errors import BadInput
from engine.finding.terms import terms

Connection: TypeAlias = psycopg.AsyncConnection[TupleRow]

CHUNK = 25
"""Runs of one transaction: some milliseconds, in which the runner's other work waits."""
SHORTEST_KEPT = 9
"""No kind of ``engine.dlp`` is found in a text of fewer characters, unless it has an ``@``."""

# It waits for nobody: a run whose row somebody holds, or that retention is taking, stays for another time.
TAKE = """
WITH picked AS MATERIALIZED (
  SELECT ctid AS place, account_id, run_id FROM run_unsearched LIMIT %s FOR UPDATE SKIP LOCKED
), held AS MATERIALIZED (
  SELECT r.account_id, r.id, r.input, r.output
  FROM (SELECT DISTINCT account_id, run_id FROM picked) AS p
  JOIN runs r ON r.account_id = p.account_id AND r.id = p.run_id FOR KEY SHARE OF r SKIP LOCKED
), gone AS (
  DELETE FROM run_unsearched u USING picked p WHERE u.ctid = p.place AND (
    EXISTS (SELECT FROM held h WHERE h.id = p.run_id)
    OR NOT EXISTS (SELECT FROM runs r WHERE r.account_id = p.account_id AND r.id = p.run_id))
  RETURNING 1
)
SELECT g.taken, h.account_id, h.id, h.input, h.output, (a.settings -> 'dlp')::text
FROM (SELECT count(*) AS taken FROM gone) AS g LEFT JOIN held h ON true LEFT JOIN accounts a ON a.id = h.account_id
"""
WRITE = """
INSERT INTO run_terms (account_id, run_id, term) SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[])
ON CONFLICT DO NOTHING
"""


async def fill(connection: Connection, most: int = CHUNK) -> int:
    """One transaction; returns how many rows it took away: less than ``most`` when there are no more to be had."""
    async with connection.transaction():
        cursor = await connection.execute(TAKE, (most,))
        accounts: list[UUID] = []
        runs: list[UUID] = []
        numbers: list[int] = []
        rows = await cursor.fetchall()
        for _, account, run, given, output, policy in rows:
            found = terms(run, given, output, keeper(policy or "{}")) if run is not None else ()
            accounts += [account] * len(found)
            runs += [run] * len(found)
            numbers += found
        if numbers:
            await connection.execute(WRITE, (accounts, runs, numbers))
    return int(rows[0][0])


@lru_cache(maxsize=64)
def keeper(said: str) -> Callable[[str], bool]:
    """Whether a text may be found by, under a policy as it is stored (JSON)."""
    try:
        policy = read_policy(loads(said))
    except (BadInput, ValueError):
        policy = STRICTEST
    least = 0 if policy.custom else SHORTEST_KEPT

    def keep(text: str) -> bool:
        return (len(text) < least and "@" not in text) or _clean(text, policy)

    return keep


def _clean(text: str, policy: DlpPolicy) -> bool:
    try:
        return not redact(text, policy).found
    except DlpFailed:
        return False
