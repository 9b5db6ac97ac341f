"""What an account's models cost where the provider keeps a part of the prompt. Runs before the code."""

from alembic import op

revision = "0031"
down_revision = "0030"


def upgrade() -> None:
    op.execute("""
        ALTER TABLE account_models
            ADD COLUMN usd_cached numeric(12, 6) CHECK (usd_cached >= 0),
            ADD COLUMN usd_stored numeric(12, 6) CHECK (usd_stored >= 0),
            ADD CHECK (usd_in IS NOT NULL OR (usd_cached IS NULL AND usd_stored IS NULL));
        GRANT SELECT (usd_cached, usd_stored) ON account_models TO weft_runner;
    """)
