"""Which ways are found: values on both sides of a bound, answers of people, errors that are handled."""

from __future__ import annotations

from typing import Any

import dsl
from dsl import plan as p
from dsl.simulation import Limits, MockAnswer, MockError, Simulation, simulate
from tests.dsl_meaning.sample import CATALOG, text_of
from tests.dsl_simulation.plans import tool
from tests.engine_run.kit import (
    approve,
    block,
    catch,
    cel,
    const,
    do,
    fail,
    foreach,
    hear,
    iff,
    let,
    parallel,
    plan,
    ret,
    step,
)


def words(found: Simulation) -> list[str]:
    return [path.words for path in found.paths]


def ends(found: Simulation) -> list[str]:
    return sorted({path.outcome.words for path in found.paths})


def of_text(steps: str, **given: Any) -> Simulation:
    return simulate(dsl.lower(dsl.parse(text_of(steps)), CATALOG), CATALOG, **given)


def test_both_sides_of_a_bound_are_reached_at_the_bound_itself() -> None:
    found = simulate(
        plan(
            tool("order", write=False),
            iff("large", cel("order.amount > 75.5", "order"), block(tool("ask"))),
        )
    )
    assert words(found) == [
        "`order` gives amount 75.5: succeeds",
        "`order` gives amount 75.51: succeeds",
    ]
    assert [[e.path for e in path.effects] for path in found.paths] == [[], ["large.ask"]]


def test_a_value_is_followed_through_the_names_that_pass_it_on() -> None:
    found = of_text(
        """
  step order: call shop.get_order(order_id: input.order_id)
    timeout 10s
  step total: let order.total
  step large: if total > config.threshold {
    step tell: let "large"
  }
"""
    )
    assert found.unreached == ()


def test_a_person_says_yes_or_no_or_nothing() -> None:
    gate = approve("gate", on_reject=block(ret("no", const("refused"))))
    found = simulate(plan(gate, tool("pay"), ret("done", const("paid"))))
    assert [(path.words, path.outcome.value) for path in found.paths] == [
        ("`gate` is approved: succeeds", "paid"),
        ("`gate` is rejected: succeeds", "refused"),
        ("nobody answers at `gate` within 1 minute: fails with `expired`", None),
    ]
    assert [[(e.path, e.approved_by) for e in path.effects] for path in found.paths] == [
        [("pay", ("gate",))],
        [],
        [],
    ]


def test_an_error_is_tried_only_where_somebody_handles_it() -> None:
    assert words(simulate(plan(tool("a"), tool("b")))) == ["in the usual way: succeeds"]
    caught = simulate(plan(tool("a", catches=(catch(tool("b"), codes=("busy",)),))))
    assert words(caught) == [
        "in the usual way: succeeds",
        "`a` fails with `busy`: succeeds",
        "`a` fails with `tool_error`: fails with `tool_error`",
    ]
    undone = simulate(plan(tool("a", compensate=block(tool("undo"))), tool("b")))
    assert [path.undone for path in undone.paths] == [(), ("a",)]


def test_compensation_runs_in_reverse_order() -> None:
    found = simulate(
        plan(
            tool("a", compensate=block(tool("undo_a"))),
            tool("b", compensate=block(tool("undo_b"))),
            fail("no", "no"),
        )
    )
    assert [effect.path for effect in found.paths[0].effects] == [
        "a",
        "b",
        "b~comp.undo_b",
        "a~comp.undo_a",
    ]
    assert found.paths[0].outcome.words == "fails with `no`"


def test_an_effect_of_unknown_outcome_stops_for_a_person() -> None:
    blind = tool("pay", honours=False, catches=(catch(let("x", const(1))),))
    found = simulate(plan(blind))
    assert "stops at `pay` until a person has looked whether it happened" in ends(found)


def test_an_event_comes_or_never_comes() -> None:
    waits = simulate(plan(hear("go", "paid"), ret("done", cel("go"))))
    assert ends(waits) == ["succeeds", "waits at `go` forever"]
    timed = simulate(plan(hear("go", "paid", timeout_ms=5_000, catches=(catch(ret("late", const(0))),))))
    assert ends(timed) == ["succeeds"] and timed.unreached == ()


def test_a_loop_ends_at_once_in_between_and_never() -> None:
    body = block(tool("ask", write=False), result=cel("ask.flag", "ask"))
    until = step("again", p.Loop(mode="until", test=cel("again.last", "again"), max=3, block=body))
    found = simulate(plan(until))
    assert sorted((len(path.steps), path.outcome.words) for path in found.paths) == [
        (2, "succeeds"),
        (3, "succeeds"),
        (4, "fails with `exhausted`"),
    ]


def test_lists_have_no_item_one_and_two() -> None:
    each = foreach("each", cel("input.names", "input"), tool("one"))
    schema = {
        "type": "object",
        "properties": {"names": {"type": "array", "items": {"type": "string"}}},
        "required": ["names"],
    }
    made = plan(each).model_copy(update={"input_schema": schema})
    assert sorted(len(path.effects) for path in simulate(made).paths) == [0, 1, 2]
    given = simulate(made, given={"names": ["a", "b", "c"]})
    assert [len(path.effects) for path in given.paths] == [3]


def test_a_block_runs_out_of_time_at_a_gate_and_at_a_slow_call() -> None:
    gated = do("box", approve("gate", within_ms=60_000), timeout_ms=30_000)
    assert ends(simulate(plan(gated))) == ["fails with `rejected`", "fails with `timeout`", "succeeds"]
    slow = do("box", tool("a"), tool("b"), timeout_ms=30_000, catches=(catch(tool("c"), codes=("timeout",)),))
    paths = {path.words: [e.path for e in path.effects] for path in simulate(plan(slow)).paths}
    assert paths["`a` takes longer than `box` may: succeeds"] == ["box.a", "box~catch0.c"]


def test_the_first_branch_wins_and_a_return_inside_ends_the_run() -> None:
    race = parallel("race", do("a", tool("x"), tool("y")), do("b", tool("z")), join="any")
    first = simulate(plan(race)).paths[0]
    assert {"race.a.x", "race.b.z"} <= {effect.path for effect in first.effects}
    assert first.outcome.words == "succeeds"
    inside = parallel("both", do("a", ret("early", const(7))), do("b", step("w", p.Wait(ms=60_000))))
    (ended,) = simulate(plan(inside, tool("never"))).paths
    assert (ended.outcome.value, ended.effects) == (7, ())


def test_after_a_no_the_guarded_calls_refuse() -> None:
    gate = approve("gate", on_reject=block(let("noted", const(1))), guards=("pay",))
    found = simulate(plan(gate, tool("pay")))
    assert ends(found) == ["fails with `expired`", "fails with `not_approved`", "succeeds"]


def test_mocks_take_the_place_of_results() -> None:
    made = plan(
        tool("order", write=False),
        iff("large", cel("order.amount > 75.5", "order"), block(approve("gate"), tool("pay"))),
    )
    mocks = {"order": {"flag": True, "amount": 900, "kind": "a"}, "large.gate": MockAnswer("rejected")}
    (only,) = simulate(made, mocks=mocks).paths
    assert only.outcome.words == "fails with `rejected`"
    (failed,) = simulate(made, mocks={"order": MockError("gone")}).paths
    assert failed.outcome.words == "fails with `gone`"


def test_what_is_never_reached_is_said_with_its_reason() -> None:
    made = plan(iff("never", const(False), block(tool("a"))), ret("done", const(1)), tool("late"))
    found = simulate(made)
    assert [(one.path, one.reason) for one in found.unreached] == [
        ("never.a", "no value that was tried leads there (if)"),
        ("late", "every path ends or stands still before it"),
    ]


def test_a_plan_with_too_many_ways_is_cut_and_says_so() -> None:
    gates = [approve(f"g{number}", on_reject=block(let(f"n{number}", const(0)))) for number in range(9)]
    found = simulate(plan(*gates), limits=Limits(paths=20))
    assert found.cut and len(found.paths) == 20
    endless = step("l", p.Loop(mode="while", test=const(True), max=10_000, block=block(tool("a"))))
    (only,) = simulate(plan(endless)).paths
    assert only.outcome.ending == "unfinished"
