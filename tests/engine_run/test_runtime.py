"""What each kind of step does, on an in-memory ledger."""

from __future__ import annotations

import asyncio

import pytest

from dsl import plan as p
from engine.journal import Answer, ApprovalRequest, Entry, Lease
from engine.runtime import Execution
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
    let,
    parallel,
    plan,
    ret,
    step,
    until,
)


async def test_a_straight_run_passes_values_along_and_returns() -> None:
    stage = Stage(
        plan(
            call("a", args={"n": cel("input.n")}),
            let("twice", cel("a.n * 2")),
            ret("done", cel("twice")),
        ),
        {"n": 21},
    )
    assert await stage.invoke() == Execution("succeeded", 42)
    assert stage.kinds() == [
        "step.succeeded a",
        "step.succeeded twice",
        "step.succeeded done",
        "run.succeeded",
    ]
    assert stage.run.state == "succeeded"


async def test_a_finished_step_returns_its_record_and_does_nothing_again() -> None:
    stage = Stage(plan(call("a"), approve("gate"), call("b"), ret("done", cel("gate.approved"))))
    assert (await stage.invoke()).state == "waiting"
    assert stage.run.waiting_on == ["gate"]
    assert (await stage.finish()) == Execution("succeeded", True)
    assert stage.witness.effects == {"a": 1, "b": 1}
    assert stage.witness.tries["a"] == 1


async def test_arms_of_an_if_share_names_with_what_follows() -> None:
    choice = iff(
        "choice",
        cel("input.big", "input"),
        block(let("size", const("big")), result=const("b")),
        block(let("size", const("small")), result=const("s")),
    )
    for big, expected in ((True, ["big", "b"]), (False, ["small", "s"])):
        stage = Stage(plan(choice, ret("done", p.ListExpr(items=(cel("size"), cel("choice"))))), {"big": big})
        assert (await stage.invoke()).output == expected


async def test_switch_tells_true_from_one() -> None:
    arms = (
        p.Arm(tests=(const(1),), block=block(ret("one", const("number"))), label="1"),
        p.Arm(tests=(const(True), const("x")), block=block(ret("yes", const("true"))), label="true"),
    )
    other = block(ret("other", const("other")))
    switch = step("s", p.Switch(subject=cel("input.v"), arms=arms, otherwise=other))
    for value, expected in ((1, "number"), (1.0, "number"), (True, "true"), ("x", "true"), (None, "other")):
        assert (await Stage(plan(switch), {"v": value}).invoke()).output == expected


async def test_parallel_follows_after_and_all_waits_for_everything() -> None:
    stage = Stage(
        plan(
            parallel("p", call("a"), call("b", after=("a",)), call("c"), result=cel("b.name")),
            ret("done", cel("p")),
        )
    )
    assert (await stage.invoke()).output == "p.b"
    assert stage.witness.order.index("p.a") < stage.witness.order.index("p.b")


async def test_any_takes_the_first_and_finishes_what_is_in_flight() -> None:
    stage = Stage(
        plan(
            parallel("p", call("slow"), do("fast", call("one"), result=const("quick")), join="any"),
            ret("done", cel("p")),
        )
    )
    release = stage.witness.hold["p.slow"] = asyncio.Event()
    task = asyncio.create_task(stage.invoke())
    await until(lambda: bool(stage.witness.effects["p.fast.one"]))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not task.done(), "the loser's effect is in flight and must be awaited"
    release.set()
    assert (await task).output == "quick"
    assert stage.witness.effects == {"p.slow": 1, "p.fast.one": 1}


async def test_settle_gives_every_branch_its_outcome() -> None:
    stage = Stage(
        plan(
            parallel("p", call("ok"), call("no", tool="bad"), call("later", after=("no",)), join="settle"),
            ret("done", cel("p")),
        )
    )
    output = (await stage.invoke()).output
    assert output["ok"] == {"ok": True, "value": {"name": "p.ok"}}
    assert output["no"] == {
        "ok": False,
        "error": {"code": "broken", "message": "never works", "step": "p.no"},
    }
    assert output["later"]["error"]["code"] == "skipped"


async def test_foreach_keeps_order_and_its_bound() -> None:
    running = highest = 0

    def enter(name: str) -> None:
        nonlocal running, highest
        running += 1
        highest = max(highest, running)

    def leave(name: str) -> None:
        nonlocal running
        running -= 1

    stage = Stage(
        plan(
            foreach(
                "each",
                cel("input.items"),
                call("one", args={"v": cel("item")}),
                concurrency=3,
                result=cel("one.v"),
            ),
            ret("done", cel("each")),
        ),
        {"items": list(range(10))},
    )
    inner = stage.witness.call

    async def counted(*rest: object) -> object:
        enter("")
        try:
            return await inner(*rest)  # type: ignore[arg-type]
        finally:
            leave("")

    stage.witness.call = counted  # type: ignore[method-assign,assignment]
    assert (await stage.invoke()).output == list(range(10))
    assert highest == 3
    assert set(stage.witness.effects) == {f"each[{n}].one" for n in range(10)}


async def test_loop_carries_its_yield_and_stops_at_its_limit() -> None:
    body = block(call("one"), result=cel("acc + 1"))
    again = p.Loop(carry="acc", initial=const(0), mode="while", test=cel("acc < 3"), max=5, block=body)
    stage = Stage(plan(step("l", again), ret("done", cel("l"))))
    assert (await stage.invoke()).output == {"count": 3, "last": 3}
    endless = p.Loop(mode="until", test=cel("l.count > 9", "l"), max=2, block=block(call("one")))
    ended = await Stage(plan(step("l", endless))).invoke()
    assert ended.error is not None and ended.error["code"] == "exhausted"


async def test_a_rejected_approval_fails_the_run_and_undoes_in_reverse_order() -> None:
    def undone(id: str) -> p.PlanStep:
        return call(id, compensate=block(call("back", args={"of": cel(f"{id}.name")})))

    stage = Stage(plan(undone("a"), undone("b"), approve("gate"), call("c")))
    ended = await stage.finish(lambda paths: dict.fromkeys(paths, "rejected"))
    assert ended.state == "failed" and ended.error is not None and ended.error["code"] == "rejected"
    assert stage.witness.order == ["a", "b", "b~comp.back", "a~comp.back"]


async def test_on_reject_and_on_timeout_are_branches() -> None:
    gate = approve(
        "gate",
        on_reject=block(ret("no", const("no"))),
        on_timeout=block(ret("late", const("late"))),
    )
    stage = Stage(plan(gate, ret("done", const("yes"))))
    assert (await stage.finish(lambda paths: dict.fromkeys(paths, "rejected"))).output == "no"
    stage = Stage(plan(gate, ret("done", const("yes"))))
    assert (await stage.invoke()).state == "waiting"
    assert stage.run.due_at == pytest.approx(stage.now + 60)
    stage.now += 61
    assert (await stage.invoke()).output == "late"
    assert "gate.answered gate" in stage.kinds()


async def test_after_a_no_what_the_gate_stands_before_never_happens() -> None:
    """A branch for the "no" that ends without `return` goes on to the guarded call, which then refuses."""
    gate = approve(
        "gate", on_reject=block(call("told")), on_timeout=block(call("told_late")), guards=("pay",)
    )
    stage = Stage(plan(gate, call("pay"), ret("done", const("paid"))))
    ended = await stage.finish(lambda paths: dict.fromkeys(paths, "rejected"))
    assert ended.error is not None and ended.error["code"] == "not_approved"
    assert stage.witness.order == ["gate.told"]

    stage = Stage(plan(gate, call("pay"), ret("done", const("paid"))))
    assert (await stage.finish(lambda paths: dict.fromkeys(paths, "approved"))).output == "paid"

    shrugged = approve("gate", guards=("pay",), catches=(p.Catch(codes=("rejected",), block=block()),))
    stage = Stage(plan(shrugged, call("pay")))
    ended = await stage.finish(lambda paths: dict.fromkeys(paths, "rejected"))
    assert ended.error is not None and ended.error["code"] == "not_approved"
    assert stage.witness.order == []


async def test_a_wait_parks_the_run_until_its_time() -> None:
    stage = Stage(plan(step("w", p.Wait(ms=3_600_000)), ret("done", const(1))))
    assert (await stage.invoke()).state == "waiting"
    assert stage.run.due_at == pytest.approx(stage.now + 3600)
    assert (await stage.invoke()).state == "waiting"
    stage.now += 3601
    assert (await stage.invoke()).output == 1


async def test_two_gates_are_pending_at_once_and_answered_in_any_order() -> None:
    for order in (("p.x", "p.y"), ("p.y", "p.x")):
        stage = Stage(
            plan(
                parallel(
                    "p",
                    approve("x"),
                    approve("y"),
                    call("ax", after=("x",)),
                    call("ay", after=("y",)),
                ),
                ret("done", const("both")),
            )
        )
        assert (await stage.invoke()).state == "waiting"
        assert sorted(stage.run.waiting_on) == ["p.x", "p.y"]
        ended = None
        for path in order:
            stage.answer_all(lambda _, path=path: {path: "approved"})  # type: ignore[misc]
            ended = await stage.invoke()
        assert ended == Execution("succeeded", "both")
        assert stage.witness.order == [order[0].replace("p.", "p.a"), order[1].replace("p.", "p.a")]


async def test_an_answer_that_comes_while_a_branch_works_is_used_at_once() -> None:
    stage = Stage(plan(parallel("p", approve("x"), call("slow"), call("ax", after=("x",)))))
    release = stage.witness.hold["p.slow"] = asyncio.Event()
    invocation = stage.invocation()
    task = asyncio.create_task(invocation.run())
    await until(lambda: invocation.open_gates() == ["p.x"])
    stage.ledger.answer(stage.run.lease.run_id, "p.x", Answer("approved"))
    invocation.deliver("p.x", Answer("approved"))
    await until(lambda: bool(stage.witness.effects["p.ax"]))
    release.set()
    async with asyncio.timeout(5):
        assert (await task).state == "succeeded"


async def test_a_read_is_repeated_and_a_flaky_call_is_retried_with_its_key() -> None:
    retry = p.Retry(max=3, backoff_ms=1)
    stage = Stage(plan(call("f", tool="flaky", retry=retry), ret("done", cel("f.name"))))
    assert (await stage.invoke()).output == "f"
    assert stage.witness.tries["f"] == 3
    assert [kind for kind in stage.kinds() if "retrying" in kind] == ["step.retrying f"] * 2


async def test_a_retry_is_for_the_codes_it_names() -> None:
    retry = p.Retry(max=3, backoff_ms=1, codes=("timeout",))
    stage = Stage(plan(call("f", tool="flaky", retry=retry)))
    ended = await stage.invoke()
    assert ended.error == {"code": "unavailable", "message": "not now", "step": "f"}


async def test_a_caught_error_is_a_value_and_undoes_the_block_it_left() -> None:
    inner = do(
        "d",
        call("a", compensate=block(call("undo"))),
        call("b", tool="bad"),
        catches=(catch(call("handled"), codes=("broken",), result=cel("e.code")),),
    )
    stage = Stage(plan(inner, ret("done", cel("d"))))
    assert (await stage.invoke()).output == "broken"
    assert stage.witness.order == ["d.a", "d.a~comp.undo", "d~catch0.handled"]


async def test_a_block_is_retried_as_a_whole() -> None:
    stage = Stage(
        plan(
            do(
                "d",
                call("a", compensate=block(call("undo"))),
                call("b", tool="bad"),
                retry=p.Retry(max=1, backoff_ms=1),
            )
        )
    )
    assert (await stage.invoke()).state == "failed"
    assert stage.witness.order == ["d.a", "d.a~comp.undo", "d#2.a", "d#2.a~comp.undo"]


async def test_a_block_over_its_time_fails_after_what_is_in_flight() -> None:
    stage = Stage(plan(do("d", call("slow"), call("never"), timeout_ms=10)))
    release = stage.witness.hold["d.slow"] = asyncio.Event()
    asyncio.get_running_loop().call_later(0.05, release.set)
    ended = await stage.invoke()
    assert ended.error is not None and ended.error["code"] == "timeout"
    assert stage.witness.effects == {"d.slow": 1}
    closed = next(event for event in stage.run.events if event.kind == "scope.closed")
    assert closed.data["outcome"] == "timeout"


async def test_a_block_may_run_out_of_time_while_it_waits() -> None:
    stage = Stage(plan(do("d", approve("gate", within_ms=10**9), timeout_ms=60_000)))
    assert (await stage.invoke()).state == "waiting"
    assert stage.run.due_at == pytest.approx(stage.now + 60)
    stage.now += 61
    ended = await stage.invoke()
    assert ended.error is not None and ended.error["code"] == "timeout"
    assert [e.data["answer"] for e in stage.run.events if e.kind == "gate.answered"] == ["cancelled"]


async def test_an_unknown_outcome_of_an_unsafe_call_asks_a_person() -> None:
    stage = Stage(plan(call("pay", tool="lost", honours=False, retry=p.Retry(max=5))))
    ended = await stage.invoke()
    assert ended.state == "needs_review" and ended.error is not None
    assert stage.witness.tries["pay"] == 1
    assert stage.kinds() == ["step.started pay", "step.unknown pay", "run.needs_review"]


async def test_a_guarded_call_runs_only_with_the_approved_arguments() -> None:
    steps = (
        let("amount", const(10)),
        approve("gate", guards=("pay", "late")),
        call("pay", args={"amount": cel("amount")}),
        call("late", args={"from": cel("pay.name")}),
    )
    stage = Stage(plan(*steps))
    assert (await stage.invoke()).state == "waiting"
    request = stage.run.approvals["gate"]
    assert request.effects == [
        {"path": "pay", "connector": "w", "tool": "write", "arguments": {"amount": 10}, "pending": []},
        {"path": "late", "connector": "w", "tool": "write", "arguments": None, "pending": ["pay"]},
    ]
    assert (await stage.finish()).state == "succeeded"

    stage = Stage(plan(*steps))
    await stage.invoke()
    opened = next(event for event in stage.run.events if event.kind == "gate.opened")
    opened.data["effects"][0]["arguments"]["amount"] = 11  # what was approved is not what would be done
    ended = await stage.finish()
    assert ended.error is not None and ended.error["code"] == "approval_mismatch"
    assert not stage.witness.effects


async def test_cancel_finishes_the_effect_in_flight_and_undoes() -> None:
    stage = Stage(plan(call("a", compensate=block(call("undo"))), call("b"), call("c")))
    release = stage.witness.hold["b"] = asyncio.Event()
    invocation = stage.invocation()
    task = asyncio.create_task(invocation.run())
    await until(lambda: bool(stage.witness.effects["a"]))
    invocation.cancel()
    release.set()
    assert (await task).state == "cancelled"
    assert stage.witness.order == ["a", "b", "a~comp.undo"]


async def test_cancelling_a_run_that_waits_undoes_what_it_did() -> None:
    stage = Stage(plan(call("a", compensate=block(call("undo"))), approve("gate"), call("b")))
    assert (await stage.invoke()).state == "waiting"
    assert (await stage.invoke(cancelled=True)).state == "cancelled"
    assert stage.witness.order == ["a", "a~comp.undo"]


async def test_cancelling_a_run_in_review_undoes_what_is_known_and_leaves_the_unknown() -> None:
    lost = call("pay", tool="lost", honours=False, compensate=block(call("refund")))
    stage = Stage(plan(call("a", compensate=block(call("undo"))), lost))
    assert (await stage.invoke()).state == "needs_review"
    assert (await stage.invoke(cancelled=True)).state == "cancelled"
    assert stage.witness.order == ["a", "a~comp.undo"]


async def test_a_drained_run_goes_on_elsewhere() -> None:
    stage = Stage(plan(call("a"), call("b"), ret("done", const(1))))
    release = stage.witness.hold["a"] = asyncio.Event()
    invocation = stage.invocation()
    task = asyncio.create_task(invocation.run())
    await asyncio.sleep(0)
    invocation.drain()
    release.set()
    assert (await task).state == "drained"
    assert (await stage.invoke(owner="r2")).output == 1
    assert stage.witness.effects == {"a": 1, "b": 1}


async def test_a_return_inside_a_parallel_ends_the_run() -> None:
    stage = Stage(
        plan(parallel("p", do("x", ret("now", const(7))), do("y", call("a"), call("b"))), call("c"))
    )
    assert (await stage.invoke()).output == 7
    assert "c" not in stage.witness.effects


async def test_a_fail_step_names_its_code_and_an_expression_error_its_step() -> None:
    ended = await Stage(plan(fail("no", "too_late"))).invoke()
    assert ended.error == {"code": "too_late", "message": "on purpose", "step": "no"}
    ended = await Stage(plan(let("x", cel("input.missing")))).invoke()
    assert ended.error is not None and (ended.error["code"], ended.error["step"]) == ("expression", "x")


async def test_a_result_that_is_no_json_fails_its_step() -> None:
    stage = Stage(plan(call("a", args={"bad": const("\ud800")})))
    ended = await stage.invoke()
    assert ended.error is not None and ended.error["code"] == "invalid_arguments"


TWICE = p.ListExpr(items=(cel("c"), cel("c")))


def rounds(value: p.Expression, initial: p.Expression, most: int = 60) -> p.PlanStep:
    body = block(result=value)
    return step(
        "l", p.Loop(mode="until", test=const(False), max=most, carry="c", initial=initial, block=body)
    )


@pytest.mark.parametrize(
    ("steps", "says"),
    [
        ([rounds(TWICE, const([]))], "more than 50,000 values"),
        ([rounds(cel("c + c"), const([1]))], "more than 20,000 values"),
        ([rounds(cel("c + c"), const("x"))], "more than 2,000,000 characters"),
        ([rounds(p.TemplateExpr(parts=(cel("c"), cel("c"))), const("x"))], "more than 2,000,000 characters"),
        (
            [
                let("c", const([1] * 50_000)),
                foreach("l", const([1, 2, 3, 4, 5]), let("other", const(1)), result=cel("c")),
            ],
            "more than 200,000 values",
        ),
        (
            [
                let("c", const("x" * 1_000_000)),
                foreach("l", const([1] * 17), let("other", const(1)), result=cel("c")),
            ],
            "more than 16.8 million characters",
        ),
    ],
)
async def test_a_value_that_grows_fails_its_step_early(steps: list[p.PlanStep], says: str) -> None:
    stage = Stage(plan(*steps))
    ended = await stage.invoke()
    assert ended.error is not None and ended.error["code"] == "expression"
    assert ended.error["step"].startswith("l") and says in ended.error["message"]


async def test_a_run_that_only_computes_leaves_the_loop_to_others() -> None:
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    beside = asyncio.create_task(others())
    await asyncio.sleep(0)
    ended = await Stage(plan(rounds(cel("c + 1"), const(0), most=3))).invoke()
    assert ended.error is not None and ended.error["code"] == "exhausted"
    few, turns = turns, 0
    ended = await Stage(plan(rounds(cel("c.map(a, a + 1)"), const([1] * 1_000), most=20))).invoke()
    beside.cancel()
    assert ended.error is not None and ended.error["code"] == "exhausted"
    assert few < 100 < turns


async def test_an_empty_workflow_succeeds() -> None:
    assert await Stage(plan()).invoke() == Execution("succeeded", None)


async def test_an_answer_that_is_faster_than_the_step_that_asks_is_not_missed() -> None:
    """Another process can see a gate, and answer it, before the step that opened it has come to wait there."""
    stage = Stage(plan(parallel("p", approve("x"), call("slow"), call("ax", after=("x",)))))
    stage.witness.hold["p.slow"] = asyncio.Event()
    invocation = stage.invocation()
    open_gate = stage.ledger.open_gate

    async def answered_at_once(lease: Lease, entry: Entry, approval: ApprovalRequest) -> None:
        await open_gate(lease, entry, approval)
        answer = Answer("approved", ("m@example.com",))
        stage.ledger.answer(stage.run.lease.run_id, "p.x", answer)
        invocation.deliver("p.x", answer)

    stage.ledger.open_gate = answered_at_once  # type: ignore[method-assign]
    running = asyncio.create_task(invocation.run())
    await until(lambda: "p.ax" in stage.witness.effects)
    stage.witness.hold["p.slow"].set()
    assert (await running).state == "succeeded"
