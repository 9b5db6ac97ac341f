"""Which due runs a free slot goes to: one statement, and what it knows of order, fairness and limits.

Due runs stand in lanes: those of one account, rank and workflow, in the order of their due times (migration 0005). A
claim skips from lane to lane, looks at the head of each, and gives every due run a place in the line of its account:
what has begun before what has not, then by priority, then by time. The free slots go to the smallest

    (what the account has running + the place in its line) / weight

over all accounts, which is their weighted share of what runs, whoever runs it. An account whose queue is short weighs
``SHORT_COUNTS`` times as much, so that a burst is through at once and a long queue hardly notices. The first run of an
account that has nothing running goes before everybody's second, and of those the longest due: so nobody starves,
however many others come and go.

Only then are rows locked, lane by lane, and those that another runner is claiming at this moment are passed over: two
runners never wait for each other.

**Limits** bound what is ``running``, of an account or of a workflow. Only a claim adds to that, so a claim that holds
the limit's lock and counts afterwards (in a statement of its own, hence with a snapshot of its own) cannot go over it.
The lock is tried, never waited for; what it would have opened is left for the next look, which comes soon. Where no
limit has due work there is no lock and no second statement.
"""

from __future__ import annotations

from engine.suspects import MAY_BE_TAKEN

OPTIONS = " ".join(
    f"-c {name}"
    for name in (
        "enable_seqscan=off",
        "enable_bitmapscan=off",
        "enable_hashjoin=off",
        "enable_mergejoin=off",
        "jit=off",
        "plan_cache_mode=force_generic_plan",
    )
)
"""For a connection that claims. What the database remembers of a queue's size is always of some other moment, and a
plan made for an empty queue reads a long one whole: so its rows are read by index, in order, and planned once."""

SHORT = 128
"""A queue with fewer due runs than this is short."""
SHORT_COUNTS = 8

_WAITS = "r.state IN ('queued', 'waiting') AND r.due_at IS NOT NULL"

_LANES = f"""
lanes (account_id, rank, workflow_id) AS (
  (SELECT r.account_id, r.rank, r.workflow_id FROM runs r WHERE {_WAITS}
   ORDER BY r.account_id, r.rank, r.workflow_id LIMIT 1)
  UNION ALL
  SELECT n.* FROM lanes l CROSS JOIN LATERAL (
    SELECT r.account_id, r.rank, r.workflow_id FROM runs r
    WHERE {_WAITS} AND (r.account_id, r.rank, r.workflow_id) > (l.account_id, l.rank, l.workflow_id)
    ORDER BY r.account_id, r.rank, r.workflow_id LIMIT 1) n
)"""

_OF_LANE = f"""
{_WAITS} AND r.account_id = l.account_id AND r.rank = l.rank AND r.workflow_id = l.workflow_id"""

CLAIM = f"""
WITH RECURSIVE lost AS MATERIALIZED (
  SELECT id FROM runs WHERE state = 'running' AND lease_until < now() AND {MAY_BE_TAKEN}
  ORDER BY lease_until LIMIT %(most)s FOR UPDATE SKIP LOCKED
), {_LANES}, laid AS MATERIALIZED (
  SELECT l.*, a.weight, a.max_running AS of_account, w.max_running AS of_workflow,
    a.max_running IS NOT NULL OR w.max_running IS NOT NULL AS limited
  FROM lanes l JOIN accounts a ON a.id = l.account_id JOIN workflows w ON w.id = l.workflow_id
), scene AS MATERIALIZED (
  SELECT count(*) > 1 OR bool_or(limited) AS crowded, count(DISTINCT account_id) > 1 AS shared FROM laid
), held AS MATERIALIZED (
  SELECT account_id, workflow_id, count(*) AS runs FROM runs
  WHERE state = 'running' AND (SELECT crowded FROM scene) GROUP BY account_id, workflow_id
), seen AS (
  SELECT l.*, r.due_at FROM laid l CROSS JOIN LATERAL (
    SELECT r.due_at FROM runs r WHERE {_OF_LANE} AND r.due_at <= now() ORDER BY r.due_at
    LIMIT (SELECT CASE WHEN shared THEN greatest(%(most)s, {SHORT}) ELSE %(most)s END FROM scene)) r
  WHERE (SELECT crowded FROM scene) AND (NOT limited OR (
    (l.of_account IS NULL OR l.account_id = ANY(%(locked)s)) AND
    (l.of_workflow IS NULL OR l.workflow_id = ANY(%(locked)s))))
), in_workflow AS (
  SELECT *, count(*) OVER (PARTITION BY account_id) AS backlog,
    row_number() OVER (PARTITION BY workflow_id ORDER BY rank DESC, due_at) AS nth FROM seen
), in_account AS (
  SELECT i.account_id, i.rank, i.workflow_id, i.weight, i.of_account, i.due_at, i.backlog,
    coalesce((SELECT sum(h.runs) FROM held h WHERE h.account_id = i.account_id), 0) AS held,
    row_number() OVER (PARTITION BY i.account_id ORDER BY i.rank DESC, i.due_at) AS nth
  FROM in_workflow i
  WHERE i.of_workflow IS NULL OR i.nth <= i.of_workflow
    - coalesce((SELECT h.runs FROM held h WHERE h.workflow_id = i.workflow_id), 0)
), first AS (
  SELECT account_id, rank, workflow_id FROM in_account
  WHERE of_account IS NULL OR nth <= of_account - held
  ORDER BY CASE WHEN held + nth = 1 THEN 0 ELSE
    (held + nth)::float8 / (weight * CASE WHEN backlog < {SHORT} THEN {SHORT_COUNTS} ELSE 1 END) END, due_at
  LIMIT %(most)s - (SELECT count(*) FROM lost)
), shares AS (
  SELECT account_id, rank, workflow_id, count(*) AS runs FROM first GROUP BY account_id, rank, workflow_id
  UNION ALL
  SELECT account_id, rank, workflow_id, %(most)s - (SELECT count(*) FROM lost) FROM laid
  WHERE NOT (SELECT crowded FROM scene)
), next AS MATERIALIZED (
  SELECT r.id, r.waited FROM shares l CROSS JOIN LATERAL (
    SELECT r.id, r.state = 'waiting' AS waited FROM runs r WHERE {_OF_LANE} AND r.due_at <= now()
    ORDER BY r.due_at LIMIT l.runs FOR UPDATE SKIP LOCKED) r
), claimed AS (
  UPDATE runs r SET state = 'running', attempt = r.attempt + 1, epoch = r.epoch + 1, lease_owner = %(me)s,
    lease_until = clock_timestamp() + make_interval(secs => %(lease)s), waiting_on = '{{}}',
    started_at = coalesce(r.started_at, clock_timestamp()),
    last_seq = 1 + greatest((SELECT max(seq) FROM run_events e WHERE e.run_id = r.id), r.last_seq)
  WHERE r.id = ANY(ARRAY(SELECT id FROM lost UNION ALL SELECT id FROM next))
  RETURNING r.id, r.account_id, r.workflow_id, r.version_id, r.content_hash, r.input, r.epoch, r.attempt, r.last_seq,
    r.cancel_requested_at IS NOT NULL AS cancelled, r.depth,
    CASE WHEN r.id IN (SELECT id FROM lost) THEN 'lost' WHEN r.id IN (SELECT id FROM next WHERE waited) THEN 'due'
      ELSE 'queued' END AS why, r.traceparent, r.trial
), noted AS (
  INSERT INTO run_events (account_id, run_id, seq, kind, path, data)
  SELECT account_id, id, last_seq, 'run.claimed', '', jsonb_build_object('attempt', attempt, 'runner', %(me)s::text)
  FROM claimed
)
SELECT *, extract(epoch FROM clock_timestamp())::float8, NULL::uuid[] FROM claimed
UNION ALL
SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, array_agg(DISTINCT key)
FROM laid l, LATERAL (VALUES (CASE WHEN of_account IS NOT NULL THEN account_id END),
  (CASE WHEN of_workflow IS NOT NULL THEN workflow_id END)) AS keys (key)
WHERE limited AND key IS NOT NULL AND EXISTS (SELECT FROM runs r WHERE {_OF_LANE} AND r.due_at <= now())
HAVING count(*) > 0
"""
"""``locked``: accounts and workflows whose limit's lock we hold. Rows are the claimed runs; one row more, without a
run, names all the limits that have due work, when there are any.

The number of the claim's own event: while a runner holds a run, only the journal knows it; while none does, only the
row is as new as its lock, since whoever answers at this moment changes both after the statement began to look."""

LOCK = """
SELECT key FROM unnest(%s::uuid[]) AS key WHERE pg_try_advisory_xact_lock(hashtextextended(key::text, 5))
"""

NEXT_DUE = f"""
WITH RECURSIVE {_LANES}
SELECT extract(epoch FROM least(
  (SELECT min(next.due_at) FROM lanes l CROSS JOIN LATERAL (
    SELECT r.due_at FROM runs r WHERE {_OF_LANE} AND r.due_at > now() ORDER BY r.due_at LIMIT 1) next),
  (SELECT min(lease_until) FROM runs WHERE state = 'running' AND lease_until > now())
) - now())::float8
"""
