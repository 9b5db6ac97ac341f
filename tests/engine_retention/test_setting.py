"""How long an account keeps things: who says so, what is refused, and that it is written down."""

from __future__ import annotations

import httpx
import pytest
from pydantic import ValidationError

from engine import audit, retention, tables
from engine.database import Database
from engine.errors import Forbidden
from engine.retention import Retention
from engine.settings import Settings
from tests.engine_store.conftest import ROLES, Workspace, bearer

USUAL = {"runs_days": 90, "trials_days": 30, "events_days": 30, "artifacts_days": 90}


async def test_who_says_nothing_keeps_runs_ninety_days_and_events_thirty(db: Database, workspace: Workspace):
    assert (await retention.get_retention(db, workspace.admin)).model_dump() == USUAL


async def test_what_an_administrator_says_is_kept_and_audited(
    db: Database, workspace: Workspace, neighbour: Workspace
):
    said = Retention(runs_days=365, events_days=0)
    assert await retention.set_retention(db, workspace.admin, said) == said
    assert await retention.get_retention(db, workspace.admin) == said
    assert (await retention.get_retention(db, neighbour.admin)).model_dump() == USUAL
    newest = (await audit.list_entries(db, workspace.admin, limit=1))[0]
    assert (newest.actor, newest.action) == (workspace.admin.email, "retention.set")
    assert newest.data == {
        "before": USUAL,
        "after": {"runs_days": 365, "trials_days": 30, "events_days": 0, "artifacts_days": 90},
    }


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
async def test_only_administrators_read_and_change_it(db: Database, workspace: Workspace, role: str):
    with pytest.raises(Forbidden):
        await retention.set_retention(db, workspace.people[role], Retention())
    with pytest.raises(Forbidden):
        await retention.get_retention(db, workspace.people[role])


@pytest.mark.parametrize("days", [1, 6, -1, 36_501, 7.5, "90", True, None])
@pytest.mark.parametrize("what", sorted(USUAL))
def test_a_time_that_a_typo_made_is_refused(what: str, days: object):
    with pytest.raises(ValidationError):
        Retention.model_validate({what: days})


@pytest.mark.parametrize("days", [0, 7, 36_500])
def test_a_week_is_enough_and_nothing_is_for_ever(days: int):
    assert Retention(runs_days=days).runs_days == days


async def test_what_is_stored_and_cannot_be_read_is_as_nothing_said(db: Database, workspace: Workspace):
    async with db.account(workspace.account_id) as session:
        account = await session.get_one(tables.Account, workspace.account_id)
        account.settings = {**account.settings, "retention": {"runs_days": "soon"}}
        session.add(account)
    assert (await retention.get_retention(db, workspace.admin)).model_dump() == USUAL


async def test_the_api_reads_and_writes_it(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace
):
    headers = await bearer(db, settings, workspace.admin)
    assert (await client.get("/admin/retention", headers=headers)).json() == USUAL
    put = await client.put("/admin/retention", headers=headers, json={"runs_days": 30})
    assert (put.status_code, put.json()) == (200, USUAL | {"runs_days": 30})
    assert (await client.get("/admin/retention", headers=headers)).json() == USUAL | {"runs_days": 30}


@pytest.mark.parametrize("body", [{"runs_days": 1}, {"runs": 90}, [], {"events_days": "30"}])
async def test_a_setting_that_is_none_is_a_problem_with_details(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace, body: object
):
    headers = await bearer(db, settings, workspace.admin)
    answer = await client.put("/admin/retention", headers=headers, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    viewer = await bearer(db, settings, workspace.people["viewer"])
    assert (await client.get("/admin/retention", headers=viewer)).status_code == 403
