"""What came in at webhooks. Runs before the code.

A delivery that was accepted is written in the transaction that starts its run, and goes with the run. Its identity is
unique for the trigger: of two that come at once, one waits and finds the other. The services keep the rest bounded.
"""

from alembic import op

revision = "0025"
down_revision = "0024"

TABLES = """
CREATE TABLE hook_deliveries (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    trigger_id uuid NOT NULL,
    received_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    verdict text NOT NULL CHECK (verdict IN ('accepted', 'duplicate', 'filtered', 'paused', 'queue_full', 'too_many',
        'missing_signature', 'bad_signature', 'late', 'early', 'no_secret', 'too_large', 'not_json', 'no_input')),
    why text NOT NULL DEFAULT '' CHECK (char_length(why) <= 1000),
    run_id uuid,
    method text NOT NULL CHECK (char_length(method) <= 20),
    source text NOT NULL DEFAULT '' CHECK (char_length(source) <= 100),
    size integer NOT NULL DEFAULT 0,
    content_type text NOT NULL DEFAULT '' CHECK (char_length(content_type) <= 100),
    body_hash text,
    preview text CHECK (char_length(preview) <= 2000),
    signed boolean NOT NULL,
    secret smallint,
    identity text,
    told text,
    asked_by uuid,
    UNIQUE (account_id, trigger_id, identity),
    UNIQUE (account_id, trigger_id, told),
    FOREIGN KEY (account_id, trigger_id) REFERENCES triggers (account_id, id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, run_id) REFERENCES runs (account_id, id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, asked_by) REFERENCES users (account_id, id),
    CHECK (signed OR (identity IS NULL AND preview IS NULL AND body_hash IS NULL))
);
CREATE INDEX hook_deliveries_newest ON hook_deliveries (account_id, trigger_id, received_at DESC, id DESC);
CREATE INDEX hook_deliveries_started ON hook_deliveries (account_id, run_id) WHERE run_id IS NOT NULL;
CREATE INDEX hook_deliveries_bounded ON hook_deliveries (account_id, trigger_id, signed, received_at DESC)
    WHERE verdict <> 'accepted';
ALTER TABLE hook_deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE hook_deliveries FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON hook_deliveries
    USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE (verdict, why, run_id, identity, told), DELETE ON hook_deliveries TO weft_app;
"""


def upgrade() -> None:
    op.execute(TABLES)
