"""Totals of model calls over all accounts, for Prometheus. Runs before the code.

As ``weft_run_totals`` of 0001: the owner's policy opens only inside the function.
"""

from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.execute(
        """
        CREATE POLICY metrics ON model_calls FOR SELECT TO CURRENT_USER
            USING (current_setting('app.metrics', true) = 'on');
        CREATE FUNCTION weft_model_totals()
            RETURNS TABLE (provider text, model text, failed boolean, calls bigint, seconds double precision)
            LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
        #variable_conflict use_column
        BEGIN
            PERFORM set_config('app.metrics', 'on', true);
            RETURN QUERY SELECT provider, model, error IS NOT NULL, count(*), sum(ms)::double precision / 1000
                FROM public.model_calls GROUP BY provider, model, error IS NOT NULL;
            PERFORM set_config('app.metrics', '', true);
        END $$;
        REVOKE ALL ON FUNCTION weft_model_totals() FROM PUBLIC;
        GRANT EXECUTE ON FUNCTION weft_model_totals() TO weft_app, weft_runner;
        """
    )
