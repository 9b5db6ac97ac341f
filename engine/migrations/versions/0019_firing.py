"""What the scheduler of a runner needs to know of a queue. Runs before the code."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.execute("GRANT SELECT (max_queued) ON accounts TO weft_runner")
    op.execute("ALTER TABLE triggers DROP COLUMN fired")
