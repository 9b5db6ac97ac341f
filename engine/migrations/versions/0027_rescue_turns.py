"""Error workflows of one account wait without holding up the others. Runs before the code.

What waits is found by account: a rescuer hops from one to the next and passes over those that have had their share.
"""

from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.execute("CREATE INDEX rescue_calls_turns ON rescue_calls (account_id, due_at) WHERE done_at IS NULL")
    op.execute("DROP INDEX rescue_calls_due")
