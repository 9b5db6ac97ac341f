"""Whatever a client sends, it gets an answer it can read."""

from __future__ import annotations

import json

import httpx
import pytest

from engine.database import Database
from engine.settings import Settings
from tests.engine_store.conftest import Workspace, bearer


@pytest.mark.parametrize("value", ["\0", "a\0b", "\ud800", "x" * 100_000, "'; DROP TABLE runs; --", "💥"])
async def test_odd_text_is_kept_or_refused_but_never_breaks_anything(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace, open_gate, value: str
):
    gate = await open_gate(workspace)
    headers = await bearer(db, settings, workspace.admin)
    of = f"/workflows/{workspace.workflow_id}"
    for method, url, body in (
        ("POST", "/login", {"email": value, "password": value}),
        ("POST", "/token/refresh", {"refresh_token": value}),
        ("POST", "/workflows", {"name": value, "text": value}),
        ("PUT", of, {"text": "x", "revision": 10**30, "positions": {value: value}}),
        ("PUT", of, {"text": value, "revision": 1, "positions": {"a": value}}),
        ("PATCH", of, {"title": value}),
        ("POST", f"{of}/publish", {"message": value}),
        ("POST", f"{of}/runs", {"input": {"order_id": value}, "idempotency_key": value}),
        ("POST", f"/approvals/{gate.approval_id}", {"decision": "reject", "comment": value}),
        ("POST", "/connectors/nobody/accept", {"tools": [value]}),
    ):
        content = json.dumps(body).encode()
        answer = await client.request(
            method, url, content=content, headers=headers | {"Content-Type": "application/json"}
        )
        assert answer.status_code < 500, (method, url, answer.text)
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json", (method, url)
    short = value.encode("utf-8", "ignore").decode()[:1000]
    for params in ({"state": short}, {"cursor": short}, {"limit": str(10**30)}):
        answer = await client.get("/runs", params=params, headers=headers)
        assert answer.status_code in (200, 422), (params, answer.text)
    assert (await client.get(f"/admin/audit?before={10**30}", headers=headers)).status_code < 500
    assert (await client.get(f"/runs/{gate.run_id}/events?after={10**30}", headers=headers)).status_code < 500
