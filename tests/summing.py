"""The sums of runs that were written straight into the table, and of steps, calls and queues they might have had."""

from __future__ import annotations

from uuid import UUID

import psycopg

_OF_RUNS = """
INSERT INTO run_minutes (account_id, minute, workflow_id, started, succeeded, failed, cancelled, timed_out, seconds)
SELECT account_id, minute, workflow_id, sum(started), sum(succeeded), sum(failed), sum(cancelled), sum(timed_out),
  sum(seconds) FROM (
    SELECT account_id, date_trunc('minute', queued_at) AS minute, workflow_id, 1 AS started, 0 AS succeeded,
      0 AS failed, 0 AS cancelled, 0 AS timed_out, 0 AS seconds
    FROM runs WHERE account_id = %(account)s AND queued_at > now() - interval '3 days'
    UNION ALL
    SELECT account_id, date_trunc('minute', finished_at), workflow_id, 0, (state = 'succeeded')::int,
      (state = 'failed')::int, (state = 'cancelled')::int, (state = 'timed_out')::int,
      extract(epoch FROM finished_at - started_at)
    FROM runs WHERE account_id = %(account)s AND finished_at > now() - interval '3 days'
  ) AS x GROUP BY 1, 2, 3 ON CONFLICT DO NOTHING;

INSERT INTO run_durations (account_id, grain, at, workflow_id, bucket, n)
SELECT account_id, grain, date_trunc(grain, finished_at, 'UTC'), workflow_id,
  weft_bucket(extract(epoch FROM finished_at - started_at)::float8), count(*)
FROM runs, unnest(ARRAY['minute', 'hour', 'day']) AS grain
WHERE account_id = %(account)s AND finished_at IS NOT NULL
  AND (grain <> 'minute' OR finished_at > now() - interval '3 days')
GROUP BY 1, 2, 3, 4, 5 ON CONFLICT DO NOTHING;
"""
# Steps and calls follow from how many runs there were; hours of the last twenty days, where anybody reads them by hour.
_MADE_UP = """
INSERT INTO step_stats (account_id, grain, at, workflow_id, step, waits, bucket, n, failed, seconds)
SELECT account_id, grain, date_trunc(grain, hour, 'UTC'), workflow_id, step, waits, (base + b)::smallint,
  sum(ceil(started / (1.0 + b * b))), sum(CASE WHEN b = 0 AND failing THEN failed ELSE 0 END)::bigint,
  sum(ceil(started / (1.0 + b * b)) * 2 ^ ((base + b) / 4.0) / 1000)
FROM run_stats, generate_series(0, 4) AS b, unnest(ARRAY['minute', 'hour', 'day']) AS grain, (VALUES
  ('order', false, 28, false), ('eligibility', false, 34, false), ('refund', false, 44, true),
  ('gate.approval', true, 84, false), ('results.each', false, 47, false), ('notice', false, 30, false)
) AS s (step, waits, base, failing)
WHERE account_id = %(account)s AND started > 0 AND workflow_id IS NOT NULL AND hour > now() - CASE grain
  WHEN 'minute' THEN interval '3 days' WHEN 'hour' THEN interval '20 days' ELSE interval '20 years' END
GROUP BY 1, 2, 3, 4, 5, 6, 7 ON CONFLICT DO NOTHING;

INSERT INTO call_stats (account_id, grain, at, workflow_id, tool, code, n, seconds)
SELECT account_id, grain, date_trunc(grain, hour, 'UTC'), workflow_id, tool, code, sum(calls), sum(calls) * mean FROM (
  SELECT r.*, tool, code, mean, CASE WHEN code = '' THEN started ELSE ceil(failed * share)::bigint END AS calls
  FROM run_stats r, (VALUES ('shop.get_order', '', 0.05, 0), ('shop.process_refund', '', 0.4, 0),
    ('mail.send', '', 0.2, 0), ('shop.process_refund', 'unavailable', 2.0, 0.9),
    ('shop.process_refund', 'timeout', 10.0, 0.3), ('mail.send', 'rate_limited', 0.1, 0.2)
  ) AS c (tool, code, mean, share)
  WHERE account_id = %(account)s AND started > 0 AND workflow_id IS NOT NULL
) AS x, unnest(ARRAY['minute', 'hour', 'day']) AS grain
WHERE calls > 0 AND hour > now() - CASE grain
  WHEN 'minute' THEN interval '3 days' WHEN 'hour' THEN interval '20 days' ELSE interval '20 years' END
GROUP BY 1, 2, 3, 4, 5, 6, mean ON CONFLICT DO NOTHING;

INSERT INTO queue_samples (account_id, grain, at, due, oldest_s, running, waiting, approvals, approval_s)
SELECT %(account)s, grain, at, greatest(0, 20 * sin(e / 9000) * sin(e / 1700))::int, greatest(0, 4 * sin(e / 9000)),
  (20 + 12 * sin(e / 13000))::int, 8, (2 + 2 * sin(e / 20000))::int, 1800 + (e::bigint %% 20000) FROM (
    SELECT 'minute' AS grain, m AS at, extract(epoch FROM m)::float8 AS e
    FROM generate_series(date_trunc('minute', now()) - interval '3 days', now(), '1 minute') AS m
    UNION ALL SELECT 'hour', h, extract(epoch FROM h)
    FROM generate_series(date_trunc('hour', now()) - interval '90 days', now(), '1 hour') AS h
  ) AS x ON CONFLICT DO NOTHING;
"""
TABLES = ("run_minutes", "run_durations", "step_stats", "call_stats", "queue_samples")


def sum_up(connection: psycopg.Connection, account_id: UUID) -> None:
    """In the caller's transaction; the connection is the owner's. ``run_stats`` are there already."""
    for statement in (_OF_RUNS + _MADE_UP).split(";\n"):
        if statement.strip():
            connection.execute(statement, {"account": account_id})  # type: ignore[arg-type]
