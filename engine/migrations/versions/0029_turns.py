"""Fires that wait of one account are not in the way of the others'. Runs before the code.

A scheduler hops from account to account and takes of each what is due for longest.
"""

from alembic import op

revision = "0029"
down_revision = "0028"


def upgrade() -> None:
    op.execute("CREATE INDEX trigger_fires_turns ON trigger_fires (account_id, due_at)")
