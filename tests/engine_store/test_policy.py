"""The account's policy: who may change it, what is kept of it, and that the checks follow it."""

from __future__ import annotations

import httpx
import pytest
from sqlmodel import col, select

import dsl
from dsl.policy import WORST, Policy, ToolRule
from engine import audit, catalog, policy, tables
from engine.database import Database
from engine.errors import BadInput, Forbidden
from engine.sample_policy import SAMPLE_POLICY
from engine.settings import Settings
from tests.engine_store.conftest import ROLES, Workspace, bearer

FREE = ToolRule(tool="shop.process_refund", does=("money",), approval="free")
MAIL = ToolRule(tool="mail.*", does=("send",))


async def test_an_account_that_says_nothing_has_a_policy_without_rules(db: Database, workspace: Workspace):
    assert await policy.get_policy(db, workspace.people["viewer"]) == Policy()
    known = await catalog.catalog(db, workspace.admin)
    assert known.nature("shop", "process_refund").does == WORST


async def test_what_an_administrator_says_holds_at_once_and_is_audited(db: Database, workspace: Workspace):
    assert (await catalog.catalog(db, workspace.admin)).policy == Policy()
    said = Policy(rules=(FREE, MAIL))
    assert await policy.set_policy(db, workspace.admin, said) == said
    assert (await catalog.catalog(db, workspace.people["builder"])).policy == said
    newest = (await audit.list_entries(db, workspace.admin, limit=1))[0]
    assert (newest.action, newest.actor) == ("policy.set", workspace.admin.email)
    assert newest.data == {
        "rules": {
            "mail.*": {"tool": "mail.*", "does": ["send"]},
            "shop.process_refund": {"tool": "shop.process_refund", "does": ["money"], "approval": "free"},
        }
    }


async def test_one_rule_takes_the_place_of_what_was_said_of_its_tools(db: Database, workspace: Workspace):
    await policy.set_policy(db, workspace.admin, Policy(rules=(FREE, MAIL)))
    strict = ToolRule(tool="shop.process_refund", approval="required")
    assert await policy.set_rule(db, workspace.admin, strict) == Policy(rules=(MAIL, strict))
    newest = (await audit.list_entries(db, workspace.admin, limit=1))[0]
    assert newest.data == {
        "rules": {"shop.process_refund": {"tool": "shop.process_refund", "approval": "required"}}
    }
    assert await policy.get_policy(db, workspace.admin) == Policy(rules=(MAIL, strict))


@pytest.mark.parametrize("role", [role for role in ROLES if role != "admin"])
async def test_only_administrators_change_it(db: Database, workspace: Workspace, role: str):
    with pytest.raises(Forbidden):
        await policy.set_policy(db, workspace.people[role], Policy(rules=(FREE,)))
    with pytest.raises(Forbidden):
        await policy.set_rule(db, workspace.people[role], FREE)
    assert await policy.get_policy(db, workspace.admin) == Policy()


async def test_it_is_of_one_account_and_other_settings_stay(
    db: Database, workspace: Workspace, neighbour: Workspace
):
    before = await settings_of(db, workspace)
    await policy.set_policy(db, workspace.admin, Policy(rules=(FREE,)))
    assert await policy.get_policy(db, neighbour.admin) == Policy()
    after = await settings_of(db, workspace)
    assert after == {**before, "policy": {"rules": [FREE.model_dump(mode="json", exclude_none=True)]}}


async def test_what_is_stored_and_cannot_be_read_is_the_worst(db: Database, workspace: Workspace):
    async with db.account(workspace.account_id) as session:
        account = await session.get(tables.Account, workspace.account_id)
        assert account is not None
        account.settings = {**account.settings, "policy": {"rules": [{"tool": "*", "does": ["nothing"]}]}}
        session.add(account)
    assert await policy.get_policy(db, workspace.admin) == Policy()


async def test_too_many_rules_are_refused(db: Database, workspace: Workspace):
    many = Policy(rules=tuple(ToolRule(tool=f"shop.t{n}") for n in range(policy.MOST_RULES + 1)))
    with pytest.raises(BadInput):
        await policy.set_policy(db, workspace.admin, many)


async def test_the_samples_bring_their_policy_once(db: Database, workspace: Workspace):
    await catalog.connect_samples(db, workspace.account_id, "http://127.0.0.1:9")
    assert await policy.get_policy(db, workspace.admin) == SAMPLE_POLICY
    await policy.set_policy(db, workspace.admin, Policy())
    await catalog.connect_samples(db, workspace.account_id, "http://127.0.0.1:9")
    assert await policy.get_policy(db, workspace.admin) == Policy()


async def test_checks_follow_the_policy(db: Database, workspace: Workspace):
    text = 'workflow w { use s: mcp "shop" step a: call s.worst(x: 1) timeout 1s }'
    pinned = {"definition": {"name": "worst", "inputSchema": {"type": "object"}}, "sha256": "0" * 64}
    async with db.account(workspace.account_id) as session:
        session.add(
            tables.ConnectorRow(
                account_id=workspace.account_id,
                name="shop",
                transport={"kind": "http", "url": "http://127.0.0.1:9/mcp"},
                pins={"worst": pinned},
                health={},
            )
        )

    async def codes() -> list[str]:
        known = await catalog.catalog(db, workspace.admin)
        return [one.code for one in dsl.check(dsl.parse(text), known) if one.severity == "error"]

    catalog.forget(workspace.account_id)
    assert "E402" in await codes()
    await policy.set_rule(db, workspace.admin, ToolRule(tool="shop.worst", approval="free"))
    assert "E402" not in await codes()


async def test_the_api_reads_and_writes_the_policy_and_tells_what_is_odd(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace
):
    headers = await bearer(db, settings, workspace.admin)
    empty = {"policy": {"rules": []}, "problems": []}
    assert (await client.get("/admin/policy", headers=headers)).json() == empty
    put = await client.put(
        "/admin/policy", headers=headers, json={"rules": [{"tool": "bank.pay", "does": []}]}
    )
    assert put.status_code == 200
    assert [one["message"] for one in put.json()["problems"]] == ["There is no connector `bank`."]
    assert (await client.get("/admin/policy", headers=headers)).json() == put.json()


@pytest.mark.parametrize(
    "body",
    [
        {"rules": [{"tool": "no dots"}]},
        {"rules": [{"tool": "*", "does": ["harm"]}]},
        {"rules": [{"tool": "*", "extra": 1}]},
        {"rule": []},
        [],
    ],
)
async def test_a_policy_that_is_none_is_a_problem_with_details(
    client: httpx.AsyncClient, db: Database, settings: Settings, workspace: Workspace, body: object
):
    headers = await bearer(db, settings, workspace.admin)
    answer = await client.put("/admin/policy", headers=headers, json=body)
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert await policy.get_policy(db, workspace.admin) == Policy()


async def settings_of(db: Database, workspace: Workspace) -> dict[str, object]:
    async with db.account(workspace.account_id) as session:
        query = select(tables.Account).where(col(tables.Account.id) == workspace.account_id)
        return dict((await session.exec(query)).one().settings)
