"""All tables, their policies, and what the two service roles may do. Runs before the code.

Row-level security is forced on every table with an ``account_id``, so that it binds the owner as well. The setting
``app.account_id`` is given per transaction; after a commit it is '' and not NULL, hence ``nullif``. Unset: zero rows.
``app.lookup`` opens exactly the rows that match a secret or an address somebody presents before their account is
known (an e-mail at login, the hash of a session or refresh token).

Foreign keys go by (account_id, id), so that no row can point into another account. The one table without them is
``run_events``: it takes tens of thousands of rows a second, and each writer has locked the run's row by then.
COPY does not work on tables with row-level security: write many events with ``INSERT ... SELECT FROM unnest(...)``.
"""

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE accounts (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    settings jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE users (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    email text NOT NULL CHECK (email = lower(email)),
    name text NOT NULL,
    password_hash text,
    oidc_subject text,
    role text NOT NULL CHECK (role IN ('viewer', 'builder', 'approver', 'operator', 'admin')),
    groups text[] NOT NULL DEFAULT '{}',
    disabled_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, id),
    UNIQUE (account_id, email)
);
CREATE INDEX users_by_email ON users (email);

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    user_id uuid NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id) ON DELETE CASCADE
);
CREATE INDEX sessions_by_user ON sessions (account_id, user_id);

CREATE TABLE refresh_tokens (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    user_id uuid NOT NULL,
    family uuid NOT NULL,
    token_hash bytea NOT NULL UNIQUE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    revoked_at timestamptz,
    FOREIGN KEY (account_id, user_id) REFERENCES users (account_id, id) ON DELETE CASCADE
);
CREATE INDEX refresh_tokens_by_family ON refresh_tokens (account_id, family);

CREATE TABLE workflows (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    title text NOT NULL DEFAULT '',
    live_version_id uuid,
    archived_at timestamptz,
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, id),
    UNIQUE (account_id, name)
);

CREATE TABLE drafts (
    workflow_id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    text text NOT NULL,
    revision integer NOT NULL DEFAULT 1,
    positions jsonb NOT NULL DEFAULT '{}',
    updated_by uuid,
    updated_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (account_id, workflow_id) REFERENCES workflows (account_id, id) ON DELETE CASCADE
);

CREATE TABLE versions (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    number integer NOT NULL CHECK (number > 0),
    text text NOT NULL,
    pins jsonb NOT NULL,
    plan jsonb NOT NULL,
    content_hash text NOT NULL,
    message text NOT NULL DEFAULT '',
    published_by uuid,
    published_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, id),
    UNIQUE (account_id, workflow_id, number),
    UNIQUE (account_id, workflow_id, id),
    FOREIGN KEY (account_id, workflow_id) REFERENCES workflows (account_id, id)
);
ALTER TABLE workflows ADD FOREIGN KEY (account_id, id, live_version_id)
    REFERENCES versions (account_id, workflow_id, id);

CREATE TABLE runs (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    version_id uuid NOT NULL,
    content_hash text NOT NULL,
    input jsonb NOT NULL,
    output jsonb,
    error jsonb,
    state text NOT NULL DEFAULT 'queued',
    trigger text NOT NULL DEFAULT 'manual',
    idempotency_key text,
    requested_by uuid,
    queued_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    finished_at timestamptz,
    due_at timestamptz DEFAULT now(),
    lease_owner text,
    lease_until timestamptz,
    epoch integer NOT NULL DEFAULT 0,
    attempt integer NOT NULL DEFAULT 0,
    last_seq bigint NOT NULL DEFAULT 0,
    waiting_on text[] NOT NULL DEFAULT '{}',
    cancel_requested_at timestamptz,
    UNIQUE (account_id, id),
    UNIQUE (account_id, workflow_id, idempotency_key),
    FOREIGN KEY (account_id, workflow_id, version_id) REFERENCES versions (account_id, workflow_id, id)
);
CREATE INDEX runs_due ON runs (state, due_at) WHERE state IN ('queued', 'waiting');
CREATE INDEX runs_leased ON runs (lease_until) WHERE state = 'running';
CREATE INDEX runs_listed ON runs (account_id, queued_at DESC, id DESC);
CREATE INDEX runs_of_workflow ON runs (account_id, workflow_id, queued_at DESC, id DESC);

CREATE TABLE run_events (
    account_id uuid NOT NULL,
    run_id uuid NOT NULL,
    seq bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL,
    path text NOT NULL DEFAULT '',
    data jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (run_id, seq)
);

CREATE TABLE approvals (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    run_id uuid NOT NULL,
    workflow_id uuid NOT NULL,
    path text NOT NULL,
    step_id text NOT NULL,
    title text NOT NULL DEFAULT '',
    effects jsonb NOT NULL DEFAULT '[]',
    shown jsonb NOT NULL DEFAULT '{}',
    approvers jsonb NOT NULL DEFAULT '[]',
    quorum integer NOT NULL DEFAULT 1 CHECK (quorum > 0),
    args_hash text NOT NULL,
    state text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'approved', 'rejected', 'expired', 'cancelled')),
    decisions jsonb NOT NULL DEFAULT '[]',
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    decided_at timestamptz,
    UNIQUE (run_id, path),
    FOREIGN KEY (account_id, run_id) REFERENCES runs (account_id, id),
    FOREIGN KEY (account_id, workflow_id) REFERENCES workflows (account_id, id)
);
CREATE INDEX approvals_listed ON approvals (account_id, state, created_at DESC);

CREATE TABLE conversations (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    workflow_id uuid,
    title text NOT NULL DEFAULT '',
    created_by uuid,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (account_id, id),
    FOREIGN KEY (account_id, workflow_id) REFERENCES workflows (account_id, id) ON DELETE CASCADE
);
CREATE INDEX conversations_listed ON conversations (account_id, updated_at DESC);

CREATE TABLE messages (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    seq integer NOT NULL,
    role text NOT NULL CHECK (role IN ('user', 'assistant')),
    content text NOT NULL,
    proposal jsonb,
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (conversation_id, seq),
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id) ON DELETE CASCADE
);

CREATE TABLE connectors (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    name text NOT NULL,
    title text NOT NULL DEFAULT '',
    transport jsonb NOT NULL,
    trusted boolean NOT NULL DEFAULT false,
    enabled boolean NOT NULL DEFAULT true,
    pins jsonb NOT NULL DEFAULT '{}',
    health jsonb NOT NULL DEFAULT '{}',
    checked_at timestamptz,
    UNIQUE (account_id, name)
);

CREATE TABLE model_calls (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts ON DELETE CASCADE,
    conversation_id uuid,
    run_id uuid,
    provider text NOT NULL,
    model text NOT NULL,
    tokens_in integer NOT NULL DEFAULT 0,
    tokens_out integer NOT NULL DEFAULT 0,
    cost_usd numeric(12, 6) NOT NULL DEFAULT 0,
    ms integer NOT NULL DEFAULT 0,
    error text,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX model_calls_listed ON model_calls (account_id, at DESC);

CREATE TABLE audit_log (
    id bigserial PRIMARY KEY,
    account_id uuid NOT NULL REFERENCES accounts,
    at timestamptz NOT NULL,
    actor text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL,
    data jsonb NOT NULL DEFAULT '{}',
    prev_hash text NOT NULL,
    hash text NOT NULL,
    UNIQUE (account_id, prev_hash)
);
CREATE INDEX audit_log_listed ON audit_log (account_id, id DESC);

CREATE TABLE runners (
    id text PRIMARY KEY,
    host text NOT NULL,
    pid integer NOT NULL,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    active integer NOT NULL DEFAULT 0
);

CREATE TABLE login_delays (
    key bytea PRIMARY KEY,
    failures integer NOT NULL DEFAULT 0,
    last_at timestamptz NOT NULL DEFAULT now()
);
"""

TRIGGERS = """
CREATE FUNCTION weft_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER versions_never_change BEFORE UPDATE OR DELETE ON versions
    FOR EACH ROW EXECUTE FUNCTION weft_refuse_change();
CREATE TRIGGER audit_log_never_changes BEFORE UPDATE OR DELETE ON audit_log
    FOR EACH ROW EXECUTE FUNCTION weft_refuse_change();

CREATE FUNCTION weft_refuse_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = ANY (CASE OLD.state
        WHEN 'queued' THEN ARRAY['running', 'cancelled', 'failed', 'timed_out']
        WHEN 'running' THEN ARRAY['queued', 'waiting', 'succeeded', 'failed', 'cancelled', 'timed_out', 'needs_review']
        WHEN 'waiting' THEN ARRAY['queued', 'running', 'cancelled', 'failed', 'timed_out']
        WHEN 'needs_review' THEN ARRAY['queued', 'cancelled', 'failed']
        ELSE ARRAY[]::text[] END) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'a run cannot go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
END $$;
CREATE TRIGGER runs_legal_transition BEFORE UPDATE OF state ON runs
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION weft_refuse_transition();
ALTER TABLE runs ADD CHECK (state IN
    ('queued', 'running', 'waiting', 'succeeded', 'failed', 'cancelled', 'timed_out', 'needs_review'));
"""

OF_AN_ACCOUNT = (
    "users", "sessions", "refresh_tokens", "workflows", "drafts", "versions", "runs", "run_events", "approvals",
    "conversations", "messages", "connectors", "model_calls", "audit_log",
)  # fmt: skip

POLICIES = """
ALTER TABLE accounts ENABLE ROW LEVEL SECURITY;
ALTER TABLE accounts FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON accounts
    USING (id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (id = nullif(current_setting('app.account_id', true), '')::uuid);
CREATE POLICY owner_lists ON accounts FOR SELECT TO CURRENT_USER USING (true);

CREATE POLICY login ON users FOR SELECT TO weft_app, CURRENT_USER
    USING (email = nullif(current_setting('app.lookup', true), ''));
CREATE POLICY login ON sessions FOR SELECT TO weft_app
    USING (encode(token_hash, 'hex') = nullif(current_setting('app.lookup', true), ''));
CREATE POLICY login ON refresh_tokens FOR SELECT TO weft_app
    USING (encode(token_hash, 'hex') = nullif(current_setting('app.lookup', true), ''));

CREATE POLICY runner ON accounts FOR SELECT TO weft_runner USING (true);
CREATE POLICY runner ON workflows FOR SELECT TO weft_runner USING (true);
CREATE POLICY runner ON versions FOR SELECT TO weft_runner USING (true);
CREATE POLICY runner ON runs TO weft_runner USING (true) WITH CHECK (true);
CREATE POLICY runner ON run_events TO weft_runner USING (true) WITH CHECK (true);
CREATE POLICY runner ON approvals TO weft_runner USING (true) WITH CHECK (true);
CREATE POLICY runner ON connectors TO weft_runner USING (true) WITH CHECK (true);
CREATE POLICY runner ON model_calls FOR INSERT TO weft_runner WITH CHECK (true);
"""

GRANTS = """
GRANT USAGE ON SCHEMA public TO weft_app, weft_runner;

GRANT SELECT, UPDATE (name, settings) ON accounts TO weft_app;
GRANT SELECT, INSERT, UPDATE (name, password_hash, oidc_subject, role, groups, disabled_at) ON users TO weft_app;
GRANT SELECT, INSERT, UPDATE (revoked_at), DELETE ON sessions TO weft_app;
GRANT SELECT, INSERT, UPDATE (used_at, revoked_at), DELETE ON refresh_tokens TO weft_app;
GRANT SELECT, INSERT, UPDATE (name, title, live_version_id, archived_at, updated_at) ON workflows TO weft_app;
GRANT SELECT, INSERT, UPDATE (text, revision, positions, updated_by, updated_at) ON drafts TO weft_app;
GRANT SELECT, INSERT ON versions TO weft_app;
GRANT SELECT, INSERT, UPDATE (state, error, finished_at, due_at, epoch, lease_owner, lease_until, last_seq, waiting_on,
    cancel_requested_at) ON runs TO weft_app;
GRANT SELECT, INSERT ON run_events TO weft_app;
GRANT SELECT, UPDATE (state, decisions, decided_at) ON approvals TO weft_app;
GRANT SELECT, INSERT, UPDATE (title, workflow_id, updated_at) ON conversations TO weft_app;
GRANT SELECT, INSERT, UPDATE (proposal) ON messages TO weft_app;
GRANT SELECT, INSERT, UPDATE (title, transport, trusted, enabled, pins, health, checked_at) ON connectors TO weft_app;
GRANT SELECT, INSERT ON model_calls TO weft_app;
GRANT SELECT, INSERT ON audit_log TO weft_app;
GRANT USAGE ON SEQUENCE audit_log_id_seq TO weft_app;
GRANT SELECT ON runners TO weft_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON login_delays TO weft_app;

GRANT SELECT (id, settings) ON accounts TO weft_runner;
GRANT SELECT ON workflows, versions TO weft_runner;
GRANT SELECT, UPDATE (state, output, error, started_at, finished_at, due_at, lease_owner, lease_until, epoch, attempt,
    last_seq, waiting_on) ON runs TO weft_runner;
GRANT SELECT, INSERT ON run_events TO weft_runner;
GRANT SELECT, INSERT, UPDATE (state, decided_at) ON approvals TO weft_runner;
GRANT SELECT, UPDATE (health, checked_at) ON connectors TO weft_runner;
GRANT INSERT ON model_calls TO weft_runner;
GRANT SELECT, INSERT, UPDATE, DELETE ON runners TO weft_runner;
"""

# What Prometheus scrapes counts over all accounts. The function runs as the owner, and the owner's policy opens only
# inside it: neither service role gains a row by setting app.metrics.
METRICS = """
CREATE POLICY metrics ON runs FOR SELECT TO CURRENT_USER USING (current_setting('app.metrics', true) = 'on');
CREATE FUNCTION weft_run_totals() RETURNS TABLE (state text, runs bigint, seconds double precision)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
#variable_conflict use_column
BEGIN
    PERFORM set_config('app.metrics', 'on', true);
    RETURN QUERY SELECT state, count(*),
        coalesce(sum(extract(epoch FROM finished_at - started_at)), 0)::double precision
        FROM public.runs GROUP BY state;
    PERFORM set_config('app.metrics', '', true);
END $$;
REVOKE ALL ON FUNCTION weft_run_totals() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION weft_run_totals() TO weft_app, weft_runner;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(TRIGGERS)
    for table in OF_AN_ACCOUNT:
        op.execute(
            f"""
            ALTER TABLE {table} ENABLE ROW LEVEL SECURITY;
            ALTER TABLE {table} FORCE ROW LEVEL SECURITY;
            CREATE POLICY own_account ON {table}
                USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
                WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
            """
        )
    op.execute(POLICIES)
    op.execute(GRANTS)
    op.execute(METRICS)
