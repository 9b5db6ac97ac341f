"""Two accounts with people of every role, and a workflow that is live, on a real Postgres."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from dsl.plan import Block, ConstantExpr, Plan
from engine import people, tables, tokens
from engine.actor import Actor
from engine.api import api
from engine.database import Database, Urls
from engine.identity import new_id
from engine.settings import Settings

ORIGIN = "http://localhost:3000"
PASSWORD = "correct horse battery"
ROLES = ("viewer", "builder", "approver", "operator", "admin")

PLAN = Plan(
    workflow="refund",
    input_schema={
        "type": "object",
        "properties": {
            "order_id": {"type": "string"},
            "amount": {"type": "number"},
            "reason": {"type": "string"},
        },
        "required": ["order_id", "reason"],
        "additionalProperties": False,
    },
    input_defaults={"reason": ConstantExpr(value="none given")},
    body=Block(),
)


@dataclass(frozen=True)
class Workspace:
    """``people`` by their role; ``workflow_id`` has one version, live."""

    account_id: UUID
    people: dict[str, Actor]
    workflow_id: UUID
    version_id: UUID

    @property
    def admin(self) -> Actor:
        return self.people["admin"]


@pytest.fixture
async def owner(owner_url: str, urls: Urls) -> AsyncIterator[Database]:
    database = await Database.open(owner_url, pool_size=1)
    yield database
    await database.close()


@pytest.fixture
async def make_workspace(owner: Database, db: Database) -> Callable[[], Awaitable[Workspace]]:
    async def make() -> Workspace:
        mark = secrets.token_hex(3)
        admin, _ = await people.ensure_workspace(
            owner, name=f"Workspace {mark}", email=f"owner-{mark}@example.com"
        )
        await people.reset_password(db, admin.email, PASSWORD)
        known = {"admin": admin}
        for role in ROLES[:-1]:
            known[role] = await people.add_user(
                db,
                admin.account_id,
                email=f"{role}-{mark}@example.com",
                name=role.title(),
                role=role,
                groups=("manager",) if role == "approver" else (),
            )
        return await _with_a_version(db, Workspace(admin.account_id, known, new_id(), new_id()))

    return make


async def _with_a_version(db: Database, workspace: Workspace) -> Workspace:
    of = {"account_id": workspace.account_id, "workflow_id": workspace.workflow_id}
    async with db.account(workspace.account_id) as session:
        session.add(
            tables.Workflow(
                id=workspace.workflow_id, account_id=workspace.account_id, name="refund", title="Refund"
            )
        )
        await session.flush()
        session.add(tables.Draft(**of, text="workflow refund {\n}\n", positions={}))
        session.add(
            tables.Version(
                **of,
                id=workspace.version_id,
                number=1,
                text="workflow refund {\n}\n",
                pins=[],
                plan=PLAN.model_dump(mode="json"),
                content_hash="0" * 64,
                published_by=workspace.people["builder"].user_id,
            )
        )
        await session.flush()
        live = text("UPDATE workflows SET live_version_id = :version WHERE id = :id")
        await session.execute(live, {"version": workspace.version_id, "id": workspace.workflow_id})
    return workspace


@pytest.fixture
async def workspace(make_workspace: Callable[[], Awaitable[Workspace]]) -> Workspace:
    return await make_workspace()


@pytest.fixture
async def neighbour(make_workspace: Callable[[], Awaitable[Workspace]]) -> Workspace:
    """Another account on the same database."""
    return await make_workspace()


@pytest.fixture
async def runner(urls: Urls) -> AsyncIterator[Database]:
    """As the engine's runners sign in."""
    database = await Database.open(urls.runner, pool_size=1)
    yield database
    await database.close()


@pytest.fixture
def settings(urls: Urls, tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path,
        app_url=urls.app,
        runner_url=urls.runner,
        studio_port=3000,
        gateway_port=8000,
        samples_url="",
        origins=(ORIGIN,),
        key=b"k" * 32,
    )


@pytest.fixture
def application(db: Database, settings: Settings) -> FastAPI:
    return api(db, settings)


@pytest.fixture
async def client(application: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Nobody yet, at the origin of the studio."""
    transport = httpx.ASGITransport(application, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost:3000", timeout=20) as opened:
        yield opened


@dataclass(frozen=True)
class Gate:
    run_id: UUID
    approval_id: UUID


@pytest.fixture
def open_gate(db: Database, runner: Database) -> Callable[..., Awaitable[Gate]]:
    """A run that waits for an approval, put there as the runner does it."""

    async def open_(workspace: Workspace, **values: Any) -> Gate:
        from engine import runs

        run = await runs.start_run(
            db, workspace.people["operator"], workspace.workflow_id, {"order_id": "A-1001"}
        )
        gate = Gate(run.id, new_id())
        row = {
            "account_id": workspace.account_id,
            "run_id": run.id,
            "workflow_id": workspace.workflow_id,
            "path": "gate.approval",
            "step_id": "approval",
            "title": "Refund 249.90 EUR?",
            "effects": [],
            "shown": {},
            "approvers": [{"by": "role", "name": "manager"}],
            "args_hash": "a" * 64,
            "decisions": [],
        }
        async with runner.platform() as session:
            await session.execute(text("UPDATE runs SET state = 'running' WHERE id = :id"), {"id": run.id})
            waiting = text(
                "UPDATE runs SET state = 'waiting', waiting_on = '{gate.approval}', due_at = NULL WHERE id = :id"
            )
            await session.execute(waiting, {"id": run.id})
            session.add(tables.Approval(id=gate.approval_id, **(row | values)))
        return gate

    return open_


def with_groups(actor: Actor, *groups: str) -> Actor:
    return replace(actor, groups=groups)


async def bearer(db: Database, settings: Settings, actor: Actor) -> dict[str, str]:
    return {"Authorization": f"Bearer {(await tokens.issue_tokens(db, settings, actor)).access}"}
