"""Plans: complete, closed, the same every time."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from dsl import plan
from dsl.catalog import Catalog
from dsl.checks import check
from dsl.lowering import PlanError, content_hash, lower
from dsl.outline import places
from dsl.parse import parse
from tests.dsl_meaning.programs import GATED, PROGRAMS, WIDE
from tests.dsl_meaning.sample import CATALOG, REFUND, text_of


def blocks_of(step: plan.PlanStep) -> Iterator[plan.Block]:
    match step.do:
        case plan.If(arms=arms, otherwise=otherwise) | plan.Switch(arms=arms, otherwise=otherwise):
            yield from (arm.block for arm in arms)
            yield from () if otherwise is None else (otherwise,)
        case (
            plan.Parallel(block=block)
            | plan.Do(block=block)
            | plan.Foreach(block=block)
            | plan.Loop(block=block)
        ):
            yield block
        case plan.Approve(on_reject=reject, on_timeout=timeout):
            yield from (block for block in (reject, timeout) if block is not None)
    yield from (catch.block for catch in step.catches)
    yield from () if step.compensate is None else (step.compensate,)


def steps_of(block: plan.Block) -> Iterator[plan.PlanStep]:
    for step in block.steps:
        yield step
        for inner in blocks_of(step):
            yield from steps_of(inner)


def lowered(text: str, catalog: Catalog = WIDE) -> dict[str, plan.PlanStep]:
    return {step.path: step for step in steps_of(lower(parse(text), catalog).body)}


@pytest.mark.parametrize("name", PROGRAMS)
def test_every_step_of_a_program_is_in_its_plan_under_its_path(name: str) -> None:
    parsed = parse(PROGRAMS[name])
    assert [one for one in check(parsed, WIDE) if one.severity == "error"] == []
    compiled = lower(parsed, WIDE)
    found = [step.path for step in steps_of(compiled.body)]
    assert sorted(found) == sorted(place.path for place in places(parsed.workflow.body))
    assert len(set(found)) == len(found)
    assert plan.Plan.model_validate_json(compiled.model_dump_json()) == compiled
    assert all(step.label and step.label[0].isupper() for step in steps_of(compiled.body))


def test_the_refund_example_lowers_to_what_it_says() -> None:
    compiled = lower(parse(REFUND), CATALOG)
    steps = {step.path: step for step in steps_of(compiled.body)}
    assert compiled.input_schema["required"] == ["order_id"]
    assert compiled.input_defaults == {"reason": plan.ConstantExpr(value="requested by the customer")}
    assert compiled.config == {"threshold": plan.ConstantExpr(value=100.0)}
    assert [(pin.connector, pin.tool, pin.sha256) for pin in compiled.pins] == [
        ("mail", "send", "pin-send"),
        ("shop", "check_refund_eligibility", "pin-check_refund_eligibility"),
        ("shop", "get_order", "pin-get_order"),
        ("shop", "process_refund", "pin-process_refund"),
    ]
    approval = steps["gate.approval"].do
    assert isinstance(approval, plan.Approve)
    assert approval.guards == ("refund", "notify")
    assert approval.approvers == (plan.Approver(by="role", name=plan.ConstantExpr(value="manager")),)
    assert approval.within_ms == 24 * 3_600_000
    assert [label for label, _ in approval.show] == ["order", "eligibility"]
    refund = steps["refund"]
    assert isinstance(refund.do, plan.ToolCall)
    assert (refund.do.connector, refund.do.tool, refund.do.effect, refund.do.honours_key) == (
        "shop",
        "process_refund",
        "write",
        True,
    )
    assert refund.do.args["amount"] == plan.CelExpr(source="order.total", names=("order",))
    assert refund.retry == plan.Retry(
        max=5, backoff_ms=1000, backoff_max_ms=60_000, codes=("timeout", "unavailable")
    )
    assert refund.timeout_ms == 30_000
    assert refund.label == "Refund an order"
    (catch,) = steps["notify"].catches
    assert (catch.codes, catch.variable, catch.block.steps[0].path) == (
        (),
        "problem",
        "notify~catch0.notify_failed",
    )


def test_an_approval_guards_what_follows_it_and_only_that() -> None:
    steps = lowered(GATED)
    guards = {path: step.do.guards for path, step in steps.items() if isinstance(step.do, plan.Approve)}
    assert guards == {
        "gate.first": ("gate.inner", "many.each", "both.beside", "both.right", "last"),
        "many.again": ("many.each",),
        "both.left": ("both.right", "last"),
    }


def test_what_the_text_leaves_out_gets_its_default() -> None:
    steps = lowered(GATED)
    again, last, first = steps["many.again"].do, steps["last"], steps["gate.first"].do
    assert isinstance(again, plan.Approve) and isinstance(first, plan.Approve)
    assert (again.within_ms, again.quorum, again.on_reject) == (3 * 86_400_000, 1, None)
    assert last.timeout_ms == 30_000
    assert (first.quorum, first.escalate_after_ms) == (2, 12 * 3_600_000)
    assert steps["last~comp.undo"].path == "last~comp.undo"
    assert lower(parse(GATED), WIDE).config == {
        "limit": plan.ConstantExpr(value=100.0),
        "wait": plan.ConstantExpr(value="24h"),
        "names": plan.ConstantExpr(value=["a", "b"]),
    }


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ("step a: let nothing", "there is nothing called `nothing` here"),
        ("step a: call shop.nothing()", "`shop` has no tool `nothing`"),
        ("step a: let", "value"),
    ],
)
def test_a_text_with_errors_is_refused_with_the_first(steps: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        lower(parse(text_of(steps)), CATALOG)


def test_a_plan_needs_the_definitions_of_its_tools() -> None:
    with pytest.raises(PlanError, match=r"there is no tool `shop.get_order`"):
        lower(parse(REFUND), Catalog())


def test_the_content_hash_changes_with_the_content_only() -> None:
    compiled = lower(parse(REFUND), CATALOG)
    again = lower(parse(REFUND), CATALOG)
    first = content_hash(REFUND, compiled.pins, compiled)
    assert len(first) == 64
    assert content_hash(REFUND, tuple(reversed(again.pins)), again) == first
    changed = (plan.Pin(connector="shop", tool="get_order", sha256="other"), *compiled.pins[1:])
    assert content_hash(REFUND, changed, compiled) != first
    assert content_hash(REFUND + "\n", compiled.pins, compiled) != first
