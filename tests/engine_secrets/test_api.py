"""The same over HTTP: a value goes in, and is in no answer, no log, no error and no row."""

from __future__ import annotations

import base64
import logging
import secrets

import httpx
import pytest
from sqlalchemy import text

from engine.database import Database
from engine.settings import Settings
from tests.engine_store.conftest import Workspace, bearer


async def test_a_value_is_in_no_answer_no_log_and_no_row(
    client: httpx.AsyncClient,
    db: Database,
    settings: Settings,
    workspace: Workspace,
    caplog: pytest.LogCaptureFixture,
):
    caplog.set_level(logging.DEBUG)
    client.headers.update(await bearer(db, settings, workspace.admin))
    canary = f"canary{secrets.token_hex(12)}"
    answers = [
        await client.put("/secrets/shop_key", json={"value": f"{canary}-one"}),
        await client.put("/secrets/shop_key", json={"value": f"{canary}-two", "keep_hours": 1}),
        await client.get("/secrets"),
        await client.put("/secrets/9", json={"value": f"{canary}-bad"}),
        await client.put("/secrets/other", json={"value": canary * 200}),
        await client.put("/secrets/other", json={"value": [canary]}),
        await client.put("/secrets/other", json={"value": canary, "keep_hours": canary}),
        await client.put("/secrets/other", json={"value": canary}),
        await client.delete("/secrets/shop_key/before"),
        await client.get("/admin/audit"),
        await client.get("/openapi.json"),
        await client.delete("/secrets/shop_key"),
    ]
    assert [a.status_code for a in answers] == [200, 200, 200, 422, 422, 422, 422, 200, 200, 200, 200, 204]
    assert answers[2].json()[0].keys() == {"name", "set_at", "set_by", "before_until", "used_by"}
    async with db.account(workspace.account_id) as session:
        rows = str((await session.execute(text("SELECT s::text FROM secrets s"))).all())
    spellings = {canary, canary.encode().hex(), base64.b64encode(canary.encode()).decode().rstrip("=")[:20]}
    told = {"answers": " ".join(a.text for a in answers), "log": caplog.text, "rows": rows}
    assert [where for where, said in told.items() if any(one in said for one in spellings)] == []


async def test_a_role_that_may_not_is_told_who_may(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace
):
    client.headers.update(await bearer(db, settings, workspace.people["builder"]))
    answer = await client.put("/secrets/shop_key", json={"value": "long enough"})
    assert (answer.status_code, answer.json()["help"]) == (403, "Ask somebody who is admin, operator.")
