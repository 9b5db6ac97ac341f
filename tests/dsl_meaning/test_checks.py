"""Each rule fires where it should, at the right place, and not on what is right."""

from __future__ import annotations

import pytest

from dsl.catalog import Catalog
from dsl.checks import check
from dsl.diagnostic import Diagnostic
from dsl.graph import view
from dsl.graph.layout import layout
from dsl.parse import parse
from tests.dsl_meaning.sample import CATALOG, HEAD, REFUND, problems, problems_of, text_of, underlined

ORDER = "step order: call shop.get_order(order_id: input.order_id) timeout 10s\n"


def refund(**changed: str) -> str:
    args = {"order_id": "order.id", "amount": "order.total", **changed}
    return (
        ORDER
        + f"step refund: call shop.process_refund({', '.join(f'{n}: {v}' for n, v in args.items() if v)}) timeout 9s"
    )


BAD: list[tuple[str, str, str, str]] = [
    # code, steps, what is underlined, how the message begins
    (
        "E101",
        "step a: let inptu.order_id",
        "inptu",
        "there is nothing called `inptu` here, did you mean `input`?",
    ),
    (
        "E101",
        "step a: let order_id",
        "order_id",
        "there is nothing called `order_id` here, did you mean `input.order_id`?",
    ),
    ("E101", "step a: let b\nstep b: let 1", "b", "`b` comes later"),
    ("E101", "step a: let a", "a", "`a` cannot read itself"),
    (
        "E101",
        "step f: foreach x in input.amounts { step y: let x }\nstep z: let y",
        "y",
        "`y` is inside another step",
    ),
    ("E101", "step p: parallel { step a: let 1 step b: let a }", "a", "`a` is computed at the same time"),
    (
        "E101",
        "step p: parallel { step a: let 1 step d: do { step b: let a } }",
        "a",
        "`a` is computed at the same time",
    ),
    ("E101", "step a: let foo(1)", "foo", "there is no function `foo`"),
    ("E101", "step a: let input.order_id.uper()", "uper", "there is no method `uper`, did you mean `upper`?"),
    (
        "E101",
        "step p: parallel { step a: let 1 after c step b: let 2 }",
        "after c",
        "there is no step `c` beside `a`",
    ),
    ("E101", 'step a: agent "m" { output Verdit }', "Verdit", "there is no type `Verdit`"),
    (
        "E101",
        "step c: let 1 catch as e { step d: let e } \nstep x: let e",
        "e",
        "there is nothing called `e` here",
    ),
    (
        "E101",
        "step l: loop with acc = 1 while acc < 3 max 5 { yield acc }\nstep x: let acc",
        "acc",
        "there is nothing",
    ),
    ("E103", "step a: let 1\nstep a: let 2", "a", "there is already a step called `a`"),
    (
        "E103",
        "step i: if true { step a: let 1 } else { step a: let 2 }",
        "a",
        "there is already a step called `a`",
    ),
    ("E103", "step input: let 1", "input", "a step cannot be called `input`"),
    (
        "E103",
        'step a: call shop.get_order(order_id: "x", order_id: "y")',
        "order_id",
        "the argument `order_id` is given twice",
    ),
    (
        "E104",
        "step p: parallel { step a: let 1 after b step b: let 2 after a }",
        "after b",
        "these steps wait for each other: a -> b -> a",
    ),
    (
        "E104",
        "step p: parallel { step a: let 1 after a }",
        "after a",
        "these steps wait for each other: a -> a",
    ),
    ("E104", "step a: let 1 after b\nstep b: let 2", "after b", "`a` cannot be after `b`"),
    (
        "E106",
        "step a: call shop.get_ordr()",
        "get_ordr",
        "`shop` has no tool `get_ordr`, did you mean `get_order`?",
    ),
    (
        "E106",
        "step a: call shp.get_order()",
        "shp",
        "no `use` line names a connector `shp`, did you mean `shop`?",
    ),
    (
        "E106",
        "step a: run colect(customer_id: input.order_id)",
        "colect",
        "no `use` line names a workflow `colect`, did you mean `collect`?",
    ),
    (
        "E106",
        'step a: approve by role "manger" { }',
        '"manger"',
        "there is no role `manger`, did you mean `manager`?",
    ),
    ("E106", 'step a: approve by user "x@example.com" { }', '"x@example.com"', "there is no user"),
    (
        "E106",
        'step a: call mail.send(to: secrets.webhok_key, subject: "x", body: "x") timeout 1s',
        "webhok_key",
        "there is no secret `webhok_key`",
    ),
    ("E106", 'step a: agent "m" { tools shop.get_ordr }', "get_ordr", "`shop` has no tool `get_ordr`"),
    (
        "E201",
        refund(order_id="order"),
        "order",
        "`order_id` of shop.process_refund must be a text, but this is an object",
    ),
    (
        "E201",
        refund(amount='"much"'),
        '"much"',
        "`amount` of shop.process_refund must be a number, but this is a text",
    ),
    (
        "E201",
        refund(amount="order.customer.email"),
        "order.customer.email",
        "`amount` of shop.process_refund must be a number",
    ),
    (
        "E201",
        refund(order_id="null"),
        "null",
        "`order_id` of shop.process_refund must be a text, but this is null",
    ),
    ("E201", "step r: return { status: 3 }", "3", "`status` of the output must be"),
    (
        "E202",
        "step a: call shop.get_order()",
        "shop.get_order",
        "shop.get_order needs the argument `order_id`",
    ),
    (
        "E202",
        "step a: call shop.get_order(order_id: input.order_id, x: 1)",
        "x",
        "shop.get_order has no argument `x`",
    ),
    (
        "E202",
        'step a: call shop.get_order(ordr_id: "x")',
        "ordr_id",
        "shop.get_order has no argument `ordr_id`, did you mean `order_id`?",
    ),
    ("E202", "step a: run collect(amount: 3)", "collect", "collect needs the argument `customer_id`"),
    (
        "E203",
        'step r: return { status: "doen" }',
        '"doen"',
        '`status` of the output cannot be "doen", did you mean "done"?',
    ),
    (
        "E203",
        'step a: call shop.escalate_ticket(order_id: "x", summary: "y", priority: "urgent")',
        '"urgent"',
        '`priority` of shop.escalate_ticket cannot be "urgent"',
    ),
    (
        "E203",
        ORDER + 'step s: switch order.status { case "payed" { } }',
        '"payed"',
        'this case cannot be "payed", did you mean "paid"?',
    ),
    (
        "E204",
        ORDER + "step i: if order.total { }",
        "order.total",
        "the condition must be true or false, but `order.total` is a number",
    ),
    (
        "E204",
        ORDER + "step i: if order.totl > 3 { }",
        "totl",
        "`order` has no field `totl`, did you mean `total`?",
    ),
    (
        "E204",
        ORDER + "step i: let order.items.map(i, i.prise)",
        "prise",
        "`i` has no field `prise`, did you mean `price`?",
    ),
    ("E204", ORDER + 'step i: let "${order.idd}"', "idd", "`order` has no field `idd`, did you mean `id`?"),
    (
        "E204",
        ORDER + "step i: if order.id > 3 { }",
        "order.id > 3",
        "cannot compare a text with a whole number",
    ),
    (
        "E204",
        ORDER + "step i: let order.id + 1",
        "order.id + 1",
        "cannot compute `+` of a text and a whole number",
    ),
    (
        "E204",
        ORDER + "step i: foreach x in order.total { }",
        "order.total",
        "`foreach` needs a list, but `order.total` is a number",
    ),
    (
        "E204",
        ORDER + "step i: let order.items.sku",
        "order.items.sku",
        "`order.items` is a list, it has no field `sku`",
    ),
    (
        "E204",
        "step a: let size(1, 2)",
        "size(1, 2)",
        "this expression cannot be computed: `size` takes 1 argument, not 2",
    ),
    (
        "E204",
        "step a: let 1 catch as e { step b: let e.cod }",
        "cod",
        "`e` has no field `cod`, did you mean `code`?",
    ),
    ("W301", 'step r: return { status: "done" }\nstep a: let 1', "a", "`a` never runs: `r` always ends"),
    (
        "W301",
        'step i: if true { step f: fail "x" } else { step g: fail "y" }\nstep a: let 1',
        "a",
        "`a` never runs",
    ),
    (
        "W501",
        "step a: call shop.get_order(order_id: input.order_id)",
        "a",
        "`a` does not say how long it may take",
    ),
]


@pytest.mark.parametrize(("code", "steps", "place", "message"), BAD)
def test_a_rule_fires_at_the_right_place(code: str, steps: str, place: str, message: str) -> None:
    found = problems(steps, code)
    assert underlined(steps, code) == [(code, place)], found
    (one,) = found
    assert one.message.startswith(message)
    assert one.help and one.help[-1] != "."
    assert one.severity == ("warning" if code.startswith("W") else "error")


@pytest.mark.parametrize(
    ("code", "steps", "place", "message"), [bad for bad in BAD if bad[0] not in ("E101", "E103")]
)
def test_one_mistake_is_one_diagnostic(code: str, steps: str, place: str, message: str) -> None:
    assert [one.code for one in problems(steps) if one.severity == "error" or one.code == code] == [code]


GOOD = [
    refund(),
    refund(reason='"for ${order.id}"'),
    ORDER
    + 'step i: if order.total > config.threshold { step x: let order.id yield x } else { yield "" }\nstep y: let i',
    ORDER + "step i: if order.?discount == null { }",
    ORDER + "step i: if has(order.customer.phone) { }",
    ORDER + "step s: let order.items.map(i, i.price * i.quantity).sum() > 100",
    "step p: parallel { step a: let 1 step b: let a after a step c: let b after b }",
    "step p: parallel { step a: let 1 step d: do { step b: let a } after a }\nstep x: let a + b",
    "step f: foreach x in input.amounts { step y: let x yield y }\nstep z: let f.filter(y, y > 1.0).size()",
    "step l: loop with acc = 1 while acc < 3 && l.count < 2 max 5 { step n: let acc + 1 yield n }\nstep z: let l.last",
    "step a: let 1 catch as e { step b: let e.message }",
    'step a: call mail.send(to: "x", subject: "y", body: "z") timeout 3s compensate { step u: let a.id }',
    'step w: wait event "paid" when event.order == input.order_id',
    'step g: approve by role "manager" { within 1d on reject { step no: return { status: "done" } } }\n'
    "step x: let g.comment",
    'step r: return { status: "done", id: null }',
    'step s: switch input.order_id { case "a", "b" { step x: let 1 } default { step y: let 2 } }',
    "step f: foreach x in input.amounts { step y: let x }\nstep g: foreach x in input.amounts { step y: let x }",
    'step a: call shop.escalate_ticket(order_id: "x", summary: "y", priority: "low") timeout 3s',
    'step a: call shop.escalate_ticket(order_id: "x", summary: "y", priority: null) timeout 3s',
    'step a: agent "balanced" { prompt "x" output { ok: bool } }\nstep b: if a.ok { }',
    "step a: run collect(customer_id: input.order_id, amount: 3)\nstep b: if a.paid { }",
    'step i: if true { step f: return { status: "done" } }\nstep a: let 1',
    'step a: call mail.send(to: secrets.webhook_key, subject: "x", body: "x") timeout 1s',
]


@pytest.mark.parametrize("steps", GOOD)
def test_what_is_right_is_left_alone(steps: str) -> None:
    assert problems(steps) == []


def test_the_refund_example_is_right() -> None:
    assert check(parse(REFUND), CATALOG) == ()


def applied(text: str, one: Diagnostic) -> str:
    assert one.fix is not None
    for change in sorted(one.fix.replacements, key=lambda r: r.span.start, reverse=True):
        text = text[: change.span.start] + change.text + text[change.span.end :]
    return text


FIXED = [
    ("step a: let inptu.order_id", "step a: let input.order_id"),
    ("step a: let order_id", "step a: let input.order_id"),
    ('step a: approve by role "manger" { within 1d }', 'step a: approve by role "manager" { within 1d }'),
    ("step a: call shop.get_ordr(order_id: input.order_id) timeout 1s", "call shop.get_order("),
    ("step a: call shop.get_order() timeout 1s", "shop.get_order(order_id: input.order_id)"),
    (refund(order_id=""), "amount: order.total, order_id: input.order_id)"),
    (refund(amount="order.totl"), "amount: order.total)"),
    ('step r: return { status: "doen" }', 'status: "done"'),
    ("step a: let 1\nstep a: let 2", "step a_2: let 2"),
    ("step a: call shop.get_order(order_id: input.order_id)", "\n  timeout 30s"),
    ("step p: parallel {\n  step a: let 1\n  step b: let a\n}", "  step b: let a\n    after a\n"),
    ("step p: parallel { step c: let 3 step a: let 1 step b: let a + c after c }", "after c, a }"),
]


@pytest.mark.parametrize(("steps", "expected"), FIXED)
def test_a_fix_makes_the_problem_go_away(steps: str, expected: str) -> None:
    (one,) = problems(steps)
    text = applied(text_of(steps), one)
    assert expected in text
    assert problems_of(text) == []


def test_a_connector_that_is_only_missing_its_line_gets_one() -> None:
    head = HEAD.replace('  use shop: mcp "shop"\n', "")
    (one,) = problems("step a: call shop.get_order(order_id: input.order_id) timeout 1s", head=head)
    text = applied(text_of("step a: call shop.get_order(order_id: input.order_id) timeout 1s", head), one)
    assert problems_of(text) == []


def test_unknown_connectors_workflows_and_secrets_are_found_in_the_header() -> None:
    head = 'use a: mcp "shp"\n use b: workflow "colect"\n secret other'
    assert underlined("step x: let 1", head=head) == [
        ("E106", '"shp"'),
        ("E106", '"colect"'),
        ("E106", "other"),
    ]


def test_what_is_returned_has_every_field_of_the_output() -> None:
    head = 'output { status: "done" | "not_done" }'
    (one,) = problems("step r: return { }", "E202", head=head)
    assert one.message == "the output needs the field `status`"


def test_triggers_are_checked() -> None:
    head = (
        HEAD
        + 'trigger t: webhook POST "/x" verify hmac_sha256(event, secrets.webhook_key) '
        + "with (ordr_id: event.body, amounts: [])\n"
    )
    assert underlined("step x: let 1", head=head) == [("E202", "ordr_id")]


def test_a_file_on_its_own_is_checked_without_a_catalog() -> None:
    assert [one for one in check(parse(REFUND), Catalog()) if one.severity == "error"] == []


def test_diagnostics_come_in_order_of_place_with_the_problems_of_reading() -> None:
    text = text_of("step a: let nothing\nstep b: let\nstep c: let nobody")
    found = check(parse(text), CATALOG)
    assert [one.span.start for one in found] == sorted(one.span.start for one in found)
    assert {"E001", "E101"} <= {one.code for one in found}


def test_a_text_nested_deeply_is_no_crash() -> None:
    deep = "".join(f"step s{n}: do {{ " for n in range(90)) + "}" * 90
    parsed = parse(text_of(deep))
    assert {one.severity for one in check(parsed, CATALOG)} == {"error"}
    assert {"~start", "~end"} <= {node.id for node in layout(view(parsed)).nodes}


def test_too_many_steps_are_refused_at_once() -> None:
    steps = "\n".join(f"step s{n}: let {n}" for n in range(2_001))
    (one,) = problems(steps)
    assert one.message == "this workflow has more than 2000 steps"
    assert [node.id for node in view(parse(text_of(steps))).nodes] == ["~start", "~end"]


def test_a_thousand_steps_are_checked_in_good_time() -> None:
    import time

    steps = "\n".join(f"step s{n}: let {f's{n - 1} + 1' if n else 1}" for n in range(1000))
    started = time.perf_counter()
    assert problems(steps) == []
    assert time.perf_counter() - started < 5
