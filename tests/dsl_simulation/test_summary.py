"""A simulation in words: short, and with all that may change something."""

from __future__ import annotations

from dsl.simulation import Limits, simulate, summary
from tests.dsl_simulation.plans import tool
from tests.dsl_simulation.test_forms import CATALOG, NAMES, plan_of
from tests.engine_run.kit import (
    agent,
    approve,
    block,
    call,
    catch,
    cel,
    const,
    do,
    fail,
    iff,
    let,
    parallel,
    plan,
    ret,
)
from tests.engine_run.kit import tool as given


def test_ways_that_do_the_same_are_told_once() -> None:
    asked = iff("big", cel("order.amount > 5.0", "order"), block(let("n", const(1))))
    paid = tool("pay", catches=(catch(tool("tell"), codes=("busy",)),))
    assert summary(simulate(plan(tool("order", write=False), asked, paid))).splitlines() == [
        "6 ways through it: 4 succeed and 2 fail.",
        "What can change outside:",
        "  w.write at pay: on 2 ways, without an approval",
        "  w.write at pay.tell (when pay fails): on 2 ways, without an approval",
        "It succeeds, on 4 ways:",
        "  `order` gives amount 5.0 (and 1 way more)",
        "    calls w.write (pay)",
        "  `order` gives amount 5.0; `pay` fails with `busy` (and 1 way more)",
        "    calls w.write (tell)",
        "It fails with `tool_error`, on 2 ways:",
        "  `order` gives amount 5.0; `pay` fails with `tool_error` (and 1 way more)",
        "    changes nothing outside",
    ]


def test_what_may_happen_is_told_apart_from_what_happens_and_with_its_approvals() -> None:
    gate = approve("gate", guards=("g", "pay"))
    race = parallel("race", do("a", tool("x")), do("b", tool("y"), tool("z")), join="any")
    lines = summary(simulate(plan(gate, agent("g", given("post")), tool("pay"), race))).splitlines()
    assert "  w.post at g: perhaps on 11 ways, always behind an approval" in lines
    assert "  w.write at race.b.z: on 3 ways and perhaps on 1 more, always behind an approval" in lines
    assert "  `gate` is approved; `a` is first in `race`" in lines
    assert "    may call w.post (g), w.write (z), behind gate" in lines
    assert "    calls w.write (pay), w.write (x), w.write (y), approved at gate" in lines


def test_what_is_undone_and_what_is_never_reached_are_told() -> None:
    undone = call("a", compensate=block(call("back")))
    lines = summary(simulate(plan(undone, fail("no", "no"), call("late")))).splitlines()
    assert lines == [
        "1 way through it: it fails.",
        "What can change outside:",
        "  w.write at a: on 1 way, without an approval",
        "  w.write at a.back (to undo a): on 1 way, without an approval",
        "It fails with `no`, on 1 way:",
        "  in the usual way",
        "    calls w.write (a)",
        "    undoes with w.write (back)",
        "Never reached:",
        "  late: every path ends or stands still before it",
    ]


def test_a_plan_without_effects_says_so_and_one_with_too_many_ways_too() -> None:
    assert "Nothing is changed outside." in summary(simulate(plan(ret("done", const(1)))))
    gates = [approve(f"g{n}", on_reject=block(call(f"c{n}"))) for n in range(9)]
    text = summary(simulate(plan(*gates), limits=Limits(paths=60)))
    assert "There are more that were not looked at." in text.splitlines()[0]
    assert len(text.splitlines()) < 120


def test_the_examples_are_told_on_two_screens_at_most() -> None:
    for name in NAMES:
        assert len(summary(simulate(plan_of(name), CATALOG)).splitlines()) <= 60
