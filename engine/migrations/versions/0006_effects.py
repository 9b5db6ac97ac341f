"""What people answer about effects whose outcome is unknown, and large results. Runs before the code."""

from alembic import op

revision = "0006"
down_revision = "0005"

# A run that goes on after a review has as many attempts as after a wait: the service that queues it says so.
REVIEWS = """
CREATE INDEX run_events_unknown ON run_events (run_id, path) WHERE kind = 'step.unknown';
GRANT UPDATE (attempt) ON runs TO weft_app;
"""

# Values that are too large for the journal. A row says that a run refers to one; a run's rows go with it. The end of a
# run that another waits for hands a large output over as a reference, which the other run then holds as well.
ARTIFACTS = """
CREATE TABLE artifacts (
    account_id uuid NOT NULL,
    sha256 text NOT NULL CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    run_id uuid NOT NULL,
    bytes bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (account_id, sha256, run_id),
    FOREIGN KEY (account_id, run_id) REFERENCES runs (account_id, id) ON DELETE CASCADE
);
CREATE INDEX artifacts_of_run ON artifacts (account_id, run_id);
ALTER TABLE artifacts ENABLE ROW LEVEL SECURITY;
ALTER TABLE artifacts FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON artifacts
    USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
CREATE POLICY runner ON artifacts TO weft_runner USING (true) WITH CHECK (true);
GRANT SELECT ON artifacts TO weft_app;
GRANT SELECT, INSERT ON artifacts TO weft_runner;

ALTER TABLE runs ADD COLUMN output_artifact jsonb;
GRANT UPDATE (output_artifact) ON runs TO weft_runner;

CREATE OR REPLACE FUNCTION weft_answer_parent() RETURNS trigger LANGUAGE plpgsql AS $$
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
    IF NEW.state = 'succeeded' AND NEW.output_artifact IS NOT NULL THEN
        said := said || jsonb_build_object('large', jsonb_build_object('value', NEW.output_artifact));
        INSERT INTO artifacts (account_id, sha256, run_id, bytes)
            VALUES (held.account_id, NEW.output_artifact ->> 'sha256', held.id,
                (NEW.output_artifact ->> 'bytes')::bigint)
            ON CONFLICT DO NOTHING;
    ELSIF NEW.state = 'succeeded' THEN
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
"""


def upgrade() -> None:
    op.execute(REVIEWS)
    op.execute(ARTIFACTS)
