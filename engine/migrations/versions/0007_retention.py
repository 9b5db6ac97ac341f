"""How long things are kept, and totals that no scan makes. Runs before the code.

**Totals.** Whoever starts or ends a run, or records a call of a model, leaves a mark of it in ``run_marks``, in the same
transaction; triggers see to it, so that no way to an end can forget. ``weft_roll_up`` takes marks away and adds them to
the sums in one statement: each counts once, whenever its transaction commits and whoever dies. What is read is the sums
and the marks that are left, in one snapshot. Sums are never lowered, so a deleted run has still been counted. Seconds
are decimals: floating point summed in another order may come out a hair lower, and to Prometheus that is a new start.

**Retention.** No service role may delete a run. ``weft_forget_runs`` deletes runs that are over and older than their
account keeps them, with all the runs that they have started, and nothing else. Ids sort by time, so it walks the key
``(account_id, id)`` from the oldest on and needs no index of its own. Tables of other migrations that refer to runs go
by ``ON DELETE CASCADE``.
"""

from alembic import op

revision = "0007"
down_revision = "0006"

TABLES = """
CREATE TABLE run_marks (
    account_id uuid NOT NULL,
    workflow_id uuid,
    hour timestamptz NOT NULL,
    what text NOT NULL,
    n bigint NOT NULL DEFAULT 1,
    seconds numeric NOT NULL DEFAULT 0,
    cost_usd numeric NOT NULL DEFAULT 0
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_insert_threshold = -1);

CREATE TABLE run_totals (
    state text PRIMARY KEY,
    runs bigint NOT NULL,
    seconds numeric NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE run_stats (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    hour timestamptz NOT NULL,
    workflow_id uuid,
    started bigint NOT NULL DEFAULT 0,
    succeeded bigint NOT NULL DEFAULT 0,
    failed bigint NOT NULL DEFAULT 0,
    cancelled bigint NOT NULL DEFAULT 0,
    timed_out bigint NOT NULL DEFAULT 0,
    seconds numeric NOT NULL DEFAULT 0,
    model_calls bigint NOT NULL DEFAULT 0,
    cost_usd numeric NOT NULL DEFAULT 0,
    UNIQUE NULLS NOT DISTINCT (account_id, hour, workflow_id),
    FOREIGN KEY (account_id, workflow_id) REFERENCES workflows (account_id, id) ON DELETE CASCADE
);

CREATE INDEX runs_in_review ON runs (account_id) WHERE state = 'needs_review';
CREATE INDEX model_calls_of_run ON model_calls (run_id) WHERE run_id IS NOT NULL;
"""

MARKS = """
CREATE FUNCTION weft_mark_starts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO run_marks (account_id, workflow_id, hour, what, n)
        SELECT account_id, workflow_id, date_trunc('hour', queued_at, 'UTC'), 'started', count(*)
        FROM fresh GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;
CREATE TRIGGER runs_mark_starts AFTER INSERT ON runs REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION weft_mark_starts();

CREATE FUNCTION weft_mark_end() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO run_marks (account_id, workflow_id, hour, what, seconds) VALUES (
        NEW.account_id, NEW.workflow_id, date_trunc('hour', coalesce(NEW.finished_at, clock_timestamp()), 'UTC'),
        NEW.state, coalesce(extract(epoch FROM NEW.finished_at - NEW.started_at), 0));
    RETURN NULL;
END $$;
CREATE TRIGGER runs_mark_end AFTER UPDATE OF state ON runs FOR EACH ROW WHEN (
    OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('succeeded', 'failed', 'cancelled', 'timed_out')
) EXECUTE FUNCTION weft_mark_end();

CREATE FUNCTION weft_mark_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO run_marks (account_id, workflow_id, hour, what, cost_usd) VALUES (
        NEW.account_id, (SELECT workflow_id FROM runs WHERE account_id = NEW.account_id AND id = NEW.run_id),
        date_trunc('hour', NEW.at, 'UTC'), 'model_call', NEW.cost_usd);
    RETURN NULL;
END $$;
CREATE TRIGGER model_calls_mark AFTER INSERT ON model_calls FOR EACH ROW EXECUTE FUNCTION weft_mark_call();
"""

POLICIES = """
ALTER TABLE run_marks ENABLE ROW LEVEL SECURITY;
ALTER TABLE run_marks FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON run_marks
    USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
CREATE POLICY runner ON run_marks FOR INSERT TO weft_runner WITH CHECK (true);
CREATE POLICY metrics ON run_marks TO CURRENT_USER USING (current_setting('app.metrics', true) = 'on');

ALTER TABLE run_stats ENABLE ROW LEVEL SECURITY;
ALTER TABLE run_stats FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON run_stats
    USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
CREATE POLICY metrics ON run_stats TO CURRENT_USER USING (current_setting('app.metrics', true) = 'on');

GRANT INSERT ON run_marks TO weft_app, weft_runner;
GRANT SELECT ON run_marks, run_stats TO weft_app;
"""

# What was there before the marks. The lock keeps whoever would end a run meanwhile waiting: nothing counts twice.
SEED = """
LOCK TABLE runs, model_calls IN SHARE ROW EXCLUSIVE MODE;
SELECT set_config('app.metrics', 'on', true);
INSERT INTO run_totals (state, runs, seconds)
    SELECT state, count(*), coalesce(sum(extract(epoch FROM finished_at - started_at)), 0)
    FROM runs WHERE state IN ('succeeded', 'failed', 'cancelled', 'timed_out') GROUP BY state;
INSERT INTO run_stats (account_id, hour, workflow_id, started, succeeded, failed, cancelled, timed_out, seconds,
    model_calls, cost_usd)
SELECT account_id, hour, workflow_id, sum(started), sum(succeeded), sum(failed), sum(cancelled), sum(timed_out),
    sum(seconds), sum(calls), sum(cost) FROM (
        SELECT account_id, date_trunc('hour', queued_at, 'UTC') AS hour, workflow_id, 1 AS started, 0 AS succeeded,
            0 AS failed, 0 AS cancelled, 0 AS timed_out, 0 AS seconds, 0 AS calls, 0 AS cost FROM runs
        UNION ALL
        SELECT account_id, date_trunc('hour', coalesce(finished_at, queued_at), 'UTC'), workflow_id, 0,
            (state = 'succeeded')::int, (state = 'failed')::int, (state = 'cancelled')::int, (state = 'timed_out')::int,
            coalesce(extract(epoch FROM finished_at - started_at), 0), 0, 0
        FROM runs WHERE state IN ('succeeded', 'failed', 'cancelled', 'timed_out')
        UNION ALL
        SELECT m.account_id, date_trunc('hour', at, 'UTC'), r.workflow_id, 0, 0, 0, 0, 0, 0, 1, cost_usd
        FROM model_calls m LEFT JOIN runs r ON r.account_id = m.account_id AND r.id = m.run_id
    ) AS x GROUP BY 1, 2, 3;
SELECT set_config('app.metrics', '', true);
"""

TOTALS = """
CREATE FUNCTION weft_roll_up(most integer) RETURNS integer
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
        INSERT INTO run_stats AS s (account_id, hour, workflow_id, started, succeeded, failed, cancelled, timed_out,
            seconds, model_calls, cost_usd)
        SELECT account_id, hour, workflow_id, coalesce(sum(n) FILTER (WHERE what = 'started'), 0),
            coalesce(sum(n) FILTER (WHERE what = 'succeeded'), 0), coalesce(sum(n) FILTER (WHERE what = 'failed'), 0),
            coalesce(sum(n) FILTER (WHERE what = 'cancelled'), 0), coalesce(sum(n) FILTER (WHERE what = 'timed_out'), 0),
            sum(seconds), coalesce(sum(n) FILTER (WHERE what = 'model_call'), 0), sum(cost_usd)
        FROM gone GROUP BY 1, 2, 3
        ON CONFLICT (account_id, hour, workflow_id) DO UPDATE SET started = s.started + excluded.started,
            succeeded = s.succeeded + excluded.succeeded, failed = s.failed + excluded.failed,
            cancelled = s.cancelled + excluded.cancelled, timed_out = s.timed_out + excluded.timed_out,
            seconds = s.seconds + excluded.seconds, model_calls = s.model_calls + excluded.model_calls,
            cost_usd = s.cost_usd + excluded.cost_usd
    ), by_state AS (
        INSERT INTO run_totals AS t (state, runs, seconds)
        SELECT what, sum(n), sum(seconds) FROM gone WHERE what IN ('succeeded', 'failed', 'cancelled', 'timed_out')
        GROUP BY 1
        ON CONFLICT (state) DO UPDATE SET runs = t.runs + excluded.runs, seconds = t.seconds + excluded.seconds
    )
    SELECT count(*) INTO taken FROM gone;
    PERFORM set_config('app.metrics', '', true);
    RETURN taken;
END $$;

CREATE OR REPLACE FUNCTION weft_run_totals() RETURNS TABLE (state text, runs bigint, seconds double precision)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('app.metrics', 'on', true);
    -- Each count of what is not over matches a partial index; the rest is sums.
    RETURN QUERY SELECT x.state, sum(x.runs)::bigint, sum(x.seconds)::double precision FROM (
        SELECT state, runs, seconds FROM run_totals
        UNION ALL SELECT what, n, seconds FROM run_marks
            WHERE what IN ('succeeded', 'failed', 'cancelled', 'timed_out')
        UNION ALL SELECT 'queued', count(*), 0 FROM runs WHERE state = 'queued'
        UNION ALL SELECT 'running', count(*), 0 FROM runs WHERE state = 'running'
        UNION ALL SELECT 'waiting', count(*), 0 FROM runs WHERE state = 'waiting'
        UNION ALL SELECT 'needs_review', count(*), 0 FROM runs WHERE state = 'needs_review'
    ) AS x GROUP BY x.state HAVING sum(x.runs) > 0;
    PERFORM set_config('app.metrics', '', true);
END $$;

REVOKE ALL ON FUNCTION weft_roll_up(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION weft_roll_up(integer) TO weft_runner;
"""

RETENTION = """
CREATE POLICY forgetting ON runs TO CURRENT_USER USING (current_setting('app.forgetting', true) = 'on');
CREATE POLICY forgetting ON run_events TO CURRENT_USER USING (current_setting('app.forgetting', true) = 'on');
CREATE POLICY forgetting ON approvals TO CURRENT_USER USING (current_setting('app.forgetting', true) = 'on');
CREATE POLICY forgetting ON event_waits TO CURRENT_USER USING (current_setting('app.forgetting', true) = 'on');
CREATE POLICY forgetting ON model_calls TO CURRENT_USER USING (current_setting('app.forgetting', true) = 'on');
CREATE POLICY forgetting ON artifacts TO CURRENT_USER USING (current_setting('app.forgetting', true) = 'on');
CREATE POLICY forgetting ON events TO CURRENT_USER USING (current_setting('app.forgetting', true) = 'on');

-- Until when an account's things are past their time; NULL: never. No setting is read as less than a week.
CREATE FUNCTION weft_kept_until(of_account uuid, what text, usual integer) RETURNS timestamptz
    LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
    SELECT now() - make_interval(days => greatest(nullif(coalesce((settings -> 'retention' ->> what)::integer, usual), 0), 7))
    FROM accounts WHERE id = of_account
    AND coalesce((settings -> 'retention' ->> what)::integer, usual) > 0
$$;

CREATE FUNCTION weft_forget_runs(of_account uuid, after uuid, most integer)
    RETURNS TABLE (runs integer, events integer, last uuid)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    until timestamptz := weft_kept_until(of_account, 'runs_days', 90);
    bound uuid := (lpad(to_hex((extract(epoch FROM until + interval '1 day') * 1000)::bigint), 12, '0')
        || '70008000000000000000')::uuid;
    page uuid[];
    roots uuid[];
    family uuid[];
    chosen uuid[];
    upto uuid;
    written integer;
BEGIN
    IF until IS NULL THEN
        RETURN;
    END IF;
    PERFORM set_config('app.forgetting', 'on', true);
    -- So many rows are looked at in one go, however few of them are past their time.
    page := ARRAY(SELECT id FROM runs WHERE account_id = of_account AND id > after AND id < bound
        ORDER BY id LIMIT most * 10);
    roots := ARRAY(SELECT id FROM runs WHERE account_id = of_account AND id = ANY(page) AND parent_run_id IS NULL
        AND state IN ('succeeded', 'failed', 'cancelled', 'timed_out') AND finished_at < until
        ORDER BY id LIMIT most FOR UPDATE SKIP LOCKED);
    upto := CASE WHEN cardinality(roots) = most THEN roots[most] ELSE page[cardinality(page)] END;
    -- A run goes with all that it has started, and those before it; one that is not past its time keeps them all.
    WITH RECURSIVE f AS (
        SELECT id, id AS root, 0 AS level, true AS past FROM unnest(roots) AS id
        UNION ALL
        SELECT c.id, f.root, f.level + 1,
            c.state IN ('succeeded', 'failed', 'cancelled', 'timed_out') AND coalesce(c.finished_at < until, false)
        FROM f JOIN runs c ON c.account_id = of_account AND c.parent_run_id = f.id
    ), kept AS (
        SELECT DISTINCT root FROM f WHERE NOT past
    )
    SELECT coalesce(array_agg(id ORDER BY level DESC, id), '{}') INTO family
        FROM f WHERE NOT EXISTS (SELECT FROM kept WHERE kept.root = f.root);
    chosen := family[1:most];
    IF cardinality(family) > most THEN
        upto := after;  -- the rest of them comes next
    END IF;
    DELETE FROM run_events WHERE run_id = ANY(chosen);
    GET DIAGNOSTICS written = ROW_COUNT;
    DELETE FROM approvals WHERE run_id = ANY(chosen);
    DELETE FROM event_waits WHERE run_id = ANY(chosen);
    DELETE FROM model_calls WHERE run_id = ANY(chosen);
    DELETE FROM runs WHERE account_id = of_account AND id = ANY(chosen);
    PERFORM set_config('app.forgetting', '', true);
    RETURN QUERY SELECT cardinality(chosen), written, upto;
END $$;

-- The newest event stays: from it the account's numbering goes on. So does what a wait has not looked at yet.
CREATE FUNCTION weft_forget_events(of_account uuid, after bigint, most integer)
    RETURNS TABLE (events integer, last bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    until timestamptz := weft_kept_until(of_account, 'events_days', 30);
    page bigint[];
    gone integer;
BEGIN
    IF until IS NULL THEN
        RETURN;
    END IF;
    PERFORM set_config('app.forgetting', 'on', true);
    page := ARRAY(SELECT seq FROM (
        SELECT seq, at FROM events WHERE account_id = of_account AND seq > after ORDER BY seq LIMIT most
    ) AS oldest WHERE at < until ORDER BY seq);
    DELETE FROM events e WHERE e.account_id = of_account AND e.seq = ANY(page)
        AND e.seq < (SELECT max(seq) FROM events WHERE account_id = of_account)
        AND NOT EXISTS (SELECT FROM event_waits w WHERE w.account_id = of_account AND w.name = e.name AND w.seen < e.seq);
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM set_config('app.forgetting', '', true);
    RETURN QUERY SELECT gone, page[cardinality(page)];
END $$;

-- What refers to content; the content that nobody refers to any more is the store's to remove.
CREATE FUNCTION weft_forget_artifacts(of_account uuid, after text, most integer)
    RETURNS TABLE (artifacts integer, last text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    until timestamptz := weft_kept_until(of_account, 'artifacts_days', 90);
    upto text;
    gone integer;
BEGIN
    IF until IS NULL THEN
        RETURN;
    END IF;
    PERFORM set_config('app.forgetting', 'on', true);
    upto := (SELECT max(sha256) FROM (
        SELECT DISTINCT sha256 FROM artifacts WHERE account_id = of_account AND sha256 > after ORDER BY 1 LIMIT most
    ) AS page);
    DELETE FROM artifacts a USING runs r WHERE a.account_id = of_account AND a.sha256 > after AND a.sha256 <= upto
        AND a.created_at < until AND r.account_id = a.account_id AND r.id = a.run_id
        AND r.state IN ('succeeded', 'failed', 'cancelled', 'timed_out') AND r.finished_at < until;
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM set_config('app.forgetting', '', true);
    RETURN QUERY SELECT gone, upto;
END $$;

REVOKE ALL ON FUNCTION weft_kept_until(uuid, text, integer), weft_forget_runs(uuid, uuid, integer),
    weft_forget_events(uuid, bigint, integer), weft_forget_artifacts(uuid, text, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION weft_forget_runs(uuid, uuid, integer), weft_forget_events(uuid, bigint, integer),
    weft_forget_artifacts(uuid, text, integer) TO weft_runner;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(POLICIES)
    op.execute(SEED)
    op.execute(MARKS)
    op.execute(TOTALS)
    op.execute(RETENTION)
