"""Proposals as rows of their own, branches of conversations, deleting them, and searching them. Runs before the code.

A message keeps what the designer said with a proposal and never changes again; what became of the proposal is in its
own row, which only moves along ``engine.proposals.LEGAL``. A branch holds the messages after the point where it leaves
its parent; those before are read from there. Until the new code runs, proposals cannot be decided.
"""

from alembic import op

revision = "0013"
down_revision = "0012"

TABLES = """
ALTER TABLE conversations
    ADD COLUMN parent_id uuid,
    ADD COLUMN parent_seq integer NOT NULL DEFAULT 0,
    ADD COLUMN deleted_at timestamptz,
    ADD FOREIGN KEY (account_id, parent_id) REFERENCES conversations (account_id, id);
CREATE INDEX conversations_branched ON conversations (account_id, parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX conversations_of_workflow ON conversations (account_id, workflow_id, updated_at DESC);

ALTER TABLE messages
    ADD UNIQUE (account_id, id),
    ADD COLUMN words tsvector GENERATED ALWAYS AS (to_tsvector('simple', left(content, 50000))) STORED;

CREATE TABLE proposals (
    id uuid PRIMARY KEY,
    account_id uuid NOT NULL,
    conversation_id uuid NOT NULL,
    message_id uuid NOT NULL UNIQUE,
    workflow_id uuid,
    base text NOT NULL,
    base_revision integer,
    text text NOT NULL,
    applied text,
    state text NOT NULL DEFAULT 'open'
        CHECK (state IN ('open', 'accepted', 'partly', 'rejected', 'superseded')),
    parts text[] NOT NULL DEFAULT '{}',
    decided_by uuid,
    decided_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (account_id, conversation_id) REFERENCES conversations (account_id, id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, message_id) REFERENCES messages (account_id, id) ON DELETE CASCADE,
    FOREIGN KEY (account_id, workflow_id) REFERENCES workflows (account_id, id) ON DELETE CASCADE
);
CREATE INDEX proposals_open ON proposals (account_id, conversation_id) WHERE state = 'open';
ALTER TABLE proposals ENABLE ROW LEVEL SECURITY;
ALTER TABLE proposals FORCE ROW LEVEL SECURITY;
CREATE POLICY own_account ON proposals
    USING (account_id = nullif(current_setting('app.account_id', true), '')::uuid)
    WITH CHECK (account_id = nullif(current_setting('app.account_id', true), '')::uuid);
GRANT SELECT, INSERT, UPDATE (applied, state, parts, workflow_id, decided_by, decided_at) ON proposals TO weft_app;
GRANT UPDATE (parent_id, parent_seq, deleted_at), DELETE ON conversations TO weft_app;
"""

MOVED = """
INSERT INTO proposals (id, account_id, conversation_id, message_id, workflow_id, base, text, state, created_at)
    SELECT gen_random_uuid(), m.account_id, m.conversation_id, m.id, c.workflow_id,
        coalesce(m.proposal ->> 'base', ''), coalesce(m.proposal ->> 'text', ''),
        CASE WHEN m.proposal ->> 'state' IN ('accepted', 'rejected') THEN m.proposal ->> 'state' ELSE 'open' END,
        m.created_at
    FROM messages m JOIN conversations c ON c.account_id = m.account_id AND c.id = m.conversation_id
    WHERE m.proposal IS NOT NULL;
UPDATE messages SET proposal = proposal - 'state' - 'text' - 'base' WHERE proposal IS NOT NULL;
REVOKE UPDATE (proposal) ON messages FROM weft_app;
"""


def upgrade() -> None:
    # The migrations' role obeys forced security, too: for the moving it must see every account.
    op.execute(TABLES)
    for table in ("conversations", "messages", "proposals"):
        op.execute(f"ALTER TABLE {table} NO FORCE ROW LEVEL SECURITY")
    op.execute(MOVED)
    for table in ("conversations", "messages", "proposals"):
        op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")
