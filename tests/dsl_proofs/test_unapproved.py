"""E402 one case at a time: what counts as a yes, what counts as a bound, and what is said of the way."""

from __future__ import annotations

import pytest

from dsl import tree
from dsl.checks import unapproved
from dsl.checks.subject import subject_of
from dsl.flow import Values
from dsl.parse import parse
from dsl.policy import Policy, ToolRule
from tests.dsl_proofs.programs import CATALOG, places, text_of, told

YES = 'step ok: approve by role "manager" { }'
PAY = "step pay: call shop.pay(amount: order.total)"

PROVED = {
    "an approval before it": f"{YES} {PAY}",
    "an approval by the other role that counts": f'step ok: approve by role "finance" {{ }} {PAY}',
    "an approval around blocks": f"step a: do {{ {YES} }} step b: do {{ {PAY} }}",
    "an approval before a foreach": f"{YES} step all: foreach x in input.amounts {{ {PAY} }}",
    "an approval of each item": f"step all: foreach x in input.amounts {{ {YES} {PAY} }}",
    "an approval above the limit": f"step big: if order.total > config.limit {{ {YES} }} {PAY}",
    "the limit the other way round": f"step big: if config.limit < order.total {{ {YES} }} {PAY}",
    "at least the limit": f"step big: if order.total >= 50.0 {{ {YES} }} {PAY}",
    "a guard that fails": f'step big: if order.total > config.limit {{ step no: fail "big" }} {PAY}',
    "a guard that returns": f"step big: if order.total > config.limit {{ step no: return 1 }} {PAY}",
    "a guard in a negation": f"step big: if !(order.total <= config.limit) {{ {YES} }} {PAY}",
    "a small amount only": f"step small: if order.total <= config.limit {{ {PAY} }}",
    "small and something else": f"step small: if input.flag && order.total < 5.0 {{ {PAY} }}",
    "not large or something else": f"step small: if !(order.total > 5.0 || input.flag) {{ {PAY} }}",
    "small either way": f"step small: if order.total < 5.0 || order.total <= config.limit {{ {PAY} }}",
    "one of some amounts": f"step small: if order.total in [5.0, 10.0] {{ {PAY} }}",
    "a case of a switch": f"step s: switch order.total {{ case 5.0, 10.0 {{ {PAY} }} }}",
    "a switch over true": f"step s: switch true {{ case order.total < 5.0 {{ {PAY} }} default {{ }} }}",
    "the default of a switch over true": (
        f"step s: switch true {{ case order.total > 5.0 {{ {YES} }} default {{ }} }} {PAY}"
    ),
    "a limit that is computed": f"step s: if order.total < config.limit * 2.0 + config.fee {{ {PAY} }}",
    "a limit with a name": f"step l: let config.limit * 2.0 step s: if order.total < l {{ {PAY} }}",
    "a condition with a name": f"step big: let order.total > config.limit step s: if big {{ {YES} }} {PAY}",
    "an amount with a name": (
        f"step sum: let order.total step s: if sum > config.limit {{ {YES} }} step pay: call shop.pay(amount: sum)"
    ),
    "an amount with two names": (
        f"step a: let order.total step b: let a step s: if a > config.limit {{ {YES} }} "
        "step pay: call shop.pay(amount: b)"
    ),
    "an amount that is computed": (
        f"step s: if order.total * 2.0 > config.limit {{ {YES} }} step pay: call shop.pay(amount: order.total * 2.0)"
    ),
    "an amount by its key": f'step s: if order["total"] > config.limit {{ {YES} }} {PAY}',
    "an amount of the text": "step pay: call shop.pay(amount: 5.0)",
    "an amount of the configuration": "step pay: call shop.pay(amount: config.fee)",
    "an amount that is cut off": (
        "step pay: call shop.pay(amount: order.total > config.limit ? config.limit : order.total)"
    ),
    "an amount that is cut off with a name": (
        "step sum: let order.total > config.limit ? config.limit : order.total step pay: call shop.pay(amount: sum)"
    ),
    "an item of a list": (
        "step all: foreach x in input.amounts { "
        'step s: if x > config.limit { step no: fail "big" } step pay: call shop.pay(amount: x) }'
    ),
    "beside each other, in order": f"step p: parallel {{ {YES} {PAY} after ok }}",
    "in order over others": f"step p: parallel {{ {YES} step x: let 1 after ok {PAY} after x }}",
    "behind a parallel": f"step p: parallel {{ {YES} step x: let 1 }} {PAY}",
    "behind any of two approvals": (
        f'step p: parallel any {{ {YES} step o2: approve by role "finance" {{ }} }} {PAY}'
    ),
    "on every branch": f'step s: if input.flag {{ {YES} }} else {{ step o2: approve by role "finance" {{ }} }} {PAY}',
    "a branch without it ends": f"step s: if input.flag {{ {YES} }} else {{ step no: return 1 }} {PAY}",
    "on all cases": f'step s: switch input.id {{ case "a" {{ {YES} }} default {{ step x: fail "no" }} }} {PAY}',
    "a no that ends": f'step ok: approve by role "manager" {{ on reject {{ step x: return 1 }} }} {PAY}',
    "a no with a second try": (
        f'step ok: approve by role "manager" {{ on reject {{ step x: approve by role "finance" {{ }} }} }} {PAY}'
    ),
    "a catch that ends": f"{YES} catch {{ step no: return 1 }} {PAY}",
    "a catch before the approval": f"step x: call shop.get(id: 1) catch {{ step y: let 1 }} {YES} {PAY}",
    "a catch that asks": (
        f'step a: do {{ {YES} }} catch {{ step o2: approve by role "finance" {{ }} }} {PAY}'
    ),
    "in a catch, approved before": f"{YES} step x: call shop.get(id: 1) catch {{ {PAY} }}",
    "a loop while it is small": (f"step l: loop while order.total < 5.0 && l.count < 3 max 3 {{ {PAY} }}"),
    "in a round that asks": f"step l: loop until l.count > 2 max 3 {{ {YES} {PAY} }}",
    "undoing what was approved": (f"{YES} {PAY} compensate {{ step back: call shop.erase(id: 1) }}"),
    "undoing with the same amount": (
        f"step s: if order.total < 5.0 {{ {PAY} compensate {{ step back: call shop.pay(amount: order.total) }} }}"
    ),
    "an agent behind an approval": f'{YES} step ai: agent "m" {{ prompt "x" tools shop.erase }}',
    "a tool that the policy frees": 'step m: call mail.send(to: "x") step c: call shop.charge(amount: 1)',
    "a tool that only writes": "step w: call shop.write(x: 1)",
    "a tool that reads": "step r: call shop.get(id: 1)",
    "another workflow": "step r: run other(amount: order.total)",
}

UNPROVED = {
    "nothing": (PAY, "pay"),
    "an approval behind it": (f"{PAY} {YES}", "pay"),
    "an approval by somebody who does not count": (f'step ok: approve by role "support" {{ }} {PAY}', "pay"),
    "one of two approvers does not count": (
        f'step ok: approve by role "manager", role "support" {{ }} {PAY}',
        "pay",
    ),
    "somebody who does not count may be asked later": (
        f'step ok: approve by role "manager" {{ escalate after 1h to role "support" }} {PAY}',
        "pay",
    ),
    "a person whose roles are not known": (f'step ok: approve by user "ann@example.com" {{ }} {PAY}', "pay"),
    "a role that is computed": (f"step ok: approve by role order.id {{ }} {PAY}", "pay"),
    "another amount": (
        f"step big: if order.total > config.limit {{ {YES} }} step pay: call shop.pay(amount: order.total * 2.0)",
        "pay",
    ),
    "another field": (f"step big: if order.fee > config.limit {{ {YES} }} {PAY}", "pay"),
    "a limit from outside": (f"step big: if order.total > input.limit {{ {YES} }} {PAY}", "pay"),
    "a limit that a tool gives": (f"step big: if order.total > order.fee {{ {YES} }} {PAY}", "pay"),
    "a limit on the wrong side": (f"step big: if order.total < config.limit {{ {YES} }} {PAY}", "pay"),
    "a lower bound": (f"step s: if order.total > 5.0 {{ {PAY} }}", "s.pay"),
    "small or something else": (f"step s: if order.total < 5.0 || input.flag {{ {PAY} }}", "s.pay"),
    "large and something else is asked": (
        f"step s: if order.total > 5.0 && input.flag {{ {YES} }} {PAY}",
        "pay",
    ),
    "not equal": (f"step s: if order.total != 5.0 {{ {PAY} }}", "s.pay"),
    "one of amounts from outside": (f"step s: if order.total in [5.0, input.limit] {{ {PAY} }}", "s.pay"),
    "the default of a switch": (
        f'step s: switch input.id {{ case "a" {{ {YES} }} }} {PAY}',
        "pay",
    ),
    "an amount that is left out": (
        "step s: if order.total < 5.0 { step pay: call shop.pay(id: 1) }",
        "s.pay",
    ),
    "an amount that is cut off at an input": (
        "step pay: call shop.pay(amount: order.total > input.limit ? input.limit : order.total)",
        "pay",
    ),
    "an amount that is cut off the wrong way": (
        "step pay: call shop.pay(amount: order.total < config.limit ? config.limit : order.total)",
        "pay",
    ),
    "an item of another list": (
        'step a: foreach x in input.amounts { step s: if x > 5.0 { step no: fail "big" } } '
        "step b: foreach x in input.amounts { step pay: call shop.pay(amount: x) }",
        "b.pay",
    ),
    "one of its name is asked about": (
        'step s: if order.total > 5.0 { step no: fail "big" } '
        "step a: foreach x in input.amounts { step order: call shop.get(id: x) "
        "step pay: call shop.pay(amount: order.total) }",
        "a.pay",
    ),
    "the one outside is asked about before it is hidden": (
        'step a: foreach x in input.amounts { step s: if order.total > 5.0 { step no: fail "big" } '
        "step order: call shop.get(id: x) step pay: call shop.pay(amount: order.total) }",
        "a.pay",
    ),
    "a name that may be that of a catch": (
        "step sum: let 5.0 catch { yield order.total } step pay: call shop.pay(amount: sum)",
        "pay",
    ),
    "beside each other": (f"step p: parallel {{ {YES} {PAY} }}", "p.pay"),
    "behind the first of two": (f"step p: parallel any {{ {YES} step x: let 1 }} {PAY}", "pay"),
    "behind what may have failed": (f"step p: parallel settle {{ {YES} }} {PAY}", "pay"),
    "on one branch": (f"step s: if input.flag {{ {YES} }} {PAY}", "pay"),
    "a no that goes on": (
        f'step ok: approve by role "manager" {{ on reject {{ step x: let 1 }} }} {PAY}',
        "pay",
    ),
    "no answer that goes on": (
        f'step ok: approve by role "manager" {{ on timeout {{ step x: let 1 }} }} {PAY}',
        "pay",
    ),
    "in the branch of a no": (f'step ok: approve by role "manager" {{ on reject {{ {PAY} }} }}', "ok.pay"),
    "a catch that goes on": (f"{YES} catch {{ step x: let 1 }} {PAY}", "pay"),
    "a catch around the approval": (f"step a: do {{ {YES} }} catch {{ step x: let 1 }} {PAY}", "pay"),
    "in a catch, approved inside": (
        f'step a: do {{ {YES} step x: fail "x" }} catch {{ {PAY} }}',
        "a~catch0.pay",
    ),
    "approved in a foreach": (f"step a: foreach x in input.amounts {{ {YES} }} {PAY}", "pay"),
    "approved in a loop": (f"step l: loop while l.count < 3 max 3 {{ {YES} }} {PAY}", "pay"),
    "the round before was approved": (
        f"step l: loop while l.count < 3 max 3 {{ {PAY} {YES} }}",
        "l.pay",
    ),
    "undoing what needed no yes": (
        f"step w: call shop.write(x: 1) compensate {{ {PAY} }}",
        "w~comp.pay",
    ),
    "an agent": ('step ai: agent "m" { prompt "x" tools shop.pay }', "ai"),
    "a tool that deletes": ("step e: call shop.erase(id: 1)", "e"),
    "a tool that nothing is said about": ("step w: call shop.worst(x: 1)", "w"),
    "a tool that sends to whom it should not": (f"{YES} step m: call mail.post(x: 1)", "m"),
}


@pytest.mark.parametrize("steps", PROVED.values(), ids=PROVED.keys())
def test_it_is_proved(steps: str) -> None:
    assert told("E402", steps) == []


@pytest.mark.parametrize(("steps", "path"), UNPROVED.values(), ids=UNPROVED.keys())
def test_it_is_not_proved(steps: str, path: str) -> None:
    assert places("E402", steps)[:1] == [path]


def test_a_limit_does_not_do_where_the_policy_wants_a_yes() -> None:
    rule = ToolRule(tool="shop.pay", does=("money",), amount="amount", approval="required")
    strict = CATALOG.model_copy(update={"policy": Policy(rules=(rule,))})
    assert places("E402", f"step s: if order.total < 5.0 {{ {PAY} }}", strict) == ["s.pay"]
    assert places("E402", f"{YES} {PAY}", strict) == []


def test_nothing_is_said_about_tools_that_are_not_known_here() -> None:
    assert told("E402", "step a: call shop.nothing(x: 1)") == []
    assert told("E402", PAY, CATALOG.model_copy(update={"connectors": {}})) == []


def test_a_step_that_cannot_be_read_is_not_blamed_twice() -> None:
    text = text_of(f'step ok: aprove by role "manager" {{ }}\n{PAY}')
    assert list(unapproved.check(subject_of(parse(text), CATALOG))) == []


def test_a_role_that_does_not_exist_is_another_rules_business() -> None:
    assert told("E402", f'step ok: approve by role "manger" {{ }} {PAY}') == []


@pytest.mark.parametrize(
    ("steps", "message", "witness"),
    [
        (
            f"step gate: if order.fee > config.limit {{ {YES} }} {PAY}",
            "`pay` moves money, and nobody has approved it on the way where `gate` is not needed: "
            "order -> gate -> pay",
            ("order", "gate", "pay"),
        ),
        (
            f'step ok: approve by role "manager" {{ on reject {{ step x: let 1 }} }} {PAY}',
            "`pay` moves money, and nobody has approved it on the way where the answer to `ok` is no: "
            "order -> ok -> x -> pay",
            ("order", "ok", "ok.x", "pay"),
        ),
        (
            f"{YES} catch {{ step x: let 1 }} {PAY}",
            "`pay` moves money, and nobody has approved it on the way where `ok` fails and its `catch` goes on: "
            "order -> ok -> x -> pay",
            ("order", "ok", "ok~catch0.x", "pay"),
        ),
        (
            f"step p: parallel any {{ {YES} step x: let 1 }} {PAY}",
            "`pay` moves money, and nobody has approved it on the way where another step of `p` is done first: "
            "order -> p -> pay",
            ("order", "p", "pay"),
        ),
        (
            f"step a: foreach x in input.amounts {{ {YES} }} {PAY}",
            "`pay` moves money, and nobody has approved it on the way where `a` has nothing to do: order -> a -> pay",
            ("order", "a", "pay"),
        ),
        (
            'step ai: agent "m" { prompt "x" tools shop.get, shop.erase }',
            "the agent `ai` may use `erase`, which deletes things, and nobody has approved it on the way order -> ai",
            ("order", "ai"),
        ),
        (
            "step w: call shop.worst(x: 1)",
            "`w` may move money, delete or send things outside, and nobody has approved it on the way order -> w",
            ("order", "w"),
        ),
    ],
)
def test_the_way_is_said_in_words(steps: str, message: str, witness: tuple[str, ...]) -> None:
    (one,) = told("E402", steps)
    assert (one.message, one.witness) == (message, witness)


def test_the_way_goes_where_neither_a_yes_nor_a_limit_is() -> None:
    steps = f"step big: if order.total > 5.0 {{ step vip: if input.flag {{ {YES} }} }} {PAY}"
    (one,) = told("E402", steps)
    assert one.witness == ("order", "big", "big.vip", "pay")


def test_who_does_not_count_is_said() -> None:
    (one,) = told("E402", f'step ok: approve by role "support" {{ }} {PAY}')
    assert one.help.startswith("`ok` does not count: let only `finance` or `manager` answer it")


def test_what_is_never_read_before_it_is_there_has_a_value_of_its_own() -> None:
    workflow = parse(text_of("step a: let order.total step b: let a step c: let order.fee")).workflow
    values = Values(workflow)
    kinds = {step.id: step.kind for step in workflow.body.steps}
    of = {name: values.of(kind.value, name) for name, kind in kinds.items() if isinstance(kind, tree.Let)}
    assert of["a"] == of["b"] != of["c"]
