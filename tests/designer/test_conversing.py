"""Conversations and proposals over HTTP: found, branched, accepted whole or in parts, once, never over others' work."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx2
import pytest

from engine import conversations, tokens, workflows
from engine.actor import Actor
from engine.api import api
from engine.database import Database, Urls
from engine.settings import Settings
from studio.chat.conversing import conversations_router
from tests.designer.test_choosing import BASE, NEW
from tests.designer.test_exchange import actor

__all__ = ["actor"]

LIMIT = ("limit: float = 100.0", "limit: float = 250.0")


@dataclass
class Caller:
    client: httpx2.AsyncClient
    db: Database
    actor: Actor
    workflow: UUID = field(default_factory=lambda: UUID(int=0))

    async def call(self, method: str, path: str, status: int = 200, **body: Any) -> Any:
        answer = await self.client.request(method, path, json=body or None)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def propose(self, text: str = NEW, base: str = BASE, *, of: bool = True) -> str:
        made = await self.call(
            "POST",
            "/conversations",
            201,
            title="Changes",
            **({"workflow_id": str(self.workflow)} if of else {}),
        )
        said = {"text": text, "base": base, "summary": "Changed."}
        kept = await conversations.append_message(
            self.db, self.actor, UUID(made["id"]), "assistant", "Changed.", said
        )
        assert kept.decision is not None
        return f"/proposals/{kept.decision.id}"

    async def draft(self) -> str:
        return (await workflows.get_draft(self.db, self.actor, self.workflow)).text

    async def change(self, text: str) -> None:
        now = await workflows.get_draft(self.db, self.actor, self.workflow)
        await workflows.save_draft(self.db, self.actor, self.workflow, text, now.revision)


@pytest.fixture
async def caller(db: Database, actor: Actor, urls: Urls, tmp_path: Path) -> AsyncIterator[Caller]:
    key = tmp_path / "key"
    key.write_text(secrets.token_hex(32))
    key.chmod(0o600)
    settings = Settings.from_environment(
        {"WEFT_APP_URL": urls.app, "WEFT_KEY_FILE": str(key), "WEFT_HOME": str(tmp_path)}
    )
    app = api(db, settings)
    app.router.routes.extend(conversations_router.routes)
    bearer = (await tokens.issue_tokens(db, settings, actor)).access
    headers = {"Authorization": f"Bearer {bearer}"}
    transport = httpx2.ASGITransport(app=app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://weft", headers=headers) as client:
        found = Caller(client, db, actor)
        found.workflow = (await workflows.create_workflow(db, actor, "refunds", BASE)).workflow_id
        yield found


def part(shown: dict[str, Any], words: str) -> str:
    return next(one["id"] for one in shown["parts"] if words in one["title"])


async def test_what_lowers_safety_is_accepted_only_with_a_yes_to_that(caller: Caller) -> None:
    proposal = await caller.propose()
    refused = await caller.call("POST", f"{proposal}/accept", 409)
    assert "less safe" in refused["detail"] and refused["current"]
    assert await caller.draft() == BASE
    done = await caller.call("POST", f"{proposal}/accept", less_safe=True)
    assert (done["state"], done["text"], done["fitted"]) == ("accepted", NEW, False)
    assert await caller.draft() == NEW


async def test_parts_are_accepted_one_by_one_and_the_rest_rejected(caller: Caller) -> None:
    proposal = await caller.propose()
    shown = await caller.call("GET", proposal)
    need = await caller.call("POST", f"{proposal}/accept", 422, parts=[part(shown, "`done`")])
    assert "too: without it" in need["detail"]
    await caller.call("POST", f"{proposal}/accept", parts=[part(shown, "limit")], less_safe=True)
    assert await caller.draft() == BASE.replace(*LIMIT)
    shown = await caller.call("GET", proposal)
    assert shown["state"] == "partly" and len(shown["taken"]) == 1
    assert not any("limit" in one["title"] for one in shown["parts"])
    assert (await caller.call("POST", f"{proposal}/reject"))["state"] == "rejected"
    await caller.call("POST", f"{proposal}/accept", 409)


async def test_two_who_accept_at_once_apply_it_once(caller: Caller) -> None:
    proposal = await caller.propose(BASE.replace("within 24h", "within 12h"))
    revision = (await workflows.get_draft(caller.db, caller.actor, caller.workflow)).revision
    answers = await asyncio.gather(*(caller.client.post(f"{proposal}/accept") for _ in range(4)))
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]
    after = await workflows.get_draft(caller.db, caller.actor, caller.workflow)
    assert (after.revision, after.text) == (revision + 1, BASE.replace("within 24h", "within 12h"))


async def test_changes_made_meanwhile_stay_and_clashes_are_told(caller: Caller) -> None:
    proposal = await caller.propose(BASE.replace("within 24h", "within 12h"))
    await caller.change(BASE.replace("step done", "step mine: let 1\n\n  step done"))
    done = await caller.call("POST", f"{proposal}/accept")
    assert done["fitted"] and "step mine" in done["text"] and "within 12h" in done["text"]
    other = await caller.propose(done["text"].replace("within 12h", "within 6h"), done["text"])
    await caller.change(done["text"].replace("within 12h", "within 18h"))
    clash = await caller.call("POST", f"{other}/accept", 409)
    assert [sorted(place) for place in clash["current"]] == [["base", "line", "mine", "theirs"]]
    done = await caller.call("POST", f"{other}/accept", sides=["mine"])
    assert "within 18h" in done["text"]


async def test_a_proposal_without_a_workflow_makes_one(caller: Caller) -> None:
    proposal = await caller.propose(BASE.replace("refunds", "brand_new"), "", of=False)
    done = await caller.call("POST", f"{proposal}/accept")
    made = await workflows.get_draft(caller.db, caller.actor, UUID(done["workflow_id"]))
    assert (made.name, made.text) == ("brand_new", BASE.replace("refunds", "brand_new"))
    shown = await caller.call("GET", proposal)
    of = await caller.call("GET", f"/conversations/{shown['conversation_id']}")
    assert of["workflow_id"] == done["workflow_id"]


async def test_a_name_that_is_taken_leaves_the_proposal_open(caller: Caller) -> None:
    proposal = await caller.propose(BASE, "", of=False)
    refused = await caller.call("POST", f"{proposal}/accept", 409)
    assert "'refunds' already" in refused["detail"]
    assert (await caller.call("GET", proposal))["state"] == "open"
    assert not (await caller.call("GET", proposal))["taken"]


async def test_two_who_accept_a_new_workflow_at_once_make_one(caller: Caller) -> None:
    proposal = await caller.propose(BASE.replace("refunds", "brand_new"), "", of=False)
    answers = await asyncio.gather(*(caller.client.post(f"{proposal}/accept") for _ in range(3)))
    assert sorted(one.status_code for one in answers) == [200, 409, 409]


async def test_conversations_are_listed_found_renamed_branched_and_deleted(caller: Caller) -> None:
    made = await caller.call("POST", "/conversations", 201, title="Refunds", workflow_id=str(caller.workflow))
    at = f"/conversations/{made['id']}"
    await conversations.append_message(
        caller.db, caller.actor, UUID(made["id"]), "user", "Only above 100 euros"
    )
    assert [one["found"] for one in await caller.call("GET", "/conversations?q=euro")] == [
        "Only above 100 euros"
    ]
    assert (await caller.call("PATCH", at, title="Big refunds"))["title"] == "Big refunds"
    branch = await caller.call("POST", f"{at}/branch", 201, seq=1)
    assert (branch["parent_id"], [m["content"] for m in branch["messages"]]) == (
        made["id"],
        ["Only above 100 euros"],
    )
    await caller.call("DELETE", at, 204)
    await caller.call("GET", at, 404)
    assert [one["id"] for one in await caller.call("GET", "/conversations")] == [branch["id"]]
    await caller.call("POST", f"{at}/restore")
    assert (await caller.call("GET", at))["title"] == "Big refunds"
