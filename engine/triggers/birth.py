"""How a trigger's run is born, and what is kept of a trigger's last fire: statements for runners and services alike.

The run and the note of it are written in one transaction. A run whose key is there already is not born again: what
fires twice, because somebody died in between, makes one run.
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

from engine.identity import new_id
from engine.triggers.firing import Fire, Skipped, Unfit, key_of

_BORN: Final = """
WITH given AS (
  SELECT * FROM jsonb_to_recordset(cast({rows} AS jsonb)) AS g(n int, id uuid, account uuid, workflow uuid,
    version uuid, hash text, kind text, trigger uuid, key text, input jsonb, by uuid)
), born AS (
  INSERT INTO runs (id, account_id, workflow_id, version_id, content_hash, input, trigger, trigger_id,
    idempotency_key, requested_by, last_seq, priority)
  SELECT g.id, g.account, g.workflow, g.version, g.hash, g.input, g.kind, g.trigger, g.key, g.by, 1, w.priority
  FROM given g JOIN workflows w ON w.account_id = g.account AND w.id = g.workflow ORDER BY g.n
  ON CONFLICT (account_id, workflow_id, idempotency_key) DO NOTHING
  RETURNING id, account_id, input
), noted AS (
  INSERT INTO run_events (account_id, run_id, seq, kind, data)
  SELECT account_id, id, 1, 'run.accepted', jsonb_build_object('input', input) FROM born
)
SELECT id FROM born
"""
BORN: Final = _BORN.format(rows="%(rows)s")
BORN_TEXT: Final = _BORN.format(rows=":rows")

# Of a trigger that many fire at once, whoever finds the row free says what was last; a problem is always kept.
_KEPT: Final = """
UPDATE triggers SET last_at = clock_timestamp(), last_result = {result}, last_problem = cast({problem} AS text),
  failures = CASE WHEN {result} = 'problem' THEN failures + 1 ELSE 0 END,
  last_run_id = coalesce(cast({run} AS uuid), last_run_id)
WHERE id = (SELECT id FROM triggers WHERE id = {id} FOR NO KEY UPDATE {busy})
"""
KEPT_TEXT: Final = _KEPT.format(
    result=":result", problem=":problem", run=":run", id=":id", busy="SKIP LOCKED"
)
PROBLEM_TEXT: Final = _KEPT.format(result=":result", problem=":problem", run=":run", id=":id", busy="")

LONGEST_PROBLEM: Final = 1000


def row_of(
    number: int,
    decided: Fire,
    *,
    account: UUID,
    workflow: UUID,
    version: UUID,
    content_hash: str,
    kind: str,
    trigger: UUID,
    occasion: str,
    by: UUID | None,
) -> dict[str, Any]:
    """A row for ``BORN``, as JSON has it. ``kind``: what the run says it was started by."""
    return {
        "n": number,
        "id": str(new_id()),
        "account": str(account),
        "workflow": str(workflow),
        "version": str(version),
        "hash": content_hash,
        "kind": kind,
        "trigger": str(trigger),
        "key": key_of(trigger, occasion),
        "input": decided.input,
        "by": None if by is None else str(by),
    }


def said_of(decision: Fire | Skipped | Unfit) -> tuple[str, str | None]:
    """``(last_result, last_problem)``."""
    match decision:
        case Fire():
            return "started", None
        case Skipped():
            return "skipped", None
        case Unfit(problem=problem):
            return "problem", problem.replace("\0", "")[:LONGEST_PROBLEM]
