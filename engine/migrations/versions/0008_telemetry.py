"""Where a run's trace comes from. Runs before the code."""

from alembic import op

revision = "0008"
down_revision = "0007"

TABLES = ""


def upgrade() -> None:
    if TABLES:
        op.execute(TABLES)
