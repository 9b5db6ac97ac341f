"""Agents: which effects a model may have, and the ways in which it fails."""

from __future__ import annotations

from typing import Any

from dsl import plan as p
from dsl.simulation import Effect, MockError, simulate
from tests.dsl_simulation.plans import tool as call
from tests.engine_run.kit import agent, approve, block, catch, const, do, let, plan, tool

CAUGHT = ("budget_exceeded", "max_turns", "model_error", "rate_limited")


def may(path: str, tool: str = "w.write", *approved: str, **rest: Any) -> Effect:
    return Effect(path, tool, None, None, approved, may=True, **rest)


def failures(step: p.PlanStep) -> list[str]:
    """The codes with which a step is seen to fail, in the order of the ways."""
    found = simulate(plan(step))
    return [s.error for path in found.paths for s in path.steps if s.kind == "agent" and s.error]


def test_the_tools_of_a_model_that_change_something_may_be_called_with_arguments_nobody_knows() -> None:
    step = agent("g", tool(), tool("pay", honours=False), tool("read", effect="read"))
    found = simulate(plan(step))
    assert [path.effects for path in found.paths] == [(may("g"), may("g", "w.pay"))]
    assert (found.effects, found.possible) == ((), ("w.write", "w.pay"))


def test_a_tool_that_needs_a_yes_is_not_called_by_a_model() -> None:
    assert [path.effects for path in simulate(plan(agent("g", tool(dangerous=True)))).paths] == [(), ()]


def test_an_approval_before_a_model_is_told_and_after_a_no_it_calls_nothing() -> None:
    gate = approve("gate", on_reject=block(let("n", const(1))), guards=("g",))
    found = {path.words: path.effects for path in simulate(plan(gate, agent("g", tool()))).paths}
    assert found["`gate` is approved: succeeds"] == (may("g", "w.write", "gate"),)
    assert found["`gate` is rejected: succeeds"] == ()
    assert found["`gate` is rejected; `g` fails with `not_approved`: fails with `not_approved`"] == ()


def test_a_model_with_one_turn_answers_or_calls_a_tool_but_not_both() -> None:
    step = agent("g", tool(), max_turns=1, catches=(catch(call("c"), codes=("max_turns",)),))
    found = {path.told(): [one.path for one in path.effects] for path in simulate(plan(step)).paths}
    assert found["in the usual way"] == []
    assert found["`g` fails with `max_turns`"] == ["g", "g~catch0.c"]


def test_a_model_fails_with_what_somebody_catches_and_with_what_can_be() -> None:
    caught = (catch(let("x", const(1)), codes=CAUGHT),)
    assert failures(agent("g", tool(), budget=const(1), catches=caught)) == list(CAUGHT)
    assert failures(agent("g", catches=caught)) == ["model_error", "rate_limited"]
    assert failures(agent("g", max_turns=2, output_schema={"type": "object"}, catches=caught)) == [
        "max_turns",
        "model_error",
        "rate_limited",
    ]
    assert failures(agent("g", tool())) == []


def test_a_catch_of_any_error_takes_each_way_in_which_a_model_fails() -> None:
    caught = (catch(let("x", const(1))),)
    assert failures(agent("g", tool(), budget=const(1), catches=caught)) == [
        "model_error",
        "budget_exceeded",
        "max_turns",
    ]
    assert failures(do("box", agent("g", tool()), catches=caught)) == ["model_error"]


def test_a_retry_asks_again_for_a_turn_and_fails_when_none_is_left() -> None:
    found = simulate(plan(agent("g", retry=p.Retry(max=2, backoff_ms=1, codes=("rate_limited",)))))
    assert [(path.words, [s.path for s in path.steps]) for path in found.paths] == [
        ("in the usual way: succeeds", ["g"]),
        ("`g` fails with `rate_limited`: fails with `rate_limited`", ["g"]),
        ("`g` fails with `model_error`: fails with `model_error`", ["g"]),
    ]


def test_codes_of_models_are_not_tried_at_calls_beside_them() -> None:
    caught = (catch(let("x", const(1)), codes=("budget_exceeded",)),)
    found = simulate(plan(do("box", agent("g", budget=const(1)), call("pay"), catches=caught)))
    errors = {(s.kind, s.error) for path in found.paths for s in path.steps if s.error}
    assert errors == {("agent", "budget_exceeded"), ("agent", "model_error"), ("call", "tool_error")}


def test_a_tool_that_does_not_answer_stops_for_a_person() -> None:
    step = agent("g", tool("pay", honours=False), catches=(catch(let("x", const(1))),))
    (stopped,) = [path for path in simulate(plan(step)).paths if path.outcome.ending == "needs_review"]
    assert (
        stopped.words
        == "a tool of `g` does not answer: stops at `g` until a person has looked whether it happened"
    )


def test_a_model_takes_up_the_time_of_the_block_around_it() -> None:
    box = do("box", agent("g", tool()), timeout_ms=30_000, catches=(catch(call("c"), codes=("timeout",)),))
    found = {path.told(): [one.path for one in path.effects] for path in simulate(plan(box)).paths}
    assert found["`g` takes longer than `box` may"] == ["box.g", "box~catch0.c"]


def test_an_answer_that_is_given_takes_the_place_of_the_model_s() -> None:
    made = plan(agent("g", tool()))
    (path,) = simulate(made, mocks={"g": "hello"}).paths
    assert (path.steps[0].output, path.effects) == ("hello", (may("g"),))
    (failed,) = simulate(made, mocks={"g": MockError("max_turns")}).paths
    assert failed.outcome.words == "fails with `max_turns`"
