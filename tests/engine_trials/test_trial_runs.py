"""How a test runs: what is pinned or made up is recorded like any other result, and nothing was called for it."""

from __future__ import annotations

from typing import Any

import pytest

from engine.history import fold
from engine.model import Turn
from engine.runtime import Trial
from engine.runtime.trial import Pin
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
    foreach,
    iff,
    let,
    parallel,
    plan,
    reap,
    ret,
    run,
    tool,
    use,
)


def steps_of(stage: Stage) -> dict[str, Any]:
    return {step.path: step for step in fold(stage.run.events).steps}


TWO = plan(call("look", "read", effect="read"), call("pay", args={"amount": 3}), ret("end", cel("pay")))


async def test_an_effect_is_made_up_unless_it_was_allowed():
    stage = Stage(TWO, trial=Trial(stubs={"pay": {"id": "made up"}}))
    ended = await stage.finish()
    assert (ended.state, ended.output) == ("succeeded", {"id": "made up"})
    assert (stage.witness.effects, stage.witness.reads) == ({}, 1)
    paid = steps_of(stage)["pay"]
    assert (paid.pinned, paid.input, paid.output) == (True, {"amount": 3}, {"id": "made up"})
    assert not steps_of(stage)["look"].pinned


async def test_the_control_the_same_plan_without_settings_has_its_effect():
    stage = Stage(TWO)
    await stage.finish()
    assert stage.witness.effects == {"pay": 1}
    assert not steps_of(stage)["pay"].pinned


async def test_an_effect_that_was_allowed_happens():
    stage = Stage(TWO, trial=Trial(real=frozenset({"pay"})))
    await stage.finish()
    assert stage.witness.effects == {"pay": 1}


async def test_a_pinned_step_gives_what_the_pin_says_and_calls_nothing():
    stage = Stage(TWO, trial=Trial({"look": Pin({"x": 1}), "pay": Pin(7)}, frozenset({"pay"})))
    ended = await stage.finish()
    assert ended.output == 7
    assert (stage.witness.effects, stage.witness.reads) == ({}, 0)
    assert [path for path, step in steps_of(stage).items() if step.pinned] == ["look", "pay"]


async def test_a_pinned_error_is_an_error_like_any_other():
    pin = Pin(error={"code": "timeout", "message": "no answer"})
    bare = Stage(TWO, trial=Trial({"look": pin}))
    ended = await bare.finish()
    assert ended.error == {"code": "timeout", "message": "no answer", "step": "look"}
    caught = plan(
        call("look", "read", effect="read", catches=(catch(let("instead", const(1))),)), ret("end", const(2))
    )
    stage = Stage(caught, trial=Trial({"look": pin}))
    assert (await stage.finish()).output == 2
    assert steps_of(stage)["look"].state == "caught"


@pytest.mark.parametrize("concurrency", [1, 3])
async def test_a_pin_holds_in_every_round(concurrency: int):
    rounds = plan(foreach("each", const([1, 2, 3]), call("pay"), concurrency=concurrency, result=cel("pay")))
    stage = Stage(rounds, trial=Trial({"each.pay": Pin("p")}))
    await stage.finish()
    assert steps_of(stage)["each"].output == ["p", "p", "p"]
    assert stage.witness.effects == {}


async def test_other_workflows_are_not_started():
    stage = Stage(plan(run("child"), ret("end", cel("child"))), trial=Trial(stubs={"child": {"ok": True}}))
    assert (await stage.finish()).output == {"ok": True}
    assert stage.children == []
    assert [event.kind for event in stage.run.events if event.path == "child"] == ["step.succeeded"]


async def test_a_workflow_does_not_run_itself_in_a_test():
    stage = Stage(plan(run("again", "test")), trial=Trial(real=frozenset({"again"})))
    ended = await stage.finish()
    assert ended.error is not None and ended.error["code"] == "not_in_a_test"
    assert stage.children == []


async def test_what_a_model_would_change_is_made_up():
    script = Talker([use("w__write"), Turn("done", (), "m", 1, 1, 0.0, True)])
    stage = Stage(
        plan(agent("help", tool()), ret("end", cel("help"))),
        talker=script,
        trial=Trial(tools={"w.write": {"ok": 1}}),
    )
    assert (await stage.finish()).output == "done"
    assert stage.witness.effects == {}
    assert steps_of(stage)["help~turn1.tool1"].output == {"ok": 1}


async def test_an_effect_behind_an_approval_still_needs_it():
    gated = plan(approve("gate", guards=("pay",)), call("pay"))
    stage = Stage(gated, trial=Trial(real=frozenset({"pay"})))
    assert (await stage.invoke()).state == "waiting"
    assert stage.witness.effects == {}
    refused = Stage(gated, trial=Trial(real=frozenset({"pay"})))
    ended = await refused.finish(lambda paths: {path: "rejected" for path in paths})
    assert ended.error is not None and ended.error["code"] == "rejected"
    assert refused.witness.effects == {}


async def test_what_a_person_is_asked_says_what_would_only_be_made_up():
    gated = plan(approve("gate", guards=("pay", "tell")), call("pay"), call("tell"))
    stage = Stage(gated, trial=Trial(real=frozenset({"pay"})))
    await stage.invoke()
    opened = next(event for event in stage.run.events if event.kind == "gate.opened")
    assert [effect.get("stubbed", False) for effect in opened.data["effects"]] == [False, True]


async def test_a_gate_that_has_a_pin_lets_nothing_through_that_really_happens():
    """Whatever the settings say: such settings are refused before, this is the last door."""
    gated = plan(approve("gate", guards=("pay",)), call("pay"))
    yes = Pin({"approved": True, "by": [], "comment": ""})
    stage = Stage(gated, trial=Trial({"gate": yes}, frozenset({"pay"})))
    ended = await stage.finish()
    assert ended.error is not None and ended.error["code"] == "not_approved"
    assert stage.witness.effects == {}
    made_up = Stage(gated, trial=Trial({"gate": yes}))
    assert (await made_up.finish()).state == "succeeded"


async def test_a_no_stops_a_made_up_effect_as_it_would_a_real_one():
    gated = plan(
        approve("gate", guards=("pay",), on_reject=block(let("sorry", const(1)))),
        call("pay"),
        ret("end", const(1)),
    )
    stage = Stage(gated, trial=Trial())
    ended = await stage.finish(lambda paths: {path: "rejected" for path in paths})
    assert ended.error is not None and ended.error["code"] == "not_approved"


UNTIL = [
    (plan(call("one", "read", effect="read"), call("two"), call("three")), "two", {"name": "two"}),
    (plan(do("all", call("one"), result=const("x")), call("three")), "all", "x"),
    (plan(iff("way", const(True), block(call("one"), result=const(5))), call("three")), "way", 5),
    (plan(iff("way", const(True), block(call("one"))), call("three")), "way", None),
    (
        plan(iff("way", const(True), block(call("one"), call("three"))), call("three2")),
        "way.one",
        {"name": "way.one"},
    ),
    (
        plan(parallel("both", call("one"), call("three", after=("one",))), call("three2")),
        "both.one",
        {"name": "both.one"},
    ),
    (plan(foreach("each", const([1, 2]), call("one"), call("three"))), "each.one", {"name": "each[0].one"}),
]


@pytest.mark.parametrize(("tried", "path", "output"), UNTIL, ids=[path for _, path, _ in UNTIL])
async def test_a_test_stops_behind_the_step_it_was_told(tried: Any, path: str, output: Any):
    real = frozenset({"one", "two", "all.one", "way.one", "both.one", "each.one", "three"})
    stage = Stage(tried, trial=Trial(real=real, until=path))
    ended = await stage.finish()
    assert (ended.state, ended.output) == ("succeeded", output)
    assert not any("three" in name for name in stage.witness.entered)


async def test_a_step_that_was_pinned_can_be_the_last_one():
    stage = Stage(TWO, trial=Trial({"look": Pin(9)}, until="look"))
    assert (await stage.finish()).output == 9


LONG = plan(
    call("one", "read", effect="read"),
    approve("gate", guards=("pay",)),
    call("pay", "blind", honours=False),
    foreach("each", const([1, 2]), call("send", "blind", honours=False), concurrency=2, result=cel("send")),
    iff("way", cel("one.nonce == 1", "one"), block(call("tell"))),
    call("really"),
    ret("end", cel("each")),
)
SETTINGS = Trial({"one": Pin({"nonce": 1})}, frozenset({"really"}), {"each.send": "made up"})


async def test_a_crash_anywhere_keeps_what_is_pinned_and_made_up():
    """The runner dies at every write in turn; what comes out is what would have come out without."""
    whole = Stage(LONG, trial=SETTINGS)
    ended = await whole.finish()
    assert (ended.output, whole.witness.effects) == (["made up", "made up"], {"really": 1})
    writes = len(whole.run.events)
    assert writes > 10
    for number in range(1, writes):
        stage = Stage(LONG, trial=SETTINGS)
        left = [number]

        def die(_: str, left: list[int] = left) -> None:
            left[0] -= 1
            if left[0] == 0:
                raise Crash

        stage.ledger.before_write = die
        try:
            await stage.finish()
        except Crash:
            pass
        await reap()
        stage.ledger.before_write = lambda _: None
        again = await stage.finish()
        assert again.output == ["made up", "made up"], number
        assert stage.witness.effects == {"really": 1}, number
        assert stage.witness.reads == 0, number
