"""The queries. ``:workflow`` is null for all. Slots count from ``:since`` in steps of ``:step`` seconds; those of the
time before are negative. What one reads is bounded by slots, workflows and buckets, never by runs."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

_SLOT = "floor(extract(epoch FROM {at} - CAST(:since AS timestamptz)) / :step)::int"
_WHEN = "({at} >= :since AND {at} < :until OR {at} >= :before_since AND {at} < :before_until)"
_WHOSE = "(CAST(:workflow AS uuid) IS NULL OR workflow_id = :workflow)"


def _of(sql: str, at: str) -> str:
    return sql.format(slot=_SLOT.format(at=at), when=_WHEN.format(at=at), whose=_WHOSE, at=at)


_COUNTS = """
SELECT {slot} AS slot, sum(started)::bigint, sum(succeeded)::bigint, sum(failed)::bigint, sum(timed_out)::bigint,
  sum(cancelled)::bigint, sum(model_calls)::bigint, sum(cost_usd)
FROM %s WHERE account_id = :account AND {when} AND {whose} GROUP BY 1
"""
COUNTS_BY_MINUTE: Final = text(_of(_COUNTS % "run_minutes", "minute"))
COUNTS_BY_HOUR: Final = text(_of(_COUNTS % "run_stats", "hour"))

DURATIONS: Final = text(
    _of(
        """
        SELECT {slot} AS slot, bucket, sum(n)::bigint FROM run_durations
        WHERE account_id = :account AND grain = :grain AND {when} AND {whose} GROUP BY 1, 2
        """,
        "at",
    )
)

# The share of all up to a bucket, and from that the first bucket that reaches a percentile.
STEPS: Final = text(
    _of(
        """
        SELECT x.workflow_id, coalesce(nullif(w.title, ''), w.name), x.step, x.waits, x.n, x.failed, x.b50, x.b95,
          x.seconds
        FROM (
          SELECT workflow_id, step, waits, max(upto)::bigint AS n, sum(failed)::bigint AS failed,
            min(bucket) FILTER (WHERE upto >= ceil(0.5 * total)) AS b50,
            min(bucket) FILTER (WHERE upto >= ceil(0.95 * total)) AS b95, sum(seconds)::float8 AS seconds,
            row_number() OVER (PARTITION BY waits ORDER BY min(bucket) FILTER (WHERE upto >= ceil(0.95 * total)) DESC,
              sum(seconds) DESC) AS place
          FROM (
            SELECT workflow_id, step, waits, bucket, sum(failed) AS failed, sum(seconds) AS seconds,
              sum(sum(n)) OVER (PARTITION BY workflow_id, step, waits ORDER BY bucket) AS upto,
              sum(sum(n)) OVER (PARTITION BY workflow_id, step, waits) AS total
            FROM step_stats WHERE account_id = :account AND grain = :grain AND at >= :since AND at < :until AND {whose}
            GROUP BY 1, 2, 3, 4
          ) AS buckets GROUP BY 1, 2, 3
        ) AS x JOIN workflows w ON w.account_id = :account AND w.id = x.workflow_id
        WHERE x.place <= :most ORDER BY x.waits, x.place
        """,
        "at",
    )
)

CALLS: Final = text(
    _of(
        """
        SELECT tool, code, coalesce(sum(n) FILTER (WHERE at >= :since), 0)::bigint,
          coalesce(sum(seconds) FILTER (WHERE at >= :since), 0)::float8,
          coalesce(sum(n) FILTER (WHERE at < :since), 0)::bigint
        FROM call_stats WHERE account_id = :account AND grain = :grain AND {when} AND {whose} GROUP BY 1, 2
        """,
        "at",
    )
)

QUEUE: Final = text(
    _of(
        """
        SELECT {slot} AS slot, max(due), max(oldest_s), max(running), max(waiting), max(approvals), max(approval_s)
        FROM queue_samples
        WHERE account_id = :account AND grain = :grain AND at >= :since AND at < :until GROUP BY 1
        """,
        "at",
    )
)

NOW: Final = text(
    f"""
    SELECT q.due, q.oldest, b.running, w.waiting, v.review, p.* FROM
      (SELECT count(*) AS due, coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0)::float8 AS oldest
        FROM runs WHERE account_id = :account AND state IN ('queued', 'waiting') AND due_at <= now() AND {_WHOSE}) q,
      (SELECT count(*) AS running FROM runs WHERE account_id = :account AND state = 'running' AND {_WHOSE}) b,
      (SELECT count(*) AS waiting FROM runs WHERE account_id = :account AND state = 'waiting' AND {_WHOSE}) w,
      (SELECT count(*) AS review FROM runs WHERE account_id = :account AND state = 'needs_review' AND {_WHOSE}) v,
      (SELECT count(*), coalesce(max(age), 0)::float8, count(*) FILTER (WHERE age < 3600),
        count(*) FILTER (WHERE age >= 3600 AND age < 14400), count(*) FILTER (WHERE age >= 14400 AND age < 86400),
        count(*) FILTER (WHERE age >= 86400)
        FROM (SELECT extract(epoch FROM clock_timestamp() - created_at) AS age FROM approvals
          WHERE account_id = :account AND state = 'open' AND {_WHOSE}) AS ages) p
    """
)

EVER: Final = text(
    "SELECT EXISTS (SELECT FROM run_stats WHERE account_id = :account AND started > 0)"
    " OR EXISTS (SELECT FROM runs WHERE account_id = :account AND trial IS NULL)"
)
