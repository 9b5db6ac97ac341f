"""Tags of workflows. Runs before the code."""

from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.execute("ALTER TABLE workflows ADD COLUMN tags text[] NOT NULL DEFAULT '{}'")
    op.execute("GRANT UPDATE (tags) ON workflows TO weft_app")
