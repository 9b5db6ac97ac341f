"""Calls whose outcome nobody knows: a crash before and after every write and effect of shapes with a tool that must
not be repeated, and each of a person's three answers. How often an effect happens is what the answers say.

``blind`` tools do the thing each time they are called: whoever repeats one without being told to is caught here.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from typing import Any

import pytest

from dsl import plan as p
from engine.history import fold
from engine.journal import Answer
from engine.model import Turn
from engine.runtime import Execution
from engine.testimony import CODE, Statement
from tests.engine_run.crasher import Crasher, assert_same, undisturbed, with_crash
from tests.engine_run.kit import (
    Crash,
    Stage,
    Talker,
    agent,
    approve,
    block,
    call,
    catch,
    cel,
    const,
    do,
    fail,
    foreach,
    parallel,
    plan,
    reap,
    ret,
    step,
    tool,
    until,
    use,
)

Say = Callable[[Stage, str], Statement]


def blind(id: str, **rest: Any) -> p.PlanStep:
    return call(id, tool="blind", honours=False, **rest)


def undo(name: str = "undo") -> p.Block:
    return block(call(name))


SHAPES: dict[str, Callable[[], p.Plan]] = {
    "in sequence": lambda: plan(
        call("a", compensate=undo()),
        blind("pay", compensate=undo()),
        call("b", args={"x": cel("pay.name")}),
        ret("done", cel("b.x")),
    ),
    "beside a gate": lambda: plan(
        parallel(
            "p",
            do("x", call("x1", compensate=undo()), approve("gate"), call("x2")),
            do("y", blind("pay", compensate=undo()), call("y1")),
            step("w", p.Wait(ms=50_000)),
        ),
        ret("done", cel("y1.name")),
    ),
    "several at once": lambda: plan(
        parallel(
            "p",
            do("x", blind("pay", compensate=undo()), call("x1")),
            do("y", blind("post", compensate=undo()), call("y1")),
            do("z", call("z1", compensate=undo()), approve("gate"), call("z2")),
        ),
        ret("done", const("ok")),
    ),
    "in rounds": lambda: plan(
        foreach(
            "each",
            const([1, 2, 3]),
            blind("pay", args={"v": cel("item")}, compensate=undo()),
            concurrency=2,
            result=cel("pay.v"),
        ),
        ret("done", cel("each")),
    ),
    "in a catch": lambda: plan(
        do("d", call("a"), call("b", tool="bad"), catches=(catch(blind("pay"), result=cel("pay.name")),)),
        ret("done", cel("d")),
    ),
    "in a compensation": lambda: plan(
        call("a", compensate=undo("first")), call("b", compensate=block(blind("pay"))), fail("no", "no")
    ),
    "in a block that is tried again": lambda: plan(
        do(
            "d",
            blind("pay", compensate=undo()),
            call("f", tool="bad"),
            retry=p.Retry(max=1, backoff_ms=1),
            catches=(catch(call("end")),),
        ),
        ret("done", const("ok")),
    ),
    "by a model": lambda: plan(
        call("a", compensate=undo()),
        parallel("p", agent("g", tool("blind", honours=False)), do("z", approve("gate"), call("z1"))),
        ret("done", cel("g")),
    ),
}


def stage_of(shape: str) -> Stage:
    talker = Talker([use("w__blind"), Turn("done")]) if shape == "by a model" else None
    return Stage(SHAPES[shape](), talker=talker)


def asked(stage: Stage) -> list[str]:
    return [step.path for step in fold(stage.run.events).steps if step.question is not None]


def truth(stage: Stage, path: str) -> Statement:
    """What somebody says who has looked at the other system."""
    if stage.witness.effects[path]:
        return Statement("happened", "o@example.com", result=stage.witness.seen[key_of(stage, path)])
    return Statement("again", "o@example.com")


def key_of(stage: Stage, path: str) -> str:
    return next(key for key in stage.witness.seen if key.endswith(f"/{path}"))


async def answered(stage: Stage, crasher: Crasher, say: Say, next_at: Callable[[], int | None]) -> Execution:
    """Carry the run through crashes and reviews to its end."""
    while True:
        ended = await with_crash(stage, crasher, next_at, None)
        if stage.run.state != "needs_review":
            return ended
        assert asked(stage), stage.kinds()
        for path in asked(stage):
            stage.ledger.testify(stage.run.lease.run_id, path, say(stage, path))


async def places(shape: str) -> int:
    counting = stage_of(shape)
    crasher = Crasher(counting, None)
    await counting.finish()
    return crasher.places


@pytest.mark.parametrize("shape", SHAPES)
async def test_true_answers_make_every_effect_happen_exactly_once(shape: str) -> None:
    expected = await undisturbed(stage_of(shape))
    reviews = 0
    for at in range(1, await places(shape) + 1):
        stage = stage_of(shape)
        ended = await answered(stage, Crasher(stage, at), truth, lambda: None)
        assert_same(expected, ended, stage, f"{shape}, crash at place {at}: {stage.kinds()}")
        reviews += "run.needs_review" in stage.kinds()
    assert reviews >= 4


@pytest.mark.parametrize("shape", SHAPES)
async def test_crashes_on_the_way_into_a_review_and_out_of_it_change_nothing(shape: str) -> None:
    expected = await undisturbed(stage_of(shape))
    chance = random.Random(shape)
    most = await places(shape)
    for first in range(1, most + 1):
        stage = stage_of(shape)
        left = [chance.randint(1, most) for _ in range(3)]
        ended = await answered(stage, Crasher(stage, first), truth, lambda: left.pop() if left else None)  # noqa: B023
        assert_same(expected, ended, stage, f"{shape}, first crash at place {first}: {stage.kinds()}")


@pytest.mark.parametrize("decision", ["happened", "again", "fail"])
@pytest.mark.parametrize("shape", SHAPES)
async def test_an_effect_happens_again_only_when_somebody_says_so(shape: str, decision: Any) -> None:
    expected = await undisturbed(stage_of(shape))
    for at in range(1, await places(shape) + 1):
        stage = stage_of(shape)
        before: dict[str, int] = {}

        def say(stage: Stage, path: str) -> Statement:
            before[path] = stage.witness.effects[path]  # noqa: B023
            return Statement(decision, "o@example.com", result={"name": path, "v": 0})

        ended = await answered(stage, Crasher(stage, at), say, lambda: None)
        note = f"{shape}, {decision}, crash at place {at}: {stage.kinds()}"
        for path, count in stage.witness.effects.items():
            assert count == before.get(path, 0 if path not in before else count) + (
                1 if path not in before or decision == "again" else 0
            ), note
        if decision != "fail":
            assert ended.state == expected[0].state, note
        assert_undone(stage, note)


def assert_undone(stage: Stage, note: str) -> None:
    """A run that failed has undone exactly what succeeded, what a person said has happened included."""
    if stage.run.state != "failed":
        return
    done = {step.path for step in fold(stage.run.events).steps if step.state == "succeeded"}
    promised = {path for path, step in stage.program.steps.items() if step.compensate is not None}
    undoable = {path for path in done if re.sub(r"\[\d+\]|#\d+", "", path) in promised}
    undone = {path.split("~comp")[0] for path in stage.witness.effects if "~comp" in path}
    if stage.plan.body.steps[-1].id != "no":
        assert undone == undoable, note


async def test_without_the_question_a_crash_would_double_the_effect() -> None:
    """The control: a journal that loses the beginning of the call repeats it, and nobody is asked."""
    stage = Stage(plan(blind("pay")))
    crasher = Crasher(stage, 4)  # after the effect, before its record
    with pytest.raises(Crash):
        await stage.finish()
    await reap()
    crasher.revive()
    stage.run.events[:] = [event for event in stage.run.events if event.kind != "step.started"]
    assert (await stage.finish()).state == "succeeded"
    assert stage.witness.effects["pay"] == 2


async def test_a_gate_stays_open_and_can_be_decided_while_a_call_beside_it_is_in_review() -> None:
    stage = Stage(
        plan(
            parallel(
                "p",
                do("x", approve("gate"), call("x1")),
                do("y", call("pay", tool="lost", honours=False)),
                step("w", p.Wait(ms=50_000)),
            ),
            call("after"),
        )
    )
    run_id = stage.run.lease.run_id
    stage.witness.yields = lambda name: 30 if name.endswith("pay") else 1
    assert (await stage.invoke()).state == "needs_review"
    assert not [event for event in stage.run.events if event.kind in ("gate.answered", "scope.closed")]
    stage.ledger.answer(run_id, "p.x.gate", Answer("approved", ("m@example.com",)))
    assert stage.run.state == "needs_review"  # a decision is no answer to the question
    stage.ledger.testify(run_id, "p.y.pay", Statement("happened", "o@example.com", result={"name": "n"}))
    assert stage.run.state == "queued"
    assert (await stage.finish()).state == "succeeded"
    assert stage.witness.effects == {"p.x.x1": 1, "after": 1}


async def test_effects_in_flight_are_finished_and_recorded_before_a_run_goes_into_review() -> None:
    made = plan(
        parallel("p", call("pay", tool="lost", honours=False), do("y", call("slow"), call("next"))),
        ret("done", const(1)),
    )
    stage = Stage(made)
    release = stage.witness.hold["p.y.slow"] = asyncio.Event()
    task = asyncio.create_task(stage.invocation().run())
    await until(lambda: bool(stage.witness.tries["p.pay"]) and "p.y.slow" in stage.witness.entered)
    assert not task.done()
    release.set()
    assert (await task).state == "needs_review"
    assert stage.witness.effects == {"p.y.slow": 1}
    recorded = [event.path for event in stage.run.events if event.kind == "step.succeeded"]
    assert recorded == ["p.y.slow"]


async def test_all_unclear_calls_are_asked_about_at_once_and_the_last_answer_queues_the_run() -> None:
    stage = Stage(
        plan(
            foreach("each", const([1, 2, 3]), call("pay", tool="lost", honours=False), concurrency=3),
            ret("done", const(1)),
        )
    )
    ended = await stage.invoke()
    assert ended.error is not None and "2 more" in ended.error["message"]
    assert asked(stage) == ["each[0].pay", "each[1].pay", "each[2].pay"]
    for path in asked(stage):
        assert stage.run.state == "needs_review"
        stage.ledger.testify(stage.run.lease.run_id, path, Statement("happened", "o@example.com"))
    assert (stage.run.state, fold(stage.run.events).state) == ("queued", "queued")
    assert (await stage.finish()).output == 1


async def test_a_call_left_in_flight_is_asked_about_also_where_its_branch_has_lost() -> None:
    """One branch has won before the crash; the effect of the other is still unclear, and nobody may drop that."""
    made = plan(
        parallel(
            "p",
            do("x", call("x1"), result=const(1)),
            do("y", blind("pay"), call("y1"), result=const(2)),
            join="any",
        ),
        ret("done", cel("p")),
    )
    for at in range(1, 20):
        stage = Stage(made)
        stage.witness.yields = lambda name: 5 if name.endswith("pay") else 1
        crasher = Crasher(stage, at)
        if (await answered(stage, crasher, truth, lambda: None)).state != "succeeded":
            raise AssertionError(stage.kinds())
        begun = any(event.kind == "step.started" and event.path == "p.y.pay" for event in stage.run.events)
        known = any(event.kind == "step.succeeded" and event.path == "p.y.pay" for event in stage.run.events)
        asked_again = any(event.kind == "step.retrying" for event in stage.run.events)
        assert not begun or known or asked_again, (at, stage.kinds())
        assert stage.witness.effects["p.y.pay"] <= 1


async def test_a_step_that_a_person_fails_can_be_caught_by_its_code() -> None:
    lost = call("pay", tool="lost", honours=False, catches=(catch(call("mend"), codes=(CODE,)),))
    stage = Stage(plan(call("a", compensate=undo()), lost, ret("done", const(1))))
    await stage.invoke()
    stage.ledger.testify(stage.run.lease.run_id, "pay", Statement("fail", "o@example.com", "gone"))
    assert (await stage.finish()).output == 1
    assert stage.witness.order == ["a", "pay~catch0.mend"]


async def test_done_again_is_another_try_under_the_same_key_and_may_be_unclear_again() -> None:
    stage = Stage(plan(call("pay", tool="lost", honours=False), ret("done", const(1))))
    for number in (1, 2, 3):
        assert (await stage.finish()).state == "needs_review"
        question = fold(stage.run.events).steps[0].question
        assert question is not None and (question.attempt, question.code) == (number, "timeout")
        stage.ledger.testify(stage.run.lease.run_id, "pay", Statement("again", "o@example.com", "looked"))
    started = [event.data for event in stage.run.events if event.kind == "step.started"]
    assert len({data["key"] for data in started}) == 1
    view = fold(stage.run.events).steps[0]
    assert [(one.answer, one.by, one.comment) for one in view.questions] == [
        ("again", "o@example.com", "looked")
    ] * 3


@pytest.mark.parametrize("decision", ["happened", "again", "fail", None])
async def test_a_cancel_undoes_what_is_known_to_have_happened(decision: Any) -> None:
    """Cancelled after the answer, or without one."""
    made = plan(call("a", compensate=undo()), blind("pay", compensate=undo()), approve("gate"))
    stage = Stage(made)
    crasher = Crasher(stage, 8)  # after the effect, before its record
    with pytest.raises(Crash):
        await stage.finish()
    await reap()
    crasher.revive()
    assert stage.witness.effects["pay"] == 1
    assert (await stage.finish()).state == "needs_review"
    if decision is not None:
        stage.ledger.testify(stage.run.lease.run_id, "pay", Statement(decision, "o@example.com"))
    ended = await stage.invoke(cancelled=True)
    # A step that a person has failed fails its run, which nobody needed to cancel any more.
    assert ended.state == ("failed" if decision == "fail" else "cancelled") and ended.error is not None
    undone = [name for name in stage.witness.order if "~comp" in name]
    assert undone == (["pay~comp.undo"] if decision == "happened" else []) + ["a~comp.undo"]
    assert stage.witness.effects["pay"] == 1
    shown = next(step for step in fold(stage.run.events).steps if step.path == "pay")
    if decision is None:
        assert ended.error["unknown"] == ["pay"] and "pay" in ended.error["message"]
        assert shown.state == "failed" and shown.error is not None and shown.error["code"] == CODE
        assert shown.question is None and shown.questions[0].answer is None
    else:
        assert "unknown" not in ended.error


async def test_a_cancel_in_review_survives_a_crash_at_every_write() -> None:
    def in_review() -> Stage:
        lost = call("pay", tool="lost", honours=False, compensate=undo(), catches=(catch(call("mend")),))
        gate = do("z", call("z1", compensate=undo()), approve("gate"))
        return Stage(plan(call("a", compensate=undo()), parallel("p", lost, gate), call("never")))

    calm = in_review()
    await calm.invoke()
    crasher = Crasher(calm, None)
    assert (await calm.invoke(cancelled=True)).state == "cancelled"
    for at in range(1, crasher.places + 1):
        stage = in_review()
        assert (await stage.invoke()).state == "needs_review"
        dying = Crasher(stage, at)
        with pytest.raises((Crash, ExceptionGroup)):
            await stage.invoke(cancelled=True)
        await reap()
        dying.revive()
        if stage.run.state == "running":
            await stage.invoke(cancelled=True)
        assert stage.run.state == "cancelled", stage.kinds()
        assert stage.run.error["unknown"] == ["p.pay"], stage.kinds()
        assert stage.witness.effects == calm.witness.effects, stage.kinds()


async def test_a_cancel_while_an_unsafe_call_is_in_flight_asks_before_anything_is_undone() -> None:
    stage = Stage(plan(call("a", compensate=undo()), call("pay", tool="lost", honours=False)))
    release = stage.witness.hold["pay"] = asyncio.Event()
    invocation = stage.invocation()
    task = asyncio.create_task(invocation.run())
    await until(lambda: "pay" in stage.witness.entered)
    invocation.cancel()
    release.set()
    assert (await task).state == "needs_review"
    assert stage.witness.order == ["a"]
    assert (await stage.invoke(cancelled=True)).state == "cancelled"
    assert stage.witness.order == ["a", "a~comp.undo"]
