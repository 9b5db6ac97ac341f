"""How runs queue: priority, fairness, limits, debounce. Runs before the code.

``rank`` is the order within an account, higher first: what has begun goes before what has not, then by priority. Runs
of one account, rank and workflow are a lane of the queue, in the order of their due times; ``runs_queue`` finds the
lanes by skipping from one to the next, so a claim reads as much of a queue as it takes, however long that is. Ranks
below 50 are of runs that have not begun: counting those reads one range of the index.

The list of runs is read state by state, newest first: whatever is asked for, it reads a page of an index.
"""

from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = """
ALTER TABLE accounts
    ADD COLUMN weight smallint NOT NULL DEFAULT 1 CHECK (weight BETWEEN 1 AND 100),
    ADD COLUMN max_running integer CHECK (max_running > 0),
    ADD COLUMN max_queued integer NOT NULL DEFAULT 10000 CHECK (max_queued > 0);
ALTER TABLE workflows
    ADD COLUMN max_running integer CHECK (max_running > 0),
    ADD COLUMN priority smallint NOT NULL DEFAULT 0 CHECK (priority BETWEEN -9 AND 9);
ALTER TABLE runs
    ADD COLUMN priority smallint NOT NULL DEFAULT 0 CHECK (priority BETWEEN -9 AND 9),
    ADD COLUMN rank smallint GENERATED ALWAYS AS
        ((priority + CASE WHEN epoch > 0 THEN 100 ELSE 0 END)::smallint) STORED,
    ADD COLUMN debounce_key text,
    ADD COLUMN debounce_until timestamptz,
    ADD CHECK ((debounce_key IS NULL) = (debounce_until IS NULL));

DROP INDEX runs_due;
CREATE INDEX runs_queue ON runs (account_id, rank, workflow_id, due_at)
    WHERE state IN ('queued', 'waiting') AND due_at IS NOT NULL;
DROP INDEX runs_leased;
CREATE INDEX runs_leased ON runs (lease_until) INCLUDE (account_id, workflow_id) WHERE state = 'running';
CREATE UNIQUE INDEX runs_debounced ON runs (account_id, workflow_id, debounce_key)
    WHERE debounce_key IS NOT NULL AND state = 'queued' AND epoch = 0;
DROP INDEX runs_listed;
CREATE INDEX runs_listed ON runs (account_id, state, queued_at DESC, id DESC);
DROP INDEX runs_of_workflow;
CREATE INDEX runs_of_workflow ON runs (account_id, workflow_id, state, queued_at DESC, id DESC);

CREATE TABLE start_keys (
    account_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    idempotency_key text NOT NULL,
    run_id uuid NOT NULL,
    version_id uuid NOT NULL,
    input jsonb NOT NULL,
    PRIMARY KEY (account_id, workflow_id, idempotency_key),
    FOREIGN KEY (account_id, run_id) REFERENCES runs (account_id, id) ON DELETE CASCADE
);
CREATE INDEX start_keys_of_run ON start_keys (account_id, run_id);
ALTER TABLE start_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE start_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON start_keys
    USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
"""

# What a run is about is fixed from the moment it begins.
TRIGGERS = """
CREATE FUNCTION weft_refuse_another_input() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'a run that has begun keeps its input' USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER runs_keep_their_input BEFORE UPDATE OF input, version_id, content_hash, priority ON runs FOR EACH ROW
    WHEN (OLD.epoch > 0 OR OLD.state <> 'queued') EXECUTE FUNCTION weft_refuse_another_input();
"""

GRANTS = """
GRANT UPDATE (weight, max_running, max_queued) ON accounts TO weft_app;
GRANT UPDATE (max_running, priority) ON workflows TO weft_app;
GRANT UPDATE (input, version_id, content_hash, priority, requested_by) ON runs TO weft_app;
GRANT SELECT, INSERT ON start_keys TO weft_app;
GRANT SELECT (weight, max_running) ON accounts TO weft_runner;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(TRIGGERS)
    op.execute(GRANTS)
