"""How long things are kept, and totals that no scan makes. Runs before the code."""

from alembic import op

revision = "0007"
down_revision = "0006"

TABLES = ""


def upgrade() -> None:
    if TABLES:
        op.execute(TABLES)
