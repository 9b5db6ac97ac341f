"""How runs queue: priority, fairness, limits, debounce. Runs before the code."""

from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = ""


def upgrade() -> None:
    if TABLES:
        op.execute(TABLES)
