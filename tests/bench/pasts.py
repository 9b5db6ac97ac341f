"""Figures of a long past, written as sums: what a dashboard reads once so many runs have happened."""

from __future__ import annotations

from uuid import UUID

import psycopg

# Busy by day, quiet at night, some trouble now and then; every number follows from the hour and the workflow's place.
_SEED = """
CREATE TEMP TABLE hours AS
SELECT h AS at, w.id AS workflow_id, w.place,
  greatest(1, round(%(runs)s::float8 / (%(days)s * 24 * (SELECT count(*) FROM workflows WHERE account_id = %(account)s))
    * (1 + 0.8 * sin((extract(hour FROM h) - 8) / 24 * 6.2832)) * (0.6 + 0.8 * ((w.place * 7) %% 5) / 5)))::bigint AS n,
  CASE WHEN (extract(epoch FROM h) / 3600)::bigint %% 31 = 3 THEN 0.3 ELSE 0.02 END AS bad
FROM generate_series(date_trunc('hour', now()) - %(days)s * interval '1 day', date_trunc('hour', now()), '1 hour') AS h,
  (SELECT id, row_number() OVER (ORDER BY id) AS place FROM workflows WHERE account_id = %(account)s) AS w;

INSERT INTO run_stats (account_id, hour, workflow_id, started, succeeded, failed, cancelled, timed_out, seconds,
  model_calls, cost_usd)
SELECT %(account)s, at, workflow_id, n, n - floor(n * bad)::bigint - n / 60, floor(n * bad)::bigint, n / 100,
  n / 60 - n / 100, n * 12, n / 5, n * 0.004 FROM hours
ON CONFLICT (account_id, hour, workflow_id) DO UPDATE SET started = run_stats.started + excluded.started,
  succeeded = run_stats.succeeded + excluded.succeeded, failed = run_stats.failed + excluded.failed;

INSERT INTO run_minutes (account_id, minute, workflow_id, started, succeeded, failed, cancelled, timed_out, seconds,
  model_calls, cost_usd)
SELECT %(account)s, m, workflow_id, s, s - f, f, 0, 0, s * 12, s / 5, s * 0.004 FROM (
  SELECT h.at + k * interval '1 minute' AS m, workflow_id, ceil(n / 60.0 * (0.5 + (k * 13 %% 60) / 60.0))::bigint AS s,
    floor(ceil(n / 60.0) * bad * (k %% 4))::bigint AS f
  FROM hours h, generate_series(0, 59) AS k WHERE h.at > now() - interval '3 days'
) AS x WHERE m <= now() ON CONFLICT DO NOTHING;

INSERT INTO run_durations (account_id, grain, at, workflow_id, bucket, n)
SELECT %(account)s, grain, date_trunc(grain, at, 'UTC'), workflow_id,
  (38 + place %% 6 + b + CASE WHEN bad > 0.1 THEN b / 3 ELSE 0 END)::smallint, sum(greatest(1, n / (2 + b * b)))
FROM hours, generate_series(0, 14) AS b, unnest(ARRAY['hour', 'day']) AS grain GROUP BY 1, 2, 3, 4, 5
ON CONFLICT DO NOTHING;
INSERT INTO run_durations (account_id, grain, at, workflow_id, bucket, n)
SELECT %(account)s, 'minute', h.at + k * interval '1 minute', workflow_id,
  (38 + place %% 6 + b + (k %% 7) / 2)::smallint,
  greatest(1, n / (60 * (2 + b * b)))
FROM hours h, generate_series(0, 59) AS k, generate_series(0, 9) AS b
WHERE h.at > now() - interval '3 days' AND h.at + k * interval '1 minute' <= now() ON CONFLICT DO NOTHING;

INSERT INTO step_stats (account_id, grain, at, workflow_id, step, waits, bucket, n, failed, seconds)
SELECT %(account)s, grain, date_trunc(grain, at, 'UTC'), workflow_id, step, waits, (base + b)::smallint,
  sum(greatest(1, n / (2 + b * b))), sum(CASE WHEN b = 0 THEN floor(n * bad * share) ELSE 0 END)::bigint,
  sum(greatest(1, n / (2 + b * b)) * 2 ^ ((base + b) / 4.0) / 1000)
FROM hours, generate_series(0, 9) AS b, unnest(ARRAY['minute', 'hour', 'day']) AS grain, (VALUES
  ('order', false, 28, 0.1),
  ('eligibility', false, 34, 0.0), ('refund', false, 40, 0.9), ('gate.approval', true, 84, 0.0),
  ('results.each', false, 44, 0.3), ('notice', false, 30, 0.1), ('wait_for_goods', true, 96, 0.0),
  ('summary', false, 46, 0.2)) AS s (step, waits, base, share)
WHERE grain <> 'minute' OR at > now() - interval '3 days'
GROUP BY 1, 2, 3, 4, 5, 6, 7 ON CONFLICT DO NOTHING;

INSERT INTO call_stats (account_id, grain, at, workflow_id, tool, code, n, seconds)
SELECT %(account)s, grain, date_trunc(grain, at, 'UTC'), workflow_id, tool, code, sum(calls), sum(calls) * mean FROM (
  SELECT hours.*, tool, code, mean, CASE WHEN code = '' THEN n ELSE floor(n * bad * share)::bigint END AS calls
  FROM hours, (VALUES ('shop.get_order', '', 0.05, 0), ('shop.process_refund', '', 0.4, 0), ('mail.send', '', 0.2, 0),
    ('shop.process_refund', 'unavailable', 2.0, 0.7), ('shop.process_refund', 'timeout', 10.0, 0.3),
    ('mail.send', 'rate_limited', 0.1, 0.2)) AS c (tool, code, mean, share)
) AS x, unnest(ARRAY['minute', 'hour', 'day']) AS grain
WHERE calls > 0 AND (grain <> 'minute' OR at > now() - interval '3 days') GROUP BY 1, 2, 3, 4, 5, 6, mean ON CONFLICT DO NOTHING;

INSERT INTO queue_samples (account_id, grain, at, due, oldest_s, running, waiting, approvals, approval_s)
SELECT %(account)s, grain, at, greatest(0, 20 * sin(e / 9000) * sin(e / 1700))::int, greatest(0, 4 * sin(e / 9000)),
  (20 + 12 * sin(e / 13000))::int, 8, (2 + 2 * sin(e / 20000))::int, 1800 + (e::bigint %% 20000) FROM (
    SELECT 'minute' AS grain, m AS at, extract(epoch FROM m)::float8 AS e
    FROM generate_series(date_trunc('minute', now()) - interval '3 days', now(), '1 minute') AS m
    UNION ALL SELECT 'hour', h, extract(epoch FROM h) FROM (SELECT DISTINCT at AS h FROM hours) AS x
  ) AS x ON CONFLICT DO NOTHING;
DROP TABLE hours;
"""
_TABLES = ("run_stats", "run_minutes", "run_durations", "step_stats", "call_stats", "queue_samples")


def lay_figures(owner_url: str, account_id: UUID, runs: int, days: int) -> None:
    """The sums that about so many runs of the account's workflows would have left in so many days."""
    with psycopg.connect(owner_url) as connection:
        about = {"account": account_id, "runs": runs, "days": days}
        for statement in _SEED.split(";\n"):
            if statement.strip():
                connection.execute(statement, about)  # type: ignore[arg-type]
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for table in _TABLES:
            connection.execute(f"VACUUM ANALYZE {table}")  # type: ignore[arg-type]
