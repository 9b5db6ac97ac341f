"""The sample mailbox: messages go to an outbox that people can read.

`python -m connectors.samples.mail --data DIR` serves it over stdio.
"""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from mcp.server.mcpserver import Context, MCPServer
from mcp_types import ToolAnnotations
from pydantic import BaseModel, Field

from connectors.samples.refusal import Refusal, answering
from connectors.samples.standalone import serve_stdio
from connectors.samples.store import Store, key_of

_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


class Sent(BaseModel):
    id: str
    status: Literal["sent"]


class Message(BaseModel):
    id: str
    to: str
    subject: str
    body: str
    sent_at: str = Field(description="When it was sent, ISO 8601")


class Outbox(BaseModel):
    messages: list[Message]
    count: int = Field(description="How many messages were ever sent")


def mail(data: Path) -> MCPServer[Any]:
    """A mail server on `data`/mail.db. Nothing leaves the machine."""
    store = Store(data / "mail.db", _prepare)
    server = MCPServer[Any](
        "mail",
        title="Mail",
        instructions="Sends e-mail. Here every message stays in an outbox that people can read.",
        version="1.0.0",
        log_level="WARNING",
    )

    @server.tool(
        title="Send an e-mail",
        description="Send an e-mail message to one person, for example to notify a customer.",
        annotations=ToolAnnotations(
            read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=True
        ),
    )
    @answering
    async def send(
        context: Context[Any, Any],
        to: Annotated[str, Field(description="E-mail address of the recipient")],
        subject: Annotated[str, Field(description="Subject line")],
        body: Annotated[str, Field(description="Text of the message")],
        idempotency_key: Annotated[
            str,
            Field(description="The same key sends once and returns the first answer again", max_length=500),
        ] = "",
    ) -> Sent:
        def effect() -> Sent:
            if _ADDRESS.fullmatch(to) is None:
                raise Refusal("invalid_address", f"{to!r} is not an e-mail address")
            number = store.connection.execute(
                "INSERT INTO messages (recipient, subject, body, sent_at) VALUES (?, ?, ?, ?)",
                (to, subject, body, datetime.now(UTC).isoformat(timespec="milliseconds")),
            ).lastrowid
            return Sent(id=f"M-{number:04}", status="sent")

        arguments = {"to": to, "subject": subject, "body": body}
        return store.once("send", key_of(idempotency_key, context), arguments, Sent, effect)

    @server.tool(
        title="List the outbox",
        description="List the e-mail messages that were sent, newest first.",
        annotations=ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False),
    )
    @answering
    async def list_outbox(
        limit: Annotated[int, Field(description="How many at most", ge=1, le=500)] = 50,
    ) -> Outbox:
        rows = store.rows("SELECT * FROM messages ORDER BY number DESC LIMIT ?", (limit,))
        messages = [
            Message(
                id=f"M-{row['number']:04}",
                to=row["recipient"],
                subject=row["subject"],
                body=row["body"],
                sent_at=row["sent_at"],
            )
            for row in rows
        ]
        return Outbox(messages=messages, count=store.rows("SELECT count(*) FROM messages")[0][0])

    return server


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS messages (number INTEGER PRIMARY KEY AUTOINCREMENT,"
        " recipient TEXT NOT NULL, subject TEXT NOT NULL, body TEXT NOT NULL, sent_at TEXT NOT NULL)"
    )


if __name__ == "__main__":
    serve_stdio(mail)
