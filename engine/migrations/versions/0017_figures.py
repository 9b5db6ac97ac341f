"""What a dashboard and alerts read: minutes, durations, steps, calls of tools, queues. Runs before the code.

**Runs.** The marks of 0007 say more: the minute, how long the run took as a bucket, and which run it was.
``weft_roll_up`` adds them to ``run_stats``, ``run_minutes`` and ``run_durations``, each once as before.

**Steps and calls** come from the journal, behind a run's back: the marks of a run that ended, or that came to rest,
put it down in ``run_folds``, and ``weft_fold_journals`` adds up what its journal holds since the last time. Roll-up and
fold take turns under one lock. A run's row goes with the fold after its end; only its end's mark, of which there is
one, says that it is over, and what came to rest is put down only while it is not: so nothing is read twice. There is no foreign key to the run: its
check would wait for whoever holds the run's row. What a deleted run leaves is cleared away by the fold.

**Buckets.** Four to each doubling: bucket b holds what took more than 2^((b-1)/4) ms and at most 2^(b/4) ms. What is
read as the middle of a bucket is at most 9.1 % away from the truth, from 1 ms to 600 days.

**Grains.** Minutes are kept for three days, hours for a hundred days, days for ever. Days are those of UTC.
"""

from alembic import op

revision = "0017"
down_revision = "0016"

BUCKET = """
CREATE FUNCTION weft_bucket(seconds double precision) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    SELECT CASE WHEN seconds > 0.001 THEN least(143, ceil(4 * ln(seconds * 1000) / ln(2::float8)))::smallint
        WHEN seconds IS NOT NULL THEN 0 END
$$;
"""

TABLES = """
ALTER TABLE run_marks ADD COLUMN at timestamptz, ADD COLUMN bucket smallint, ADD COLUMN run_id uuid;

CREATE TABLE run_minutes (LIKE run_stats INCLUDING DEFAULTS);
ALTER TABLE run_minutes RENAME COLUMN hour TO minute;
ALTER TABLE run_minutes ADD UNIQUE NULLS NOT DISTINCT (account_id, minute, workflow_id),
    ADD FOREIGN KEY (account_id) REFERENCES accounts ON DELETE CASCADE,
    ADD FOREIGN KEY (account_id, workflow_id) REFERENCES workflows (account_id, id) ON DELETE CASCADE;

CREATE TABLE run_durations (
    account_id uuid NOT NULL,
    grain text NOT NULL CHECK (grain IN ('minute', 'hour', 'day')),
    at timestamptz NOT NULL,
    workflow_id uuid NOT NULL,
    bucket smallint NOT NULL,
    n bigint NOT NULL,
    PRIMARY KEY (account_id, grain, at, workflow_id, bucket),
    FOREIGN KEY (account_id, workflow_id) REFERENCES workflows (account_id, id) ON DELETE CASCADE
);

CREATE TABLE step_stats (
    account_id uuid NOT NULL,
    grain text NOT NULL CHECK (grain IN ('minute', 'hour', 'day')),
    at timestamptz NOT NULL,
    workflow_id uuid NOT NULL,
    step text NOT NULL,
    waits boolean NOT NULL,
    bucket smallint NOT NULL,
    n bigint NOT NULL,
    failed bigint NOT NULL,
    seconds numeric NOT NULL,
    PRIMARY KEY (account_id, grain, at, workflow_id, step, waits, bucket),
    FOREIGN KEY (account_id, workflow_id) REFERENCES workflows (account_id, id) ON DELETE CASCADE
);

CREATE TABLE call_stats (
    account_id uuid NOT NULL,
    grain text NOT NULL CHECK (grain IN ('minute', 'hour', 'day')),
    at timestamptz NOT NULL,
    workflow_id uuid NOT NULL,
    tool text NOT NULL,
    code text NOT NULL,
    n bigint NOT NULL,
    seconds numeric NOT NULL,
    PRIMARY KEY (account_id, grain, at, workflow_id, tool, code),
    FOREIGN KEY (account_id, workflow_id) REFERENCES workflows (account_id, id) ON DELETE CASCADE
);

CREATE TABLE figure_names (
    account_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('step', 'tool', 'code')),
    name text NOT NULL,
    PRIMARY KEY (account_id, workflow_id, kind, name),
    FOREIGN KEY (account_id, workflow_id) REFERENCES workflows (account_id, id) ON DELETE CASCADE
);

CREATE TABLE queue_samples (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    grain text NOT NULL CHECK (grain IN ('minute', 'hour')),
    at timestamptz NOT NULL,
    due integer NOT NULL,
    oldest_s double precision NOT NULL,
    running integer NOT NULL,
    waiting integer NOT NULL,
    approvals integer NOT NULL,
    approval_s double precision NOT NULL,
    PRIMARY KEY (account_id, grain, at)
);

CREATE TABLE run_folds (
    run_id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    seq bigint NOT NULL DEFAULT 0,
    due boolean NOT NULL DEFAULT true,
    ended boolean NOT NULL DEFAULT false
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
CREATE INDEX run_folds_due ON run_folds (run_id) WHERE due;
"""

SECURITY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON {table}
    USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
CREATE POLICY metrics ON {table} TO CURRENT_USER USING (current_setting('app.metrics', true) = 'on');
GRANT SELECT ON {table} TO weft_app;
"""

POLICIES = """
CREATE POLICY runner ON run_minutes FOR SELECT TO weft_runner USING (true);
CREATE POLICY runner ON run_stats FOR SELECT TO weft_runner USING (true);
CREATE POLICY runner ON call_stats FOR SELECT TO weft_runner USING (true);
CREATE POLICY metrics ON run_events FOR SELECT TO CURRENT_USER USING (current_setting('app.metrics', true) = 'on');
GRANT SELECT ON run_minutes, run_stats, call_stats TO weft_runner;
"""

# As 0010 has them, with what the new sums need. Runs of tests leave none.
MARKS = """
CREATE OR REPLACE FUNCTION weft_mark_starts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO run_marks (account_id, workflow_id, hour, at, what, n)
        SELECT account_id, workflow_id, date_trunc('hour', queued_at, 'UTC'), date_trunc('minute', queued_at), 'started',
            count(*)
        FROM fresh WHERE trial IS NULL GROUP BY 1, 2, 3, 4;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION weft_mark_end() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ended timestamptz := coalesce(NEW.finished_at, clock_timestamp());
    took numeric := extract(epoch FROM NEW.finished_at - NEW.started_at);
BEGIN
    INSERT INTO run_marks (account_id, workflow_id, hour, at, what, seconds, bucket, run_id) VALUES (
        NEW.account_id, NEW.workflow_id, date_trunc('hour', ended, 'UTC'), date_trunc('minute', ended), NEW.state,
        coalesce(took, 0), weft_bucket(took::double precision), NEW.id);
    RETURN NULL;
END $$;

CREATE FUNCTION weft_mark_rest() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO run_marks (account_id, workflow_id, hour, what, n, run_id)
        VALUES (NEW.account_id, NEW.workflow_id, date_trunc('hour', clock_timestamp(), 'UTC'), 'rested', 0, NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER runs_mark_rest AFTER UPDATE OF state ON runs FOR EACH ROW WHEN (
    NEW.trial IS NULL AND OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('waiting', 'needs_review')
) EXECUTE FUNCTION weft_mark_rest();

CREATE OR REPLACE FUNCTION weft_mark_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO run_marks (account_id, workflow_id, hour, at, what, cost_usd) VALUES (
        NEW.account_id,
        (SELECT workflow_id FROM runs WHERE account_id = NEW.account_id AND id = NEW.run_id AND trial IS NULL),
        date_trunc('hour', NEW.at, 'UTC'), date_trunc('minute', NEW.at), 'model_call', NEW.cost_usd);
    RETURN NULL;
END $$;
"""

SUMS = """coalesce(sum(n) FILTER (WHERE what = 'started'), 0),
            coalesce(sum(n) FILTER (WHERE what = 'succeeded'), 0), coalesce(sum(n) FILTER (WHERE what = 'failed'), 0),
            coalesce(sum(n) FILTER (WHERE what = 'cancelled'), 0), coalesce(sum(n) FILTER (WHERE what = 'timed_out'), 0),
            sum(seconds), coalesce(sum(n) FILTER (WHERE what = 'model_call'), 0), sum(cost_usd)"""
COLUMNS = "started, succeeded, failed, cancelled, timed_out, seconds, model_calls, cost_usd"
ADDED = ", ".join(f"{name} = s.{name} + excluded.{name}" for name in COLUMNS.split(", "))

# Marks of before this migration have no minute: what they say of minutes and durations was in what is seeded below.
ROLL_UP = f"""
CREATE OR REPLACE FUNCTION weft_roll_up(most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    taken integer;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('weft_roll_up', 0)) THEN
        RETURN 0;
    END IF;
    PERFORM set_config('app.metrics', 'on', true);
    WITH gone AS MATERIALIZED (
        DELETE FROM run_marks WHERE ctid = ANY(ARRAY(SELECT ctid FROM run_marks LIMIT most)) RETURNING *
    ), by_hour AS (
        INSERT INTO run_stats AS s (account_id, hour, workflow_id, {COLUMNS})
        SELECT account_id, hour, workflow_id, {SUMS}
        FROM gone WHERE what <> 'rested' GROUP BY 1, 2, 3
        ON CONFLICT (account_id, hour, workflow_id) DO UPDATE SET {ADDED}
    ), by_minute AS (
        INSERT INTO run_minutes AS s (account_id, minute, workflow_id, {COLUMNS})
        SELECT account_id, at, workflow_id, {SUMS}
        FROM gone WHERE at IS NOT NULL GROUP BY 1, 2, 3
        ON CONFLICT (account_id, minute, workflow_id) DO UPDATE SET {ADDED}
    ), by_bucket AS (
        INSERT INTO run_durations AS s (account_id, grain, at, workflow_id, bucket, n)
        SELECT account_id, grain, date_trunc(grain, at, 'UTC'), workflow_id, bucket, sum(n)
        FROM gone, unnest(ARRAY['minute', 'hour', 'day']) AS grain
        WHERE at IS NOT NULL AND bucket IS NOT NULL GROUP BY 1, 2, 3, 4, 5
        ON CONFLICT (account_id, grain, at, workflow_id, bucket) DO UPDATE SET n = s.n + excluded.n
    ), by_state AS (
        INSERT INTO run_totals AS t (state, runs, seconds)
        SELECT what, sum(n), sum(seconds) FROM gone WHERE what IN ('succeeded', 'failed', 'cancelled', 'timed_out')
        GROUP BY 1
        ON CONFLICT (state) DO UPDATE SET runs = t.runs + excluded.runs, seconds = t.seconds + excluded.seconds
    ), to_fold AS (
        INSERT INTO run_folds AS f (run_id, account_id, ended)
        SELECT g.run_id, g.account_id, bool_or(g.what <> 'rested') FROM gone g
        JOIN runs r ON r.account_id = g.account_id AND r.id = g.run_id
        WHERE g.what <> 'rested' OR r.state NOT IN ('succeeded', 'failed', 'cancelled', 'timed_out')
        GROUP BY 1, 2
        ON CONFLICT (run_id) DO UPDATE SET due = true, ended = f.ended OR excluded.ended
    )
    SELECT count(*) INTO taken FROM gone;
    PERFORM set_config('app.metrics', '', true);
    RETURN taken;
END $$;
"""

FOLD = r"""
CREATE FUNCTION weft_fold_journals(most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    folded integer;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('weft_roll_up', 0)) THEN
        RETURN 0;
    END IF;
    PERFORM set_config('app.metrics', 'on', true);
    -- As many runs as have about so many events together, at least one. A journal past any bound is passed over.
    WITH page AS MATERIALIZED (
        SELECT f.*, r.workflow_id, r.last_seq FROM (SELECT * FROM run_folds WHERE due ORDER BY run_id LIMIT 1000) f
        LEFT JOIN runs r ON r.id = f.run_id
    ), chosen AS MATERIALIZED (
        SELECT * FROM (SELECT *, sum(last_seq) OVER (ORDER BY run_id) - last_seq AS before FROM page
            WHERE workflow_id IS NOT NULL) AS x WHERE before < most
    ), lines AS MATERIALIZED (
        SELECT x.*, first_value(tool) OVER (PARTITION BY run_id, path, nth ORDER BY seq) AS called,
            extract(epoch FROM at - lag(at) OVER (PARTITION BY run_id, path ORDER BY seq)) AS since
        FROM (
            SELECT c.account_id, c.workflow_id, c.run_id, e.seq, e.seq > c.seq AS fresh, e.at, e.kind, e.path,
                e.data ->> 'tool' AS tool, (e.data ->> 'ms')::numeric / 1000 AS ms, e.data -> 'error' ->> 'code' AS code,
                coalesce((e.data ->> 'final')::boolean, true) AS final, e.data ->> 'answer' AS said,
                e.data ? 'review' AS reviewed, bool_or(e.kind = 'gate.opened') OVER w AS gated,
                bool_or(e.kind = 'gate.opened' AND e.data ? 'run_id') OVER w AS child,
                min(e.at) FILTER (WHERE e.kind IN ('step.started', 'gate.opened')) OVER w AS began,
                count(e.data ->> 'tool') OVER (PARTITION BY c.run_id, e.path ORDER BY e.seq) AS nth
            FROM chosen c CROSS JOIN LATERAL (
                SELECT * FROM run_events WHERE run_id = c.run_id AND c.last_seq <= 200000 AND NOT data ? 'reused'
                    AND kind IN ('step.started', 'step.succeeded', 'step.failed', 'step.retrying', 'step.unknown',
                        'gate.opened', 'gate.answered') OFFSET 0) e
            WINDOW w AS (PARTITION BY c.run_id, e.path)
        ) AS x
    ), steps AS MATERIALIZED (
        SELECT account_id, workflow_id, at, regexp_replace(left(path, 2000), '\[\d+\]|#\d+', '', 'g') AS name,
            gated AND NOT child AS waits, kind = 'step.failed' OR (gated AND code IS NOT NULL) AS failed,
            greatest(coalesce(extract(epoch FROM at - began), 0), coalesce(ms, 0)) AS took
        FROM lines WHERE fresh AND path !~ '~turn\d+' AND (
            (kind = 'gate.answered' AND said <> 'cancelled')
            OR (NOT gated AND (kind = 'step.succeeded' OR (kind = 'step.failed' AND final))
                AND (began IS NOT NULL OR ms IS NOT NULL OR kind = 'step.failed')))
    ), calls AS MATERIALIZED (
        SELECT account_id, workflow_id, at, called AS name, CASE WHEN kind = 'step.succeeded' THEN ''
            WHEN code ~ '^[a-z][a-z0-9_]{0,39}$' THEN code ELSE 'other' END AS code,
            greatest(coalesce(ms, since, 0), 0) AS took
        FROM lines WHERE fresh AND called IS NOT NULL AND NOT reviewed
            AND kind IN ('step.succeeded', 'step.failed', 'step.retrying', 'step.unknown')
    ), found AS MATERIALIZED (
        SELECT f.*, EXISTS (SELECT FROM figure_names n WHERE n.account_id = f.account_id
            AND n.workflow_id = f.workflow_id AND n.kind = f.kind AND n.name = f.name) AS known
        FROM (
            SELECT account_id, workflow_id, 'step' AS kind, name FROM steps
            UNION SELECT account_id, workflow_id, 'tool', name FROM calls
            UNION SELECT account_id, workflow_id, 'code', code FROM calls
        ) AS f WHERE length(name) <= 300
    ), named AS (
        -- A workflow has so many names of a kind; what comes later is counted together.
        INSERT INTO figure_names SELECT account_id, workflow_id, kind, name FROM (
            SELECT *, row_number() OVER (PARTITION BY account_id, workflow_id, kind ORDER BY name)
                + (SELECT count(*) FROM figure_names n WHERE n.account_id = found.account_id
                    AND n.workflow_id = found.workflow_id AND n.kind = found.kind) AS place
            FROM found WHERE NOT known
        ) AS f WHERE place <= CASE kind WHEN 'code' THEN 50 ELSE 500 END
        RETURNING *
    ), names AS MATERIALIZED (
        SELECT account_id, workflow_id, kind, name FROM found WHERE known UNION ALL SELECT * FROM named
    ), by_step AS (
        INSERT INTO step_stats AS s (account_id, grain, at, workflow_id, step, waits, bucket, n, failed, seconds)
        SELECT x.account_id, grain, date_trunc(grain, x.at, 'UTC'), x.workflow_id, coalesce(n.name, '…'), waits,
            weft_bucket(took::double precision), count(*), count(*) FILTER (WHERE failed), sum(took)
        FROM steps x LEFT JOIN names n ON n.workflow_id = x.workflow_id AND n.kind = 'step' AND n.name = x.name
        CROSS JOIN unnest(ARRAY['minute', 'hour', 'day']) AS grain
        WHERE grain <> 'minute' OR x.at > now() - interval '3 days'
        GROUP BY 1, 2, 3, 4, 5, 6, 7
        ON CONFLICT (account_id, grain, at, workflow_id, step, waits, bucket) DO UPDATE
            SET n = s.n + excluded.n, failed = s.failed + excluded.failed, seconds = s.seconds + excluded.seconds
    ), by_call AS (
        INSERT INTO call_stats AS s (account_id, grain, at, workflow_id, tool, code, n, seconds)
        SELECT x.account_id, grain, date_trunc(grain, x.at, 'UTC'), x.workflow_id, coalesce(t.name, '…'),
            coalesce(c.name, 'other'), count(*), sum(took)
        FROM calls x
        LEFT JOIN names t ON t.workflow_id = x.workflow_id AND t.kind = 'tool' AND t.name = x.name
        LEFT JOIN names c ON c.workflow_id = x.workflow_id AND c.kind = 'code' AND c.name = x.code
        CROSS JOIN unnest(ARRAY['minute', 'hour', 'day']) AS grain
        WHERE grain <> 'minute' OR x.at > now() - interval '3 days'
        GROUP BY 1, 2, 3, 4, 5, 6
        ON CONFLICT (account_id, grain, at, workflow_id, tool, code) DO UPDATE
            SET n = s.n + excluded.n, seconds = s.seconds + excluded.seconds
    ), upto AS (
        SELECT run_id, max(seq) AS seq FROM lines GROUP BY 1
    ), resting AS (
        UPDATE run_folds f SET due = false, seq = coalesce((SELECT u.seq FROM upto u WHERE u.run_id = f.run_id), f.seq)
        FROM chosen c WHERE c.run_id = f.run_id AND NOT c.ended
    ), over AS (
        DELETE FROM run_folds f USING page p WHERE p.run_id = f.run_id
            AND (p.workflow_id IS NULL OR f.run_id IN (SELECT run_id FROM chosen WHERE ended))
    )
    SELECT (SELECT count(*) FROM chosen) + (SELECT count(*) FROM page WHERE workflow_id IS NULL) INTO folded;
    PERFORM set_config('app.metrics', '', true);
    RETURN folded;
END $$;
REVOKE ALL ON FUNCTION weft_fold_journals(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION weft_fold_journals(integer) TO weft_runner;
"""

SAMPLE = """
CREATE FUNCTION weft_sample_queues() RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    minute timestamptz := date_trunc('minute', clock_timestamp());
    written integer;
BEGIN
    IF NOT pg_try_advisory_xact_lock(hashtextextended('weft_sample_queues', 0)) THEN
        RETURN 0;
    END IF;
    PERFORM set_config('app.metrics', 'on', true);
    WITH fresh AS (
        INSERT INTO queue_samples (account_id, grain, at, due, oldest_s, running, waiting, approvals, approval_s)
        SELECT a.id, 'minute', minute, q.due, q.oldest, b.running, w.waiting, p.open, p.oldest FROM accounts a
        CROSS JOIN LATERAL (
            SELECT count(*) AS due, coalesce(extract(epoch FROM clock_timestamp() - min(due_at)), 0) AS oldest
            FROM runs WHERE account_id = a.id AND state IN ('queued', 'waiting') AND due_at <= now()) q
        CROSS JOIN LATERAL (SELECT count(*) AS running FROM runs WHERE account_id = a.id AND state = 'running') b
        CROSS JOIN LATERAL (SELECT count(*) AS waiting FROM runs WHERE account_id = a.id AND state = 'waiting') w
        CROSS JOIN LATERAL (
            SELECT count(*) AS open, coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0) AS oldest
            FROM approvals WHERE account_id = a.id AND state = 'open') p
        WHERE NOT EXISTS (
            SELECT FROM queue_samples s WHERE s.account_id = a.id AND s.grain = 'minute' AND s.at = minute)
        RETURNING *
    ), by_hour AS (
        INSERT INTO queue_samples AS s (account_id, grain, at, due, oldest_s, running, waiting, approvals, approval_s)
        SELECT account_id, 'hour', date_trunc('hour', at, 'UTC'), due, oldest_s, running, waiting, approvals, approval_s
        FROM fresh
        ON CONFLICT (account_id, grain, at) DO UPDATE SET due = greatest(s.due, excluded.due),
            oldest_s = greatest(s.oldest_s, excluded.oldest_s), running = greatest(s.running, excluded.running),
            waiting = greatest(s.waiting, excluded.waiting), approvals = greatest(s.approvals, excluded.approvals),
            approval_s = greatest(s.approval_s, excluded.approval_s)
    )
    SELECT count(*) INTO written FROM fresh;
    PERFORM set_config('app.metrics', '', true);
    RETURN written;
END $$;

-- Finer figures than anybody looks at any more; what they say is in the coarser ones.
CREATE FUNCTION weft_forget_figures(most integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    minutes timestamptz := now() - interval '3 days';
    hours timestamptz := now() - interval '100 days';
    gone integer;
    total integer := 0;
    tab text;
BEGIN
    PERFORM set_config('app.metrics', 'on', true);
    DELETE FROM run_minutes WHERE ctid = ANY(ARRAY(SELECT ctid FROM run_minutes WHERE minute < minutes LIMIT most));
    GET DIAGNOSTICS gone = ROW_COUNT;
    total := total + gone;
    FOREACH tab IN ARRAY ARRAY['run_durations', 'step_stats', 'call_stats', 'queue_samples'] LOOP
        EXECUTE format('DELETE FROM %1$I WHERE ctid = ANY(ARRAY(SELECT ctid FROM %1$I
            WHERE (grain = ''minute'' AND at < $1) OR (grain = ''hour'' AND at < $2) LIMIT $3))', tab)
            USING minutes, hours, most;
        GET DIAGNOSTICS gone = ROW_COUNT;
        total := total + gone;
    END LOOP;
    PERFORM set_config('app.metrics', '', true);
    RETURN total;
END $$;
REVOKE ALL ON FUNCTION weft_sample_queues(), weft_forget_figures(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION weft_sample_queues(), weft_forget_figures(integer) TO weft_runner;
"""

# What was there before. The lock keeps whoever would end a run meanwhile waiting: nothing counts twice.
SEED = """
LOCK TABLE runs, model_calls IN SHARE ROW EXCLUSIVE MODE;
SELECT set_config('app.metrics', 'on', true);
INSERT INTO run_minutes (account_id, minute, workflow_id, started, succeeded, failed, cancelled, timed_out, seconds)
SELECT account_id, minute, workflow_id, sum(started), sum(succeeded), sum(failed), sum(cancelled), sum(timed_out),
    sum(seconds) FROM (
        SELECT account_id, date_trunc('minute', queued_at) AS minute, workflow_id, 1 AS started, 0 AS succeeded,
            0 AS failed, 0 AS cancelled, 0 AS timed_out, 0 AS seconds
        FROM runs WHERE trial IS NULL AND queued_at > now() - interval '3 days'
        UNION ALL
        SELECT account_id, date_trunc('minute', finished_at), workflow_id, 0, (state = 'succeeded')::int,
            (state = 'failed')::int, (state = 'cancelled')::int, (state = 'timed_out')::int,
            coalesce(extract(epoch FROM finished_at - started_at), 0)
        FROM runs WHERE trial IS NULL AND finished_at > now() - interval '3 days'
            AND state IN ('succeeded', 'failed', 'cancelled', 'timed_out')
    ) AS x GROUP BY 1, 2, 3;
INSERT INTO run_durations (account_id, grain, at, workflow_id, bucket, n)
SELECT account_id, grain, date_trunc(grain, finished_at, 'UTC'), workflow_id,
    weft_bucket(extract(epoch FROM finished_at - started_at)::double precision), count(*)
FROM runs, unnest(ARRAY['minute', 'hour', 'day']) AS grain
WHERE trial IS NULL AND state IN ('succeeded', 'failed', 'cancelled', 'timed_out') AND started_at IS NOT NULL
    AND finished_at > CASE grain WHEN 'minute' THEN now() - interval '3 days'
        WHEN 'hour' THEN now() - interval '100 days' ELSE '-infinity' END
GROUP BY 1, 2, 3, 4, 5;
INSERT INTO run_folds (run_id, account_id, ended)
SELECT id, account_id, state NOT IN ('waiting', 'needs_review') FROM runs WHERE trial IS NULL
    AND state IN ('succeeded', 'failed', 'cancelled', 'timed_out', 'waiting', 'needs_review');
SELECT set_config('app.metrics', '', true);
"""


def upgrade() -> None:
    op.execute(BUCKET)
    op.execute(TABLES)
    for table in (
        *("run_minutes", "run_durations", "step_stats", "call_stats", "figure_names"),
        *("queue_samples", "run_folds"),
    ):
        op.execute(SECURITY.format(table=table))
    op.execute(POLICIES)
    op.execute(SEED)
    op.execute(MARKS)
    op.execute(ROLL_UP)
    op.execute(FOLD)
    op.execute(SAMPLE)
