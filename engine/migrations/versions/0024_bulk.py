"""Many runs run again, or cancelled, at once: what was asked for, and what became of each. Runs before the code."""

from alembic import op

revision = "0024"
down_revision = "0023"

TABLES = """
CREATE TABLE bulk_jobs (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    key text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('retry', 'cancel')),
    plan text NOT NULL DEFAULT '',
    confirmed text[] NOT NULL DEFAULT '{}',
    requested_by uuid,
    at timestamptz NOT NULL DEFAULT now(),
    finished_at timestamptz,
    UNIQUE (account_id, id),
    UNIQUE (account_id, key)
);

CREATE TABLE bulk_items (
    job_id uuid NOT NULL,
    run_id uuid NOT NULL,
    account_id uuid NOT NULL,
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'left')),
    plan text NOT NULL DEFAULT '',
    started uuid,
    reason text,
    PRIMARY KEY (job_id, run_id),
    FOREIGN KEY (account_id, job_id) REFERENCES bulk_jobs (account_id, id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, run_id) REFERENCES runs (account_id, id) ON DELETE CASCADE
);
CREATE INDEX bulk_items_of_run ON bulk_items (account_id, run_id);

GRANT SELECT, INSERT, UPDATE (finished_at) ON bulk_jobs TO weft_app;
GRANT SELECT, INSERT, UPDATE (state, started, reason) ON bulk_items TO weft_app;
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("bulk_jobs", "bulk_items"):
        op.execute(
            f"""
            ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
            ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
            CREATE POLICY own_account ON {table}
                USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
                WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
            """
        )
