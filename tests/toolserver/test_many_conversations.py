"""Many people talk to the designer at once: each hears what was asked for, and so does the database."""

from __future__ import annotations

import asyncio
import random
import secrets
import socket
from dataclasses import replace
from pathlib import Path

import pytest
import uvicorn

from engine import tokens
from engine.api import api
from engine.database import Database, Urls
from engine.settings import Settings
from studio.chat import chat_router
from studio.designer.scripted import ScriptedModel
from tests.bench.chat import converse_all, kept_apart, marked, workspace

AT_ONCE = 24


async def test_conversations_at_once_hold_their_own_marks_and_no_others(
    owner_url: str, urls: Urls, db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seed = random.Random("many conversations")
    marks = [f"mark_{seed.getrandbits(48):012x}" for _ in range(AT_ONCE)]
    key = tmp_path / "key"
    key.write_text(secrets.token_hex(32))
    key.chmod(0o600)
    settings = Settings.from_environment(
        {"WEFT_APP_URL": urls.app, "WEFT_KEY_FILE": str(key), "WEFT_HOME": str(tmp_path)}
    )
    actor = await workspace(owner_url, db)
    token = (await tokens.issue_tokens(db, settings, actor)).access
    app = api(db, settings)
    app.router.routes.extend(chat_router.routes)
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="warning", access_log=False))
    # Pauses of their own lengths, so that the pieces of all answers come mixed.
    async with ScriptedModel(lambda request: marked(0.0, 0.001 + 0.004 * seed.random())(request)) as model:
        monkeypatch.setenv("WEFT_MODEL_URL", model.url)
        monkeypatch.setenv("WEFT_MODEL", "scripted")
        serving = asyncio.create_task(server.serve([listener]))
        try:
            url = f"http://127.0.0.1:{listener.getsockname()[1]}/chat"
            heard = await converse_all(url, token, marks)
        finally:
            server.should_exit = True
            await serving
        assert len(model.requests) == AT_ONCE
    assert [one.trouble for one in heard if one.trouble] == []
    assert [one.marks for one in heard] == [{mark} for mark in marks]
    assert all(one.proposed and one.first is not None for one in heard)
    assert await kept_apart(db, actor, heard) == 0
    # The control: had two been taken for each other, it would have been seen.
    swapped = [replace(heard[0], conversation=heard[1].conversation), *heard[1:]]
    assert await kept_apart(db, actor, swapped) > 0
