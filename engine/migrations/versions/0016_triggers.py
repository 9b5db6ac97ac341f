"""Triggers: the rows of what starts runs by itself, and the fires that are still to be done. Runs before the code.

A version that becomes live brings its triggers; a row stays for ever, so that a run can say what started it. The run of
a fire has an idempotency key of the trigger and its occasion: two schedulers, or one that dies between two writes, make
one run. ``runs_of_trigger`` holds triggered runs alone: others pay nothing for it.
"""

from alembic import op

revision = "0016"
down_revision = "0015"

TABLES = """
CREATE TABLE triggers (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    version_id uuid NOT NULL,
    name text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('webhook', 'schedule', 'event', 'manual')),
    spec jsonb NOT NULL,
    method text GENERATED ALWAYS AS (spec #>> '{on,method}') STORED,
    path text GENERATED ALWAYS AS (spec #>> '{on,path}') STORED,
    event text GENERATED ALWAYS AS (spec #>> '{on,event}') STORED,
    live boolean NOT NULL DEFAULT true,
    paused_at timestamptz,
    paused_by uuid,
    catch_up text NOT NULL DEFAULT 'last' CHECK (catch_up IN ('skip', 'last', 'all')),
    next_at timestamptz,
    last_at timestamptz,
    last_result text CHECK (last_result IN ('started', 'skipped', 'problem')),
    last_problem text,
    last_run_id uuid,
    failures integer NOT NULL DEFAULT 0,
    fired bigint NOT NULL DEFAULT 0,
    missed bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, id),
    UNIQUE (account_id, workflow_id, name, kind),
    FOREIGN KEY (account_id, workflow_id, version_id) REFERENCES versions (account_id, workflow_id, id),
    FOREIGN KEY (account_id, paused_by) REFERENCES users (account_id, id),
    CHECK (next_at IS NULL OR (kind = 'schedule' AND live AND paused_at IS NULL))
);
CREATE UNIQUE INDEX triggers_address ON triggers (account_id, method, path) WHERE kind = 'webhook' AND live;
CREATE INDEX triggers_due ON triggers (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX triggers_event ON triggers (account_id, event) WHERE kind = 'event' AND live;

CREATE TABLE trigger_fires (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    occasion text NOT NULL CHECK (char_length(occasion) BETWEEN 1 AND 200),
    event jsonb,
    requested_by uuid,
    due_at timestamptz NOT NULL DEFAULT now(),
    attempt integer NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, trigger_id, occasion),
    FOREIGN KEY (account_id, trigger_id) REFERENCES triggers (account_id, id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, requested_by) REFERENCES users (account_id, id)
);
CREATE INDEX trigger_fires_due ON trigger_fires (due_at);

ALTER TABLE runs ADD COLUMN trigger_id uuid;
CREATE INDEX runs_of_trigger ON runs (account_id, trigger_id, queued_at DESC, id DESC) WHERE trigger_id IS NOT NULL;
"""

SECURITY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON {table}
    USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
CREATE POLICY runner ON {table} TO weft_runner USING (true) WITH CHECK (true);
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE (version_id, spec, live, paused_at, paused_by, catch_up, next_at, last_at, last_result,
    last_problem, last_run_id, failures, fired) ON triggers TO weft_app;
GRANT SELECT, UPDATE (next_at, last_at, last_result, last_problem, last_run_id, failures, fired, missed)
    ON triggers TO weft_runner;
GRANT SELECT, INSERT ON trigger_fires TO weft_app;
GRANT SELECT, INSERT, UPDATE (due_at, attempt), DELETE ON trigger_fires TO weft_runner;
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("triggers", "trigger_fires"):
        op.execute(SECURITY.format(table=table))
    op.execute(GRANTS)
