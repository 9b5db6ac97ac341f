"""How long calls of tools take, over all accounts and without their names, for Prometheus. Runs before the code.

A platform table, as ``runners`` is: it holds counts and seconds, and nothing of anybody's.
"""

from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.execute(
        """
        CREATE TABLE step_totals (
            outcome text NOT NULL,
            bound double precision NOT NULL,
            steps bigint NOT NULL DEFAULT 0,
            seconds double precision NOT NULL DEFAULT 0,
            PRIMARY KEY (outcome, bound)
        );
        GRANT SELECT ON step_totals TO weft_app;
        GRANT SELECT, INSERT, UPDATE ON step_totals TO weft_runner;
        """
    )
