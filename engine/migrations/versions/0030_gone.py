"""Whoever is gone gets no message any more; what was decided is listed by an index. Runs before the code.

Messages to people are written when an approval opens, some for much later, with an address that no runner may look up
again: so a login that is disabled ends them, in its own transaction.
"""

from alembic import op

revision = "0030"
down_revision = "0029"

FUNCTION = """
CREATE FUNCTION weft_tell_no_more() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('app.telling', true), '');
BEGIN
    PERFORM set_config('app.telling', 'on', true);
    UPDATE outbox SET state = 'dropped', done_at = clock_timestamp(), last_error = 'This login was disabled.'
        WHERE account_id = NEW.account_id AND target_kind = 'person' AND target_id = NEW.id AND state = 'due';
    PERFORM set_config('app.telling', before, true);
    RETURN NULL;
END $$;
CREATE TRIGGER users_tell_no_more AFTER UPDATE OF disabled_at ON users
    FOR EACH ROW WHEN (OLD.disabled_at IS NULL AND NEW.disabled_at IS NOT NULL)
    EXECUTE FUNCTION weft_tell_no_more();
REVOKE ALL ON FUNCTION weft_tell_no_more() FROM PUBLIC;
"""


def upgrade() -> None:
    op.execute(FUNCTION)
    op.execute("CREATE INDEX approvals_over ON approvals (account_id, created_at DESC) WHERE state <> 'open'")
    op.execute("DROP INDEX approvals_decided")
