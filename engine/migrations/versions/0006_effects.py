"""What people answer about effects whose outcome is unknown, and large results. Runs before the code."""

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = ""


def upgrade() -> None:
    if TABLES:
        op.execute(TABLES)
