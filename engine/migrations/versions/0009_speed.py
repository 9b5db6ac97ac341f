"""Runners number a run's events without writing its row; room on the pages of rows that change often. Runs before the
code.

``runs.last_seq`` is exact only while no runner holds the run, so a child's end asks the journal for its parent's newest
number. A change to a row of ``runs`` that touches no index can stay on its page, without new index entries, where the
page has room; how much that brings was not measured.
"""

from alembic import op

revision = "0009"
down_revision = "0008"

FUNCTIONS = """
CREATE OR REPLACE FUNCTION weft_answer_parent() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held runs%ROWTYPE;
    said jsonb;
    number bigint;
BEGIN
    SELECT * INTO held FROM runs WHERE id = NEW.parent_run_id FOR UPDATE;
    IF NOT FOUND OR held.state IN ('succeeded', 'failed', 'cancelled', 'timed_out') OR EXISTS (
        SELECT FROM run_events WHERE run_id = held.id AND kind = 'gate.answered' AND path = NEW.parent_path
    ) THEN
        RETURN NULL;
    END IF;
    said := jsonb_build_object('answer', 'finished', 'run_id', NEW.id, 'state', NEW.state);
    IF NEW.state = 'succeeded' AND NEW.output_artifact IS NOT NULL THEN
        said := said || jsonb_build_object('large', jsonb_build_object('value', NEW.output_artifact));
        INSERT INTO artifacts (account_id, sha256, run_id, bytes) VALUES (held.account_id,
            NEW.output_artifact ->> 'sha256', held.id, (NEW.output_artifact ->> 'bytes')::bigint)
            ON CONFLICT DO NOTHING;
    ELSIF NEW.state = 'succeeded' THEN
        said := said || jsonb_build_object('value', NEW.output);
    ELSE
        said := said || jsonb_build_object('error', coalesce(NEW.error, jsonb_build_object(
            'code', NEW.state, 'message', 'The run that was started here was ' || replace(NEW.state, '_', ' ') || '.')));
    END IF;
    SELECT 1 + max(seq) INTO number FROM run_events WHERE run_id = held.id;
    INSERT INTO run_events (account_id, run_id, seq, kind, path, data)
        VALUES (held.account_id, held.id, number, 'gate.answered', NEW.parent_path, said);
    UPDATE runs SET last_seq = number,
        due_at = CASE WHEN state = 'waiting' THEN now() ELSE due_at END,
        waiting_on = CASE WHEN state = 'waiting' THEN '{}' ELSE waiting_on END,
        state = CASE WHEN state = 'waiting' THEN 'queued' ELSE state END
        WHERE id = held.id;
    PERFORM pg_notify('weft_runs', held.id::text), pg_notify('weft_events', held.id::text);
    RETURN NULL;
END $$;
"""


def upgrade() -> None:
    op.execute(FUNCTIONS)
    op.execute("ALTER TABLE runs SET (fillfactor = 80)")
