"""Channels and the outbox: what is told to people and other systems. Runs before the code.

A row of the outbox is written in the transaction of what it tells of, so that it is told if and only if that happened,
and ``key`` makes it one for each receiver. A courier claims a row by moving ``due_at`` on by its lease and counting the
attempt: when the courier dies, the row is due again. ``due_at`` and the rest are the database's clock.
"""

from alembic import op

revision = "0014"
down_revision = "0013"

TABLES = """
CREATE TABLE channels (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 60),
    kind text NOT NULL CHECK (kind IN ('email', 'slack', 'webhook')),
    config jsonb NOT NULL DEFAULT '{}',
    topics text[] NOT NULL DEFAULT '{}',
    sealed text,
    enabled boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, id),
    UNIQUE (account_id, name)
);

CREATE TABLE outbox (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    topic text NOT NULL,
    key text NOT NULL,
    target_kind text NOT NULL,
    target_id uuid NOT NULL,
    body jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    due_at timestamptz NOT NULL DEFAULT now(),
    attempt integer NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'due' CHECK (state IN ('due', 'sent', 'dead', 'dropped')),
    last_error text NOT NULL DEFAULT '',
    answer text NOT NULL DEFAULT '',
    done_at timestamptz,
    UNIQUE (account_id, target_id, key),
    CHECK ((done_at IS NULL) = (state = 'due'))
);
CREATE INDEX outbox_due ON outbox (target_id, due_at) WHERE state = 'due';
CREATE INDEX outbox_next ON outbox (due_at) WHERE state = 'due';
CREATE INDEX outbox_listed ON outbox (account_id, created_at DESC, id DESC);
CREATE INDEX outbox_over ON outbox (done_at) WHERE state <> 'due';
"""

SECURITY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON {table}
    USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
"""

# A runner sends for all accounts. What opens a sealed secret is not in the database.
GRANTS = """
CREATE POLICY runner ON channels FOR SELECT TO weft_runner USING (true);
CREATE POLICY runner ON outbox TO weft_runner USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, UPDATE (name, config, topics, sealed, enabled, updated_at), DELETE ON channels TO weft_app;
GRANT SELECT, INSERT, UPDATE (due_at, attempt, state, last_error, answer, done_at) ON outbox TO weft_app;
GRANT SELECT ON channels TO weft_runner;
GRANT SELECT, INSERT, UPDATE (due_at, attempt, state, last_error, answer, done_at), DELETE ON outbox TO weft_runner;
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("channels", "outbox"):
        op.execute(SECURITY.format(table=table))
    op.execute(GRANTS)
