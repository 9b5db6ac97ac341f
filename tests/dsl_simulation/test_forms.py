"""The example workflows that use every form: clean, and every step of them is reached."""

from __future__ import annotations

from pathlib import Path

import pytest

import dsl

FORMS = Path(__file__).parents[2] / "examples" / "forms"
CATALOG = dsl.Catalog.model_validate_json((FORMS / "catalog.json").read_text(encoding="utf-8"))
NAMES = ("approvals", "dunning", "invoices")


def plan_of(name: str) -> dsl.Plan:
    return dsl.lower(dsl.parse((FORMS / f"{name}.weft").read_text(encoding="utf-8")), CATALOG)


@pytest.mark.parametrize("name", NAMES)
def test_an_example_has_no_errors_and_is_formatted(name: str) -> None:
    text = (FORMS / f"{name}.weft").read_text(encoding="utf-8")
    assert [one for one in dsl.check(dsl.parse(text), CATALOG) if one.severity == "error"] == []
    assert dsl.format_text(text) == text


@pytest.mark.parametrize("name", NAMES)
def test_every_step_of_an_example_is_reached_and_the_same_ways_are_found_each_time(name: str) -> None:
    found = dsl.simulate(plan_of(name), CATALOG)
    assert found.unreached == () and not found.cut
    assert dsl.simulate(plan_of(name), CATALOG) == found


def test_money_moves_behind_the_approval_or_within_the_limit() -> None:
    found = dsl.simulate(plan_of("approvals"), CATALOG)
    amounts = {
        (effect.arguments["amount"], effect.approved_by)
        for path in found.paths
        for effect in path.effects
        if effect.tool == "bank.pay-out"
    }
    assert amounts == {(250.0, ()), (250.01, ("gate.consent",))}


def test_what_was_paid_is_taken_back_when_a_later_step_fails() -> None:
    found = dsl.simulate(plan_of("approvals"), CATALOG)
    undone = [path for path in found.paths if path.undone]
    assert undone and all(path.outcome.ending == "failed" for path in undone)
    assert all(path.undone == ("payment",) for path in undone)
    calls = [[(e.tool, e.undoing) for e in path.effects] for path in undone]
    assert [("bank.pay-out", False), ("bank.call-back", True)] in calls


def test_the_ends_of_the_examples_are_all_there() -> None:
    ends = {
        name: {path.outcome.words for path in dsl.simulate(plan_of(name), CATALOG).paths} for name in NAMES
    }
    assert {"succeeds", "fails with `nobody_decided`", "fails with `tool_error`"} <= ends["approvals"]
    assert {"succeeds", "fails with `not_settled`", "fails with `timeout`"} <= ends["dunning"]
    assert {"succeeds", "fails with `budget_exceeded`", "fails with `rate_limited`"} <= ends["invoices"]
