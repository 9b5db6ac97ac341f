"""The line of a conversation: its messages, and those of what it is a branch of up to where it left."""

from __future__ import annotations

from typing import Final

from sqlalchemy import text

RECENT: Final = 72
"""Messages that whoever goes on with a conversation is given at least."""
RECENT_BY: Final = 24
"""By so many the older ones go, so that what is told a model begins alike for a while."""

# Whose messages end before ``behind`` are not asked: a line of many branches is followed as far as it is needed.
LINE: Final = text("""
    WITH RECURSIVE line AS (
        SELECT id, parent_id, parent_seq, 2147483647 AS upto FROM conversations WHERE id = :id
        UNION ALL
        SELECT c.id, c.parent_id, c.parent_seq, line.parent_seq FROM line JOIN conversations c ON c.id = line.parent_id
        WHERE line.parent_seq > :behind
    )
    SELECT m.id FROM line JOIN messages m ON m.conversation_id = line.id AND m.seq <= line.upto AND m.seq > :behind
""")

BEHIND: Final = text("""
    SELECT greatest(0, (coalesce(
        (SELECT max(m.seq) FROM messages m WHERE m.conversation_id = c.id), c.parent_seq) - :least) / :by * :by)
    FROM conversations c WHERE c.id = :id
""")

BRANCHES: Final = text("""
    WITH RECURSIVE line AS (
        SELECT id, parent_id, parent_seq, 2147483647 AS upto FROM conversations WHERE id = :id
        UNION ALL
        SELECT c.id, c.parent_id, c.parent_seq, line.parent_seq FROM line JOIN conversations c ON c.id = line.parent_id
    )
    SELECT b.parent_id, b.parent_seq, b.id, b.id IN (SELECT id FROM line) AS here FROM line
        JOIN conversations b ON b.parent_id = line.id AND b.parent_seq <= line.upto
    WHERE b.deleted_at IS NULL OR b.id IN (SELECT id FROM line)
    ORDER BY b.created_at
""")
