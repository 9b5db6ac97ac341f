"""``POST /api/chat`` as a client sees it that reads along, and one that goes away."""

from __future__ import annotations

import asyncio
import json
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import dsl
from engine import tokens
from engine.actor import Actor
from engine.api import api
from engine.database import Database, Urls
from engine.history import RunView, StepRun
from engine.settings import Settings
from engine.watching import RunDetail, RunSummary
from engine.workflows import create_workflow
from studio.chat.router import chat_router
from studio.chat.stories import WorkflowRuns, story_of
from studio.designer.scripted import ScriptedModel, Stall
from tests.designer.test_agent import REQUEST
from tests.designer.test_agent_tools import BASE
from tests.designer.test_exchange import actor

__all__ = ["actor"]


@pytest.fixture
async def app(db: Database, urls: Urls, actor: Actor, tmp_path: Path) -> tuple[Any, str]:
    """The API with the chat, and a bearer's token."""
    key = tmp_path / "key"
    key.write_text(secrets.token_hex(32))
    key.chmod(0o600)
    settings = Settings.from_environment(
        {"WEFT_APP_URL": urls.app, "WEFT_KEY_FILE": str(key), "WEFT_HOME": str(tmp_path)}
    )
    made = api(db, settings)
    made.router.routes.extend(chat_router.routes)
    return made, (await tokens.issue_tokens(db, settings, actor)).access


def scope(bearer: str) -> dict[str, Any]:
    heads = [(b"authorization", f"Bearer {bearer}".encode()), (b"content-type", b"application/json")]
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1", "method": "POST",
        "path": "/chat", "raw_path": b"/chat", "query_string": b"", "root_path": "", "scheme": "http",
        "headers": heads, "server": ("weft", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip


async def test_the_text_comes_as_it_is_said_and_who_goes_away_ends_the_models_call(
    app: tuple[Any, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with ScriptedModel([Stall("I look at the order and tell the customer what it says.")]) as server:
        monkeypatch.setenv("WEFT_MODEL_URL", server.url)
        monkeypatch.setenv("WEFT_MODEL", "scripted")
        body = json.dumps({"message": REQUEST}).encode()
        spoken, sent = asyncio.Event(), []
        pending = [{"type": "http.request", "body": body, "more_body": False}]

        async def receive() -> dict[str, Any]:
            if pending:
                return pending.pop()
            await spoken.wait()
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message.get("body", b"").decode())
            if "event: text" in sent[-1]:
                spoken.set()

        async with asyncio.timeout(60):
            await app[0](scope(app[1]), receive, send)
            await server.hung_up.wait()
    names = [part.splitlines()[0].removeprefix("event: ") for part in "".join(sent).split("\n\n") if part]
    assert names[0] == "conversation"
    assert {"doing", "text"} <= set(names)
    assert "done" not in names


def test_every_event_of_the_stream_is_documented(app: tuple[Any, str]) -> None:
    document = app[0].openapi()
    shown = document["paths"]["/chat"]["post"]["responses"]["200"]["content"]["text/event-stream"]["schema"]
    kinds = set(shown["discriminator"]["mapping"])
    assert kinds == {"conversation", "doing", "text", "round", "proposal", "error", "done"}
    proposal = document["components"]["schemas"]["Proposal"]["properties"]
    assert {"text", "diff", "diagnostics", "changes", "safety", "lowers", "simulated"} <= set(proposal)


async def test_a_workflow_that_never_ran_has_no_story(db: Database, actor: Actor) -> None:
    made = await create_workflow(db, actor, "greet", BASE)
    assert await WorkflowRuns(db, actor, made.workflow_id).last() is None


def test_a_story_names_the_failed_step_and_hides_what_is_secret() -> None:
    now, id = datetime(2026, 1, 2, 3, 4, tzinfo=UTC), UUID(int=1)
    error = {"code": "timeout", "message": "The shop did not answer.", "step": "refund"}
    summary = RunSummary(
        id, id, "greet", "Greet", id, 1, "failed", "manual", None, now, now, now, None, (), error, 1, False
    )  # fmt: skip
    given = {"order_id": "A-1", "api_key": "sk-canary-9", "card": {"number": "4111"}, "note": "x" * 900}
    step = StepRun("refund", "failed", 0.0, tool="shop.process_refund", input=given, error=error)
    plan = dsl.lower(dsl.parse("workflow w {\n}\n"), dsl.Catalog())
    story = story_of(
        RunDetail(summary, {"token": "t-canary"}, None, "", plan, (), RunView("failed", (step,)))
    )
    assert (story.step, story.code, story.when) == ("refund", "timeout", "2026-01-02 03:04 UTC")
    assert story.steps == ("- refund (shop.process_refund) failed: timeout The shop did not answer.",)
    assert '"order_id": "A-1"' in story.arguments
    assert "canary" not in str(story) and "4111" not in str(story)
    assert len(story.arguments) < 500
