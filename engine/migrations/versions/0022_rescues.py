"""What is started when a run fails. Runs before the code.

Whatever ends a run writes down, in the same transaction, that the account's error workflow is to be started for it (a
trigger sees to it, so that no way to an end can forget); a runner starts it (``engine.rescuing``). One row a run, and
one run that it has caused: once, whoever dies. Runs that an error has started, runs of the error workflow, tests, and
runs that a step of another run has started never start one.
"""

from alembic import op

revision = "0022"
down_revision = "0021"

TABLES = """
CREATE TABLE rescues (
    account_id uuid PRIMARY KEY REFERENCES accounts ON DELETE CASCADE,
    workflow_id uuid NOT NULL,
    states text[] NOT NULL CHECK (
        cardinality(states) > 0 AND states <@ ARRAY['failed', 'timed_out', 'cancelled', 'needs_review']),
    set_by uuid,
    set_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (account_id, workflow_id) REFERENCES workflows (account_id, id) ON DELETE CASCADE
);

CREATE TABLE rescue_calls (
    run_id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    state text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    due_at timestamptz NOT NULL DEFAULT now(),
    attempt integer NOT NULL DEFAULT 0,
    done_at timestamptz,
    started uuid,
    problem text,
    FOREIGN KEY (account_id, run_id) REFERENCES runs (account_id, id) ON DELETE CASCADE
);
CREATE INDEX rescue_calls_due ON rescue_calls (due_at) WHERE done_at IS NULL;
CREATE INDEX rescue_calls_listed ON rescue_calls (account_id, at DESC);
CREATE INDEX rescue_calls_started ON rescue_calls (account_id, done_at) WHERE started IS NOT NULL;

ALTER TABLE runs ADD COLUMN caused_by uuid,
    ADD FOREIGN KEY (account_id, caused_by) REFERENCES runs (account_id, id) ON DELETE SET NULL (caused_by);
CREATE UNIQUE INDEX runs_caused ON runs (account_id, caused_by) WHERE caused_by IS NOT NULL;
"""

FUNCTIONS = """
CREATE FUNCTION weft_call_rescue() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO rescue_calls (run_id, account_id, state)
        SELECT NEW.id, NEW.account_id, NEW.state FROM rescues s
        WHERE s.account_id = NEW.account_id AND NEW.state = ANY(s.states) AND s.workflow_id <> NEW.workflow_id
        ON CONFLICT DO NOTHING;
    IF FOUND THEN
        PERFORM pg_notify('weft_rescues', '');
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER runs_call_rescue AFTER UPDATE OF state ON runs FOR EACH ROW WHEN (
    OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('failed', 'timed_out', 'cancelled', 'needs_review')
    AND NEW.parent_run_id IS NULL AND NEW.trial IS NULL AND NEW.trigger <> 'error'
) EXECUTE FUNCTION weft_call_rescue();
"""

POLICIES = """
CREATE POLICY runner ON rescues FOR SELECT TO weft_runner USING (true);
CREATE POLICY runner ON rescue_calls TO weft_runner USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE (workflow_id, states, set_by, set_at), DELETE ON rescues TO weft_app;
GRANT SELECT, INSERT ON rescue_calls TO weft_app;
GRANT SELECT ON rescues TO weft_runner;
GRANT SELECT, INSERT, UPDATE (due_at, attempt, done_at, started, problem) ON rescue_calls TO weft_runner;
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("rescues", "rescue_calls"):
        op.execute(
            f"""
            ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
            ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
            CREATE POLICY own_account ON {table}
                USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
                WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
            """
        )
    op.execute(FUNCTIONS)
    op.execute(POLICIES)
