"""Two accounts with people of every role, a key file, and a workflow with a webhook that is live."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

from engine import secrets, workflows
from engine.database import Database
from tests.engine_hooks.corpus import CURRENT, Sender
from tests.engine_models.conftest import key_file
from tests.engine_store.conftest import (
    Workspace,
    application,
    client,
    make_workspace,
    neighbour,
    owner,
    runner,
    settings,
    workspace,
)

__all__ = [
    "application",
    "client",
    "key_file",
    "make_workspace",
    "neighbour",
    "owner",
    "runner",
    "settings",
    "workspace",
]

TEXT = """
workflow orders {{
  input {{
    order: string,
    amount: float = 0,
  }}
  secret shop_key
  trigger placed: webhook {method} "/orders/new" verify {verify} {when}
    with (order: event.body.order, amount: event.body.amount)
  step done: let 1
}}
"""


@dataclass(frozen=True)
class Hook:
    """``url``: as the client of the tests takes it."""

    db: Database
    workspace: Workspace
    workflow_id: UUID
    trigger_id: UUID
    function: str

    @property
    def url(self) -> str:
        return f"/hooks/{self.workspace.account_id}/orders/new"

    async def now(self) -> int:
        async with self.db.platform() as session:
            return (
                await session.execute(text("SELECT extract(epoch FROM clock_timestamp())::bigint"))
            ).scalar_one()

    async def sender(self, id: str = "msg_1", secret: str = CURRENT, late_s: int = 0) -> Sender:
        return Sender(self.function, secret, await self.now() - late_s, id)

    async def post(
        self, client: httpx.AsyncClient, body: bytes, id: str = "msg_1", method: str = "POST", **how
    ) -> httpx.Response:
        kind = how.pop("content_type", "application/json")
        signed = (await self.sender(id, **how)).send(body)
        headers = [*signed, *([("Content-Type", kind)] if kind else [])]
        return await client.request(method, self.url, content=body, headers=headers)

    async def rows(self) -> list[tuple[str, UUID | None]]:
        """(verdict, run) of what came in, in order."""
        query = text(
            "SELECT verdict, run_id FROM hook_deliveries WHERE trigger_id = :id ORDER BY received_at, id"
        )
        async with self.db.account(self.workspace.account_id) as session:
            return [tuple(row) for row in await session.execute(query, {"id": self.trigger_id})]

    async def runs(self) -> list[dict]:
        query = text("SELECT id, input, trigger, trigger_id, requested_by FROM runs WHERE workflow_id = :id")
        async with self.db.account(self.workspace.account_id) as session:
            return [dict(row._mapping) for row in await session.execute(query, {"id": self.workflow_id})]


async def published(
    db: Database,
    workspace: Workspace,
    *,
    verify: str = "standard(secrets.shop_key)",
    when: str = "",
    method: str = "POST",
) -> Hook:
    await secrets.set_secret(db, workspace.admin, "shop_key", CURRENT)
    written = TEXT.format(verify=verify, when=when, method=method)
    draft = await workflows.create_workflow(db, workspace.admin, "orders", written)
    await workflows.publish(db, workspace.admin, draft.workflow_id)
    async with db.account(workspace.account_id) as session:
        query = text("SELECT id FROM triggers WHERE workflow_id = :id")
        trigger_id = (await session.execute(query, {"id": draft.workflow_id})).scalar_one()
    return Hook(db, workspace, draft.workflow_id, trigger_id, verify.partition("(")[0])


@pytest.fixture
async def hook(db: Database, workspace: Workspace) -> Hook:
    return await published(db, workspace)
