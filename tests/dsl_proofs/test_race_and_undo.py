"""W404 and W504: what happens beside what, and what stays when something fails."""

from __future__ import annotations

import pytest

import dsl
from dsl.policy import Policy, ToolRule
from tests.dsl_proofs.programs import CATALOG, places, text_of, told

W = "call shop.write(x: 1)"
GET = "call shop.get(id: 1)"

RACES = {
    "two writes": (f"step p: parallel {{ step a: {W} step b: {W} }}", ["p.b"]),
    "two tools of one server": (f"step p: parallel {{ step a: {W} step b: call shop.set(x: 1) }}", ["p.b"]),
    "inside of them": (
        f"step p: parallel {{ step a: do {{ step x: {W} }} step b: if input.flag {{ step y: {W} }} }}",
        ["p.b"],
    ),
    "in a catch": (f"step p: parallel {{ step a: {W} step b: {GET} catch {{ step y: {W} }} }}", ["p.b"]),
    "an agent": (
        f'step p: parallel {{ step a: {W} step b: agent "m" {{ prompt "x" tools shop.set }} }}',
        ["p.b"],
    ),
    "two of three": (f"step p: parallel {{ step a: {W} step b: {W} after a step c: {W} after a }}", ["p.c"]),
    "a parallel in a parallel": (
        f"step p: parallel {{ step a: {W} step q: parallel {{ step b: {W} step c: {GET} }} }}",
        ["p.q"],
    ),
    "reads beside a write": (f"step p: parallel {{ step a: {W} step b: {GET} }}", []),
    "messages": ('step p: parallel { step a: call mail.send(to: "x") step b: call mail.post(to: "x") }', []),
    "two servers": (f'step p: parallel {{ step a: {W} step b: call mail.send(to: "x") }}', []),
    "in order": (f"step p: parallel {{ step a: {W} step b: {W} after a }}", []),
    "in order over another": (
        f"step p: parallel {{ step a: {W} step x: let 1 after a step b: {W} after x }}",
        [],
    ),
    "only when undone": (
        f"step p: parallel {{ step a: {W} step b: {GET} compensate {{ step y: {W} }} }}",
        [],
    ),
    "one after the other": (f"step a: {W} step b: {W}", []),
}


@pytest.mark.parametrize(("steps", "paths"), RACES.values(), ids=RACES.keys())
def test_siblings_race_when_nothing_orders_them(steps: str, paths: list[str]) -> None:
    assert places("W404", steps) == paths


@pytest.mark.parametrize("last", ["", "after a", "timeout 1s"])
def test_an_order_can_be_put_in(last: str) -> None:
    steps = f"step p: parallel {{\n step a: {GET}\n step b: {W}\n step c: call shop.set(x: 1)\n {last}\n }}"
    text = text_of(steps)
    (one,) = told("W404", steps)
    assert one.fix is not None and one.witness == ("p.b", "p.c")
    for part in one.fix.replacements:
        text = text[: part.span.start] + part.text + text[part.span.end :]
    assert dsl.parse(text).diagnostics == ()
    assert all(found.code != "W404" for found in dsl.check(dsl.parse(text), CATALOG))


STAYS = {
    "before a call": (f"step a: {W} step b: {GET}", [("a", "b")]),
    "the first that may fail is named": (
        f"step a: {W} step x: let 1 step b: if input.flag {{ step y: let 1 step z: {GET} }} step c: {GET}",
        [("a", "b.z")],
    ),
    "one for each effect": (f"step a: {W} step b: {W} step c: {GET}", [("a", "b"), ("b", "c")]),
    "before a fail": (f'step a: {W} step b: if input.flag {{ step c: fail "x" }}', [("a", "b.c")]),
    "before an approval that may end it": (
        f'step a: {W} step b: approve by role "manager" {{ }}',
        [("a", "b")],
    ),
    "before a loop that may not end": (
        f"step a: {W} step b: loop until b.count > 1 max 2 {{ step c: let 1 }}",
        [("a", "b")],
    ),
    "before a block with a time": (f"step a: {W} step b: do {{ step c: wait 1h }} timeout 2h", [("a", "b")]),
    "before another workflow": (f"step a: {W} step b: run other()", [("a", "b")]),
    "before a catch of some errors": (
        f'step a: {W} step b: {GET} catch "timeout" {{ step c: let 1 }}',
        [("a", "b")],
    ),
    "before a catch that fails": (
        f'step a: {W} step b: {GET} catch {{ step c: fail "x" }}',
        [("a", "b~catch0.c")],
    ),
    "inside a block, before what is behind it": (
        f"step d: do {{ step a: {W} }} step b: {GET}",
        [("d.a", "b")],
    ),
    "beside something": (f"step p: parallel {{ step a: {W} step b: {GET} }}", [("p.a", "p.b")]),
    "an agent": (f'step a: agent "m" {{ prompt "x" tools shop.write }} step b: {GET}', [("a", "b")]),
    "in a catch": (f"step d: {GET} catch {{ step a: {W} }} step b: {GET}", [("d~catch0.a", "b")]),
    "undone": (f"step a: {W} compensate {{ step u: {W} }} step b: {GET}", []),
    "undone as a whole": (f"step d: do {{ step a: {W} }} compensate {{ step u: {W} }} step b: {GET}", []),
    "undone as a whole, but not inside it": (
        f"step d: do {{ step a: {W} step b: {GET} }} compensate {{ step u: {W} }}",
        [("d.a", "d.b")],
    ),
    "at the end": (f"step b: {GET} step a: {W} step c: return 1", []),
    "before an end": (f"step i: if input.flag {{ step a: {W} step e: return 1 }} step b: {GET}", []),
    "a message": (f'step a: call mail.send(to: "x") step b: {GET}', []),
    "a read": (f"step a: {GET} step b: {GET}", []),
    "what the policy lets be": (f"step a: call shop.set(x: 1) step b: {GET}", []),
    "before what is caught": (f"step a: {W} step b: {GET} catch {{ step c: let 1 }}", []),
    "in a block that is caught": (
        f"step d: do {{ step a: {W} step b: {GET} }} catch {{ step c: let 1 }}",
        [],
    ),
    "before steps that may fail and be noted": (
        f"step a: {W} step p: parallel settle {{ step b: {GET} }}",
        [],
    ),
    "before an answer either way": (
        f'step a: {W} step b: approve by role "manager" {{ on reject {{ step x: let 1 }} '
        "on timeout { step y: let 1 } }",
        [],
    ),
    "in order before it": (f"step p: parallel {{ step b: {GET} step a: {W} after b }}", []),
}


@pytest.mark.parametrize(("steps", "pairs"), STAYS.values(), ids=STAYS.keys())
def test_what_was_done_stays_when_something_fails_behind_it(steps: str, pairs: list[tuple[str, str]]) -> None:
    assert [one.witness for one in told("W504", steps)] == pairs


def test_the_policy_can_say_that_nothing_needs_undoing() -> None:
    calm = Policy(rules=(*CATALOG.policy.rules[:2], ToolRule(tool="shop.*", compensation="needless")))
    assert told("W504", f"step a: {W} step b: {GET}", CATALOG.model_copy(update={"policy": calm})) == []


@pytest.mark.parametrize(
    "steps",
    [
        f"step p: parallel settle {{ step a: {GET} }} step b: let a",
        f"step p: parallel settle {{ step a: do {{ step x: {GET} }} }} step b: let x",
        f"step p: parallel settle {{ step a: {GET} yield a }}",
        f"step p: parallel any {{ step a: {GET} step c: {GET} yield a }}",
    ],
)
def test_a_step_that_may_have_failed_or_not_run_has_no_sure_value(steps: str) -> None:
    assert [one.code for one in dsl.check(dsl.parse(text_of(steps)), CATALOG) if one.severity == "error"] == [
        "E102"
    ]


def test_in_order_inside_a_settle_a_step_has_the_value_of_the_one_before_it() -> None:
    steps = f"step p: parallel settle {{ step a: {GET} step b: let a.id after a }} step c: let p.b.ok"
    assert [one for one in dsl.check(dsl.parse(text_of(steps)), CATALOG) if one.severity == "error"] == []
