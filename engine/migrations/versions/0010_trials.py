"""Tests of drafts: versions that are never live, runs that carry trial settings, and outputs that people pin to steps.
Runs before the code.

A text that is tested is a version with the number 0: as immutable as any, listed nowhere, and never live. A run has
trial settings exactly when its version is such a one. Both are foreign keys over generated columns, so that neither
can be got round: a published version never runs with results that were made up, and an unpublished text never
runs without the settings that say what may really happen.

Test runs leave no marks, so they are in no totals; the calls of models that they make have cost money, and count
without a workflow. They are kept as long as ``trials_days`` says; an unpublished version goes with its last run.
"""

from alembic import op

revision = "0010"
down_revision = "0009"

TABLES = """
ALTER TABLE versions DROP CONSTRAINT versions_number_check, ADD CHECK (number >= 0),
    DROP CONSTRAINT versions_account_id_workflow_id_number_key,
    ADD COLUMN tried boolean NOT NULL GENERATED ALWAYS AS (number = 0) STORED,
    ADD UNIQUE (account_id, workflow_id, id, tried);
CREATE UNIQUE INDEX versions_numbered ON versions (account_id, workflow_id, number) WHERE number > 0;
CREATE INDEX versions_tried ON versions (account_id, workflow_id, content_hash) WHERE number = 0;

ALTER TABLE workflows ADD COLUMN live_tried boolean NOT NULL GENERATED ALWAYS AS (false) STORED;
ALTER TABLE workflows ADD CONSTRAINT workflows_live_is_published
    FOREIGN KEY (account_id, id, live_version_id, live_tried) REFERENCES versions (account_id, workflow_id, id, tried);

ALTER TABLE runs ADD COLUMN trial jsonb,
    ADD COLUMN tried boolean NOT NULL GENERATED ALWAYS AS (trial IS NOT NULL) STORED;
ALTER TABLE runs DROP CONSTRAINT runs_account_id_workflow_id_version_id_fkey;
ALTER TABLE runs ADD CONSTRAINT runs_trial_of_a_draft FOREIGN KEY (account_id, workflow_id, version_id, tried)
    REFERENCES versions (account_id, workflow_id, id, tried);
CREATE INDEX runs_tried ON runs (account_id, state, queued_at DESC, id DESC) WHERE trial IS NOT NULL;

CREATE TABLE step_pins (
    workflow_id uuid NOT NULL,
    path text NOT NULL,
    account_id uuid NOT NULL,
    content jsonb NOT NULL,
    updated_by uuid,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workflow_id, path),
    FOREIGN KEY (account_id, workflow_id) REFERENCES workflows (account_id, id) ON DELETE CASCADE
);
ALTER TABLE step_pins ENABLE ROW LEVEL SECURITY;
ALTER TABLE step_pins FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON step_pins
    USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE (path, content, updated_by, updated_at), DELETE ON step_pins TO weft_app;
"""

MARKS = """
CREATE OR REPLACE FUNCTION weft_mark_starts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO run_marks (account_id, workflow_id, hour, what, n)
        SELECT account_id, workflow_id, date_trunc('hour', queued_at, 'UTC'), 'started', count(*)
        FROM fresh WHERE trial IS NULL GROUP BY 1, 2, 3;
    RETURN NULL;
END $$;

DROP TRIGGER runs_mark_end ON runs;
CREATE TRIGGER runs_mark_end AFTER UPDATE OF state ON runs FOR EACH ROW WHEN (
    NEW.trial IS NULL AND OLD.state IS DISTINCT FROM NEW.state
    AND NEW.state IN ('succeeded', 'failed', 'cancelled', 'timed_out')
) EXECUTE FUNCTION weft_mark_end();

CREATE OR REPLACE FUNCTION weft_mark_call() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO run_marks (account_id, workflow_id, hour, what, cost_usd) VALUES (
        NEW.account_id,
        (SELECT workflow_id FROM runs WHERE account_id = NEW.account_id AND id = NEW.run_id AND trial IS NULL),
        date_trunc('hour', NEW.at, 'UTC'), 'model_call', NEW.cost_usd);
    RETURN NULL;
END $$;
"""

RETENTION = """
CREATE POLICY forgetting ON versions TO CURRENT_USER USING (current_setting('app.forgetting', true) = 'on');

DROP TRIGGER versions_never_change ON versions;
CREATE FUNCTION weft_refuse_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND OLD.number = 0 AND current_setting('app.forgetting', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'versions is append-only' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER versions_never_change BEFORE UPDATE OR DELETE ON versions
    FOR EACH ROW EXECUTE FUNCTION weft_refuse_version();

CREATE OR REPLACE FUNCTION weft_forget_runs(of_account uuid, after uuid, most integer)
    RETURNS TABLE (runs integer, events integer, last uuid)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    until timestamptz := weft_kept_until(of_account, 'runs_days', 90);
    until_trials timestamptz := weft_kept_until(of_account, 'trials_days', 30);
    bound uuid := (lpad(to_hex((extract(epoch FROM greatest(until, until_trials) + interval '1 day') * 1000)::bigint),
        12, '0') || '70008000000000000000')::uuid;
    page uuid[];
    roots uuid[];
    family uuid[];
    chosen uuid[];
    texts uuid[];
    upto uuid;
    written integer;
BEGIN
    IF until IS NULL AND until_trials IS NULL THEN
        RETURN;
    END IF;
    PERFORM set_config('app.forgetting', 'on', true);
    -- So many rows are looked at in one go, however few of them are past their time.
    page := ARRAY(SELECT id FROM runs WHERE account_id = of_account AND id > after AND id < bound
        ORDER BY id LIMIT most * 10);
    roots := ARRAY(SELECT id FROM runs WHERE account_id = of_account AND id = ANY(page) AND parent_run_id IS NULL
        AND state IN ('succeeded', 'failed', 'cancelled', 'timed_out')
        AND finished_at < CASE WHEN trial IS NULL THEN until ELSE until_trials END
        ORDER BY id LIMIT most FOR UPDATE SKIP LOCKED);
    upto := CASE WHEN cardinality(roots) = most THEN roots[most] ELSE page[cardinality(page)] END;
    -- A run goes with all that it has started, and those before it; one that is not past its time keeps them all.
    WITH RECURSIVE f AS (
        SELECT id, id AS root, 0 AS level, true AS past FROM unnest(roots) AS id
        UNION ALL
        SELECT c.id, f.root, f.level + 1,
            c.state IN ('succeeded', 'failed', 'cancelled', 'timed_out') AND coalesce(
                c.finished_at < CASE WHEN c.trial IS NULL THEN until ELSE until_trials END, false)
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
    texts := ARRAY(SELECT DISTINCT version_id FROM runs
        WHERE account_id = of_account AND id = ANY(chosen) AND trial IS NOT NULL);
    DELETE FROM run_events WHERE run_id = ANY(chosen);
    GET DIAGNOSTICS written = ROW_COUNT;
    DELETE FROM approvals WHERE run_id = ANY(chosen);
    DELETE FROM event_waits WHERE run_id = ANY(chosen);
    DELETE FROM model_calls WHERE run_id = ANY(chosen);
    DELETE FROM runs WHERE account_id = of_account AND id = ANY(chosen);
    IF cardinality(texts) > 0 THEN
        -- One that a test is starting of at this moment is locked by it, and stays.
        texts := ARRAY(SELECT id FROM versions WHERE account_id = of_account AND id = ANY(texts) AND number = 0
            FOR UPDATE SKIP LOCKED);
        DELETE FROM versions v WHERE v.account_id = of_account AND v.id = ANY(texts) AND NOT EXISTS (
            SELECT FROM runs r WHERE r.account_id = v.account_id AND r.workflow_id = v.workflow_id
            AND r.version_id = v.id AND r.trial IS NOT NULL);
    END IF;
    PERFORM set_config('app.forgetting', '', true);
    RETURN QUERY SELECT cardinality(chosen), written, upto;
END $$;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(MARKS)
    op.execute(RETENTION)
