"""Secrets and what people write, followed through use and misuse: none of it comes to a log or a stranger's answer."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from engine.api import api
from engine.api.access import Open
from engine.database import Database, Urls
from engine.settings import Settings
from studio.chat.state import ChatState
from studio.workflows import WorkflowList
from tests.studio.conftest import PASSWORD, Tab, Workspace

ORIGIN = {"Origin": "http://localhost:3000"}


@pytest.fixture
def canary() -> str:
    return f"canary{secrets.token_hex(8)}"


@pytest.fixture
def application(db: Database, urls: Urls, tmp_path: Path) -> FastAPI:
    settings = Settings(
        home=tmp_path,
        app_url=urls.app,
        runner_url=urls.runner,
        studio_port=3000,
        gateway_port=8000,
        samples_url="",
        origins=(ORIGIN["Origin"],),
        key=secrets.token_bytes(32),
    )
    return api(db, settings)


@pytest.fixture
async def client(application: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(
        application
    )  # an exception that gets out of the application fails the test
    async with httpx.AsyncClient(
        transport=transport, base_url=ORIGIN["Origin"], timeout=20, headers=ORIGIN
    ) as it:
        yield it


async def test_passwords_tokens_and_inputs_are_in_no_log(
    client: httpx.AsyncClient, workspace: Workspace, urls: Urls, canary: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    email = workspace.owner.email
    issued = (await client.post("/login", json={"email": email, "password": PASSWORD})).json()
    renewed = (await client.post("/token/refresh", json={"refresh_token": issued["refresh_token"]})).json()
    await client.post("/token/refresh", json={"refresh_token": issued["refresh_token"]})
    for password in (canary, [canary], canary * 200):
        await client.post("/session", json={"email": f"{canary}@example.com", "password": password})
    await client.post("/session", json={"email": email, "password": PASSWORD})
    cookie = client.cookies["weft_session"]
    made = (await client.post("/workflows", json={"name": "odd", "text": f"workflow {canary} {{"})).json()
    there = f"/workflows/{made['workflow_id']}"
    for body in ({"text": canary, "revision": canary}, {"text": f"workflow w {canary}", "revision": 1}):
        await client.put(there, json=body)
    await client.post(f"{there}/publish", json={"message": canary})
    for body in ({"input": {canary: canary}}, {"input": canary}, {"idempotency_key": canary * 100}):
        await client.post(f"{there}/runs", json=body)
    for odd in (canary, f'{{"{canary}', json.dumps({canary: [canary]})):
        await client.post("/workflows", content=odd, headers={"content-type": "application/json"})
    await client.get(f"/runs?cursor={canary}&state={canary}", headers={"Authorization": f"Bearer {canary}"})
    await client.delete("/session")
    held = [PASSWORD, cookie, urls.app, urls.runner, canary]
    held += [urls.app.split(":")[2].split("@")[0], urls.runner.split(":")[2].split("@")[0]]
    held += [one[name] for one in (issued, renewed) for name in ("access_token", "refresh_token")]
    addresses = [
        record for record in caplog.records if record.name != "httpx"
    ]  # the client's own log has its URLs
    said = "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in addresses)
    assert [secret[:12] for secret in held if secret in said] == []


async def test_an_error_that_nobody_expected_keeps_what_it_was_about(
    application: FastAPI, client: httpx.AsyncClient, canary: str, caplog: pytest.LogCaptureFixture
) -> None:
    from fastapi import Depends

    async def broken() -> None:
        raise KeyError(canary)

    application.add_api_route("/broken", broken, dependencies=[Depends(Open())])
    answer = await client.get("/broken")
    assert answer.status_code == 500 and answer.headers["content-type"] == "application/problem+json"
    assert canary not in answer.text and "Traceback" not in answer.text
    assert "KeyError" in caplog.text and "test_canaries.py" in caplog.text
    assert canary not in caplog.text


async def test_no_answer_is_kept_by_a_browser_or_on_the_way(
    client: httpx.AsyncClient, workspace: Workspace
) -> None:
    body = {"email": workspace.owner.email, "password": PASSWORD}
    answers = [await client.post("/login", json=body), await client.get("/me"), await client.get("/nowhere")]
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
    assert {answer.headers["x-content-type-options"] for answer in answers} == {"nosniff"}


async def test_what_is_asked_in_the_chat_is_in_no_log(
    signed_in: Tab, workspace: Workspace, canary: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await signed_in.send(WorkflowList.create({"sentence": f"{canary} a customer", "name": canary}))
    await signed_in.send(ChatState.send(f"refund {canary}"))
    await signed_in.send(ChatState.accept(str(uuid4())))
    assert canary not in caplog.text
    assert workspace.token not in caplog.text


async def test_a_url_with_a_password_is_not_in_what_a_failed_start_says(
    canary: str, caplog: pytest.LogCaptureFixture
) -> None:
    for url in (
        f"postgresql://weft:{canary}@127.0.0.1:1/weft",
        f"postgresql://weft:{canary}@[::bad/weft",
        canary,
    ):
        try:
            await Database.open(url)
        except Exception as error:
            said = "".join(map(str, (error, getattr(error, "help", ""))))
            assert canary not in said
    assert canary not in caplog.text
