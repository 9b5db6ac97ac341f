"""The rows of triggers: what publishing, going back and archiving make of them, and what publishing refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text as sql

from engine import drafts, secrets, trials, versions, workflows
from engine.actor import Actor
from engine.database import Database
from engine.errors import BadInput, Conflict, Forbidden, NotFound, Rejected
from engine.identity import new_id
from engine.triggers import register
from engine.triggers.register import TriggerSummary
from tests.engine_store.conftest import Workspace
from tests.engine_triggers.kit import DAILY, SIGNED, published, written


async def listed(db: Database, actor: Actor, workflow_id: UUID) -> dict[str, TriggerSummary]:
    return {one.name: one for one in await register.list_triggers(db, actor, workflow_id)}


async def rows(db: Database, workspace: Workspace) -> list[Any]:
    async with db.account(workspace.account_id) as session:
        return list(
            await session.execute(sql("SELECT name, kind, live, next_at FROM triggers ORDER BY created_at"))
        )


async def test_a_published_trigger_is_there_with_its_next_moment(db: Database, workspace: Workspace):
    builder = workspace.people["builder"]
    version = await published(db, builder, written("a", DAILY, "trigger ui: manual"))
    found = await listed(db, builder, version.workflow_id)
    daily = found["daily"]
    assert (daily.kind, daily.state, daily.version, daily.catch_up) == ("schedule", "on", 1, "last")
    assert (daily.last_result, daily.failures, daily.missed, daily.waiting) == (None, 0, 0, 0)
    moments = await register.next_fires(db, builder, daily.id)
    assert moments[0] == daily.next_at and len(moments) == 5
    assert found["ui"].next_at is None and await register.next_fires(db, builder, found["ui"].id) == ()


async def test_over_versions_a_trigger_keeps_its_row_its_pause_and_its_moment(
    db: Database, workspace: Workspace
):
    builder = workspace.people["builder"]
    first = await published(db, builder, written("b", DAILY, 'trigger paid: event "paid"'))
    before = await listed(db, builder, first.workflow_id)
    await register.pause(db, builder, before["paid"].id)
    text = written("b", DAILY, 'trigger paid: event "payment.received"', "trigger ui: manual")
    second = await published(db, builder, text, first.workflow_id)
    after = await listed(db, builder, first.workflow_id)
    assert {name: one.id for name, one in after.items() if name in before} == {
        name: one.id for name, one in before.items()
    }
    assert (after["paid"].state, after["paid"].version_id) == ("paused", second.id)
    assert after["daily"].next_at == before["daily"].next_at


async def test_another_cron_has_another_next_moment(db: Database, workspace: Workspace):
    builder = workspace.people["builder"]
    first = await published(db, builder, written("c", DAILY))
    before = (await listed(db, builder, first.workflow_id))["daily"]
    await published(db, builder, written("c", DAILY.replace("0 9", "0 10")), first.workflow_id)
    after = (await listed(db, builder, first.workflow_id))["daily"]
    assert after.id == before.id and after.next_at is not None and before.next_at is not None
    assert (after.next_at - before.next_at) % timedelta(days=1) == timedelta(hours=1)


async def test_a_trigger_that_a_version_lacks_is_off_and_comes_back_when_one_is_gone_back_to(
    db: Database, workspace: Workspace
):
    builder = workspace.people["builder"]
    first = await published(db, builder, written("d", DAILY))
    before = (await listed(db, builder, first.workflow_id))["daily"]
    await published(db, builder, written("d"), first.workflow_id)
    assert await listed(db, builder, first.workflow_id) == {}
    assert [tuple(row) for row in await rows(db, workspace)] == [("daily", "schedule", False, None)]
    await workflows.rollback(db, builder, first.workflow_id, 1)
    again = (await listed(db, builder, first.workflow_id))["daily"]
    assert (again.id, again.next_at, again.version) == (before.id, before.next_at, 3)


async def test_another_kind_under_the_same_name_is_another_trigger(db: Database, workspace: Workspace):
    builder = workspace.people["builder"]
    first = await published(db, builder, written("e", DAILY))
    before = (await listed(db, builder, first.workflow_id))["daily"]
    await published(db, builder, written("e", 'trigger daily: event "morning"'), first.workflow_id)
    after = (await listed(db, builder, first.workflow_id))["daily"]
    assert (after.kind, after.id == before.id, after.next_at) == ("event", False, None)


async def test_an_archived_workflow_is_started_by_nothing_until_it_is_put_back(
    db: Database, workspace: Workspace
):
    builder = workspace.people["builder"]
    version = await published(db, builder, written("f", DAILY, SIGNED.format(path="f")))
    await workflows.archive(db, builder, version.workflow_id)
    found = await listed(db, builder, version.workflow_id)
    assert {(one.name, one.state, one.next_at) for one in found.values()} == {
        ("daily", "off", None), ("hook", "off", None)
    }  # fmt: skip
    await workflows.unarchive(db, builder, version.workflow_id)
    found = await listed(db, builder, version.workflow_id)
    assert {one.state for one in found.values()} == {"on"} and found["daily"].next_at is not None


async def test_the_address_of_an_archived_workflow_is_free_and_then_taken(db: Database, workspace: Workspace):
    builder = workspace.people["builder"]
    version = await published(db, builder, written("g", SIGNED.format(path="g")))
    await workflows.archive(db, builder, version.workflow_id)
    await published(db, builder, written("h", SIGNED.format(path="g")))
    with pytest.raises(Conflict, match="one of these addresses"):
        await workflows.unarchive(db, builder, version.workflow_id)


async def test_two_webhooks_of_a_workflow_may_change_their_addresses_with_each_other(
    db: Database, workspace: Workspace
):
    builder = workspace.people["builder"]
    one, other = SIGNED.format(path="x1"), SIGNED.format(path="x2").replace("trigger hook", "trigger second")
    first = await published(db, builder, written("i", one, other))
    swapped = written("i", one.replace("x1", "x2"), other.replace("x2", "x1"))
    await published(db, builder, swapped, first.workflow_id)
    assert {one.state for one in (await listed(db, builder, first.workflow_id)).values()} == {"on"}


@pytest.mark.parametrize(
    ("head", "message", "where"),
    [
        ('trigger t: schedule "0 99 * * *" timezone "Europe/Paris"', "`99` is no hour", '"0 99 * * *"'),
        ('trigger t: schedule "0 9 * * *" timezone "Paris"', 'there is no time zone "Paris"', '"Paris"'),
        ('trigger t: webhook POST "/open"', "anybody could start `t`", 'trigger t: webhook POST "/open"'),
        ('trigger t: webhook POST "/a b" verify standard(secrets.key)', "is no path of a webhook", '"/a b"'),
        (f"{SIGNED.format(path='same')}\n  {SIGNED.format(path='same').replace('trigger hook', 'trigger two')}",
         "which the trigger `hook` has already", '"/same"'),
    ],
)  # fmt: skip
async def test_a_trigger_that_could_not_be_live_is_not_published(
    db: Database, workspace: Workspace, head: str, message: str, where: str
):
    builder = workspace.people["builder"]
    text = written(f"j_{new_id().hex}", head)
    with pytest.raises(Rejected) as refused:
        await published(db, builder, text)
    (problem,) = refused.value.diagnostics
    assert message in problem.message
    assert text[problem.span.start : problem.span.end] == where


async def test_the_fix_of_an_unsigned_webhook_makes_it_publishable(db: Database, workspace: Workspace):
    builder = workspace.people["builder"]
    text = (
        'workflow k {\n  trigger t: webhook POST "/k" with (a: 1)\n  input { a: int }\n  step d: let 1\n}\n'
    )
    draft = await workflows.create_workflow(db, builder, "W", text)
    with pytest.raises(Rejected) as refused:
        await workflows.publish(db, builder, draft.workflow_id)
    fix = refused.value.diagnostics[0].fix
    assert fix is not None
    for splice in sorted(fix.replacements, key=lambda one: -one.span.start):
        text = text[: splice.span.start] + splice.text + text[splice.span.end :]
    await drafts.save_draft(db, builder, draft.workflow_id, text, draft.revision)
    await secrets.set_secret(db, workspace.admin, "webhook_key", "k" * 32)
    assert (await workflows.publish(db, builder, draft.workflow_id)).number == 1


async def test_an_address_of_another_workflow_is_refused_by_that_workflows_name(
    db: Database, workspace: Workspace, neighbour: Workspace
):
    builder = workspace.people["builder"]
    await published(db, builder, written("l", SIGNED.format(path="l")))
    with pytest.raises(Rejected, match="which the workflow `l` has already"):
        await published(db, builder, written("m", SIGNED.format(path="l")))
    # Another account has addresses of its own.
    await published(db, neighbour.people["builder"], written("m", SIGNED.format(path="l")))


async def test_a_test_of_a_draft_makes_no_trigger_live_and_minds_no_schedule(
    db: Database, workspace: Workspace
):
    builder = workspace.people["builder"]
    text = written("n", 'trigger t: schedule "0 99 * * *" timezone "Europe/Paris"')
    draft = await workflows.create_workflow(db, builder, "W", text)
    await trials.prepare(db, builder, draft.workflow_id)
    assert await rows(db, workspace) == []


async def test_a_version_without_triggers_has_the_hash_it_always_had(db: Database, workspace: Workspace):
    version = await published(db, workspace.people["builder"], "workflow o {\n  step d: let 1\n}\n")
    assert version.content_hash == "76b0cab4f11072ae9af870debfda3edecaf863fbfed642f3782febcbb0713a46"
    assert (await versions.get_version(db, workspace.admin, version.id)).plan.triggers == ()


async def test_who_may_see_a_trigger_may_not_always_pause_it(
    db: Database, workspace: Workspace, neighbour: Workspace
):
    version = await published(db, workspace.people["builder"], written("p", DAILY))
    (daily,) = await register.list_triggers(db, workspace.people["viewer"], version.workflow_id)
    for role in ("viewer", "approver"):
        for act in (register.pause, register.resume):
            with pytest.raises(Forbidden):
                await act(db, workspace.people[role], daily.id)
    for act in (register.pause, register.resume, register.next_fires, register.get_trigger):
        with pytest.raises(NotFound):
            await act(db, neighbour.admin, daily.id)
    assert [one for one in await register.list_triggers(db, neighbour.admin) if one.id == daily.id] == []
    paused = await register.pause(db, workspace.people["operator"], daily.id)
    assert (paused.state, paused.next_at) == ("paused", None)
    resumed = await register.resume(db, workspace.people["operator"], daily.id)
    assert (resumed.state, resumed.next_at) == ("on", daily.next_at)


async def test_only_a_schedule_has_a_catch_up_policy(db: Database, workspace: Workspace):
    builder = workspace.people["builder"]
    version = await published(db, builder, written("q", DAILY, 'trigger paid: event "paid"'))
    found = await listed(db, builder, version.workflow_id)
    assert (await register.set_catch_up(db, builder, found["daily"].id, "all")).catch_up == "all"
    with pytest.raises(BadInput, match="no such policy"):
        await register.set_catch_up(db, builder, found["daily"].id, "sometimes")
    with pytest.raises(Conflict, match="Only a schedule"):
        await register.set_catch_up(db, builder, found["paid"].id, "skip")
