"""Subscriptions: other systems that are told of runs, approvals and events. Runs before the code.

What is told of a run's end is written in the transaction of that end, whoever ends it, by a trigger: its first question
is whether the account has any subscription, one look into an index that is as large as there are subscriptions.
"""

from alembic import op

revision = "0023"
down_revision = "0022"

TABLES = """
CREATE TABLE event_subscriptions (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL CHECK (char_length(name) BETWEEN 1 AND 60),
    url text NOT NULL,
    topics text[] NOT NULL,
    active boolean NOT NULL DEFAULT true,
    sealed text NOT NULL,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, id),
    UNIQUE (account_id, name),
    FOREIGN KEY (account_id, created_by) REFERENCES users (account_id, id)
);
CREATE INDEX event_subscriptions_active ON event_subscriptions (account_id) WHERE active;

ALTER TABLE event_subscriptions ENABLE ROW LEVEL SECURITY;
ALTER TABLE event_subscriptions FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON event_subscriptions
    USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
CREATE POLICY runner ON event_subscriptions FOR SELECT TO weft_runner USING (true);
GRANT SELECT, INSERT, UPDATE (name, url, topics, active, sealed), DELETE ON event_subscriptions TO weft_app;
GRANT SELECT ON event_subscriptions TO weft_runner;
"""

# Whoever changes a run or opens an approval may read the account's subscriptions and write to its outbox: services and
# runners both.
FUNCTIONS = """
CREATE FUNCTION weft_tell_subscriptions(of_account uuid, of_topic text, of_key text, what jsonb) RETURNS void
    LANGUAGE sql SET search_path = public, pg_temp AS $$
    INSERT INTO outbox (account_id, topic, key, target_kind, target_id, body)
        SELECT s.account_id, of_topic, of_key, 'subscription', s.id, what FROM event_subscriptions s
        WHERE s.account_id = of_account AND s.active
        AND s.topics && ARRAY[of_topic, split_part(of_topic, '.', 1) || '.*', '*']
        ON CONFLICT (account_id, target_id, key) DO NOTHING
$$;

CREATE FUNCTION weft_subscribed_run() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
DECLARE
    topic text := 'run.' || CASE NEW.state WHEN 'timed_out' THEN 'failed' ELSE NEW.state END;
BEGIN
    IF EXISTS (SELECT FROM event_subscriptions WHERE account_id = NEW.account_id AND active) THEN
        PERFORM weft_tell_subscriptions(NEW.account_id, topic,
            topic || ':' || NEW.id || CASE NEW.state WHEN 'needs_review' THEN ':' || NEW.epoch ELSE '' END,
            jsonb_build_object('run_id', NEW.id, 'workflow_id', NEW.workflow_id,
                'workflow', (SELECT name FROM workflows w WHERE w.account_id = NEW.account_id AND w.id = NEW.workflow_id),
                'version_id', NEW.version_id, 'state', NEW.state, 'trigger', NEW.trigger, 'trigger_id', NEW.trigger_id,
                'queued_at', NEW.queued_at, 'started_at', NEW.started_at, 'finished_at', NEW.finished_at,
                'error', CASE WHEN NEW.error IS NULL THEN NULL ELSE jsonb_build_object('code', NEW.error ->> 'code',
                    'message', left(NEW.error ->> 'message', 2000), 'step', NEW.error ->> 'step') END,
                'link', '/runs/' || NEW.id));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER runs_tell_subscriptions AFTER UPDATE OF state ON runs FOR EACH ROW WHEN (
    OLD.state IS DISTINCT FROM NEW.state AND NEW.trial IS NULL
    AND NEW.state IN ('succeeded', 'failed', 'cancelled', 'timed_out', 'needs_review')
    AND (NEW.parent_run_id IS NULL OR NEW.state = 'needs_review')
) EXECUTE FUNCTION weft_subscribed_run();

CREATE FUNCTION weft_subscribed_approval() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT FROM event_subscriptions WHERE account_id = NEW.account_id AND active)
    AND NOT EXISTS (SELECT FROM runs WHERE account_id = NEW.account_id AND id = NEW.run_id AND trial IS NOT NULL) THEN
        PERFORM weft_tell_subscriptions(NEW.account_id, 'approval.opened', 'approval.opened:' || NEW.id,
            jsonb_build_object('approval_id', NEW.id, 'run_id', NEW.run_id, 'workflow_id', NEW.workflow_id,
                'workflow', (SELECT name FROM workflows w WHERE w.account_id = NEW.account_id AND w.id = NEW.workflow_id),
                'step', NEW.step_id, 'title', left(NEW.title, 500), 'approvers', NEW.approvers, 'quorum', NEW.quorum,
                'created_at', NEW.created_at, 'expires_at', NEW.expires_at, 'link', '/approvals/' || NEW.id));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER approvals_tell_subscriptions AFTER INSERT ON approvals
    FOR EACH ROW EXECUTE FUNCTION weft_subscribed_approval();

REVOKE ALL ON FUNCTION weft_tell_subscriptions(uuid, text, text, jsonb), weft_subscribed_run(),
    weft_subscribed_approval() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION weft_tell_subscriptions(uuid, text, text, jsonb) TO weft_app, weft_runner;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(FUNCTIONS)
