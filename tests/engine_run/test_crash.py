"""A crash before and after every write and every effect of a handful of shapes, and fences with their controls.

Whatever happens, each effect is there exactly once by its key, and the run ends as it would have without a crash.
Tools honour keys, so that a call whose record was lost is done again under the same key; those that do not are at
the end.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from dsl import plan as p
from engine.journal import Fenced
from engine.model import ToolUse, Turn
from tests.engine_run.crasher import Crasher, assert_same, undisturbed, with_crash
from tests.engine_run.kit import (
    OTHER,
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
    hear,
    iff,
    parallel,
    plan,
    reap,
    ret,
    run,
    step,
    template,
    tool,
    until,
    use,
)


def undo(name: str = "undo") -> p.Block:
    return block(call(name))


SHAPES: dict[str, Callable[[], p.Plan]] = {
    "linear": lambda: plan(
        call("a"), call("b", args={"x": cel("a.name")}), call("c", tool="read"), ret("done", cel("b.x"))
    ),
    "gate in an if": lambda: plan(
        call("a"),
        iff("big", const(True), block(approve("gate", guards=("pay",)), call("inside"))),
        call("pay", args={"v": cel("a.name")}),
        ret("done", cel("pay.v")),
    ),
    "parallel": lambda: plan(
        parallel(
            "p",
            do("x", call("x1"), call("x2")),
            call("y"),
            do("z", approve("gate"), call("z1")),
            call("w", after=("x", "y")),
        ),
        ret("done", cel("w.name")),
    ),
    "any": lambda: plan(
        parallel(
            "p",
            do("x", call("x1"), call("x2"), result=const(1)),
            do("y", call("y1"), result=const(2)),
            join="any",
        ),
        call("after"),
        ret("done", const("ok")),
    ),
    "foreach": lambda: plan(
        foreach(
            "each",
            const([1, 2, 3, 4]),
            call("one", args={"v": cel("item")}),
            concurrency=2,
            result=cel("one.v"),
        ),
        ret("done", cel("each")),
    ),
    "compensation": lambda: plan(
        call("a", compensate=undo()),
        parallel(
            "p",
            call("b", compensate=undo()),
            do("c", call("c1", compensate=undo()), call("c2", tool="bad")),
        ),
        call("never"),
    ),
    "caught": lambda: plan(
        do(
            "d",
            call("a", compensate=undo()),
            approve("gate"),
            call("b", tool="bad"),
            catches=(catch(call("handled"), result=cel("e.code")),),
        ),
        ret("done", cel("d")),
    ),
    "loop with a gate": lambda: plan(
        step(
            "l",
            p.Loop(
                carry="acc",
                initial=const(0),
                mode="while",
                test=cel("acc < 2"),
                max=5,
                block=block(call("one"), approve("gate"), call("two"), result=cel("acc + 1")),
            ),
        ),
        ret("done", cel("l.count")),
    ),
    "retry": lambda: plan(
        call("f", tool="flaky", retry=p.Retry(max=3, backoff_ms=1)),
        do(
            "d",
            call("a"),
            call("b", tool="bad"),
            retry=p.Retry(max=1, backoff_ms=1),
            catches=(catch(call("end")),),
        ),
        ret("done", cel("f.name")),
    ),
}


CHILD = plan(
    call("before", key=template("before-", cel("input.n")), compensate=undo("back")),
    approve("sure"),
    call("made", key=template("made-", cel("input.n"))),
    ret("done", cel("made.name")),
)
OTHERS = {OTHER: CHILD}
EVENTS = [("go", {"n": 0}), ("stop", {"n": 2}), ("go", {"m": 1}), ("go", {"n": 2})]

SHAPES |= {
    "child": lambda: plan(
        call("a"),
        run("c", args={"n": cel("a.name")}),
        call("b", args={"v": cel("c")}),
        ret("done", cel("c")),
    ),
    "children side by side": lambda: plan(
        foreach("each", const([1, 2, 3]), run("c", args={"n": cel("item")}), concurrency=2, result=cel("c")),
        ret("done", cel("each")),
    ),
    "a child that fails": lambda: plan(
        call("a", compensate=undo()),
        run("c", args={"n": const(5)}, catches=(catch(call("mend"), codes=("gone",), result=cel("e.code")),)),
        run("d", args={"n": const(7)}),
        ret("never", const(0)),
    ),
    "event": lambda: plan(
        call("a"),
        hear("h", when=cel("event.n == 2", "event")),
        call("b", args={"v": cel("h.n")}),
        ret("done", cel("b.v")),
    ),
    "events side by side": lambda: plan(
        parallel(
            "p", hear("x"), do("y", call("y1"), hear("h", when=cel("event.n == 2", "event"))), approve("z")
        ),
        ret("done", cel("h.n")),
    ),
    "agent": lambda: plan(
        call("a", compensate=undo()),
        parallel(
            "p",
            agent("g", tool(), tool("bad"), tool("read", effect="read"), output_schema={"type": "integer"}),
            do("side", call("s1"), approve("gate"), call("s2")),
        ),
        call("b", args={"v": cel("g")}),
        ret("done", cel("b.v")),
    ),
}


def talker() -> Talker:
    several = (ToolUse("1", "w__write", '{"x": 1}'), ToolUse("2", "w__read", "{}"), ToolUse("3", "none", ""))
    return Talker(
        [Turn("", several), use("w__bad"), use("w__write", "[]"), Turn("soon"), use("w__write"), Turn("7")]
    )


def stage_of(shape: str) -> Stage:
    if shape == "agent":
        return Stage(SHAPES[shape](), talker=talker())
    if shape == "a child that fails":
        gone = iff(
            "odd", cel("input.n == 5", "input"), block(fail("gone", "gone")), block(fail("hard", "hard"))
        )
        return Stage(SHAPES[shape](), others={OTHER: plan(gone)})
    return Stage(SHAPES[shape](), others=OTHERS, happens=EVENTS)


@pytest.mark.parametrize("shape", SHAPES)
async def test_a_crash_at_every_write_and_effect_changes_nothing(shape: str) -> None:
    expected = await undisturbed(stage_of(shape))
    assert expected[0].state in ("succeeded", "failed")
    counting = stage_of(shape)
    crasher = Crasher(counting, None)
    await counting.finish()
    assert crasher.places > 4
    for at in range(1, crasher.places + 1):
        stage = stage_of(shape)
        ended = await with_crash(stage, Crasher(stage, at), lambda: None, None)
        if shape == "any":  # which branch wins, and how far the other came, may differ
            assert ended == expected[0] and set(stage.witness.effects.values()) == {1}
            continue
        assert_same(expected, ended, stage, f"{shape}, crash at place {at}: {stage.kinds()}")


CANCELLED: dict[str, Callable[[], p.Plan]] = {
    "one gate": lambda: plan(call("a", compensate=undo()), approve("gate"), call("never")),
    "gates side by side": lambda: plan(
        call("a", compensate=undo()),
        parallel(
            "p",
            do("x", call("x1", compensate=undo()), approve("gate"), call("x2")),
            do("y", call("y1", compensate=undo()), approve("gate"), call("y2")),
            do("z", call("z1"), call("z2", compensate=undo())),
        ),
        call("never"),
    ),
    "after a round was lost to another": lambda: plan(
        call("a", compensate=undo()),
        parallel(
            "any",
            do("x", approve("gate"), call("x1")),
            do("y", call("y1", compensate=undo()), result=const(2)),
            join="any",
        ),
        approve("gate"),
        call("never"),
    ),
    "in rounds": lambda: plan(
        foreach("each", const([1, 2]), call("one", compensate=undo()), approve("gate"), concurrency=2),
        call("never"),
    ),
}


@pytest.mark.parametrize("shape", CANCELLED)
async def test_a_crash_anywhere_in_a_cancel_changes_nothing(shape: str) -> None:
    async def waiting() -> Stage:
        stage = Stage(CANCELLED[shape]())
        assert (await stage.invoke()).state == "waiting"
        return stage

    calm = await waiting()
    crasher = Crasher(calm, None)
    assert (await calm.invoke(cancelled=True)).state == "cancelled"
    undone = [name for name in calm.witness.order if "~comp" in name]
    assert undone and len(undone) == len(set(undone))
    for at in range(1, crasher.places + 1):
        stage = await waiting()
        dying = Crasher(stage, at)
        with pytest.raises((Crash, ExceptionGroup)):
            await stage.invoke(cancelled=True)
        await reap()
        dying.revive()
        if stage.run.state == "running":
            assert (await stage.invoke(owner="heir", cancelled=True)).state == "cancelled"
        note = f"crash at place {at}: {stage.kinds()}"
        assert stage.run.state == "cancelled", note
        assert stage.witness.effects == calm.witness.effects, note


async def test_a_crash_after_a_loser_s_gate_was_closed_keeps_the_winner() -> None:
    """The gate's end is recorded before the scope's: in between, replay must not take it for the run's end."""
    made = plan(
        parallel(
            "p",
            do("x", approve("gate"), call("x1")),
            do("y", call("y1"), call("y2"), result=const(2)),
            join="any",
        ),
        ret("done", cel("p")),
    )
    counting = Stage(made)
    crasher = Crasher(counting, None)
    assert (await counting.finish()).output == 2
    for at in range(1, crasher.places + 1):
        stage = Stage(made)
        ended = await with_crash(stage, Crasher(stage, at), lambda: None, None)
        note = f"crash at place {at}: {stage.kinds()}"
        assert (ended.state, ended.output) == ("succeeded", 2), note
        assert stage.witness.effects == {"p.y.y1": 1, "p.y.y2": 1}, note


async def test_a_crash_between_an_unsafe_effect_and_its_record_asks_a_person() -> None:
    counting = Stage(plan(call("pay", tool="blind", honours=False), ret("done", const(1))))
    crasher = Crasher(counting, None)
    await counting.finish()
    endings = []
    for at in range(1, crasher.places + 1):
        stage = Stage(plan(call("pay", tool="blind", honours=False), ret("done", const(1))))
        ended = await with_crash(stage, Crasher(stage, at), lambda: None, None)
        assert stage.witness.effects["pay"] <= 1
        endings.append(ended.state)
    # before the beginning was written; then unknown until the result was written; then done
    assert endings == ["succeeded", *["needs_review"] * 4, *["succeeded"] * (len(endings) - 5)]


async def test_without_its_record_an_unsafe_effect_would_happen_twice() -> None:
    """The control: a journal that loses the beginning of the call doubles the effect."""
    stage = Stage(plan(call("pay", tool="blind", honours=False)))
    crasher = Crasher(stage, 4)  # after the effect, before its record
    with pytest.raises(Crash):
        await stage.finish()
    await reap()
    crasher.revive()
    stage.run.events[:] = [event for event in stage.run.events if event.kind != "step.started"]
    assert (await stage.finish()).state == "succeeded"
    assert stage.witness.effects["pay"] == 2


async def test_a_fenced_invocation_writes_nothing_more() -> None:
    """Two holders of one run: the former one goes on after its lease was taken, and every write of it is refused."""
    stage = Stage(plan(call("a"), call("b"), ret("done", cel("b.name"))))
    release = stage.witness.hold["a"] = asyncio.Event()
    zombie = asyncio.create_task(stage.invocation("zombie").run())
    await until(lambda: "a" in stage.witness.entered)
    stage.witness.hold.clear()
    assert (await stage.invoke(owner="heir")).output == "b"
    written = list(stage.run.events)
    release.set()
    with pytest.raises(Fenced):
        await zombie
    assert stage.run.events == written
    assert stage.witness.effects == {"a": 1, "b": 1}


async def test_without_the_fence_a_zombie_would_write_into_its_heirs_run() -> None:
    """The control: the same with the fence taken out."""
    stage = Stage(plan(call("a"), call("b"), ret("done", cel("b.name"))))
    release = stage.witness.hold["a"] = asyncio.Event()
    zombie = asyncio.create_task(stage.invocation("zombie").run())
    await until(lambda: "a" in stage.witness.entered)
    stage.witness.hold.clear()
    await stage.invoke(owner="heir")
    written = list(stage.run.events)
    stage.ledger._held = lambda lease: stage.run  # type: ignore[method-assign]
    release.set()
    await zombie
    assert len(stage.run.events) > len(written)
    assert [event.kind for event in stage.run.events].count("run.succeeded") == 2
