"""Runs that start runs, events that runs wait for, approvals that escalate. Runs before the code.

A run that was started by a step of another (``parent_run_id``, ``parent_path``) answers that step in the transaction
of its own end, whoever ends it: a trigger sees to it, so that no way to an end can forget. Locks are taken child
before parent, and rows of several runs in falling order of their ids (a child is younger), here as in the code.

``events.seq`` counts an account's events in the order of their commits: whoever publishes holds the account's advisory
lock until then (``engine.events``). A wait (``event_waits``) has seen everything up to ``seen``.
"""

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
ALTER TABLE runs ADD COLUMN parent_run_id uuid, ADD COLUMN parent_path text,
    ADD COLUMN depth integer NOT NULL DEFAULT 0,
    ADD CHECK ((parent_run_id IS NULL) = (parent_path IS NULL) AND (parent_run_id IS NULL) = (depth = 0)),
    ADD FOREIGN KEY (account_id, parent_run_id) REFERENCES runs (account_id, id);
CREATE UNIQUE INDEX runs_children ON runs (account_id, parent_run_id, parent_path) WHERE parent_run_id IS NOT NULL;
CREATE INDEX run_events_answers ON run_events (run_id, path) WHERE kind = 'gate.answered';

CREATE TABLE events (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    seq bigint NOT NULL,
    name text NOT NULL,
    payload jsonb,
    idempotency_key text,
    published_by uuid,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    UNIQUE (account_id, seq),
    UNIQUE (account_id, idempotency_key)
);
CREATE INDEX events_by_name ON events (account_id, name, seq);

CREATE TABLE event_waits (
    run_id uuid NOT NULL,
    path text NOT NULL,
    account_id uuid NOT NULL,
    name text NOT NULL,
    seen bigint NOT NULL,
    PRIMARY KEY (run_id, path),
    FOREIGN KEY (account_id, run_id) REFERENCES runs (account_id, id)
);
CREATE INDEX event_waits_by_name ON event_waits (account_id, name);

ALTER TABLE approvals ADD COLUMN escalation jsonb, ADD COLUMN escalates_at timestamptz,
    ADD COLUMN escalated_at timestamptz;
"""

FUNCTIONS = """
CREATE FUNCTION weft_answer_parent() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held runs%ROWTYPE;
    said jsonb;
BEGIN
    SELECT * INTO held FROM runs WHERE id = NEW.parent_run_id FOR UPDATE;
    IF NOT FOUND OR held.state IN ('succeeded', 'failed', 'cancelled', 'timed_out') OR EXISTS (
        SELECT FROM run_events WHERE run_id = held.id AND kind = 'gate.answered' AND path = NEW.parent_path
    ) THEN
        RETURN NULL;
    END IF;
    said := jsonb_build_object('answer', 'finished', 'run_id', NEW.id, 'state', NEW.state);
    IF NEW.state = 'succeeded' THEN
        said := said || jsonb_build_object('value', NEW.output);
    ELSE
        said := said || jsonb_build_object('error', coalesce(NEW.error, jsonb_build_object(
            'code', NEW.state, 'message', 'The run that was started here was ' || replace(NEW.state, '_', ' ') || '.')));
    END IF;
    INSERT INTO run_events (account_id, run_id, seq, kind, path, data)
        VALUES (held.account_id, held.id, held.last_seq + 1, 'gate.answered', NEW.parent_path, said);
    UPDATE runs SET last_seq = last_seq + 1,
        due_at = CASE WHEN state = 'waiting' THEN now() ELSE due_at END,
        waiting_on = CASE WHEN state = 'waiting' THEN '{}' ELSE waiting_on END,
        state = CASE WHEN state = 'waiting' THEN 'queued' ELSE state END
        WHERE id = held.id;
    PERFORM pg_notify('weft_runs', held.id::text), pg_notify('weft_events', held.id::text);
    RETURN NULL;
END $$;
CREATE TRIGGER runs_answer_parent AFTER UPDATE OF state ON runs FOR EACH ROW WHEN (
    NEW.parent_run_id IS NOT NULL AND OLD.state IS DISTINCT FROM NEW.state
    AND NEW.state IN ('succeeded', 'failed', 'cancelled', 'timed_out')
) EXECUTE FUNCTION weft_answer_parent();

CREATE FUNCTION weft_stop_run(wanted uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    held runs%ROWTYPE;
    why jsonb := '{"code": "cancelled", "message": "The run that started this one was stopped.", "step": ""}';
BEGIN
    SELECT * INTO held FROM runs WHERE id = wanted FOR UPDATE;
    IF NOT FOUND OR held.state IN ('succeeded', 'failed', 'cancelled', 'timed_out') THEN
        RETURN;
    ELSIF held.state = 'queued' AND held.epoch = 0 THEN
        INSERT INTO run_events (account_id, run_id, seq, kind, path, data)
            VALUES (held.account_id, held.id, held.last_seq + 1, 'run.cancelled', '', jsonb_build_object('error', why));
        UPDATE runs SET state = 'cancelled', error = why, finished_at = clock_timestamp(), due_at = NULL,
            last_seq = last_seq + 1 WHERE id = wanted;
    ELSIF held.state = 'running' THEN
        UPDATE runs SET cancel_requested_at = coalesce(cancel_requested_at, now()) WHERE id = wanted;
    ELSE
        UPDATE runs SET cancel_requested_at = coalesce(cancel_requested_at, now()), state = 'queued', due_at = now(),
            waiting_on = '{}' WHERE id = wanted;
        UPDATE approvals SET state = 'cancelled', decided_at = now() WHERE run_id = wanted AND state = 'open';
    END IF;
    PERFORM pg_notify('weft_runs', wanted::text), pg_notify('weft_events', wanted::text);
END $$;

CREATE FUNCTION weft_stop_children() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM weft_stop_run(id) FROM runs
        WHERE account_id = NEW.account_id AND parent_run_id = NEW.id AND cancel_requested_at IS NULL
        AND state NOT IN ('succeeded', 'failed', 'cancelled', 'timed_out');
    DELETE FROM event_waits WHERE run_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER runs_stop_children AFTER UPDATE OF state ON runs FOR EACH ROW WHEN (
    OLD.state IS DISTINCT FROM NEW.state AND NEW.state IN ('failed', 'cancelled', 'timed_out')
) EXECUTE FUNCTION weft_stop_children();
"""

POLICIES = """
CREATE POLICY runner ON events FOR SELECT TO weft_runner USING (true);
CREATE POLICY runner ON event_waits TO weft_runner USING (true) WITH CHECK (true);

GRANT SELECT, INSERT ON events TO weft_app;
GRANT SELECT, DELETE ON event_waits TO weft_app;

GRANT SELECT ON events TO weft_runner;
GRANT SELECT, INSERT, UPDATE (seen), DELETE ON event_waits TO weft_runner;
GRANT INSERT, UPDATE (cancel_requested_at) ON runs TO weft_runner;
GRANT UPDATE (escalated_at) ON approvals TO weft_runner;
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("events", "event_waits"):
        op.execute(
            f"""
            ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
            ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
            CREATE POLICY own_account ON {table}
                USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
                WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
            """
        )
    op.execute(FUNCTIONS)
    op.execute(POLICIES)
