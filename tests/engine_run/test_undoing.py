"""Compensation: what is undone, in which order, and that nobody who fails meanwhile leaves a part of it undone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from dsl import plan as p
from engine.runtime import Invocation
from tests.engine_run.crasher import Crasher, undisturbed, with_crash
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
    iff,
    parallel,
    plan,
    ret,
)


def kept(id: str, **rest: object) -> p.PlanStep:
    """A call that knows how to undo itself."""
    return call(id, compensate=block(call("undo")), **rest)


def two_sided() -> p.Plan:
    return plan(
        parallel(
            "p",
            do("x", kept("a"), kept("b"), fail("f", "boom"), catches=(catch(),)),
            do("y", call("y1"), call("y2", tool="bad")),
        )
    )


async def test_a_sibling_s_failure_does_not_cut_an_undoing_short() -> None:
    stage = Stage(two_sided())
    stage.witness.yields = lambda name: 30 if name == "p.x.b~comp.undo" else 3
    assert (await stage.invoke()).state == "failed"
    assert [name for name in stage.witness.order if "~comp" in name] == [
        "p.x.b~comp.undo",
        "p.x.a~comp.undo",
    ]


async def test_a_cancel_in_the_middle_of_an_undoing_lets_it_end() -> None:
    stage = Stage(plan(do("d", kept("a"), kept("b"), fail("f", "boom"), catches=(catch(),)), call("never")))
    invocation = stage.invocation()
    stage.witness.before = lambda name: invocation.cancel() if "b~comp" in name else None
    assert (await invocation.run()).state == "cancelled"
    assert stage.witness.order == ["d.a", "d.b", "d.b~comp.undo", "d.a~comp.undo"]


async def test_a_drain_in_the_middle_of_an_undoing_leaves_the_rest_to_the_next_runner() -> None:
    for cancelled in (False, True):  # a cancel comes too late to be the run's end: it has failed already
        stage = Stage(plan(kept("a"), kept("b"), fail("f", "boom")))
        first = stage.invocation()
        stage.witness.before = partial(_drain_at, "b~comp", first)
        assert (await first.run()).state == "drained"
        assert stage.witness.order[2:] == ["b~comp.undo"]
        assert (await stage.invoke(owner="heir", cancelled=cancelled)).state == "failed"
        assert stage.witness.order[2:] == ["b~comp.undo", "a~comp.undo"]


def _drain_at(place: str, invocation: Invocation, name: str) -> None:
    if place in name:
        invocation.drain()


async def test_a_cancelled_run_that_is_drained_while_it_undoes_is_not_over_yet() -> None:
    stage = Stage(plan(kept("a"), kept("b"), approve("gate")))
    assert (await stage.invoke()).state == "waiting"
    invocation = stage.invocation(cancelled=True)
    stage.witness.before = partial(_drain_at, "b~comp", invocation)
    assert (await invocation.run()).state == "drained"
    assert (await stage.invoke(owner="heir", cancelled=True)).state == "cancelled"
    assert stage.witness.order == ["a", "b", "b~comp.undo", "a~comp.undo"]


async def test_a_step_whose_failure_was_caught_has_nothing_to_undo() -> None:
    stage = Stage(plan(call("a"), kept("b", tool="bad", catches=(catch(),)), fail("f", "boom")))
    assert (await stage.invoke()).state == "failed"
    assert stage.witness.order == ["a"]


async def test_what_undid_something_is_not_undone_itself() -> None:
    undo = block(call("undo", compensate=block(call("redo"))))
    stage = Stage(
        plan(do("d", call("a", compensate=undo), fail("f", "x"), catches=(catch(),)), fail("g", "y"))
    )
    assert (await stage.invoke()).state == "failed"
    assert stage.witness.order == ["d.a", "d.a~comp.undo"]


async def test_an_undoing_that_fails_is_told_and_the_others_go_on() -> None:
    undo = block(call("first"), call("broken", tool="bad"), call("never"))
    stage = Stage(plan(kept("a"), call("b", compensate=undo), kept("c"), fail("f", "boom")))
    ended = await stage.invoke()
    assert stage.witness.order == ["a", "b", "c", "c~comp.undo", "b~comp.first", "a~comp.undo"]
    assert ended.error is not None and ended.error["code"] == "boom"
    assert [one["step"] for one in ended.error["compensation"]] == ["b~comp.broken"]


UNDONE: dict[str, Callable[[], p.Plan]] = {
    "beside a sibling that fails": two_sided,
    "an `if` without a value": lambda: plan(
        kept("a"),
        iff("i", const(True), block(call("inside")), compensate=block(call("undo"))),
        kept("b"),
        approve("gate"),
        fail("f", "boom"),
    ),
    "a block that was tried twice": lambda: plan(
        kept("a"),
        do(
            "d",
            call("flaky", tool="flaky", args={"fails": 1}, key=const("same")),
            retry=p.Retry(max=1, backoff_ms=1),
            compensate=block(call("undo")),
        ),
        kept("b"),
        approve("gate"),
        fail("f", "boom"),
    ),
    "rounds": lambda: plan(
        foreach("each", const([1, 2, 3]), kept("one"), approve("gate"), concurrency=2), fail("f", "boom")
    ),
    "a catch inside an undoing": lambda: plan(
        call(
            "a",
            compensate=block(
                do("d", call("u1"), call("u2", tool="bad"), catches=(catch(call("mend")),)), call("u3")
            ),
        ),
        kept("b"),
        approve("gate"),
        fail("f", "boom"),
    ),
    "an approval inside an undoing": lambda: plan(
        call("a", compensate=block(call("u1"), approve("sure"), call("u2"))), kept("b"), fail("f", "boom")
    ),
    "an undoing that fails": lambda: plan(
        kept("a"), call("b", compensate=block(call("u1"), call("u2", tool="bad"))), fail("f", "boom")
    ),
    "a fail inside a catch": lambda: plan(
        kept("a"),
        do("d", kept("b"), fail("f", "boom"), catches=(catch(kept("c"), fail("g", "worse")),)),
    ),
    "a return inside a catch": lambda: plan(
        kept("a"), do("d", kept("b"), fail("f", "boom"), catches=(catch(ret("done", cel("e.code"))),))
    ),
}


@pytest.mark.parametrize("shape", UNDONE)
async def test_a_crash_anywhere_changes_neither_what_is_undone_nor_the_order(shape: str) -> None:
    wanted, calm = await undisturbed(UNDONE[shape]())
    counting = Stage(UNDONE[shape]())
    crasher = Crasher(counting, None)
    await counting.finish()
    undone = [name for name in calm.witness.order if "~comp" in name]
    assert undone
    for at in range(1, crasher.places + 1):
        stage = Stage(UNDONE[shape]())
        ended = await with_crash(stage, Crasher(stage, at), lambda: None, None)
        note = f"crash at place {at}: {stage.kinds()}"
        assert ended == wanted, note
        assert [name for name in stage.witness.order if "~comp" in name] == undone, note
        assert stage.witness.effects == calm.witness.effects, note
