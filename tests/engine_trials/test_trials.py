"""Tests of drafts on a real database, against tools that count: what may happen, who may let it, and what is kept."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
import pytest

from engine import approvals, catalog, pins, runs, trials, versions, workflows
from engine.actor import Actor
from engine.database import Database, Urls
from engine.errors import BadInput, Conflict, Forbidden, NotFound, Rejected
from engine.runner import Runner, RunnerSettings
from engine.settings import Settings
from engine.trials import NewTrial, Wish
from engine.watching import RunDetail
from studio.workflows.latest import last_runs
from tests.conftest import Samples
from tests.engine_store.conftest import Workspace, bearer

REFUND = (Path(__file__).parents[2] / "examples" / "refund.weft").read_text()
NAMED = REFUND.replace("workflow refund {", "workflow give_back {")
ORDER = {
    "id": "A-1001",
    "status": "delivered",
    "total": 249.9,
    "currency": "EUR",
    "placed_at": "2026-11-01T09:00:00Z",
    "customer": {"id": "C-1", "name": "Ada", "email": "ada@example.com"},
    "items": [],
    "refunded": 0.0,
}
ANSWERS: dict[str, Any] = {
    "get_order": ORDER,
    "check_refund_eligibility": {"order_id": "A-1001", "eligible": True, "reason": "fits", "max_amount": 249.9},
    "process_refund": {
        "id": "R-real", "order_id": "A-1001", "amount": 249.9, "currency": "EUR", "status": "refunded",
        "created_at": "2026-11-30T09:00:00Z",
    },
    "send": {"id": "M-1"},
}  # fmt: skip
GIVEN = {"order_id": "A-1001"}
CHEAP = {"output": {**ORDER, "total": 12}}
"""Below the amount from which a manager is asked."""


@dataclass
class Counted:
    """Tools that answer as the sample business would, and count the calls of one account."""

    account_id: UUID
    calls: Counter[str] = field(default_factory=Counter)

    async def call(
        self,
        account_id: UUID,
        connector: str,
        tool: str,
        args: Any,
        key: str,
        timeout_s: float,
        pin: str | None,
    ) -> Any:
        if account_id == self.account_id:
            self.calls[tool] += 1
        return ANSWERS[tool]


@pytest.fixture
def tools(workspace: Workspace) -> Counted:
    return Counted(workspace.account_id)


@pytest.fixture
async def runner(urls: Urls, tools: Counted) -> AsyncIterator[Runner]:
    one = Runner(urls.runner, RunnerSettings(poll_s=0.1), tools)
    await one.open()
    yield one
    await one.stop()


@pytest.fixture
async def builder(
    db: Database, workspace: Workspace, samples: Samples, monkeypatch: pytest.MonkeyPatch
) -> Actor:
    """In a workspace that has the sample connectors."""
    monkeypatch.setenv("WEFT_SAMPLES_TOKEN", samples.token)
    await catalog.connect_samples(db, workspace.account_id, samples.url)
    await catalog.refresh_connectors(db, workspace.account_id)
    return workspace.people["builder"]


@pytest.fixture
async def draft(db: Database, builder: Actor) -> workflows.Draft:
    """The refund example, never published."""
    return await workflows.create_workflow(db, builder, "Give back", NAMED)


Test = Callable[..., Awaitable[RunDetail]]


@pytest.fixture
def test(db: Database, builder: Actor, draft: workflows.Draft, runner: Runner) -> Test:
    """Starts a test of the draft and carries it to where it stands still."""

    async def go(wish: Wish | None = None, given: Any = GIVEN, **rest: Any) -> RunDetail:
        new = NewTrial(given, wish or Wish(), **rest)
        run = await trials.start_trial(db, builder, draft.workflow_id, new)
        return await settled(db, builder, run.id)

    return go


async def settled(db: Database, actor: Actor, run_id: UUID) -> RunDetail:
    async with asyncio.timeout(20):
        async for _ in runs.batches(db, actor, run_id, quiet_s=1):
            if (await runs.get_summary(db, actor, run_id)).state == "waiting":
                break
    return await runs.get_run(db, actor, run_id)


APPROVED = Wish(approve=frozenset({"gate.approval"}))


async def test_a_draft_is_tested_without_being_published(
    db: Database, builder: Actor, draft: workflows.Draft, test: Test, tools: Counted
):
    tried = await test(APPROVED)
    assert (tried.summary.state, tried.summary.trial, tried.summary.version) == ("succeeded", True, 0)
    assert tried.output["status"] == "refunded"
    assert tools.calls == {"get_order": 1, "check_refund_eligibility": 1}
    assert [step.path for step in tried.view.steps if step.pinned] == ["gate.approval", "refund", "notify"]
    assert await versions.list_versions(db, builder, draft.workflow_id) == ()
    assert (await workflows.get_draft(db, builder, draft.workflow_id)).live_version is None


async def test_a_made_up_result_fits_what_the_tool_gives(test: Test):
    refund = (await test(APPROVED)).view.step("refund")
    assert refund is not None and set(refund.output) == set(ANSWERS["process_refund"])
    assert refund.input == {"order_id": "A-1001", "amount": 249.9, "reason": "requested by the customer"}


async def test_a_text_with_errors_is_refused_with_its_problems(
    db: Database, builder: Actor, draft: workflows.Draft
):
    broken = NAMED.replace("shop.get_order", "shop.fetch_order")
    await workflows.save_draft(db, builder, draft.workflow_id, broken, draft.revision)
    with pytest.raises(Rejected) as caught:
        await trials.start_trial(db, builder, draft.workflow_id, NewTrial(GIVEN))
    assert [found.code for found in caught.value.diagnostics if found.severity == "error"] == ["E106"]
    assert "then test" in caught.value.help


async def test_only_what_was_ticked_really_happens(test: Test, tools: Counted):
    tried = await test(Wish(frozenset({"notify"})), pins={"order": CHEAP})
    assert tried.summary.state == "succeeded"
    assert (tools.calls["process_refund"], tools.calls["send"]) == (0, 1)


async def test_a_real_effect_behind_an_approval_waits_for_the_person_who_must_say_yes(
    db: Database, workspace: Workspace, builder: Actor, test: Test, tools: Counted
):
    tried = await test(Wish(frozenset({"refund"})))
    assert (tried.summary.state, tools.calls["process_refund"]) == ("waiting", 0)
    asked = next(one for one in await approvals.list_approvals(db, builder) if one.run_id == tried.summary.id)
    assert asked.trial
    with pytest.raises(Forbidden):
        await approvals.decide(db, builder, asked.id, "approve")
    await approvals.decide(db, workspace.people["approver"], asked.id, "approve")
    assert (await settled(db, builder, tried.summary.id)).summary.state == "succeeded"
    assert tools.calls["process_refund"] == 1


async def test_an_approval_answers_itself_only_where_nothing_really_happens(test: Test, tools: Counted):
    with pytest.raises(BadInput) as caught:
        await test(Wish(frozenset({"refund"}), frozenset({"gate.approval"})))
    assert [path for path, _ in caught.value.problems] == ["refund"]
    assert tools.calls == {}


async def test_a_pin_on_an_approval_is_no_way_round_it(
    db: Database, builder: Actor, draft: workflows.Draft, test: Test
):
    yes = {"output": {"approved": True, "by": ["me"], "comment": ""}}
    with pytest.raises(BadInput, match="nobody is asked"):
        await test(Wish(frozenset({"refund"})), pins={"gate.approval": yes})


async def test_who_may_run_may_test_and_who_may_publish_may_let_things_happen(
    db: Database, workspace: Workspace, draft: workflows.Draft
):
    async def may(role: str, *real: str) -> bool:
        try:
            new = NewTrial(GIVEN, Wish(frozenset(real)))
            await trials.start_trial(db, workspace.people[role], draft.workflow_id, new)
        except Forbidden:
            return False
        return True

    roles = ("viewer", "approver", "operator", "builder", "admin")
    assert [role for role in roles if await may(role)] == ["operator", "builder", "admin"]
    assert [role for role in roles if await may(role, "notify")] == ["builder", "admin"]


async def test_the_test_is_of_the_revision_that_was_meant(
    db: Database, builder: Actor, draft: workflows.Draft
):
    with pytest.raises(Conflict):
        await trials.start_trial(db, builder, draft.workflow_id, NewTrial(GIVEN), revision=7)
    one = await trials.start_trial(db, builder, draft.workflow_id, NewTrial(GIVEN), revision=1)
    two = await trials.start_trial(db, builder, draft.workflow_id, NewTrial(GIVEN))
    assert one.version_id == two.version_id


async def test_the_same_key_starts_one_test(db: Database, builder: Actor, draft: workflows.Draft):
    started = [
        await trials.start_trial(db, builder, draft.workflow_id, NewTrial(GIVEN), idempotency_key="k")
        for _ in range(2)
    ]
    assert started[0].id == started[1].id


# ---- pins ----------------------------------------------------------------------------------------------


async def test_a_pin_is_what_the_step_gives_for_everybody(
    db: Database, workspace: Workspace, builder: Actor, draft: workflows.Draft, test: Test, tools: Counted
):
    await pins.set_pin(db, workspace.admin, draft.workflow_id, "order", CHEAP)
    tried = await test()
    assert (tried.summary.state, tools.calls["get_order"]) == ("succeeded", 0)
    refund = tried.view.step("refund")
    assert refund is not None and refund.input["amount"] == 12.0
    await pins.remove_pin(db, builder, draft.workflow_id, "order")
    assert await pins.list_pins(db, builder, draft.workflow_id) == ()


async def test_a_pin_that_the_tool_could_not_give_is_refused_by_field(
    db: Database, builder: Actor, draft: workflows.Draft
):
    unfit: dict[str, Any] = {**ORDER, "total": "much"}
    del unfit["currency"]
    with pytest.raises(BadInput) as caught:
        await pins.set_pin(db, builder, draft.workflow_id, "order", {"output": unfit})
    assert sorted(path for path, _ in caught.value.problems) == ["currency", "total"]
    with pytest.raises(BadInput, match="cannot be pinned"):
        await pins.set_pin(db, builder, draft.workflow_id, "done", {"output": {"a": "x" * 70_000}})
    with pytest.raises(NotFound):
        await pins.set_pin(db, builder, draft.workflow_id, "nobody", {"output": 1})


async def test_a_pin_goes_with_its_step_and_waits_for_one_that_is_gone(
    db: Database, builder: Actor, draft: workflows.Draft
):
    await pins.set_pin(db, builder, draft.workflow_id, "order", {"output": ORDER})
    await pins.set_pin(db, builder, draft.workflow_id, "gate.approval", {"error": {"code": "rejected"}})
    renamed = NAMED.replace("step order:", "step purchase:").replace("step gate:", "step door:")
    saved = await workflows.save_draft(db, builder, draft.workflow_id, renamed, draft.revision)
    there = [pin.path for pin in await pins.list_pins(db, builder, draft.workflow_id)]
    assert there == ["door.approval", "purchase"]
    start, end = NAMED.index("  step order"), NAMED.index("  step eligibility")
    saved = await workflows.save_draft(
        db, builder, draft.workflow_id, NAMED[:start] + NAMED[end:], saved.revision
    )
    await workflows.save_draft(db, builder, draft.workflow_id, renamed, saved.revision)
    there = [pin.path for pin in await pins.list_pins(db, builder, draft.workflow_id)]
    assert there == ["door.approval", "purchase"]


async def test_pins_belong_to_their_account(
    db: Database, builder: Actor, draft: workflows.Draft, neighbour: Workspace
):
    await pins.set_pin(db, builder, draft.workflow_id, "order", {"output": ORDER})
    for act in (
        pins.list_pins(db, neighbour.admin, draft.workflow_id),
        pins.set_pin(db, neighbour.admin, draft.workflow_id, "order", {"output": ORDER}),
        pins.remove_pin(db, neighbour.admin, draft.workflow_id, "order"),
        trials.start_trial(db, neighbour.admin, draft.workflow_id, NewTrial(GIVEN)),
    ):
        with pytest.raises(NotFound):
            await act


async def test_who_may_not_edit_may_not_pin(db: Database, workspace: Workspace, draft: workflows.Draft):
    for role in ("viewer", "approver", "operator"):
        with pytest.raises(Forbidden):
            await pins.set_pin(db, workspace.people[role], draft.workflow_id, "order", {"output": ORDER})


# ---- up to here, from here -----------------------------------------------------------------------------


async def test_a_test_up_to_a_step_gives_its_output(test: Test, tools: Counted):
    tried = await test(Wish(until="order"))
    assert (tried.summary.state, tried.output) == ("succeeded", ORDER)
    assert tools.calls == {"get_order": 1}


async def test_a_test_from_a_step_on_takes_over_what_was_before_it(test: Test, tools: Counted):
    await test(APPROVED)
    tools.calls.clear()
    tried = await test(Wish(begin="refund"), given=None)
    assert tried.summary.state == "succeeded", tried.summary.error
    assert tools.calls == {}
    taken = [step.path for step in tried.view.steps if step.pinned]
    assert taken == ["order", "eligibility", "gate.approval", "refund", "notify"]


async def test_what_is_missing_before_the_step_is_told(test: Test):
    with pytest.raises(BadInput) as caught:
        await test(Wish(begin="refund"))
    assert [path for path, _ in caught.value.problems] == ["order", "eligibility"]


async def test_a_gate_that_is_passed_over_lets_nothing_happen(test: Test):
    await test(APPROVED)
    with pytest.raises(BadInput, match="its approval"):
        await test(Wish(frozenset({"refund"}), begin="refund"))


async def test_another_run_can_be_the_one_to_begin_from(db: Database, test: Test, tools: Counted):
    first = await test(APPROVED)
    await test(Wish(until="order"))
    with pytest.raises(BadInput):
        await test(Wish(begin="refund"))
    tried = await test(Wish(begin="refund"), source=first.summary.id)
    assert tried.summary.state == "succeeded"


# ---- what is never mixed up ----------------------------------------------------------------------------


async def test_a_published_version_never_carries_trial_settings_nor_a_draft_runs_without(
    db: Database, builder: Actor, draft: workflows.Draft, test: Test, owner_url: str
):
    """The database itself refuses, whoever asks; the same statement with the settings that belong there passes."""
    tried = await test(Wish(until="order"))
    live = await workflows.publish(db, builder, draft.workflow_id)
    insert = """
        INSERT INTO runs (id, account_id, workflow_id, version_id, content_hash, input, trial)
        SELECT gen_random_uuid(), account_id, workflow_id, id, content_hash, '{}', %s::jsonb FROM versions WHERE id = %s
    """
    with psycopg.connect(owner_url, autocommit=True) as connection:
        for settings, version in (("{}", live.id), (None, tried.summary.version_id)):
            with pytest.raises(psycopg.errors.ForeignKeyViolation):
                connection.execute(insert, (settings, version))
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            connection.execute(
                "UPDATE workflows SET live_version_id = %s WHERE id = %s",
                (tried.summary.version_id, draft.workflow_id),
            )
        with pytest.raises(psycopg.errors.RestrictViolation):
            connection.execute("DELETE FROM versions WHERE id = %s", (tried.summary.version_id,))
        connection.execute(insert, (None, live.id))


async def test_the_text_of_a_test_is_no_version_to_run_or_look_up(
    db: Database, builder: Actor, draft: workflows.Draft, test: Test
):
    tried = (await test(Wish(until="order"))).summary.version_id
    await workflows.publish(db, builder, draft.workflow_id)
    for act in (
        runs.start_run(db, builder, draft.workflow_id, GIVEN, version_id=tried),
        versions.get_version(db, builder, tried),
    ):
        with pytest.raises(NotFound):
            await act
    assert [one.number for one in await versions.list_versions(db, builder, draft.workflow_id)] == [1]


async def test_tests_are_told_apart_and_counted_nowhere(
    db: Database, builder: Actor, draft: workflows.Draft, test: Test, owner_url: str
):
    await workflows.publish(db, builder, draft.workflow_id)
    real = await runs.start_run(db, builder, draft.workflow_id, GIVEN)
    tried = (await test(Wish(until="order"))).summary.id

    async def listed(**rest: Any) -> set[UUID]:
        page = await runs.list_runs(db, builder, workflow_id=draft.workflow_id, **rest)
        return {run.id for run in page.items}

    assert await listed() == {real.id, tried}
    assert await listed(trial=True) == {tried}
    assert await listed(trial=False) == {real.id}
    assert (await last_runs(db, builder))[draft.workflow_id].id == real.id
    with psycopg.connect(owner_url) as connection:
        marks = connection.execute(
            "SELECT count(*) FROM run_marks WHERE workflow_id = %s AND what = 'started'", (draft.workflow_id,)
        ).fetchone()
    assert marks == (1,)


async def test_tests_are_forgotten_after_their_own_time_with_the_text_that_only_they_had(
    db: Database, builder: Actor, draft: workflows.Draft, test: Test, owner_url: str
):
    first = await test(Wish(until="order"))
    second = await test(Wish(until="eligibility"))

    def age(connection: psycopg.Connection[Any], run_id: UUID) -> None:
        connection.execute(
            "UPDATE runs SET finished_at = now() - interval '31 days' WHERE id = %s", (run_id,)
        )

    def forget(connection: psycopg.Connection[Any]) -> int:
        zero = UUID(int=0)
        gone = connection.execute(
            "SELECT runs FROM weft_forget_runs(%s, %s, 100)", (builder.account_id, zero)
        ).fetchone()
        assert gone is not None
        return int(gone[0])

    # Ids tell when runs were made; the clock of these is turned back by asking for longer than they lived.
    bound = "SELECT count(*) FROM versions WHERE workflow_id = %s"
    with psycopg.connect(owner_url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        for number, run in enumerate((first, second)):
            old = UUID(int=(run.summary.id.int & (2**80 - 1)) | (1_700_000_000_000 + number) << 80)
            for table, key in (("runs", "id"), ("run_events", "run_id")):
                connection.execute(f"UPDATE {table} SET {key} = %s WHERE {key} = %s", (old, run.summary.id))
            if number == 0:
                age(connection, old)
        connection.execute("SET session_replication_role = origin")
        assert forget(connection) == 1
        assert connection.execute(bound, (draft.workflow_id,)).fetchone() == (1,)
        connection.execute("UPDATE runs SET finished_at = now() - interval '40 days'")
        assert forget(connection) == 1
        assert connection.execute(bound, (draft.workflow_id,)).fetchone() == (0,)


# ---- the API -------------------------------------------------------------------------------------------


async def test_a_test_over_http(
    client: httpx.AsyncClient, db: Database, settings: Settings, builder: Actor, draft: workflows.Draft
):
    client.headers.update(await bearer(db, settings, builder))
    here = f"/workflows/{draft.workflow_id}"
    told = (await client.get(f"{here}/trial")).json()["outline"]
    assert [effect["path"] for effect in told["effects"]] == ["refund", "notify"]
    assert told["effects"][0]["gates"] == ["gate.approval"]
    assert "shop.process_refund" in told["effects"][0]["words"]
    put = await client.put(f"{here}/pins/order", json={"content": {"output": ORDER}})
    assert put.status_code == 200, put.text
    assert [pin["path"] for pin in (await client.get(f"{here}/pins")).json()] == ["order"]
    started = await client.post(f"{here}/trial", json={"input": GIVEN, "until": "order"})
    assert (started.status_code, started.json()["trial"]) == (202, True)
    assert started.headers["Location"].endswith(started.json()["id"])
    refused = await client.post(f"{here}/trial", json={"input": GIVEN, "real": ["order"]})
    assert refused.status_code == 422
    assert refused.json()["problems"][0]["path"] == "order"
    assert (await client.delete(f"{here}/pins/order")).status_code == 204
