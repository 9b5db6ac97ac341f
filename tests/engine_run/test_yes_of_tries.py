"""One yes is for all tries of a block, and in one run at a time: also where a run was stopped in the middle of a try,
or between two."""

from __future__ import annotations

from typing import Any

import pytest

from dsl import plan as p
from engine.forking.planning import Asked, ForkPlan, plan_fork
from engine.memory import MemoryRun
from tests.engine_run.forked import take_over, wanted
from tests.engine_run.guarding import guarded
from tests.engine_run.kit import Stage, approve, call, const, do, plan, ret

AGAIN = p.Retry(max=2, backoff_ms=1)
PAY = call("pay", tool="blind")
LOOK = call("look", tool="flaky", effect="read", args={"fails": 1}, key=const("key/look"))


def outside() -> p.Plan:
    """The approval stands before the block that is tried again."""
    return guarded(plan(approve("gate"), do("tried", PAY, LOOK, retry=AGAIN), ret("end", const(1))))


def inside() -> p.Plan:
    """The approval stands in a block that is tried again, before another one."""
    inner = do("inner", PAY, LOOK, retry=AGAIN)
    return guarded(plan(do("outer", approve("gate"), inner, retry=AGAIN), ret("end", const(1))))


async def stopped(made: p.Plan, behind: str) -> MemoryRun:
    """A run of it that was cancelled right after this was written."""
    stage = Stage(made)
    await stage.invoke()
    stage.answer_all()
    invocation = stage.invocation()

    def cancel(written: str) -> None:
        if written == behind:
            invocation.cancel()

    stage.ledger.after_write = cancel
    assert (await invocation.run()).state == "cancelled"
    return stage.run


def planned(run: MemoryRun, made: p.Plan, **rest: Any) -> ForkPlan:
    return plan_fork(wanted(run, made, **rest), run.events)


@pytest.mark.parametrize("made", [outside(), inside()], ids=["outside", "inside"])
@pytest.mark.parametrize("after", ["step.succeeded {}.pay", "step.retrying {}"])
async def test_the_next_try_relies_on_the_yes_and_no_other_run_does(made: p.Plan, after: str) -> None:
    block = "tried" if made.body.steps[0].id == "gate" else "outer.inner"
    gate = "gate" if block == "tried" else "outer.gate"
    run = await stopped(made, after.format(block))
    (approval,) = (e.data["approval_id"] for e in run.events if e.kind == "gate.opened")
    if "retrying" in after:  # what was done in the try before was done under this yes: it is asked again
        assert planned(run, made).asked == (Asked(gate, "gate", "happened"),)
        return
    one = planned(run, made)
    assert (one.asked, one.relied_on) == ((), (approval,))
    other = planned(run, made, free=lambda _: False)
    assert (other.asked, other.relied_on) == ((Asked(gate, "gate", "used"),), ())
    assert [(e.path, e.first) for e in other.again] == [(f"{block}.pay", "did")]
    mine = planned(run, made, by="m@example.com")
    assert mine.asked == (Asked(gate, "gate", "own"),)


async def test_the_next_try_really_happens_under_that_yes() -> None:
    """The control: this is what the yes is claimed for."""
    made = outside()
    run = await stopped(made, "step.succeeded tried.pay")
    heir = Stage(made)
    take_over(planned(run, made), run, heir.run, heir.now)
    assert (await heir.finish()).state == "succeeded"
    assert heir.witness.effects["tried#2.pay"] == 1
    asked = [e.path for e in heir.run.events if e.kind == "gate.opened" and "reused" not in e.data]
    assert asked == []


async def test_a_yes_for_a_block_without_tries_left_is_relied_on_for_nothing() -> None:
    once = do("tried", PAY, LOOK, retry=p.Retry(max=0, backoff_ms=1))
    made = guarded(plan(approve("gate"), once, ret("end", const(1))))
    run = await stopped(made, "step.succeeded tried.pay")
    assert planned(run, made, free=lambda _: False).asked == ()
