"""Rules that watch an account's numbers and the history of each, and the index of ends. Runs before the code.

A change of a rule has a number, and the rule's row is held while it is written: one history, each change once. The
runners look at the rules, so they may write how one stands, and nothing of what it says.

``runs_ended`` finds the runs that ended in a time: what is counted by its end is found by its end.
"""

from alembic import op

revision = "0026"
down_revision = "0025"

TABLES = """
CREATE TABLE alert_rules (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 80),
    kind text NOT NULL CHECK (kind IN ('failure_rate', 'approval_age', 'queue_depth', 'queue_age', 'budget', 'silence',
        'connector')),
    severity text NOT NULL DEFAULT 'warning' CHECK (severity IN ('info', 'warning', 'critical')),
    workflow_id uuid,
    spec jsonb NOT NULL,
    channels uuid[] NOT NULL DEFAULT '{}',
    cooldown_s integer NOT NULL DEFAULT 300 CHECK (cooldown_s BETWEEN 0 AND 86400),
    paused_at timestamptz,
    snoozed_until timestamptz,
    firing boolean NOT NULL DEFAULT false,
    untold boolean NOT NULL DEFAULT false,
    since timestamptz,
    ended_at timestamptz,
    looked_at timestamptz,
    value double precision,
    words text NOT NULL DEFAULT '',
    changes integer NOT NULL DEFAULT 0,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, id),
    UNIQUE (account_id, name),
    FOREIGN KEY (account_id, workflow_id) REFERENCES workflows (account_id, id) ON DELETE CASCADE
);
CREATE INDEX alert_rules_firing ON alert_rules (account_id) WHERE firing;

CREATE TABLE alert_changes (
    account_id uuid NOT NULL,
    rule_id uuid NOT NULL,
    number integer NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    change text NOT NULL CHECK (change IN ('firing', 'still firing', 'resolved', 'paused', 'resumed', 'snoozed',
        'tested', 'changed')),
    value double precision,
    words text NOT NULL DEFAULT '',
    severity text NOT NULL,
    told integer NOT NULL DEFAULT 0,
    by text NOT NULL DEFAULT '',
    PRIMARY KEY (account_id, rule_id, number),
    FOREIGN KEY (account_id, rule_id) REFERENCES alert_rules (account_id, id) ON DELETE CASCADE
);
CREATE INDEX alert_changes_listed ON alert_changes (account_id, at DESC, rule_id, number);

CREATE INDEX runs_ended ON runs (account_id, finished_at DESC) WHERE finished_at IS NOT NULL;
"""

SECURITY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON {table}
    USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
"""

GRANTS = """
CREATE POLICY runner ON alert_rules TO weft_runner USING (true) WITH CHECK (true);
CREATE POLICY runner ON alert_changes TO weft_runner USING (true) WITH CHECK (true);

GRANT SELECT, INSERT, DELETE, UPDATE (name, kind, severity, workflow_id, spec, channels, cooldown_s, paused_at,
    snoozed_until, firing, untold, since, ended_at, looked_at, value, words, changes, updated_at)
    ON alert_rules TO weft_app;
GRANT SELECT, INSERT ON alert_changes TO weft_app;
GRANT SELECT, UPDATE (firing, untold, since, ended_at, looked_at, value, words, changes) ON alert_rules TO weft_runner;
GRANT SELECT, INSERT, DELETE ON alert_changes TO weft_runner;
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("alert_rules", "alert_changes"):
        op.execute(SECURITY.format(table=table))
    op.execute(GRANTS)
