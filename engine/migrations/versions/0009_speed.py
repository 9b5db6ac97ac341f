"""Storage settings of the tables that runs write most. Runs before the code."""

from alembic import op

revision = "0009"
down_revision = "0008"

TABLES = ""


def upgrade() -> None:
    if TABLES:
        op.execute(TABLES)
