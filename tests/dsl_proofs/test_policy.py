"""The policy: what holds for a tool, and rules that do not say what was meant."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from dsl.catalog import Catalog
from dsl.guards import guards_of
from dsl.parse import parse
from dsl.policy import WORST, Nature, Policy, ToolRule, problems_of
from engine.sample_policy import SAMPLE_POLICY
from tests.dsl_proofs.programs import CATALOG, text_of

SAMPLES = Catalog.model_validate_json(Path("examples/catalog.json").read_text(encoding="utf-8"))


def nature(*rules: ToolRule, tool: str = "write") -> Nature:
    return CATALOG.model_copy(update={"policy": Policy(rules=rules)}).nature("shop", tool)


def test_what_nothing_is_said_about_is_the_worst() -> None:
    assert nature() == Nature(does=WORST, idempotent=False)
    assert nature().dangerous and nature().lasting
    assert nature(tool="not there") == Nature(does=WORST, idempotent=False)
    assert nature(tool="get") == Nature(does=frozenset(), idempotent=True, stated=True)


def test_a_narrower_rule_wins_over_a_wider_one_wherever_it_stands() -> None:
    narrow = ToolRule(tool="shop.write", does=("write",), approval="free")
    wide = ToolRule(tool="shop.*", does=("money",), idempotent=True, approvers=("manager",))
    found = nature(narrow, wide, ToolRule(tool="*", compensation="needless"))
    assert found == Nature(
        does=frozenset({"write"}),
        idempotent=True,
        approval="free",
        approvers=frozenset({"manager"}),
        compensation="needless",
        stated=True,
    )
    assert not found.dangerous and not found.lasting


def test_an_amount_is_bounded_unless_the_policy_wants_a_yes() -> None:
    assert nature(ToolRule(tool="shop.write", amount="x")).approval == "bounded"
    assert nature(ToolRule(tool="shop.write", amount="x", approval="required")).approval == "required"


@pytest.mark.parametrize("tool", ["", "shop", "shop.", ".write", "*.write", "shop.*x", "a b.c", "a.b c"])
def test_a_rule_names_a_tool_all_of_a_connector_or_everything(tool: str) -> None:
    with pytest.raises(ValidationError):
        ToolRule(tool=tool)


def test_a_policy_travels_as_json() -> None:
    written = SAMPLE_POLICY.model_dump(mode="json", exclude_none=True)
    assert Policy.model_validate_json(json.dumps(written)) == SAMPLE_POLICY


def test_the_shipped_catalog_carries_the_policy_of_the_sample_workspace() -> None:
    assert SAMPLES.policy == SAMPLE_POLICY
    assert problems_of(SAMPLE_POLICY, SAMPLES) == ()
    assert SAMPLES.nature("http", "request") == Nature(does=WORST, idempotent=False)


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (ToolRule(tool="bank.pay"), "There is no connector `bank`."),
        (ToolRule(tool="bank.*"), "There is no connector `bank`."),
        (ToolRule(tool="shop.process_refnd"), "`shop` has no tool `process_refnd`."),
        (
            ToolRule(tool="shop.process_refund", amount="total"),
            "`shop.process_refund` has no argument `total`, so its amount is never bounded.",
        ),
        (
            ToolRule(tool="shop.process_refund", approval="bounded", amount=None),
            "`shop.process_refund` may be bounded, but no rule says which argument is the amount.",
        ),
        (
            ToolRule(tool="mail.send", approvers=("manger",)),
            "Nobody has the role `manger`, so its yes to `mail.send` can never come.",
        ),
    ],
)
def test_a_rule_that_cannot_be_meant_is_told(rule: ToolRule, message: str) -> None:
    catalog = SAMPLES.model_copy(update={"policy": Policy(rules=(rule,))})
    (one,) = problems_of(catalog.policy, catalog)
    assert (one.rule, one.tool, one.message) == (0, rule.tool, message)
    assert one.help


def test_two_rules_about_one_tool_are_told() -> None:
    twice = Policy(rules=(ToolRule(tool="mail.send"), ToolRule(tool="mail.send", idempotent=True)))
    assert [one.rule for one in problems_of(twice, SAMPLES)] == [1]


def test_an_approval_stands_before_what_is_more_than_a_read_by_the_policy() -> None:
    steps = (
        'step ok: approve by role "manager" { } step a: call shop.write(x: 1) step b: call shop.get(id: 1)'
    )
    workflow = parse(text_of(steps)).workflow
    assert guards_of(workflow, CATALOG) == {"ok": ("a",)}
    reads = Policy(rules=(ToolRule(tool="shop.write", does=()),))
    assert guards_of(workflow, CATALOG.model_copy(update={"policy": reads})) == {"ok": ()}
