"""Named secrets: two values for a while, names and dates for everybody, values for nobody."""

from __future__ import annotations

import secrets as random
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

import dsl
from engine import audit, catalog, secrets, workflows
from engine.actor import Actor
from engine.database import Database
from engine.errors import BadInput, Conflict, Forbidden, NotFound, Rejected
from engine.secrets import Opened
from engine.vault import Sealed
from tests.engine_store.conftest import Workspace

SIGNED = """
workflow orders {
  input { order: string }
  secret shop_key
  trigger placed: webhook POST "/orders" verify hmac_sha256(event, secrets.shop_key)
    with (order: event.body.order)
  step done: return {}
}
"""


def fresh(word: str = "value") -> str:
    return f"{word}-{random.token_hex(8)}"


async def values(db: Database, workspace: Workspace, name: str = "shop_key") -> tuple[str, ...] | None:
    async with db.account(workspace.account_id) as session:
        found = await secrets.opened(session, workspace.account_id, name)
    return None if found is None else found.values


async def passed(db: Database, workspace: Workspace, hours: float) -> None:
    """As if so many hours had gone by."""
    async with db.account(workspace.account_id) as session:
        moved = text("UPDATE secrets SET before_until = before_until - make_interval(secs => :s)")
        await session.execute(moved, {"s": hours * 3600})


async def test_the_value_before_is_valid_until_its_time_is_over(db: Database, workspace: Workspace):
    first, second, third = fresh("first"), fresh("second"), fresh("third")
    await secrets.set_secret(db, workspace.admin, "shop_key", f"  {first}\n")
    assert await values(db, workspace) == (first,)
    view = await secrets.set_secret(db, workspace.admin, "shop_key", second, keep_hours=2)
    assert view.before_until is not None and view.before_until - view.set_at == timedelta(hours=2)
    assert await values(db, workspace) == (second, first)
    await passed(db, workspace, 2.1)
    assert await values(db, workspace) == (second,)
    [listed] = await secrets.list_secrets(db, workspace.admin)
    assert listed.before_until is None
    await secrets.set_secret(db, workspace.admin, "shop_key", third, keep_hours=0)
    assert await values(db, workspace) == (third,)


async def test_the_same_value_again_does_not_end_the_one_before(db: Database, workspace: Workspace):
    first, second = fresh(), fresh()
    for value in (first, second, second):
        view = await secrets.set_secret(db, workspace.admin, "shop_key", value)
    assert await values(db, workspace) == (second, first)
    assert view.before_until is not None


async def test_the_value_before_can_be_revoked_and_no_third_one_is_valid(db: Database, workspace: Workspace):
    first, second, third = fresh(), fresh(), fresh()
    for value in (first, second, third):
        await secrets.set_secret(db, workspace.admin, "shop_key", value)
    assert await values(db, workspace) == (third, second)
    await secrets.revoke_before(db, workspace.admin, "shop_key")
    assert await values(db, workspace) == (third,)


async def test_what_is_needed_by_a_live_version_is_deleted_only_by_force(db: Database, workspace: Workspace):
    admin = workspace.admin
    draft = await workflows.create_workflow(db, admin, "orders", SIGNED)
    with pytest.raises(Rejected) as refused:
        await workflows.publish(db, admin, draft.workflow_id)
    assert [d.message for d in refused.value.diagnostics if d.code == "E106"] == [
        "the secret `shop_key` is not set"
    ]
    await secrets.set_secret(db, admin, "shop_key", fresh())
    await workflows.publish(db, admin, draft.workflow_id)
    [view] = await secrets.list_secrets(db, admin)
    assert [use.workflow for use in view.used_by] == ["orders"]
    with pytest.raises(Conflict, match="needed by orders"):
        await secrets.delete_secret(db, admin, "shop_key")
    await secrets.delete_secret(db, admin, "shop_key", forced=True)
    assert await values(db, workspace) is None
    assert [use.workflow for use in (await secrets.missing(db, admin))["shop_key"]] == ["orders"]


async def test_a_draft_can_be_tried_before_its_secret_is_set(db: Database, workspace: Workspace):
    known = await catalog.catalog(db, workspace.admin, fresh=True)
    judged = {
        name: [d.code for d in dsl.check(dsl.parse(SIGNED), one) if d.severity == "error"]
        for name, one in {"publishing": known, "testing": catalog.without_secrets(known)}.items()
    }
    assert judged == {"publishing": ["E106"], "testing": []}


@pytest.mark.parametrize(
    ("name", "value", "hours", "path"),
    [
        ("1st", "long enough", 24, "name"),
        ("shop-key", "long enough", 24, "name"),
        ("shop_key\n", "long enough", 24, "name"),
        ("", "long enough", 24, "name"),
        ("n" * 65, "long enough", 24, "name"),
        ("shop_key", "short", 24, "value"),
        ("shop_key", "   short   ", 24, "value"),
        ("shop_key", "x" * 4097, 24, "value"),
        ("shop_key", "nul\0nul\0nul", 24, "value"),
        ("shop_key", "long enough", -1, "keep_hours"),
        ("shop_key", "long enough", float("nan"), "keep_hours"),
        ("shop_key", "long enough", 24 * 91, "keep_hours"),
    ],
)
async def test_what_cannot_be_kept_is_named(
    db: Database, workspace: Workspace, name: str, value: str, hours: float, path: str
):
    with pytest.raises(BadInput) as refused:
        await secrets.set_secret(db, workspace.admin, name, value, hours)
    assert [where for where, _ in refused.value.problems] == [path]
    assert value.strip()[:9] not in str(refused.value.problems) + refused.value.message


async def test_only_operators_and_administrators_change_them(db: Database, workspace: Workspace):
    await secrets.set_secret(db, workspace.people["operator"], "shop_key", fresh())
    for role in ("viewer", "builder", "approver"):
        actor: Actor = workspace.people[role]
        for change in (
            secrets.set_secret(db, actor, "shop_key", fresh()),
            secrets.revoke_before(db, actor, "shop_key"),
            secrets.delete_secret(db, actor, "shop_key", forced=True),
        ):
            with pytest.raises(Forbidden):
                await change
        assert len(await secrets.list_secrets(db, actor)) == 1


async def test_another_accounts_secret_is_not_there_and_its_row_does_not_open(
    db: Database, workspace: Workspace, neighbour: Workspace, owner: Database
):
    theirs = fresh()
    await secrets.set_secret(db, neighbour.admin, "shop_key", theirs)
    assert await secrets.list_secrets(db, workspace.admin) == ()
    with pytest.raises(NotFound):
        await secrets.delete_secret(db, workspace.admin, "shop_key")
    await secrets.set_secret(db, workspace.admin, "shop_key", fresh())
    await secrets.set_secret(db, workspace.admin, "other_key", fresh())
    async with db.account(neighbour.account_id) as session:
        sealed = (await session.execute(text("SELECT sealed FROM secrets"))).scalar_one()
    async with db.account(workspace.account_id) as session:
        await session.execute(text("UPDATE secrets SET sealed = :s WHERE name = 'shop_key'"), {"s": sealed})
        await session.execute(
            text(
                "UPDATE secrets SET sealed = (SELECT sealed FROM secrets WHERE name = 'shop_key'),"
                " sealed_before = sealed, before_until = now() + interval '1 day' WHERE name = 'other_key'"
            )
        )
    for name in ("shop_key", "other_key"):
        with pytest.raises(Sealed):
            await values(db, workspace, name)
    mended = fresh()
    view = await secrets.set_secret(db, workspace.admin, "shop_key", mended)
    assert (view.before_until, await values(db, workspace)) == (None, (mended,))


async def test_a_runner_cannot_read_them(runner: Database, workspace: Workspace):
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with runner.account(workspace.account_id) as session:
            await session.execute(text("SELECT sealed FROM secrets"))


async def test_the_audit_says_who_did_what_and_no_value(db: Database, workspace: Workspace):
    admin, first, second = workspace.admin, fresh(), fresh()
    await secrets.set_secret(db, admin, "shop_key", first)
    await secrets.set_secret(db, admin, "shop_key", second)
    await secrets.revoke_before(db, admin, "shop_key")
    await secrets.revoke_before(db, admin, "shop_key")
    await secrets.delete_secret(db, admin, "shop_key")
    entries = [one for one in await audit.list_entries(db, admin) if one.action.startswith("secret.")]
    assert [(one.action, one.subject) for one in reversed(entries)] == [
        ("secret.set", "shop_key"),
        ("secret.rotate", "shop_key"),
        ("secret.revoke", "shop_key"),
        ("secret.delete", "shop_key"),
    ]
    assert [mark for mark in (first, second) if mark in repr(entries)] == []


def test_an_opened_secret_does_not_print_its_values():
    assert repr(Opened("shop_key", ("a value nobody sees",))) == "Opened(name='shop_key')"
