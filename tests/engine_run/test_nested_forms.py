"""Forms inside forms inside forms, and time: gates in rounds beside gates, answered in either order, days later."""

from __future__ import annotations

import itertools

import pytest

from dsl import plan as p
from engine.journal import Answer
from tests.engine_run.kit import (
    Stage,
    approve,
    block,
    call,
    catch,
    cel,
    const,
    do,
    fail,
    foreach,
    hear,
    let,
    parallel,
    plan,
    ret,
    step,
)

DAY = 86_400
LONG = 30 * DAY * 1000


def nested() -> p.Plan:
    each = foreach(
        "each",
        const([1, 2]),
        approve("gate", within_ms=LONG),
        call("paid"),
        concurrency=2,
        result=cel("gate.approved"),
    )
    return plan(
        call("a"),
        parallel("p", each, do("y", approve("other", within_ms=LONG), call("y1")), call("z")),
        ret("done", cel("each")),
    )


GATES = ("p.each[0].gate", "p.each[1].gate", "p.y.other")


@pytest.mark.parametrize("order", list(itertools.permutations(GATES)))
async def test_gates_in_rounds_beside_a_gate_are_answered_in_any_order_days_and_restarts_apart(
    order: tuple[str, ...],
) -> None:
    stage = Stage(nested())
    assert (await stage.invoke()).state == "waiting"
    assert set(stage.run.waiting_on) == set(GATES)
    for path in order:
        stage.now += 3 * DAY
        assert stage.run.state == "waiting"
        stage.ledger.answer(stage.run.lease.run_id, path, Answer("approved", ("m@example.com",)))
        ended = await stage.invoke(owner=f"after {path}")
    assert (ended.state, ended.output) == ("succeeded", [True, True])
    assert set(stage.witness.effects.values()) == {1}
    assert set(stage.witness.effects) == {"a", "p.each[0].paid", "p.each[1].paid", "p.y.y1", "p.z"}


async def test_both_pending_gates_are_answered_before_anybody_looks() -> None:
    stage = Stage(nested())
    await stage.invoke()
    for path in GATES:
        stage.ledger.answer(stage.run.lease.run_id, path, Answer("approved", ("m@example.com",)))
    assert (await stage.invoke()).output == [True, True]


async def test_a_gate_in_a_round_that_expires_takes_its_branch_and_the_other_round_goes_on() -> None:
    each = foreach(
        "each",
        const([1, 2]),
        approve(
            "gate", within_ms=DAY * 1000, on_timeout=block(call("late")), on_reject=block(call("refused"))
        ),
        call("b"),
        concurrency=2,
    )
    stage = Stage(plan(each))
    await stage.invoke()
    stage.ledger.answer(stage.run.lease.run_id, "each[1].gate", Answer("rejected"))
    assert (await stage.invoke()).state == "waiting"
    stage.now += DAY + 1
    assert (await stage.invoke()).state == "succeeded"
    assert set(stage.witness.effects) == {
        "each[0].gate.late",
        "each[0].b",
        "each[1].gate.refused",
        "each[1].b",
    }


async def test_a_step_s_a_block_s_and_a_wait_s_time_run_side_by_side() -> None:
    made = plan(
        parallel(
            "p",
            do(
                "x",
                hear("never"),
                timeout_ms=2 * DAY * 1000,
                catches=(catch(call("x1"), codes=("timeout",)),),
            ),
            hear("h", timeout_ms=DAY * 1000, catches=(catch(call("h1"), codes=("timeout",)),)),
            do("w", step("t", p.Wait(ms=3 * DAY * 1000)), call("w1")),
        ),
        ret("done", const(1)),
    )
    stage = Stage(made)
    began = stage.now
    for day, name in ((1, "p.h~catch0.h1"), (2, "p.x~catch0.x1")):
        assert (await stage.invoke()).state == "waiting"
        assert stage.run.due_at == began + day * DAY
        stage.now = began + day * DAY
        assert (await stage.invoke()).state == "waiting"
        assert stage.witness.order[-1] == name
    stage.now = began + 3 * DAY
    assert (await stage.invoke()).output == 1
    assert stage.witness.order == ["p.h~catch0.h1", "p.x~catch0.x1", "p.w.w1"]


async def test_a_wait_for_a_time_that_is_over_does_not_wait() -> None:
    stage = Stage(plan(step("w", p.Wait(until=const("2020-01-01T00:00:00Z"))), ret("done", const(1))))
    assert (await stage.invoke()).output == 1


@pytest.mark.parametrize(("count", "concurrency"), [(0, 1), (0, 8), (10_000, 1), (10_000, 64)])
async def test_a_foreach_of_nothing_and_of_ten_thousand(count: int, concurrency: int) -> None:
    each = foreach(
        "each", const(list(range(count))), let("v", cel("item")), concurrency=concurrency, result=cel("v")
    )
    ended = await Stage(plan(each, ret("done", cel("each")))).invoke()
    assert ended.output == list(range(count))


async def test_a_loop_that_does_not_end_is_exhausted_wherever_it_stands() -> None:
    endless = step(
        "l",
        p.Loop(mode="until", test=const(False), max=3, block=block(call("one"))),
        catches=(catch(codes=("exhausted",), result=cel("e.step")),),
    )
    stage = Stage(
        plan(foreach("each", const([1, 2]), endless, concurrency=2, result=cel("l")), ret("r", cel("each")))
    )
    assert (await stage.invoke()).output == ["each[0].l", "each[1].l"]
    assert len(stage.witness.effects) == 6


async def test_an_any_in_an_any_in_an_any_takes_the_first_of_all() -> None:
    inner = parallel("i", hear("never"), do("w", call("w1"), result=const("deep")), join="any")
    middle = parallel("m", approve("gate"), do("x", inner, result=cel("i")), join="any")
    outer = parallel("o", hear("n2", "never"), do("y", middle, result=cel("m")), join="any")
    stage = Stage(plan(outer, ret("done", cel("o"))))
    assert (await stage.invoke()).output == "deep"
    assert (stage.run.ears, stage.run.approvals) == ({}, {})


async def test_a_return_in_a_round_in_a_parallel_ends_the_run_and_closes_every_gate() -> None:
    each = foreach("each", const([1, 2]), call("c"), approve("gate"), concurrency=2)
    ending = do("d", call("e"), ret("now", const("early")))
    stage = Stage(plan(parallel("p", each, hear("h"), ending), call("never")))
    assert (await stage.invoke()).output == "early"
    assert (stage.run.ears, stage.run.approvals) == ({}, {})
    assert "never" not in stage.witness.effects


async def test_a_fail_inside_a_catch_goes_to_the_catch_around_it() -> None:
    inner = do("i", fail("f", "first"), catches=(catch(fail("g", "second"), codes=("first",)),))
    outer = do("o", inner, catches=(catch(codes=("second",), result=cel("e.step")),))
    assert (await Stage(plan(outer, ret("r", cel("o")))).invoke()).output == "o.i~catch0.g"


async def test_steps_after_others_in_a_settled_dag_are_skipped_behind_a_failure() -> None:
    made = parallel(
        "p",
        do("a", fail("f", "gone")),
        call("b"),
        call("c", after=("a", "b")),
        call("d", after=("b",)),
        call("e", after=("c", "d")),
        join="settle",
    )
    result = cel("[p.a.error.code, p.c.error.code, p.e.error.code, p.b.ok, p.d.ok]", "p")
    ended = await Stage(plan(made, ret("r", result))).invoke()
    assert ended.output == ["gone", "skipped", "skipped", True, True]


@pytest.mark.parametrize("state", ["queued", "running", "waiting", "over"])
async def test_a_cancel_in_each_state_undoes_once_or_does_nothing(state: str) -> None:
    stage = Stage(
        plan(call("a", compensate=block(call("undo"))), call("b"), approve("gate"), ret("r", const(1)))
    )
    if state == "queued":
        assert (await stage.invoke(cancelled=True)).state == "cancelled"
        assert stage.witness.order == []
        return
    if state == "running":
        invocation = stage.invocation()
        stage.witness.before = lambda name: invocation.cancel() if name == "effect b" else None
        assert (await invocation.run()).state == "cancelled"
    elif state == "waiting":
        await stage.invoke()
        assert (await stage.invoke(cancelled=True)).state == "cancelled"
    else:
        assert (await stage.finish()).output == 1
        assert stage.run.state == "succeeded" and "a~comp.undo" not in stage.witness.effects
        return
    assert stage.witness.order == ["a", "b", "a~comp.undo"]
    assert stage.run.approvals == {}
