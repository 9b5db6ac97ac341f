"""Runs that go on from where another stood, on a real database with a runner."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest

from dsl import plan as p
from engine import audit, runs
from engine.actor import Actor
from engine.database import Database, Urls
from engine.errors import BadInput, Conflict, Forbidden, NotFound
from engine.forking.planning import ForkPlan
from engine.forking.service import Change, fork, fork_plan, forks_of
from engine.runner import Runner, RunnerSettings
from engine.runs import RunSummary
from tests.engine_run.ground import Ground
from tests.engine_run.kit import Witness, approve, block, call, cel, const, do, iff, plan, ret, run, until

Json = Any


@pytest.fixture
def ground(urls: Urls, owner_url: str) -> Ground:
    return Ground.lay(owner_url)


@pytest.fixture
def actor(ground: Ground) -> Actor:
    return Actor(ground.account_id, uuid4(), "o@example.com", "O", "operator", ("manager",))


@pytest.fixture
def witness() -> Witness:
    return Witness()


@pytest.fixture
async def runner(urls: Urls, witness: Witness) -> AsyncIterator[Runner]:
    one = Runner(urls.runner, RunnerSettings(poll_s=0.2), witness)
    await one.open()
    yield one
    await one.stop()


def guarded(*guards: str, **rest: Any) -> p.PlanStep:
    return approve("gate", guards=guards, **rest)


async def ended(ground: Ground, run_id: UUID, state: str) -> None:
    await until(lambda: ground.states([run_id]) == {state: 1})


def live(ground: Ground, made: p.Plan) -> UUID:
    version = ground.publish(made)
    ground.query(
        "UPDATE workflows SET live_version_id = %s WHERE id = %s RETURNING 1", version, ground.workflow_id
    )
    return version


async def played(ground: Ground, plan_: p.Plan, state: str, given: Json = None, yes: bool = False) -> UUID:
    (run_id,) = ground.start(ground.publish(plan_), given or {})
    if yes:
        await ended(ground, run_id, "waiting")
        ground.answer(run_id, "gate")
    await ended(ground, run_id, state)
    return run_id


async def forked(
    db: Database, actor: Actor, run_id: UUID, change: Change, planned: ForkPlan | None = None, **rest: Any
) -> RunSummary:
    planned = planned or await fork_plan(db, actor, run_id, change)
    paths = [effect.path for effect in planned.again]
    return await fork(db, actor, run_id, change, plan=planned.hash, confirmed=paths, **rest)


MONEY = plan(
    call("order", tool="read", effect="read", args={"id": cel("input.id", "input")}),
    call("charge", tool="blind", honours=False, args={"id": cel("input.id", "input")}),
    call("ship", tool="bad", honours=False),
    ret("end", cel("charge.id", "charge")),
)


async def test_a_replay_from_the_failed_step_takes_over_what_was_done_and_repeats_nothing(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    first = await played(ground, MONEY, "failed", {"id": "A"})
    planned = await fork_plan(db, actor, first, Change())
    assert planned.starts_at == ("ship",)
    assert [(e.path, e.tool, e.first, e.arguments) for e in planned.reused] == [
        ("charge", "w.blind", "did", {"id": "A"})
    ]
    assert planned.again == () and planned.left == ()
    assert [(e.path, e.first, e.code) for e in planned.new] == [("ship", "failed", "broken")]
    second = await forked(db, actor, first, Change(), planned)
    assert (second.trigger, second.forked_from) == ("replay", first)
    await ended(ground, second.id, "failed")
    assert witness.effects == {"charge": 1} and witness.reads == 1
    detail = await runs.get_run(db, actor, second.id)
    steps = {step.path: (step.state, step.reused) for step in detail.view.steps}
    assert steps == {
        "order": ("succeeded", str(first)),
        "charge": ("succeeded", str(first)),
        "ship": ("failed", None),
    }
    assert [one.id for one in await forks_of(db, actor, first)] == [second.id]
    noted = (await audit.list_entries(db, replace(actor, role="admin")))[0]
    assert (noted.action, noted.subject, noted.data["new"]) == ("run.fork", str(first), str(second.id))


async def test_an_effect_that_would_fire_again_needs_its_own_yes_and_has_a_key_of_its_own(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    first = await played(ground, MONEY, "failed", {"id": "A"})
    change = Change("charge")
    planned = await fork_plan(db, actor, first, change)
    assert [(e.path, e.tool, e.first) for e in planned.again] == [("charge", "w.blind", "did")]
    with pytest.raises(BadInput, match="1 effect would happen again") as refused:
        await fork(db, actor, first, change, plan=planned.hash, confirmed=["ship"])
    assert refused.value.problems == (("confirmed", "charge (w.blind) is missing"),)
    with pytest.raises(Conflict, match="not what you were shown") as stale:
        await fork(db, actor, first, change, plan="another", confirmed=["charge"])
    assert stale.value.current == planned
    assert len(await forks_of(db, actor, first)) == 0 and witness.effects == {"charge": 1}
    second = await forked(db, actor, first, change, planned, idempotency_key="k")
    await ended(ground, second.id, "failed")
    assert witness.effects == {"charge": 2}
    keys = {
        data["key"]
        for run_id in (first, second.id)
        for _, _, path, data in ground.events(run_id)
        if path == "charge" and "key" in data
    }
    assert keys == {f"{first}/charge", f"{second.id}/charge"}
    again = await forked(db, actor, first, change, planned, idempotency_key="k")
    assert again.id == second.id and witness.effects == {"charge": 2}


async def test_only_who_may_and_only_a_run_that_is_over(
    db: Database, runner: Runner, ground: Ground, actor: Actor
) -> None:
    (waiting,) = ground.start(ground.publish(plan(approve("gate"))), {})
    await ended(ground, waiting, "waiting")
    with pytest.raises(Conflict, match="This run is waiting"):
        await fork_plan(db, actor, waiting, Change())
    with pytest.raises(Forbidden):
        await fork_plan(db, replace(actor, role="approver"), waiting, Change())
    with pytest.raises(NotFound):
        await fork_plan(db, actor, uuid4(), Change())
    done = await played(ground, plan(call("a")), "succeeded")
    for step in ("nowhere", "a~comp.b"):
        with pytest.raises(BadInput, match="cannot be run again from"):
            await fork_plan(db, actor, done, Change(step))
    with pytest.raises(BadInput, match="nothing to run again"):
        await fork_plan(db, actor, done, Change())


async def test_one_yes_lets_one_thing_happen(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    """What failed without happening may rely on the yes it had, in one run; what happened is asked about again."""
    failing = plan(
        guarded("pay"),
        call("pay", tool="flaky", honours=False, args={"fails": 1}),
        ret("end", const(1)),
    )
    first = await played(ground, failing, "failed", yes=True)
    planned = await fork_plan(db, actor, first, Change())
    assert planned.asked == () and len(planned.relied_on) == 1 and planned.again == ()
    second = await forked(db, actor, first, Change(), planned)
    await ended(ground, second.id, "succeeded")
    assert witness.effects == {"pay": 1}

    third = await fork_plan(db, actor, first, Change())
    assert [gate.path for gate in third.asked] == ["gate"] and third.relied_on == ()
    with pytest.raises(Conflict, match="not what you were shown"):
        await fork(db, actor, first, Change(), plan=planned.hash)
    fourth = await fork_plan(db, actor, second.id, Change("pay"))
    assert [gate.path for gate in fourth.asked] == ["gate"]
    assert [(e.path, e.first) for e in fourth.again] == [("pay", "did")]
    witness.tries.clear()
    same = replace(actor, email="m@example.com")
    other = await played(ground, failing, "failed", yes=True)
    assert [gate.path for gate in (await fork_plan(db, same, other, Change())).asked] == ["gate"]


async def test_what_was_undone_is_done_again(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    undone = plan(
        call("book", tool="blind", honours=False, compensate=block(call("unbook"))), call("pay", tool="bad")
    )
    first = await played(ground, undone, "failed")
    planned = await fork_plan(db, actor, first, Change("pay"))
    assert planned.starts_at == ("book", "pay")
    assert [(e.path, e.first) for e in planned.again] == [("book", "undone")]
    second = await forked(db, actor, first, Change("pay"), planned)
    await ended(ground, second.id, "failed")
    assert witness.effects == {"book": 2, "book~comp.unbook": 2}


async def test_a_run_undoes_only_what_it_did_itself_and_says_what_it_left(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    plan_ = plan(
        call("book", compensate=block(call("unbook"))),
        call("look", tool="read", effect="read", args={"fails": 0}),
        call("pay", tool="flaky", args={"fails": cel("input.fails", "input")}),
    )
    first = await played(ground, plan_, "succeeded", {"fails": 0})
    change = Change(input={"fails": 9})
    planned = await fork_plan(db, actor, first, change)
    assert planned.starts_at == ("pay",) and [e.path for e in planned.reused] == ["book"]
    second = await forked(db, actor, first, change, planned)
    await ended(ground, second.id, "failed")
    assert witness.effects == {"book": 1, "pay": 1}
    summary = await runs.get_summary(db, actor, second.id)
    assert summary.error is not None and summary.error["not_undone"] == ["book"]
    assert second.trigger == "fork"


async def test_another_input_runs_again_what_reads_it_and_takes_over_the_rest(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    plan_ = plan(
        call("order", args={"id": cel("input.id", "input")}),
        iff("large", cel("input.amount > 10.0", "input"), block(call("check"))),
        call("mail", args={"note": cel("input.note", "input")}),
        ret("end", cel("input.note", "input")),
    )
    given = {"id": "A", "amount": 20.0, "note": "old"}
    first = await played(ground, plan_, "succeeded", given)
    change = Change(input={**given, "note": "new"})
    planned = await fork_plan(db, actor, first, change)
    assert [e.path for e in planned.reused] == ["order", "large.check"]
    assert [(e.path, e.first, e.arguments) for e in planned.again] == [("mail", "did", {"note": "old"})]
    second = await forked(db, actor, first, change, planned)
    await ended(ground, second.id, "succeeded")
    assert witness.effects == {"order": 1, "large.check": 1, "mail": 2}
    assert (await runs.get_run(db, actor, second.id)).output == "new"
    smaller = await fork_plan(db, actor, first, Change(input={**given, "amount": 5.0}))
    assert smaller.starts_at == ("large",)
    assert [e.path for e in smaller.again] == ["large.check", "mail"]


async def test_another_version_takes_over_what_it_has_not_changed(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    first = await played(ground, MONEY, "failed", {"id": "A"})
    mended = plan(
        *MONEY.body.steps[:2],
        call("ship", honours=False),
        call("tell"),
        ret("end", cel("charge.id", "charge")),
    )
    change = Change(version_id=live(ground, mended))
    planned = await fork_plan(db, actor, first, change)
    assert [e.path for e in planned.reused] == ["charge"]
    assert [e.path for e in planned.new] == ["ship", "tell"]
    second = await forked(db, actor, first, change, planned)
    assert second.version == 2
    await ended(ground, second.id, "succeeded")
    assert witness.effects == {"charge": 1, "ship": 1, "tell": 1}
    dearer = plan(
        MONEY.body.steps[0],
        call("charge", tool="blind", honours=False, args={"id": cel("input.id", "input"), "twice": True}),
    )
    changed = await fork_plan(db, actor, first, Change(version_id=live(ground, dearer)))
    assert [(e.path, e.first) for e in changed.again] == [("charge", "did")]
    without = await fork_plan(db, actor, first, Change(version_id=live(ground, plan(MONEY.body.steps[0]))))
    assert [(e.path, e.first) for e in without.left] == [("charge", "did")] and without.again == ()


async def test_a_large_result_is_taken_over_with_a_reference_of_its_own(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    big = plan(
        call("big", args={"v": "x" * 300_000}),
        call("pay", tool="flaky", args={"fails": 1}),
        ret("end", cel("size(big.v)", "big")),
    )
    first = await played(ground, big, "failed")
    second = await forked(db, actor, first, Change())
    await ended(ground, second.id, "succeeded")
    assert (await runs.get_run(db, actor, second.id)).output == 300_000
    count = "SELECT count(*) FROM artifacts WHERE run_id = %s"
    assert ground.query(count, first) == ground.query(count, second.id) != [(0,)]


async def test_many_at_once_with_one_key_are_one_run_and_without_one_each_relies_on_its_own_yes(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    failing = plan(guarded("pay"), call("pay", tool="flaky", honours=False, args={"fails": 1}))
    first = await played(ground, failing, "failed", yes=True)
    planned = await fork_plan(db, actor, first, Change())
    made = await asyncio.gather(
        *(forked(db, actor, first, Change(), planned) for _ in range(6)), return_exceptions=True
    )
    born = [one for one in made if isinstance(one, RunSummary)]
    assert len(born) == 1 and all(isinstance(one, Conflict) for one in made if one is not born[0])
    await ended(ground, born[0].id, "succeeded")
    assert witness.effects == {"pay": 1}


async def test_a_run_that_was_started_by_a_step_is_taken_over_or_started_again(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    other = ground.publish(plan(call("deed"), ret("end", const(5))))
    pin = p.WorkflowPin(workflow="other", version=str(other), input_schema={"type": "object"})
    outer = plan(run("child"), call("pay", tool="flaky", args={"fails": 1}), workflows=(pin,))
    first = await played(ground, outer, "failed")
    planned = await fork_plan(db, actor, first, Change())
    assert [(e.path, e.tool, e.first) for e in planned.reused] == [("child", "workflow.other", "did")]
    second = await forked(db, actor, first, Change(), planned)
    await ended(ground, second.id, "succeeded")
    assert witness.effects == {"deed": 1, "pay": 1}
    third = await fork_plan(db, actor, second.id, Change("child"))
    assert [(e.path, e.first) for e in third.again] == [("child", "did"), ("pay", "did")]


async def test_what_another_run_of_the_family_did_needs_a_yes_too(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    """The journal of the first run says that `ship` failed; that a run which went on from it has shipped, it does not
    say."""
    made = plan(
        call("charge", tool="blind", honours=False),
        call("ship", tool="flaky", honours=False, args={"fails": 2}),
    )
    first = await played(ground, made, "failed")
    before = await fork_plan(db, actor, first, Change())
    assert before.again == () and [e.path for e in before.new] == ["ship"]
    second = await forked(db, actor, first, Change(), before)
    await ended(ground, second.id, "failed")
    third = await forked(db, actor, second.id, Change())
    await ended(ground, third.id, "succeeded")
    assert witness.effects == {"charge": 1, "ship": 1}
    for source in (first, second.id):
        planned = await fork_plan(db, actor, source, Change())
        assert [(e.path, e.first, e.elsewhere) for e in planned.again] == [("ship", "did", third.id)]
        assert planned.new == ()
        with pytest.raises(BadInput, match="1 effect would happen again"):
            await fork(db, actor, source, Change(), plan=planned.hash)
    with pytest.raises(Conflict, match="not what you were shown"):
        await fork(db, actor, first, Change(), plan=before.hash)
    assert witness.effects == {"charge": 1, "ship": 1}


async def test_what_another_run_of_the_family_may_still_do_needs_a_yes_too(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    made = plan(call("look", tool="flaky", args={"fails": 1}), approve("gate"), call("pay"))
    first = await played(ground, made, "failed")
    second = await forked(db, actor, first, Change())
    await ended(ground, second.id, "waiting")
    planned = await fork_plan(db, actor, first, Change())
    assert {(e.path, e.first, e.elsewhere) for e in planned.again} == {
        ("look", "did", second.id),
        ("pay", "unknown", second.id),
    }


async def test_two_at_once_from_different_runs_of_a_family_are_not_both_born(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    made = plan(call("ship", tool="flaky", honours=False, args={"fails": 2}))
    first = await played(ground, made, "failed")
    second = (await forked(db, actor, first, Change(), idempotency_key="k")).id
    await ended(ground, second, "failed")
    plans = [await fork_plan(db, actor, one, Change()) for one in (first, second)]
    assert [one.again for one in plans] == [(), ()]
    both = await asyncio.gather(
        *(forked(db, actor, one.run_id, Change(), one) for one in plans), return_exceptions=True
    )
    assert sorted(type(one).__name__ for one in both) == ["Conflict", "RunSummary"]


async def test_one_yes_covers_the_tries_of_a_block_together(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    """What happened in the second try happened under the yes, which names the place of the first."""
    tried = do(
        "tried",
        call("pay", tool="blind", honours=False),
        call("tell", tool="bad"),
        retry=p.Retry(max=1, backoff_ms=1),
    )
    first = await played(ground, plan(guarded("tried.pay", "tried.tell"), tried), "failed", yes=True)
    assert witness.effects == {"tried.pay": 1, "tried#2.pay": 1}
    again = await fork_plan(db, actor, first, Change("tried#2.pay"))
    assert [gate.path for gate in again.asked] == ["gate"] and again.relied_on == ()
    on = await fork_plan(db, actor, first, Change())
    assert on.asked == () and len(on.relied_on) == 1 and on.again == ()
    assert [e.path for e in on.new] == ["tried#2.tell"]


async def test_whoever_somebody_decided_for_does_not_rely_on_that_yes(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    failing = plan(guarded("pay"), call("pay", tool="bad", honours=False))
    first = await played(ground, failing, "failed", yes=True)
    assert (await fork_plan(db, actor, first, Change())).asked == ()
    ground.query(
        "UPDATE run_events SET data = data || jsonb_build_object('for', jsonb_build_array(%s::text))"
        " WHERE run_id = %s AND kind = 'gate.answered' RETURNING 1",
        actor.email,
        first,
    )
    assert [gate.path for gate in (await fork_plan(db, actor, first, Change())).asked] == ["gate"]


async def test_true_instead_of_one_is_another_input(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    """Python takes them for equal; no expression does."""
    made = plan(
        call("tell", args={"vip": cel("input.about.vip", "input")}), ret("end", cel("input.about", "input"))
    )
    first = await played(ground, made, "succeeded", {"about": {"vip": 1}})
    for vip in (True, 1.5):
        change = Change(input={"about": {"vip": vip}})
        planned = await fork_plan(db, actor, first, change)
        assert [(e.path, e.first) for e in planned.again] == [("tell", "did")]
    second = await forked(db, actor, first, Change(input={"about": {"vip": True}}))
    await ended(ground, second.id, "succeeded")
    assert second.trigger == "fork"
    assert (await runs.get_run(db, actor, second.id)).output == {"vip": True}


async def test_a_version_from_before_an_approval_was_put_in_is_no_way_around_it(
    db: Database, runner: Runner, ground: Ground, actor: Actor, witness: Witness
) -> None:
    before = live(ground, plan(call("pay", tool="blind", honours=False)))
    (first,) = ground.start(live(ground, plan(guarded("pay"), call("pay", tool="blind", honours=False))), {})
    await ended(ground, first, "waiting")
    await runs.cancel_run(db, actor, first)
    await ended(ground, first, "cancelled")
    with pytest.raises(Conflict, match="Version 1 is not the live one"):
        await fork_plan(db, actor, first, Change(version_id=before))
    assert witness.effects == {}
