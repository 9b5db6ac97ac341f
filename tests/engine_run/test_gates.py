"""Gates at the edges: a no and how far it reaches, answers and deadlines that come while a run parks, odd values."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dsl import plan as p
from engine.journal import Answer, Event
from engine.runtime.outcome import Stopped
from engine.runtime.tokens import Alarm, Branch, Tokens
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
    let,
    parallel,
    plan,
    ret,
    step,
    until,
)

GONE_ON = catch(result=cel("e.code"))


def asked_again() -> p.PlanStep:
    """A block whose first try fails before it comes to its gate."""
    first = call("first", tool="flaky", args={"fails": 1}, key=const("first"))
    gate = approve("gate", guards=("pay",))
    return do("d", first, gate, retry=p.Retry(max=1, backoff_ms=1), catches=(GONE_ON,))


async def test_a_no_in_a_second_try_of_a_block_reaches_what_stands_behind_the_block() -> None:
    stage = Stage(plan(asked_again(), call("pay", args={"v": const(1)}, catches=(GONE_ON,))))
    assert (await stage.invoke()).state == "waiting"
    (request,) = stage.run.approvals.values()
    assert (request.path, [one["path"] for one in request.effects]) == ("d#2.gate", ["pay"])
    assert (await stage.finish(lambda paths: dict.fromkeys(paths, "rejected"))).state == "succeeded"
    assert "pay" not in stage.witness.effects
    assert [e.data["error"]["code"] for e in stage.run.events if e.path == "pay"] == ["not_approved"]


async def test_a_yes_in_a_second_try_of_a_block_binds_the_arguments_behind_the_block() -> None:
    stage = Stage(plan(asked_again(), call("pay", args={"v": const(1)}), ret("done", cel("pay.v"))))
    assert (await stage.finish()).output == 1
    stage = Stage(plan(asked_again(), call("pay", args={"v": const(1)})))
    await stage.invoke()
    opened = next(e for e in stage.run.events if e.kind == "gate.opened")
    opened.data["effects"][0]["arguments"] = {"v": 2}
    ended = await stage.finish()
    assert ended.error is not None and ended.error["code"] == "approval_mismatch"


async def test_whoever_is_asked_again_after_a_no_may_say_yes() -> None:
    gate = do("d", approve("gate", guards=("pay",)), retry=p.Retry(max=1, backoff_ms=1))
    stage = Stage(plan(gate, call("pay", args={"v": const(1)}), ret("done", cel("pay.v"))))
    answers = {"d.gate": "rejected", "d#2.gate": "approved"}
    assert (await stage.finish(lambda paths: {path: answers[path] for path in paths})).output == 1


async def test_a_no_in_one_round_leaves_the_other_rounds_alone() -> None:
    each = foreach(
        "each",
        const(list(range(12))),
        approve("gate", on_reject=block(), guards=("each.pay",)),
        call("pay", catches=(GONE_ON,)),
        concurrency=12,
    )
    stage = Stage(plan(each))
    await stage.finish(lambda paths: {x: "rejected" if x == "each[1].gate" else "approved" for x in paths})
    assert sorted(stage.witness.effects) == sorted(f"each[{n}].pay" for n in range(12) if n != 1)


async def test_a_review_leaves_the_gates_beside_it_open() -> None:
    made = plan(
        parallel(
            "p",
            do("x", call("x1"), call("pay", tool="lost", honours=False)),
            do("y", approve("gate"), call("y1")),
        ),
        ret("done", cel("gate.approved")),
    )
    stage = Stage(made)
    stage.witness.yields = lambda _: 20
    assert (await stage.invoke()).state == "needs_review"
    assert "gate.answered p.y.gate" not in stage.kinds() and "p.y.gate" in stage.run.approvals
    # Somebody looks, and finds that it was done.
    data = {"result": {}, "attempt": 1}
    stage.run.events.append(Event(len(stage.run.events) + 1, stage.now, "step.succeeded", "p.x.pay", data))
    stage.run.state = "queued"
    assert (await stage.finish()).output is True
    assert stage.witness.effects == {"p.x.x1": 1, "p.y.y1": 1}


async def test_a_branch_that_stopped_for_no_reason_is_never_taken_for_one_that_ended() -> None:
    stage = Stage(plan(parallel("p", do("x", approve("gate"), call("x1")), call("y")), call("after")))
    await stage.invoke()
    stage.ledger.answer(stage.run.lease.run_id, "p.x.gate", Answer("cancelled"))
    with pytest.raises(RuntimeError, match="nothing says who"):
        await stage.invoke()
    assert stage.run.state == "running" and "after" not in stage.witness.effects


NUL = cel("'\\u0000'", "input")


@pytest.mark.parametrize(
    ("one", "message"),
    [
        (let("a", NUL), "The value cannot be kept: it holds text with a NUL character."),
        (ret("a", NUL), "The value cannot be kept: it holds text with a NUL character."),
        (do("a", result=NUL), "The value cannot be kept: it holds text with a NUL character."),
        (approve("a", title=NUL), "What a person would look at holds text with a NUL character."),
        (approve("a", show=(("x", NUL),)), "What a person would look at holds text with a NUL character."),
        (step("a", p.Fail(code="expression", message=cel("'a\\u0000b'", "input"))), "ab"),
        (
            step("a", p.Wait(until=cel("'9999-12-31T23:59:59-12:00'", "input"))),
            "`wait until` needs a time, as in 2026-12-24T18:00:00Z.",
        ),
        (
            step("a", p.Wait(until=cel("'0001-01-01T00:00:00+12:00'", "input"))),
            "`wait until` needs a time, as in 2026-12-24T18:00:00Z.",
        ),
    ],
    ids=["let", "return", "yield", "title", "show", "fail", "after all time", "before all time"],
)
async def test_a_value_that_nothing_can_hold_fails_its_step(one: p.PlanStep, message: str) -> None:
    made = plan(do("d", one, catches=(catch(result=cel("e")),)), ret("done", cel("d")))
    ended = await Stage(made).invoke()
    code = "invalid_arguments" if isinstance(one.do, p.Approve) else "expression"
    assert ended.output == {"code": code, "message": message, "step": "d.a"}


async def test_a_yield_that_nothing_can_hold_fails_the_choice_on_the_spine() -> None:
    arm = p.Arm(tests=(const(True),), block=block(result=NUL), label="if")
    ended = await Stage(plan(step("i", p.If(arms=(arm,))), call("after"))).invoke()
    assert ended.error is not None and (ended.error["code"], ended.error["step"]) == ("expression", "i")


# ---- while a run parks -------------------------------------------------------------------------------


class Parking:
    """A ledger's ``park`` that takes its time."""

    def __init__(self, answers: dict[str, Answer]) -> None:
        self.begun = asyncio.Event()
        self.go = asyncio.Event()
        self.answers = answers

    async def park(self, *_: Any) -> dict[str, Answer]:
        self.begun.set()
        await self.go.wait()
        return self.answers


async def test_an_answer_that_comes_while_the_run_is_about_to_park_is_kept_when_it_does_not_park() -> None:
    parking = Parking({"x": Answer("approved")})
    tokens = Tokens(False, parking.park, lambda: 0.0)
    tokens.running = 2
    waits = [asyncio.create_task(tokens.gate(Branch(), path, None)) for path in ("x", "y")]
    await parking.begun.wait()
    tokens.deliver("y", Answer("rejected"))
    parking.go.set()
    async with asyncio.timeout(5):
        assert [answer and answer.outcome for answer in await asyncio.gather(*waits)] == [
            "approved",
            "rejected",
        ]


async def test_a_deadline_that_comes_while_the_run_is_about_to_park_is_not_lost() -> None:
    now = 0.0
    parking = Parking({"x": Answer("approved")})
    tokens = Tokens(False, parking.park, lambda: now)
    tokens.running = 2
    rang = asyncio.Event()
    alarm = Alarm(tokens, 10.0, rang.set)
    waits = [
        asyncio.create_task(tokens.gate(Branch(), path, due)) for path, due in (("x", None), ("y", 20.0))
    ]
    await parking.begun.wait()
    now = 30.0
    alarm.ring()  # its timer goes off, and is not heard
    assert not rang.is_set()
    parking.go.set()
    async with asyncio.timeout(5):
        assert (await waits[0], await waits[1]) == (Answer("approved"), None)
        await rang.wait()
    alarm.close()


async def test_a_deadline_in_three_days_does_not_ring_after_one(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("engine.runtime.tokens.DAY_S", 0.01)
    tokens = Tokens(False, Parking({}).park, lambda: now)
    rang = asyncio.Event()
    alarm = Alarm(tokens, 0.03, rang.set)
    await asyncio.sleep(0.05)
    assert not rang.is_set()
    now = 0.025
    await until(rang.is_set, 5)
    alarm.close()


async def test_a_stop_reaches_a_gate_that_was_never_answered() -> None:
    tokens = Tokens(False, Parking({}).park, lambda: 0.0)
    branch = Branch()
    waiting = asyncio.create_task(tokens.gate(branch, "x", None))
    tokens.running = 2
    await asyncio.sleep(0)
    branch.stop()
    with pytest.raises(Stopped):
        await waiting


async def test_a_fail_of_a_settled_branch_is_a_value() -> None:
    settled = parallel("p", do("x", fail("f", "gone")), call("y"), join="settle")
    ended = await Stage(plan(settled, ret("done", cel("[p.x.error.code, p.y.ok]", "p")))).invoke()
    assert ended.output == ["gone", True]
