"""What approvals tell, questions about them, delegation, and who wrote a version's text. Runs before the code.

A trigger tells of an approval in the transaction that opens, escalates or closes it, whoever does that: a runner, a
service, or the database itself when a run is cancelled. It runs as the owner, because the people who want to hear of it
are nobody's business in a runner. ``app.telling`` opens to the owner what its policies say, for that moment alone.

Of an approval that somebody's test asks for nobody is told, and of a run that another run waits for only the other one.
"""

from alembic import op

revision = "0021"
down_revision = "0020"

TABLES = """
ALTER TABLE versions ADD COLUMN edited_by uuid,
    ADD FOREIGN KEY (account_id, edited_by) REFERENCES users (account_id, id);
ALTER TABLE approvals ADD UNIQUE (account_id, id);
CREATE INDEX approvals_decided ON approvals (account_id, decided_at DESC, id DESC) WHERE state <> 'open';

CREATE TABLE notice_wishes (
    account_id uuid NOT NULL,
    user_id uuid NOT NULL,
    approvals boolean NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, user_id),
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id) ON DELETE CASCADE
);

CREATE TABLE approval_questions (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    approval_id uuid NOT NULL,
    asked_by uuid NOT NULL,
    asked_of uuid NOT NULL,
    text text NOT NULL CHECK (char_length(text) BETWEEN 1 AND 2000),
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    answer text CHECK (char_length(answer) BETWEEN 1 AND 4000),
    answered_by uuid,
    answered_at timestamptz,
    UNIQUE (account_id, id),
    CHECK ((answer IS NULL) = (answered_at IS NULL) AND (answer IS NULL) = (answered_by IS NULL)),
    FOREIGN KEY (account_id, approval_id) REFERENCES approvals (account_id, id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, asked_by) REFERENCES users (account_id, id),
    FOREIGN KEY (account_id, asked_of) REFERENCES users (account_id, id),
    FOREIGN KEY (account_id, answered_by) REFERENCES users (account_id, id)
);
CREATE INDEX approval_questions_of ON approval_questions (account_id, approval_id, asked_at);
CREATE INDEX approval_questions_open ON approval_questions (account_id, asked_of) WHERE answer IS NULL;

CREATE TABLE approval_delegations (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    from_user uuid NOT NULL,
    to_user uuid NOT NULL CHECK (to_user <> from_user),
    approval_id uuid,
    starts_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL CHECK (ends_at > starts_at),
    note text NOT NULL DEFAULT '' CHECK (char_length(note) <= 300),
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz,
    revoked_by uuid,
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id, from_user) REFERENCES users (account_id, id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, to_user) REFERENCES users (account_id, id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, approval_id) REFERENCES approvals (account_id, id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, revoked_by) REFERENCES users (account_id, id)
);
CREATE INDEX approval_delegations_to ON approval_delegations (account_id, to_user) WHERE revoked_at IS NULL;
CREATE INDEX approval_delegations_from ON approval_delegations (account_id, from_user) WHERE revoked_at IS NULL;
CREATE INDEX outbox_told ON outbox (target_id, topic, done_at) WHERE state = 'sent';
"""

SECURITY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON {table}
    USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
"""

GRANTS = """
GRANT SELECT, INSERT, UPDATE (approvals, updated_at) ON notice_wishes TO weft_app;
GRANT SELECT, INSERT, UPDATE (answer, answered_by, answered_at) ON approval_questions TO weft_app;
GRANT SELECT, INSERT, UPDATE (revoked_at, revoked_by) ON approval_delegations TO weft_app;
"""

TELLING = ("users", "channels", "runs", "workflows", "notice_wishes", "approval_delegations")

POLICY = """
CREATE POLICY telling ON {table} FOR SELECT TO CURRENT_USER USING (current_setting('app.telling', true) = 'on');
"""

FUNCTIONS = """
CREATE POLICY telling ON outbox TO CURRENT_USER USING (current_setting('app.telling', true) = 'on')
    WITH CHECK (current_setting('app.telling', true) = 'on');

CREATE FUNCTION weft_tell(of_account uuid, of_topic text, of_key text, what jsonb, at timestamptz) RETURNS void
    LANGUAGE sql SET search_path = public, pg_temp AS $$
    INSERT INTO outbox (account_id, topic, key, target_kind, target_id, body, due_at)
        SELECT of_account, of_topic, of_key, 'channel', c.id, what, at FROM channels c
        WHERE c.account_id = of_account AND c.enabled AND of_topic = ANY(c.topics)
        ON CONFLICT (account_id, target_id, key) DO NOTHING
$$;

CREATE FUNCTION weft_tell_people(of_account uuid, of_topic text, of_key text, what jsonb, at timestamptz, named jsonb)
    RETURNS void LANGUAGE sql SET search_path = public, pg_temp AS $$
    INSERT INTO outbox (account_id, topic, key, target_kind, target_id, body, due_at)
        SELECT of_account, of_topic, of_key, 'person', person.id, what || jsonb_build_object('to', person.email), at
        FROM users person JOIN notice_wishes w ON w.account_id = of_account AND w.user_id = person.id AND w.approvals
        WHERE person.account_id = of_account AND person.disabled_at IS NULL AND person.role IN ('approver', 'admin')
        AND EXISTS (
            SELECT FROM users named_one, jsonb_array_elements(named) one
            WHERE named_one.account_id = of_account AND named_one.disabled_at IS NULL
            AND CASE one ->> 'by' WHEN 'role' THEN one ->> 'name' = ANY(named_one.groups)
                ELSE lower(one ->> 'name') = named_one.email END
            AND (named_one.id = person.id OR EXISTS (
                SELECT FROM approval_delegations d WHERE d.account_id = of_account AND d.from_user = named_one.id
                AND d.to_user = person.id AND d.approval_id IS NULL AND d.revoked_at IS NULL
                AND clock_timestamp() BETWEEN d.starts_at AND d.ends_at)))
        LIMIT 200
        ON CONFLICT (account_id, target_id, key) DO NOTHING
$$;

CREATE FUNCTION weft_tell_of_approval() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('app.telling', true), '');
    flow text;
    test boolean;
    said jsonb;
    told jsonb := NEW.effects;
    soon timestamptz;
BEGIN
    PERFORM set_config('app.telling', 'on', true);
    SELECT coalesce(nullif(w.title, ''), w.name), r.trial IS NOT NULL INTO flow, test
        FROM workflows w, runs r WHERE w.account_id = NEW.account_id AND w.id = NEW.workflow_id
        AND r.account_id = NEW.account_id AND r.id = NEW.run_id;
    IF NOT coalesce(test, true) THEN
        IF length(told::text) > 60000 THEN
            SELECT coalesce(jsonb_agg(one || '{"arguments": null}'), '[]') INTO told
                FROM (SELECT one FROM jsonb_array_elements(told) one LIMIT 100) few;
        END IF;
        said := jsonb_build_object('approval_id', NEW.id, 'run_id', NEW.run_id, 'workflow_id', NEW.workflow_id,
            'workflow', flow, 'title', left(NEW.title, 300), 'step', NEW.step_id, 'effects', told,
            'approvers', NEW.approvers, 'quorum', NEW.quorum, 'created_at', NEW.created_at,
            'expires_at', NEW.expires_at, 'state', NEW.state, 'link', '/approvals/' || NEW.id);
        IF TG_OP = 'INSERT' THEN
            PERFORM weft_tell(NEW.account_id, 'approval.opened', 'approval.opened:' || NEW.id, said,
                clock_timestamp());
            PERFORM weft_tell_people(NEW.account_id, 'approval.opened', 'approval.opened:' || NEW.id, said,
                clock_timestamp(), NEW.approvers);
            -- An hour before, or when three quarters of a short time are over.
            soon := NEW.expires_at - least(interval '1 hour', (NEW.expires_at - clock_timestamp()) / 4);
            IF soon > clock_timestamp() THEN
                PERFORM weft_tell(NEW.account_id, 'approval.expiring', 'approval.expiring:' || NEW.id, said, soon);
                PERFORM weft_tell_people(NEW.account_id, 'approval.expiring', 'approval.expiring:' || NEW.id, said,
                    soon, NEW.approvers);
            END IF;
        ELSIF NEW.state <> OLD.state THEN
            said := said || jsonb_build_object('decisions', (
                SELECT coalesce(jsonb_agg(one - 'user_id' - 'for_user_id'), '[]')
                FROM jsonb_array_elements(NEW.decisions) one));
            PERFORM weft_tell(NEW.account_id, 'approval.decided', 'approval.decided:' || NEW.id, said,
                clock_timestamp());
        ELSIF NEW.escalated_at IS NOT NULL AND OLD.escalated_at IS NULL THEN
            said := said || jsonb_build_object('escalated_to', NEW.escalation);
            PERFORM weft_tell(NEW.account_id, 'approval.escalated', 'approval.escalated:' || NEW.id, said,
                clock_timestamp());
            PERFORM weft_tell_people(NEW.account_id, 'approval.escalated', 'approval.escalated:' || NEW.id, said,
                clock_timestamp(), jsonb_build_array(NEW.escalation));
        END IF;
    END IF;
    PERFORM set_config('app.telling', before, true);
    RETURN NULL;
END $$;
CREATE TRIGGER approvals_tell_opened AFTER INSERT ON approvals
    FOR EACH ROW EXECUTE FUNCTION weft_tell_of_approval();
CREATE TRIGGER approvals_tell_changed AFTER UPDATE OF state, escalated_at ON approvals
    FOR EACH ROW WHEN (OLD.state <> NEW.state OR OLD.escalated_at IS DISTINCT FROM NEW.escalated_at)
    EXECUTE FUNCTION weft_tell_of_approval();

CREATE FUNCTION weft_tell_of_run() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = public, pg_temp AS $$
DECLARE
    before text := coalesce(current_setting('app.telling', true), '');
    what text := CASE NEW.state WHEN 'needs_review' THEN 'run.needs_review' ELSE 'run.failed' END;
    flow text;
BEGIN
    PERFORM set_config('app.telling', 'on', true);
    IF EXISTS (SELECT FROM channels c WHERE c.account_id = NEW.account_id AND c.enabled AND what = ANY(c.topics)) THEN
        SELECT coalesce(nullif(w.title, ''), w.name) INTO flow FROM workflows w
            WHERE w.account_id = NEW.account_id AND w.id = NEW.workflow_id;
        PERFORM weft_tell(NEW.account_id, what, what || ':' || NEW.id || ':' || NEW.epoch, jsonb_build_object(
            'run_id', NEW.id, 'workflow_id', NEW.workflow_id, 'workflow', flow, 'state', NEW.state,
            'code', left(NEW.error ->> 'code', 100), 'message', left(NEW.error ->> 'message', 500),
            'at', clock_timestamp(), 'link', '/runs/' || NEW.id), clock_timestamp());
    END IF;
    PERFORM set_config('app.telling', before, true);
    RETURN NULL;
END $$;
CREATE TRIGGER runs_tell AFTER UPDATE OF state ON runs
    FOR EACH ROW WHEN (NEW.state IN ('failed', 'timed_out', 'needs_review') AND OLD.state <> NEW.state
        AND NEW.trial IS NULL AND (NEW.parent_run_id IS NULL OR NEW.state = 'needs_review'))
    EXECUTE FUNCTION weft_tell_of_run();

REVOKE ALL ON FUNCTION weft_tell(uuid, text, text, jsonb, timestamptz),
    weft_tell_people(uuid, text, text, jsonb, timestamptz, jsonb), weft_tell_of_approval(), weft_tell_of_run()
    FROM PUBLIC;
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("notice_wishes", "approval_questions", "approval_delegations"):
        op.execute(SECURITY.format(table=table))
    op.execute(GRANTS)
    for table in TELLING:
        op.execute(POLICY.format(table=table))
    op.execute(FUNCTIONS)
