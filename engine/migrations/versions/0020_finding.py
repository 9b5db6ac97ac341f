"""Finding runs: wider indexes for the list, terms for searching, views that people keep. Runs before the code.

The two indexes that the list walks carry what it is filtered by: a filter that few runs fit reads an index and not the
runs. ``error_code`` is a column since an expression over ``error`` cannot be asked of an index under row-level security.
``run_terms`` are the numbers that a run is found by (``engine.finding.terms``); a start and an end leave the run in
``run_unsearched``, and a janitor makes the terms from there.
"""

from alembic import op

revision = "0020"
down_revision = "0019"

RUNS = """
ALTER TABLE runs ADD COLUMN error_code text GENERATED ALWAYS AS (left(error ->> 'code', 60)) STORED;
DROP INDEX runs_listed;
CREATE INDEX runs_listed ON runs (account_id, state, queued_at DESC, id DESC)
    INCLUDE (trigger, requested_by, version_id);
DROP INDEX runs_of_workflow;
CREATE INDEX runs_of_workflow ON runs (account_id, workflow_id, state, queued_at DESC, id DESC)
    INCLUDE (trigger, requested_by, version_id);
CREATE INDEX runs_by_error ON runs (account_id, error_code, queued_at DESC, id DESC)
    INCLUDE (workflow_id, state, trigger, requested_by, version_id) WHERE error_code IS NOT NULL;
CREATE INDEX runs_of_tests ON runs (account_id, queued_at DESC, id DESC) WHERE trial IS NOT NULL;
"""

TERMS = """
CREATE TABLE run_terms (
    account_id uuid NOT NULL,
    run_id uuid NOT NULL,
    term bigint NOT NULL,
    PRIMARY KEY (account_id, run_id, term),
    FOREIGN KEY (account_id, run_id) REFERENCES runs (account_id, id) ON DELETE CASCADE
);
CREATE INDEX run_terms_found ON run_terms (account_id, term, run_id DESC);

CREATE TABLE run_unsearched (
    account_id uuid NOT NULL,
    run_id uuid NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_insert_threshold = -1);

CREATE FUNCTION weft_search_starts() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO run_unsearched (account_id, run_id) SELECT account_id, id FROM fresh;
    RETURN NULL;
END $$;
CREATE TRIGGER runs_search_starts AFTER INSERT ON runs REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION weft_search_starts();
CREATE FUNCTION weft_search_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO run_unsearched (account_id, run_id) VALUES (NEW.account_id, NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER runs_search_end AFTER UPDATE OF output ON runs FOR EACH ROW
    WHEN (NEW.output IS NOT NULL AND NEW.output IS DISTINCT FROM OLD.output) EXECUTE FUNCTION weft_search_change();
CREATE TRIGGER runs_search_input AFTER UPDATE OF input ON runs FOR EACH ROW
    WHEN (NEW.input IS DISTINCT FROM OLD.input) EXECUTE FUNCTION weft_search_change();
"""

VIEWS = """
CREATE TABLE run_views (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    owner_id uuid NOT NULL,
    name text NOT NULL CHECK (length(name) BETWEEN 1 AND 60),
    query jsonb NOT NULL CHECK (pg_column_size(query) < 4000),
    shared boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, owner_id, name),
    FOREIGN KEY (account_id, owner_id) REFERENCES users (account_id, id) ON DELETE CASCADE
);
"""

SECURITY = """
ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON {table}
    USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
"""

GRANTS = """
CREATE POLICY runner ON run_terms TO weft_runner USING (true) WITH CHECK (true);
CREATE POLICY runner ON run_unsearched TO weft_runner USING (true) WITH CHECK (true);
GRANT SELECT ON run_terms TO weft_app;
GRANT SELECT, INSERT ON run_terms TO weft_runner;
GRANT SELECT, INSERT ON run_unsearched TO weft_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON run_unsearched TO weft_runner;
GRANT SELECT, INSERT, DELETE, UPDATE (name, query, shared) ON run_views TO weft_app;
"""

# What is there already becomes searchable behind everything else, the newest first.
SEED = """
ALTER TABLE runs NO FORCE ROW LEVEL SECURITY;
ALTER TABLE run_unsearched NO FORCE ROW LEVEL SECURITY;
INSERT INTO run_unsearched (account_id, run_id) SELECT account_id, id FROM runs ORDER BY id DESC;
ALTER TABLE runs FORCE ROW LEVEL SECURITY;
ALTER TABLE run_unsearched FORCE ROW LEVEL SECURITY;
"""


def upgrade() -> None:
    op.execute(RUNS)
    op.execute(TERMS)
    op.execute(VIEWS)
    for table in ("run_terms", "run_unsearched", "run_views"):
        op.execute(SECURITY.format(table=table))
    op.execute(GRANTS)
    op.execute(SEED)
