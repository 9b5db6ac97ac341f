"""Where a run's trace comes from, how far it was sent, and what is counted for Prometheus. Runs before the code.

``runs.traceparent`` is what came with the request (W3C Trace Context), or of a step's own for the run it starts;
``run_traces.seq`` the last event of a run whose spans were taken to be sent.

``tallies`` is a platform table, as ``runners`` is: counts and sums, nothing of anybody's. It takes over what 0003
counted, and what 0002 added up at every scrape: a call of a model is counted as its row is written, whoever writes it.
"""

from alembic import op

revision = "0008"
down_revision = "0007"

TABLES = """
ALTER TABLE runs ADD COLUMN traceparent text;

CREATE TABLE run_traces (
    run_id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    seq integer NOT NULL DEFAULT 0,
    FOREIGN KEY (account_id, run_id) REFERENCES runs (account_id, id) ON DELETE CASCADE
);
ALTER TABLE run_traces ENABLE ROW LEVEL SECURITY;
ALTER TABLE run_traces FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON run_traces
    USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
CREATE POLICY runner ON run_traces TO weft_runner USING (true) WITH CHECK (true);
GRANT SELECT ON run_traces TO weft_app;
GRANT SELECT, INSERT, UPDATE (seq) ON run_traces TO weft_runner;

CREATE TABLE tallies (
    name text NOT NULL,
    labels text[] NOT NULL,
    bound double precision NOT NULL DEFAULT 'Infinity',
    n bigint NOT NULL DEFAULT 0,
    total double precision NOT NULL DEFAULT 0,
    PRIMARY KEY (name, labels, bound)
);
GRANT SELECT, INSERT, UPDATE ON tallies TO weft_app, weft_runner;

INSERT INTO tallies SELECT 'step_duration_seconds', ARRAY[outcome], bound, steps, seconds FROM step_totals;
DROP TABLE step_totals;
"""

# As weft_run_totals of 0001: the owner's policies open only inside the functions.
FUNCTIONS = """
SELECT set_config('app.metrics', 'on', true);
INSERT INTO tallies (name, labels, n, total)
    SELECT 'provider_api', ARRAY[provider, model, CASE WHEN error IS NULL THEN 'answered' ELSE 'failed' END],
        count(*), coalesce(sum(ms), 0)::double precision / 1000
    FROM model_calls GROUP BY provider, model, error IS NULL;
SELECT set_config('app.metrics', '', true);
DROP FUNCTION weft_model_totals();
DROP POLICY metrics ON model_calls;

CREATE FUNCTION weft_tally_model_call() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    outcome text := CASE WHEN NEW.error IS NULL THEN 'answered' ELSE 'failed' END;
    known boolean := EXISTS (
        SELECT FROM public.tallies WHERE name = 'provider_api' AND labels[1:2] = ARRAY[NEW.provider, NEW.model]
    ) OR (SELECT count(*) < 200 FROM public.tallies WHERE name = 'provider_api');
BEGIN
    -- A workflow may name any model: past a number they are counted together.
    INSERT INTO public.tallies AS t (name, labels, n, total)
        VALUES ('provider_api', ARRAY[NEW.provider, CASE WHEN known THEN NEW.model ELSE 'other' END, outcome], 1,
            NEW.ms::double precision / 1000)
        ON CONFLICT (name, labels, bound) DO UPDATE SET n = t.n + 1, total = t.total + excluded.total;
    RETURN NULL;
END $$;
REVOKE ALL ON FUNCTION weft_tally_model_call() FROM PUBLIC;
CREATE TRIGGER model_calls_tally AFTER INSERT ON model_calls FOR EACH ROW EXECUTE FUNCTION weft_tally_model_call();

CREATE INDEX approvals_open ON approvals (account_id) WHERE state = 'open';
CREATE POLICY metrics ON approvals FOR SELECT TO CURRENT_USER USING (current_setting('app.metrics', true) = 'on');
CREATE FUNCTION weft_backlog() RETURNS TABLE (oldest_s double precision, approvals bigint)
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
    PERFORM set_config('app.metrics', 'on', true);
    RETURN QUERY SELECT
        (SELECT extract(epoch FROM clock_timestamp() - min(due_at))::double precision FROM public.runs
            WHERE runs.state = 'queued' AND due_at <= now()),
        (SELECT count(*) FROM public.approvals WHERE approvals.state = 'open');
    PERFORM set_config('app.metrics', '', true);
END $$;
REVOKE ALL ON FUNCTION weft_backlog() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION weft_backlog() TO weft_app, weft_runner;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(FUNCTIONS)
