"""Named secrets of an account. Runs before the code.

A secret has a current value and, for a while after it was replaced, the one before: whoever signs with it is told of
the new one in that time. Both are sealed (``engine.vault``); what opens them is not in the database.
"""

from alembic import op

revision = "0015"
down_revision = "0014"

TABLES = """
CREATE TABLE secrets (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL CHECK (name ~ '^[a-zA-Z_][a-zA-Z0-9_]{0,63}$'),
    sealed text NOT NULL,
    sealed_before text,
    before_until timestamptz,
    set_by uuid,
    set_at timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, name),
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id, set_by) REFERENCES users (account_id, id),
    CHECK ((sealed_before IS NULL) = (before_until IS NULL))
);
ALTER TABLE secrets ENABLE ROW LEVEL SECURITY;
ALTER TABLE secrets FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON secrets
    USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE (sealed, sealed_before, before_until, set_by, set_at), DELETE ON secrets TO weft_app;
"""


def upgrade() -> None:
    op.execute(TABLES)
