"""A database that does not answer in the middle of a block, and a person who must look: what waits beside it goes on
waiting."""

from __future__ import annotations

import pytest

from engine.journal import Entry, Interrupted
from engine.strict import encode
from tests.engine_run.kit import OTHER, Stage, approve, call, cel, const, foreach, parallel, plan, ret, run


def once_at(stage: Stage, name: str) -> None:
    """The ledger fails at the first write of this name, which is then not written."""
    failed: list[str] = []

    def fails(write: str) -> None:
        if write == name and not failed:
            failed.append(write)
            raise Interrupted("the connection broke")

    stage.ledger.before_write = fails


def answers(stage: Stage) -> list[str]:
    return [
        f"{event.path} {event.data['answer']}" for event in stage.run.events if event.kind == "gate.answered"
    ]


@pytest.mark.parametrize("at", ["step.succeeded both.pay", "gate.opened both.second"])
async def test_a_break_in_one_branch_cancels_no_gate_of_another(at: str) -> None:
    steps = (approve("first"), call("pay"), approve("second"))
    stage = Stage(plan(parallel("both", *steps), ret("done", const("end"))))
    stage.witness.yields = lambda _: 5
    once_at(stage, at)
    with pytest.raises(Interrupted):
        await stage.finish()
    assert answers(stage) == []
    assert (await stage.finish()).state == "succeeded"
    assert sorted(answers(stage)) == ["both.first approved", "both.second approved"]
    assert stage.witness.effects == {"both.pay": 1}


async def test_a_break_while_runs_are_started_stops_none_of_those_that_were() -> None:
    items = const([1, 2, 3])
    each = foreach("each", items, run("c", args={"n": cel("item")}), concurrency=3, result=cel("c"))
    child = plan(call("c1"), ret("done", cel("input.n")))
    stage = Stage(plan(each, ret("done", cel("each"))), others={OTHER: child})
    once_at(stage, "start each[1].c")
    with pytest.raises(Interrupted):
        await stage.finish()
    ended = await stage.finish()
    assert (ended.state, ended.output) == ("succeeded", [1, 2, 3])
    assert [child.state for child in stage.children] == ["succeeded"] * 3


async def test_a_review_in_one_branch_leaves_the_gates_of_the_others_open() -> None:
    blind = call("pay", "lost", honours=False)
    stage = Stage(plan(parallel("both", approve("first"), blind), ret("done", const("end"))))
    stage.witness.yields = lambda _: 5
    assert (await stage.finish()).state == "needs_review"
    assert answers(stage) == [] and "both.first" in stage.run.approvals
    # A person says that it happened, which is journaled as its result.
    stage.run.state = "queued"
    stage.ledger._write(stage.run, [Entry("step.succeeded", "both.pay", encode({"result": {}}))])
    assert (await stage.finish()).state == "succeeded"
    assert answers(stage) == ["both.first approved"]
