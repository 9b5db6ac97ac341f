"""A run after a conversation: once, and only of what was accepted and published."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from engine import conversations, drafts, proposals, workflows
from engine.database import Database
from engine.errors import Conflict, Forbidden, NotFound
from engine.proposals import Verdict, Write
from engine.settings import Settings
from engine.triggers.afterwards import run_after
from engine.watching import RunSummary
from tests.engine_store.conftest import Workspace, bearer
from tests.engine_triggers.kit import written

TEXT = written("talked", inputs="id: string")


async def test_a_conversation_is_followed_by_one_run_of_what_was_accepted_and_published(
    db: Database, settings: Settings, client: httpx.AsyncClient, workspace: Workspace, neighbour: Workspace
):
    builder = workspace.people["builder"]
    draft = await workflows.create_workflow(db, builder, "talked")
    made = await conversations.create(db, builder, "Make it", draft.workflow_id)

    async def run() -> RunSummary:
        return await run_after(db, builder, made.id, {"id": "A-1"})

    with pytest.raises(Conflict, match="Nothing of this conversation"):
        await run()
    body = {"text": TEXT, "base": draft.text, "summary": "Made."}
    message = await conversations.append_message(db, builder, made.id, "assistant", "Made.", body)
    assert message.decision is not None
    verdict = Verdict("accepted", message.decision.start)
    write = Write(draft.workflow_id, TEXT, draft.revision)
    await proposals.decide(db, builder, message.decision.id, verdict, write)
    with pytest.raises(Conflict, match="not published yet"):
        await run()
    await workflows.publish(db, builder, draft.workflow_id)
    both = await asyncio.gather(run(), run())
    assert both[0].id == both[1].id
    assert both[0].trigger == "chat"
    headers = await bearer(db, settings, builder)
    answer = await client.post(f"/conversations/{made.id}/run", json={"input": {"id": "B"}}, headers=headers)
    assert (answer.status_code, answer.json()["id"]) == (202, str(both[0].id))
    with pytest.raises(Forbidden):
        await run_after(db, workspace.people["viewer"], made.id, {})
    with pytest.raises(NotFound):
        await run_after(db, neighbour.admin, made.id, {})
    assert (await drafts.get_draft(db, builder, draft.workflow_id)).text == TEXT
