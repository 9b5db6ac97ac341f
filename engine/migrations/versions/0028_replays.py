"""Deliveries of webhooks are known again for longer than their runs are kept. Runs before the code.

Where a sender signs the body alone, what was caught once would be valid for ever. Of each such delivery a hash of
sixteen bytes stays for 400 days, of an account the newest million: some 150 bytes each.
"""

from alembic import op

revision = "0028"
down_revision = "0027"

TABLE = """
CREATE TABLE hook_seen (
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    digest bytea NOT NULL CHECK (octet_length(digest) = 16),
    seen_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (account_id, digest)
);
CREATE INDEX hook_seen_oldest ON hook_seen (account_id, seen_at);
ALTER TABLE hook_seen ENABLE ROW LEVEL SECURITY;
ALTER TABLE hook_seen FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON hook_seen
    USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
CREATE POLICY forgetting ON hook_seen TO CURRENT_USER USING (current_setting('app.forgetting', true) = 'on');
GRANT SELECT, INSERT, DELETE ON hook_seen TO weft_app;
"""

# What is older than the first page says goes; a later page does not count the newest again.
FORGET = """
CREATE FUNCTION weft_forget_hook_seen(of_account uuid, before text, most integer, kept integer DEFAULT 1000000)
    RETURNS TABLE (seen integer, last text)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
DECLARE
    until timestamptz := nullif(before, '')::timestamptz;
    gone integer;
BEGIN
    PERFORM set_config('app.forgetting', 'on', true);
    IF until IS NULL THEN
        until := greatest(now() - interval '400 days', (SELECT seen_at FROM hook_seen WHERE account_id = of_account
            ORDER BY seen_at DESC OFFSET kept LIMIT 1));
    END IF;
    DELETE FROM hook_seen WHERE account_id = of_account AND digest = ANY(ARRAY(
        SELECT digest FROM hook_seen WHERE account_id = of_account AND seen_at <= until ORDER BY seen_at LIMIT most));
    GET DIAGNOSTICS gone = ROW_COUNT;
    PERFORM set_config('app.forgetting', '', true);
    RETURN QUERY SELECT gone, CASE WHEN gone = most THEN until::text END;
END $$;
REVOKE ALL ON FUNCTION weft_forget_hook_seen(uuid, text, integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION weft_forget_hook_seen(uuid, text, integer, integer) TO weft_runner;
"""


def upgrade() -> None:
    op.execute(TABLE)
    op.execute(FORGET)
