"""The number that a rule is about, one query a kind: from sums and from indexes of what is open, never over runs.

Each answers ``(value, n)``. Written for psycopg; ``for_sqlalchemy`` spells them the other way. Parameters: account,
workflow (null: all), window_min, connector, budget, since (when the rule was made).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

_WHOSE: Final = "(CAST(%(workflow)s AS uuid) IS NULL OR workflow_id = %(workflow)s)"
_WINDOW: Final = (
    "date_trunc('minute', clock_timestamp() - CAST(%(window_min)s AS integer) * interval '1 minute')"
)
_ONE: Final = "account_id = %(account)s"

VALUES: Final[dict[str, str]] = {
    "failure_rate": f"""
        SELECT (100.0 * sum(failed + timed_out) / nullif(sum(succeeded + failed + timed_out), 0))::float8,
          coalesce(sum(succeeded + failed + timed_out), 0)::bigint
        FROM run_minutes WHERE {_ONE} AND minute >= {_WINDOW} AND {_WHOSE}
        """,
    "approval_age": f"""
        SELECT (extract(epoch FROM clock_timestamp() - min(created_at)) / 60)::float8, count(*)
        FROM approvals WHERE {_ONE} AND state = 'open' AND {_WHOSE}
        """,
    "queue_depth": f"""
        SELECT count(*)::float8, 1::bigint FROM (
          SELECT FROM runs WHERE {_ONE} AND state IN ('queued', 'waiting') AND due_at <= now() AND {_WHOSE}
          LIMIT 1000000) AS due
        """,
    "queue_age": f"""
        SELECT (extract(epoch FROM clock_timestamp() - min(due_at)) / 60)::float8, count(*) FROM (
          SELECT due_at FROM runs WHERE {_ONE} AND state IN ('queued', 'waiting') AND due_at <= now() AND {_WHOSE}
          LIMIT 1000000) AS due
        """,
    "budget": f"""
        SELECT (100 * used / most)::float8, CASE WHEN most IS NULL THEN 0 ELSE 1 END::bigint FROM (
          SELECT nullif((a.settings -> 'model_budgets' ->> %(budget)s)::numeric, 0) AS most, (
            SELECT coalesce(sum(CASE WHEN %(budget)s LIKE '%%usd' THEN usd ELSE tokens_in + tokens_out END), 0)
            FROM model_spend WHERE {_ONE} AND day >= CASE WHEN %(budget)s LIKE 'day%%'
              THEN (now() AT TIME ZONE 'UTC')::date
              ELSE date_trunc('month', now() AT TIME ZONE 'UTC')::date END) AS used
          FROM accounts a WHERE a.id = %(account)s
        ) AS budgets
        """,
    "silence": f"""
        SELECT (extract(epoch FROM clock_timestamp() - greatest(%(since)s, (
          SELECT max(minute) FROM run_minutes WHERE {_ONE} AND {_WHOSE} AND started > 0), (
          SELECT max(hour) FROM run_stats WHERE {_ONE} AND {_WHOSE} AND started > 0))) / 60)::float8, 1::bigint
        """,
    "connector": f"""
        SELECT (100.0 * coalesce(sum(n) FILTER (WHERE code <> ''), 0) / nullif(sum(n), 0))::float8,
          coalesce(sum(n), 0)::bigint
        FROM call_stats WHERE {_ONE} AND grain = 'minute' AND at >= {_WINDOW} AND {_WHOSE}
          AND tool LIKE %(connector)s || '.%%'
        """,
}


def for_sqlalchemy(query: str) -> str:
    return re.sub(r"%\((\w+)\)s", r":\1", query).replace("%%", "%").replace("::", "\\:\\:")


def about(
    account_id: UUID, workflow_id: UUID | None, spec: Mapping[str, Any], since: datetime
) -> dict[str, Any]:
    """What the queries are asked with. A connector's name has no wildcards: it is a word."""
    return {
        "account": account_id,
        "workflow": workflow_id,
        "window_min": int(spec.get("window_min", 30)),
        "connector": str(spec.get("connector", "")).replace("_", r"\_"),
        "budget": str(spec.get("budget", "")),
        "since": since,
    }
