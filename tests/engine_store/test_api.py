"""The HTTP API: who may call what, what errors look like, streams."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import httpx
import pytest
import uvicorn
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from sqlalchemy import text

from engine import runs, tables
from engine.api import access
from engine.api.access import Open, guards_of
from engine.database import Database
from engine.permissions import ALLOWED
from engine.settings import Settings
from tests.engine_store.conftest import ORIGIN, PASSWORD, ROLES, Workspace, bearer

PUBLIC = {
    ("POST", "/login"),
    ("POST", "/token/refresh"),
    ("POST", "/session"),
    ("DELETE", "/session"),
    ("GET", "/oidc/login"),
    ("GET", "/oidc/callback"),
    *((method, "/hooks/{account}/{path:path}") for method in ("GET", "POST", "PUT", "PATCH", "DELETE")),
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/metrics"),
}


def routes(application: FastAPI) -> list[tuple[str, str, APIRoute]]:
    found = [route for route in application.routes if isinstance(route, APIRoute)]
    return [(method, route.path, route) for route in found for method in sorted(route.methods)]


async def signed_in(client: httpx.AsyncClient, workspace: Workspace) -> httpx.Response:
    body = {"email": workspace.admin.email, "password": PASSWORD}
    return await client.post("/session", json=body, headers={"Origin": ORIGIN})


def test_only_these_routes_are_open(application: FastAPI):
    opened = {
        (method, path) for method, path, route in routes(application) if isinstance(guards_of(route)[0], Open)
    }
    assert opened == PUBLIC


def test_a_route_without_a_label_keeps_the_application_from_starting(application: FastAPI):
    router = APIRouter()

    @router.get("/leak")
    async def leak() -> None: ...

    application.router.routes.extend(router.routes)
    with pytest.raises(RuntimeError, match="/leak"):
        access.refuse_unlabelled(application)


async def test_every_route_lets_in_exactly_the_roles_of_its_permission(
    application: FastAPI, client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace
):
    """Ids are of nobody: whoever is let in gets a 404 or 422, never a 401 or 403."""
    headers = {role: await bearer(db, settings, workspace.people[role]) for role in ROLES}
    for method, path, route in routes(application):
        (guard,) = guards_of(route)
        if isinstance(guard, Open) or path == "/connectors/refresh":
            continue
        url = path.replace("{name}", "nobody")
        for parameter in ("workflow_id", "version_id", "run_id", "approval_id"):
            url = url.replace("{" + parameter + "}", str(uuid4()))
        allowed = set(ROLES) if guard.permission is None else ALLOWED[guard.permission]
        body = {
            "decision": "approve",
            "text": "",
            "revision": 1,
            "title": "x",
            "name": "",
            "input": {},
            "version": 1,
        }
        for role in ROLES:
            sent = None if method in ("GET", "DELETE") else body
            answer = await client.request(method, url, headers=headers[role], json=sent)
            assert (answer.status_code == 403) == (role not in allowed), (method, path, role, answer.text)
            assert answer.status_code < 500 or answer.status_code == 503, (method, path, answer.text)
        assert (await client.request(method, url)).status_code == 401, (method, path)


async def test_ids_of_another_account_answer_like_ids_of_nobody(
    client: httpx.AsyncClient,
    db: Database,
    settings: Settings,
    workspace: Workspace,
    neighbour: Workspace,
    open_gate,
):
    gate = await open_gate(neighbour)
    headers = await bearer(db, settings, workspace.admin)
    for method, url, body in (
        ("GET", f"/workflows/{neighbour.workflow_id}", None),
        ("PUT", f"/workflows/{neighbour.workflow_id}", {"text": "x", "revision": 1}),
        ("PATCH", f"/workflows/{neighbour.workflow_id}", {"title": "x"}),
        ("DELETE", f"/workflows/{neighbour.workflow_id}", None),
        ("POST", f"/workflows/{neighbour.workflow_id}/unarchive", None),
        ("POST", f"/workflows/{neighbour.workflow_id}/duplicate", None),
        ("PUT", f"/workflows/{neighbour.workflow_id}/tags", {"tags": ["x"]}),
        ("POST", f"/workflows/{neighbour.workflow_id}/publish", None),
        ("POST", f"/workflows/{neighbour.workflow_id}/rollback", {"version": 1}),
        ("GET", f"/workflows/{neighbour.workflow_id}/diff", None),
        ("GET", f"/workflows/{neighbour.workflow_id}/versions", None),
        ("GET", f"/workflows/{workspace.workflow_id}/versions/{neighbour.version_id}", None),
        ("POST", f"/workflows/{neighbour.workflow_id}/runs", {"input": {"order_id": "x"}}),
        ("GET", f"/runs/{gate.run_id}", None),
        ("GET", f"/runs/{gate.run_id}/events", None),
        ("POST", f"/runs/{gate.run_id}/cancel", None),
        ("GET", f"/runs/{gate.run_id}/review", None),
        ("POST", f"/runs/{gate.run_id}/review", {"path": "pay", "decision": "again"}),
        ("GET", f"/approvals/{gate.approval_id}", None),
        ("POST", f"/approvals/{gate.approval_id}", {"decision": "approve"}),
    ):
        answer = await client.request(method, url, headers=headers, json=body)
        assert answer.status_code == 404, (method, url, answer.text)


async def test_a_browser_signs_in_with_a_cookie_that_scripts_cannot_read(
    client: httpx.AsyncClient, workspace: Workspace
):
    answer = await signed_in(client, workspace)
    cookie = answer.headers["set-cookie"]
    assert (answer.status_code, answer.json()["email"]) == (200, workspace.admin.email)
    assert cookie.startswith("weft_session=") and "HttpOnly" in cookie and "SameSite=lax" in cookie
    assert (await client.get("/me")).json()["role"] == "admin"
    assert (await client.delete("/session", headers={"Origin": ORIGIN})).status_code == 204
    assert (await client.get("/me")).status_code == 401


async def test_behind_https_the_cookie_is_secure_and_for_this_host_only(
    db: Database, settings: Settings, workspace: Workspace
):
    from dataclasses import replace

    from engine.api import api

    origin = "https://weft.example.com"
    application = api(db, replace(settings, origins=(origin,)))
    transport = httpx.ASGITransport(application)
    async with httpx.AsyncClient(transport=transport, base_url=origin) as client:
        body = {"email": workspace.admin.email, "password": PASSWORD}
        answer = await client.post("/session", json=body, headers={"Origin": origin})
        assert answer.headers["set-cookie"].startswith("__Host-weft_session=")
        assert "Secure" in answer.headers["set-cookie"] and "Path=/" in answer.headers["set-cookie"]


@pytest.mark.parametrize(
    "origin", [None, "https://evil.example.com", "null", "http://localhost:3000.evil.example.com"]
)
async def test_another_site_cannot_change_anything_with_the_cookie(
    client: httpx.AsyncClient, workspace: Workspace, origin: str | None
):
    await signed_in(client, workspace)
    headers = {} if origin is None else {"Origin": origin}
    body = {"name": "Planted"}
    assert (await client.post("/workflows", json=body, headers=headers)).status_code == 403
    assert (await client.post("/workflows", json=body, headers={"Origin": ORIGIN})).status_code == 201
    login = {"email": workspace.admin.email, "password": PASSWORD}
    assert (await client.post("/session", json=login, headers=headers)).status_code == 403


async def test_a_program_signs_in_and_refreshes(client: httpx.AsyncClient, workspace: Workspace):
    made = (await client.post("/login", json={"email": workspace.admin.email, "password": PASSWORD})).json()
    assert (made["token_type"], made["expires_in"]) == ("Bearer", 600)
    again = await client.post("/token/refresh", json={"refresh_token": made["refresh_token"]})
    me = await client.get("/me", headers={"Authorization": f"Bearer {again.json()['access_token']}"})
    assert me.json()["email"] == workspace.admin.email
    assert (
        await client.post("/token/refresh", json={"refresh_token": made["refresh_token"]})
    ).status_code == 401


async def test_a_wrong_password_is_a_problem_document(client: httpx.AsyncClient, workspace: Workspace):
    body = {"email": workspace.admin.email, "password": "wrong"}
    answer = await client.post("/login", json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")
    assert answer.json() == {
        "type": "urn:weft:problem:not-signed-in",
        "title": "Not signed in",
        "status": 401,
        "detail": "The e-mail address or the password is wrong.",
        "help": "Try again, or have the password reset.",
    }
    for _ in range(3):
        answer = await client.post("/login", json=body)
    assert (answer.status_code, int(answer.headers["retry-after"]) >= 1) == (429, True)


async def test_a_run_starts_and_its_bad_inputs_are_named(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace
):
    headers = await bearer(db, settings, workspace.admin)
    url = f"/workflows/{workspace.workflow_id}/runs"
    answer = await client.post(url, headers=headers, json={"input": {"order_id": "A-1001"}})
    assert (answer.status_code, answer.json()["state"]) == (202, "queued")
    listed = (await client.get("/runs", headers=headers)).json()
    assert [run["id"] for run in listed["items"]] == [answer.json()["run_id"]]
    detail = (await client.get(f"/runs/{answer.json()['run_id']}", headers=headers)).json()
    assert detail["input"] == {"order_id": "A-1001", "reason": "none given"}
    wrong = await client.post(url, headers=headers, json={"input": {"amount": "x"}})
    assert wrong.status_code == 422
    assert {problem["path"] for problem in wrong.json()["problems"]} == {"order_id", "amount"}
    malformed = await client.post(url, headers=headers, json={"input": [], "wait_seconds": 900})
    assert {problem["path"] for problem in malformed.json()["problems"]} == {"input", "wait_seconds"}


async def test_waiting_for_a_run_answers_200_when_it_is_over_in_time(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace
):
    headers = await bearer(db, settings, workspace.admin)
    url = f"/workflows/{workspace.workflow_id}/runs"
    late = await client.post(url, headers=headers, json={"input": {"order_id": "A"}, "wait_seconds": 0.2})
    assert late.status_code == 202
    body = {"input": {"order_id": "B"}, "wait_seconds": 10}
    async with asyncio.timeout(8), db.notices.subscribe("weft_runs") as queued:
        waiting = asyncio.create_task(client.post(url, headers=headers, json=body))
        assert await queued.wait(5)
        newest = (await runs.list_runs(db, workspace.admin, limit=1)).items[0]
        await runs.cancel_run(db, workspace.admin, newest.id)
        answer = await waiting
    assert (answer.status_code, answer.json()["state"]) == (200, "cancelled")


async def test_a_stale_draft_is_a_conflict_that_carries_the_current_one(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace
):
    headers = await bearer(db, settings, workspace.people["builder"])
    url = f"/workflows/{workspace.workflow_id}"
    first = await client.put(url, headers=headers, json={"text": "workflow refund { }", "revision": 1})
    assert (first.status_code, first.json()["revision"]) == (200, 2)
    second = await client.put(url, headers=headers, json={"text": "workflow other { }", "revision": 1})
    assert (second.status_code, second.json()["current"]["text"]) == (409, "workflow refund { }")


async def test_an_approval_is_decided_once(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace, open_gate
):
    gate = await open_gate(workspace)
    headers = await bearer(db, settings, workspace.people["approver"])
    (shown,) = (await client.get("/approvals", headers=headers)).json()
    assert (shown["id"], shown["may_decide"]) == (str(gate.approval_id), True)
    body = {"decision": "approve", "comment": "fine", "args_hash": shown["args_hash"]}
    assert (
        await client.post(f"/approvals/{gate.approval_id}", headers=headers, json=body)
    ).status_code == 200
    again = await client.post(f"/approvals/{gate.approval_id}", headers=headers, json=body)
    assert (again.status_code, again.json()["current"]["state"]) == (409, "approved")


async def test_a_review_is_listed_and_answered_once(
    client: httpx.AsyncClient,
    db: Database,
    runner: Database,
    settings: Settings,
    workspace: Workspace,
    open_gate,
):
    run = (await open_gate(workspace)).run_id
    call = {"attempt": 1, "tool": "shop.pay", "args": {"amount": 5}, "key": "k"}
    unknown = {"attempt": 1, "code": "timeout", "question": "Did shop.pay happen?"}
    async with runner.platform() as session:
        for seq, kind, data in ((2, "step.started", call), (3, "step.unknown", unknown)):
            about = {"run_id": run, "seq": seq, "account_id": workspace.account_id}
            session.add(tables.RunEvent(**about, kind=kind, path="pay", data=data))
        await session.flush()
        for state in ("running", "needs_review"):
            await session.execute(
                text("UPDATE runs SET state = :state, last_seq = 3 WHERE id = :id"),
                {"id": run, "state": state},
            )
    headers = await bearer(db, settings, workspace.people["operator"])
    (asked,) = (await client.get(f"/runs/{run}/review", headers=headers)).json()
    assert (asked["arguments"], asked["key"], asked["attempt"], asked["may_answer"]) == (
        {"amount": 5},
        "k",
        1,
        True,
    )
    assert asked in (await client.get("/reviews", headers=headers)).json()
    body = {"path": "pay", "decision": "happened", "result": {"id": 7}, "attempt": 1}
    odd = await client.post(f"/runs/{run}/review", headers=headers, json={**body, "decision": "perhaps"})
    assert odd.status_code == 422
    for _ in range(2):
        answer = await client.post(f"/runs/{run}/review", headers=headers, json=body)
        assert (answer.status_code, answer.json()["state"]) == (200, "queued"), answer.text
    again = await client.post(f"/runs/{run}/review", headers=headers, json={**body, "result": {"id": 8}})
    assert (again.status_code, again.json()["current"]["state"]) == (409, "queued")


async def test_an_unexpected_error_tells_the_caller_nothing(
    application: FastAPI, client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
):
    application.state.db = None
    answer = await client.get("/ready")
    assert (answer.status_code, answer.json()["title"]) == (500, "Internal error")
    assert "Assertion" not in answer.text and "Traceback" not in answer.text


async def test_a_body_that_is_too_large_is_refused(client: httpx.AsyncClient):
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(80):
            yield b"x" * 100_000

    assert (await client.post("/login", content=b"x" * 5_000_000)).status_code == 413
    assert (await client.post("/login", content=endless())).status_code in (400, 413)


async def test_ready_tells_how_the_engine_is(client: httpx.AsyncClient, runner: Database):
    async with runner.platform() as session:
        await session.execute(text("DELETE FROM runners"))
    assert (await client.get("/ready")).json()["engine"] == {"state": "starting", "runners": 0, "active": 0}
    assert (await client.get("/ready?runs=true")).status_code == 503
    async with runner.platform() as session:
        await session.execute(text("INSERT INTO runners (id, host, pid, active) VALUES ('r1', 'h', 1, 3)"))
    assert (await client.get("/ready?runs=true")).status_code == 200
    assert (await client.get("/ready")).json()["engine"] == {"state": "ready", "runners": 1, "active": 3}
    async with runner.platform() as session:
        await session.execute(text("UPDATE runners SET seen_at = now() - interval '1 minute'"))
    assert (await client.get("/ready")).json()["engine"]["state"] == "down"


async def test_metrics_have_their_names(client: httpx.AsyncClient, db: Database, workspace: Workspace):
    await runs.start_run(db, workspace.admin, workspace.workflow_id, {"order_id": "A-1001"})
    async with db.account(workspace.account_id) as session:
        session.add(tables.ModelCall(account_id=workspace.account_id, provider="scripted", model="m", ms=250))
    scraped = (await client.get("/metrics")).text
    assert 'provider_api_calls_total{model="m",outcome="answered",provider="scripted"} 1.0' in scraped
    for name in (
        "workflow_runs_total{",
        "workflow_duration_seconds_sum{",
        "active_runs ",
        "queue_depth ",
        "runners ",
        'step_duration_seconds_bucket{le="0.005",outcome="succeeded"} ',
    ):
        assert f"\n{name}" in scraped


async def test_the_api_describes_itself(client: httpx.AsyncClient):
    described = (await client.get("/openapi.json")).json()
    assert "/workflows/{workflow_id}/publish" in described["paths"]


async def test_the_audit_log_is_for_administrators(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace
):
    headers = await bearer(db, settings, workspace.admin)
    page = (await client.get("/admin/audit?limit=2", headers=headers)).json()
    assert (len(page["entries"]), page["next"] is not None) == (2, True)
    verdict = (await client.get("/admin/audit/verdict", headers=headers)).json()
    assert verdict["broken_at"] is None


class _Server(uvicorn.Server):
    """Says when it listens."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.up = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.up.set()


@asynccontextmanager
async def served(application: FastAPI) -> AsyncIterator[str]:
    """The application on a real socket: streams are not streams over an in-process transport."""
    server = _Server(uvicorn.Config(application, host="127.0.0.1", port=0, log_level="error"))
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(10):
        await server.up.wait()
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    server.force_exit = True
    await task


async def events_of(lines: AsyncIterator[str], wanted: int) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    id_ = ""
    async for line in lines:
        if line.startswith("id: "):
            id_ = line[4:]
        if line.startswith("event: "):
            found.append((id_, line[7:]))
            if len(found) == wanted:
                break
    return found


async def test_events_stream_and_go_on_behind_the_last_one_seen(
    application: FastAPI, db: Database, settings: Settings, workspace: Workspace
):
    run = await runs.start_run(db, workspace.admin, workspace.workflow_id, {"order_id": "A-1001"})
    headers = await bearer(db, settings, workspace.admin)
    async with asyncio.timeout(15), served(application) as url, httpx.AsyncClient(base_url=url) as client:
        async with client.stream("GET", f"/runs/{run.id}/events", headers=headers) as stream:
            lines = stream.aiter_lines()
            assert await events_of(lines, 1) == [("1", "run.accepted")]
            await runs.cancel_run(db, workspace.admin, run.id)
            assert await events_of(lines, 2) == [("2", "run.cancelled"), ("2", "end")]
        resumed = await client.get(f"/runs/{run.id}/events", headers={**headers, "Last-Event-ID": "1"})
        data = [json.loads(line[6:]) for line in resumed.text.splitlines() if line.startswith("data: ")]
        assert [event.get("kind") for event in data] == ["run.cancelled", None]


async def test_a_stream_ends_soon_after_its_reader_signed_out(
    application: FastAPI, db: Database, workspace: Workspace
):
    run = await runs.start_run(db, workspace.admin, workspace.workflow_id, {"order_id": "A-1001"})
    async with asyncio.timeout(15), served(application) as url, httpx.AsyncClient(base_url=url) as client:
        await signed_in(client, workspace)
        async with client.stream("GET", f"/runs/{run.id}/events") as stream:
            lines = stream.aiter_lines()
            assert await events_of(lines, 1) == [("1", "run.accepted")]
            await client.delete("/session", headers={"Origin": ORIGIN})
            assert await events_of(lines, 1) == [("", "problem")]
