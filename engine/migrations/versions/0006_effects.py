"""What people answer about effects whose outcome is unknown, and large results. Runs before the code."""

from alembic import op

revision = "0006"
down_revision = "0005"

# A run that goes on after a review has as many attempts as after a wait: the service that queues it says so.
REVIEWS = """
CREATE INDEX run_events_unknown ON run_events (run_id, path) WHERE kind = 'step.unknown';
GRANT UPDATE (attempt) ON runs TO weft_app;
"""

# Values that are too large for the journal. A row says that a run refers to one; a run's rows go with it. How the end of
# a run hands a large output over to the run that waits for it is in weft_answer_parent (0009).
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
"""


def upgrade() -> None:
    op.execute(REVIEWS)
    op.execute(ARTIFACTS)
