"""``run``, ``wait event`` and ``escalate`` in memory: what they answer, how they fail, and how they stop."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dsl import plan as p
from engine.runtime.children import DEEPEST
from tests.engine_run.crasher import Crasher
from tests.engine_run.kit import (
    OTHER,
    Crash,
    Stage,
    approve,
    block,
    call,
    catch,
    cel,
    const,
    do,
    fail,
    hear,
    iff,
    pinned,
    plan,
    reap,
    ret,
    run,
    step,
)

CHILD = plan(call("made", compensate=block(call("unmade"))), approve("sure"), ret("done", cel("input.n")))


def stage(*steps: p.PlanStep, child: p.Plan = CHILD, **rest: Any) -> Stage:
    return Stage(plan(*steps, **rest), others={OTHER: child})


# ---- run ---------------------------------------------------------------------------------------------


async def test_a_run_step_has_the_output_of_the_run_it_started() -> None:
    here = stage(run("c", args={"n": const(3)}), ret("done", cel("c + 1")))
    assert (await here.invoke()).state == "waiting"
    (child,) = here.children
    assert (child.state, child.input, child.lease.depth, child.parent) == (
        "queued",
        {"n": 3},
        1,
        (here.run.lease.run_id, "c"),
    )
    assert (await here.finish()).output == 4
    assert (child.state, child.output) == ("succeeded", 3)


async def test_a_run_that_fails_fails_the_step_with_its_code() -> None:
    gone = plan(fail("gone", "out_of_stock"))
    caught = catch(codes=("out_of_stock",), result=cel("e.code + ': ' + e.message + ' at ' + e.step", "e"))
    ended = await stage(run("c", catches=(caught,)), ret("done", cel("c")), child=gone).finish()
    assert ended.output == "out_of_stock: on purpose at c"
    ended = await stage(run("c"), child=gone).finish()
    assert (ended.state, (ended.error or {})["code"]) == ("failed", "out_of_stock")


async def test_what_the_other_workflow_does_not_take_is_said_and_nothing_is_started() -> None:
    schema = {
        "type": "object",
        "properties": {"n": {"type": "number"}, "s": {"type": "string"}},
        "required": ["n", "s"],
    }
    pin = pinned(schema=schema, input_defaults={"s": const("as usual")})
    here = stage(run("c", args={"n": const("three")}), workflows=(pin,))
    ended = await here.finish()
    assert (ended.error or {})["code"] == "invalid_arguments" and "n" in (ended.error or {})["message"]
    assert here.children == []
    here = stage(run("c", args={"n": const(3)}), workflows=(pin,))
    await here.finish()
    assert [(type(child.input["n"]), child.input) for child in here.children] == [
        (float, {"n": 3.0, "s": "as usual"})
    ]


async def test_another_try_starts_another_run() -> None:
    once = plan(iff("first", cel("input.n == 1"), block(fail("no", "not_yet"))))
    retried = run("c", args={"n": const(1)}, retry=p.Retry(max=2, backoff_ms=1))
    here = stage(retried, child=once)
    assert (await here.finish()).error == {"code": "not_yet", "message": "on purpose", "step": "c#3"}
    assert [child.parent and child.parent[1] for child in here.children] == ["c", "c#2", "c#3"]


async def test_a_workflow_that_runs_itself_ends_at_the_depth_limit() -> None:
    ended = plan(run("again", workflow="test"))
    here = Stage(ended)
    assert ((await here.finish()).error or {})["code"] == "too_deep"
    assert [child.lease.depth for child in here.children] == list(range(1, DEEPEST + 1))


async def test_when_the_time_is_up_the_run_that_was_started_is_stopped() -> None:
    handled = catch(codes=("timeout",), result=const("late"))
    here = stage(run("c", args={"n": const(1)}, timeout_ms=60_000, catches=(handled,)), ret("done", cel("c")))
    assert (await here.invoke()).state == "waiting"
    await here.carry_children()
    assert here.run.due_at == here.now + 60
    here.now += 61
    assert (await here.invoke()).output == "late"
    await here.carry_children()
    assert [child.state for child in here.children] == ["cancelled"]
    assert here.witness.order == ["made", "made~comp.unmade"]


async def test_a_crash_anywhere_in_a_cancel_stops_the_run_that_was_started_too() -> None:
    async def waiting() -> Stage:
        here = stage(call("a", compensate=block(call("undo"))), run("c", args={"n": const(1)}), call("never"))
        assert (await here.invoke()).state == "waiting"
        await here.carry_children()
        return here

    calm = await waiting()
    crasher = Crasher(calm, None)
    assert (await calm.invoke(cancelled=True)).state == "cancelled"
    await calm.carry_children()
    assert sorted(calm.witness.order) == ["a", "a~comp.undo", "made", "made~comp.unmade"]
    for at in range(1, crasher.places + 1):
        here = await waiting()
        dying = Crasher(here, at)
        with pytest.raises((Crash, ExceptionGroup)):
            await here.invoke(cancelled=True)
            await here.carry_children()
        await reap()
        dying.revive()
        if here.run.state == "running":
            await here.invoke(owner="heir", cancelled=True)
        await here.carry_children()
        assert [one.state for one in here.ledger.runs.values()] == ["cancelled"] * 2, f"place {at}"
        assert here.witness.effects == calm.witness.effects, f"place {at}"


async def test_an_approval_shows_and_binds_what_the_run_behind_it_is_given() -> None:
    steps = (approve("gate", guards=("c",)), run("c", args={"n": cel("input.n")}))
    here = stage(*steps)
    here.given = {"n": 4}
    await here.invoke()
    assert here.run.approvals["gate"].effects == [
        {"path": "c", "connector": "workflow", "tool": "other", "arguments": {"n": 4}, "pending": []}
    ]
    assert (await here.finish()).state == "succeeded"
    here = stage(*steps)
    here.given = {"n": 4}
    await here.invoke()
    here.given = {"n": 5}
    assert ((await here.finish()).error or {})["code"] == "approval_mismatch" and here.children == []


async def test_after_a_no_the_run_behind_it_is_not_started() -> None:
    here = stage(approve("gate", guards=("c",), on_reject=block()), run("c", args={"n": const(1)}))
    ended = await here.finish(lambda open_: dict.fromkeys(open_, "rejected"))
    assert (ended.error or {})["code"] == "not_approved" and here.children == []


# ---- wait event --------------------------------------------------------------------------------------


async def test_only_events_after_the_wait_began_are_looked_at_and_the_first_that_fits_counts() -> None:
    here = Stage(
        plan(approve("first"), hear("h", when=cel("event.n > 1", "event")), ret("done", cel("h.text")))
    )
    await here.invoke()
    here.ledger.publish("go", {"n": 5, "text": "too early"})
    here.answer_all()
    assert (await here.invoke()).state == "waiting"
    here.ledger.publish("other", {"n": 5, "text": "another name"})
    assert here.run.state == "waiting"
    for number, text in ((1, "does not fit"), (2, "fits"), (3, "too late")):
        here.ledger.publish("go", {"n": number, "text": text})
    assert here.run.state == "queued"
    assert (await here.invoke()).output == "fits"


async def test_an_event_without_what_the_condition_asks_for_is_passed_over_for_good() -> None:
    here = Stage(plan(hear("h", when=cel("event.n > 1", "event")), ret("done", cel("h.n"))))
    await here.invoke()
    for payload in ({}, None, "text", {"n": "high"}):
        here.ledger.publish("go", payload)
        assert (await here.invoke()).state == "waiting"
    assert here.run.ears == {"h": ("go", 4)}
    here.ledger.publish("go", {"n": 2})
    assert (await here.invoke()).output == 2


async def test_an_event_that_comes_while_the_run_parks_is_not_missed() -> None:
    here = Stage(plan(hear("h"), ret("done", cel("h"))))

    def late(name: str) -> None:
        if name == "park" and not here.ledger.published:
            here.ledger.publish("go", "in the last moment")

    here.ledger.before_write = late
    assert (await here.invoke()).output == "in the last moment"


async def test_a_wait_for_an_event_fails_when_its_time_is_up() -> None:
    timed = hear("h", timeout_ms=60_000, catches=(catch(codes=("timeout",), result=const("none came")),))
    here = Stage(plan(timed, ret("done", cel("h"))))
    assert (await here.invoke()).state == "waiting"
    here.now += 61
    assert (await here.invoke()).output == "none came"
    assert here.run.ears == {}


# ---- escalate ----------------------------------------------------------------------------------------

BOSS = p.Approver(by="role", name=const("boss"))


def escalating() -> p.PlanStep:
    asked = approve("gate", within_ms=100_000, escalate_after_ms=40_000, escalate_to=BOSS)
    return do("d", asked, catches=(catch(codes=("expired",), result=const("nobody")),))


async def test_an_approval_escalates_at_its_time_and_expires_at_its_own() -> None:
    here = Stage(plan(escalating(), ret("done", cel("d"))))
    began = here.now
    assert (await here.invoke()).state == "waiting"
    request = here.run.approvals["d.gate"]
    assert (request.escalation, request.escalates_at) == ({"by": "role", "name": "boss"}, began + 40)
    assert here.run.due_at == began + 40
    here.now += 41
    assert (await here.invoke()).state == "waiting"
    (event,) = [event for event in here.run.events if event.kind == "gate.escalated"]
    assert (event.path, event.data) == ("d.gate", {"to": {"by": "role", "name": "boss"}})
    assert here.run.due_at == began + 100
    assert (await here.invoke()).state == "waiting"
    assert here.kinds().count("gate.escalated d.gate") == 1
    here.now = began + 101
    assert (await here.invoke()).output == "nobody"


async def test_a_crash_anywhere_around_an_escalation_changes_nothing() -> None:
    async def due(at: int | None) -> tuple[Stage, Crasher]:
        here = Stage(plan(escalating(), call("a"), ret("done", cel("d"))))
        await here.invoke()
        here.now += 41
        return here, Crasher(here, at)

    calm, counting = await due(None)
    await calm.finish()
    for at in range(1, counting.places + 1):
        here, dying = await due(at)
        with pytest.raises((Crash, ExceptionGroup)):
            await here.finish()
        await reap()
        dying.revive()
        if here.run.state in ("running", "waiting", "queued"):
            await here.finish()
        assert (here.run.state, here.run.output, here.witness.effects) == ("succeeded", None, {"a": 1})
        assert here.kinds().count("gate.escalated d.gate") == 1, here.kinds()


async def test_a_decision_before_the_escalation_is_the_end_of_it() -> None:
    here = Stage(plan(escalating(), ret("done", const(1))))
    await here.invoke()
    here.answer_all()
    here.now += 41
    assert (await here.invoke()).output == 1
    assert "gate.escalated d.gate" not in here.kinds()


async def test_an_escalation_after_the_end_never_comes() -> None:
    asked = approve("gate", within_ms=10_000, escalate_after_ms=40_000, escalate_to=BOSS)
    here = Stage(plan(asked))
    await here.invoke()
    assert here.run.approvals["gate"].escalates_at is None
    assert datetime.fromtimestamp(here.run.due_at or 0, UTC).timestamp() == here.now + 10


async def test_a_wait_for_an_event_ends_with_the_run() -> None:
    here = Stage(plan(step("p", p.Parallel(join="any", block=block(hear("x"), call("y"))))))
    assert (await here.invoke()).state == "succeeded"
    assert here.run.ears == {}
