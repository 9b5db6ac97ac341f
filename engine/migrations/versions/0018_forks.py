"""Runs that go on from where another stood. Runs before the code.

``runs.forked_from`` is the run whose journal was taken over, ``fork`` says from where. A yes that a forked run relies
on for a call that has not happened yet belongs to that run from then on (``approvals.relied_on_by``): nobody else can
rely on it, so one yes lets one thing happen. It is no foreign key: a yes is not free again when that run is forgotten.
"""

from alembic import op

revision = "0018"
down_revision = "0017"

FORKS = """
ALTER TABLE runs ADD COLUMN forked_from uuid, ADD COLUMN fork jsonb,
    ADD FOREIGN KEY (account_id, forked_from) REFERENCES runs (account_id, id) ON DELETE SET NULL (forked_from);
CREATE INDEX runs_forked ON runs (account_id, forked_from) WHERE forked_from IS NOT NULL;

ALTER TABLE approvals ADD COLUMN relied_on_by uuid;

GRANT INSERT ON artifacts TO weft_app;
GRANT UPDATE (relied_on_by) ON approvals TO weft_app;
"""


def upgrade() -> None:
    op.execute(FORKS)
