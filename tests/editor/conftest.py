"""The editor without a browser: a real database, a workflow that is open in a tab, and the sample catalog."""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from dsl.catalog import Catalog, Connector, Tool
from tests.policies import FREE
from tests.studio.conftest import Tab, Workspace, signed_in, tab, workspace

__all__ = ["signed_in", "tab", "workspace"]

REFUND = (Path(__file__).parents[2] / "examples" / "refund.weft").read_text()


def _object(required: list[str], **properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": required}


TEXT = {"type": "string"}
KEY = {"idempotency_key": TEXT}

CATALOG = Catalog(
    connectors={
        "shop": Connector(
            name="shop",
            title="Shop",
            tools={
                "get_order": Tool(
                    name="get_order",
                    title="Get an order",
                    description="Look up one order by its number. Fast.",
                    input_schema=_object(
                        ["order_id"], order_id={**TEXT, "description": "Number of the order"}
                    ),
                    effect="read",
                ),
                "list_orders": Tool(
                    name="list_orders",
                    input_schema=_object(
                        [],
                        limit={"type": "integer", "default": 50},
                        status={"type": "string", "enum": ["paid", "shipped"]},
                        open={"type": "boolean"},
                        customer_email={"anyOf": [TEXT, {"type": "null"}]},
                    ),
                    effect="read",
                ),
                "check_refund_eligibility": Tool(
                    name="check_refund_eligibility",
                    input_schema=_object(["order_id"], order_id=TEXT, reason=TEXT),
                    effect="read",
                ),
                "process_refund": Tool(
                    name="process_refund",
                    input_schema=_object(
                        ["order_id", "amount"], reason=TEXT, amount={"type": "number"}, order_id=TEXT, **KEY
                    ),
                    idempotent=True,
                ),
            },
        ),
        "mail": Connector(
            name="mail",
            title="Mail",
            tools={
                "send": Tool(
                    name="send",
                    input_schema=_object(["to", "subject", "body"], to=TEXT, subject=TEXT, body=TEXT, **KEY),
                )
            },
        ),
    },
    roles=frozenset({"manager", "support"}),
    users=frozenset(),
    policy=FREE,
    secrets=frozenset(),
)


@dataclass
class Editor:
    """An open editor: what the page says goes in, what it shows comes out."""

    tab: Tab
    workspace: Workspace
    workflow_id: str

    async def says(self, where: str, said: dict[str, Any]) -> None:
        from studio.editor.state import EditorState

        await self.tab.send(getattr(EditorState, where)(said))

    async def gesture(self, type: str, **rest: Any) -> None:
        await self.says("on_gesture", {"type": type, **rest})

    async def type(self, at: int, text: str, *, end: int | None = None, gesture: str = "") -> None:
        desk = (await self.state())._desk
        said = {"type": "typed", "epoch": desk.epoch, "base": desk.document.revision, "seq": 1, "start": at}
        await self.says(
            "on_text", {**said, "end": at if end is None else end, "text": text, "gesture": gesture}
        )

    async def state(self) -> Any:
        from studio.editor.state import EditorState

        return await self.tab.state(EditorState)

    async def text(self) -> str:
        return (await self.state())._desk.document.text

    def told(self) -> str:
        """Everything the browser was told besides state: toasts, as text."""
        return json.dumps([str(each.payload) for each in self.tab.socket.sent])


async def unheard(editor: Editor) -> None:
    """From now on no word of what other processes save reaches the open room: it finds that when it saves."""
    (await editor.state())._room.close()


@pytest.fixture
async def editor(signed_in: Tab, workspace: Workspace) -> AsyncIterator[Editor]:
    """The refund example, open."""
    from engine import workflows
    from studio.editor.room import ROOMS
    from studio.editor.state import EditorState

    own = REFUND.replace("workflow refund {", f"workflow refund_{secrets.token_hex(4)} {{")
    draft = await workflows.create_workflow(workspace.db, workspace.owner, "Refund an order", own)
    signed_in.url = f"http://localhost:3000/workflows/{draft.workflow_id}"
    opened = Editor(signed_in, workspace, str(draft.workflow_id))
    await signed_in.send(EditorState.load())
    (await opened.state())._desk.use(CATALOG)
    yield opened
    ROOMS.end()
