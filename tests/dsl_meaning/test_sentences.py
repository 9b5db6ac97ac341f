"""What people read instead of the text: steps, conditions and branches in words."""

from __future__ import annotations

import pytest

from dsl.catalog import Catalog, Connector, Tool
from dsl.graph import view
from dsl.lowering import lower
from dsl.parse import parse
from dsl.plan import Approve, If
from dsl.wording.phrases import condition_words
from dsl.wording.terms import terms_of
from tests.dsl_meaning.sample import CATALOG, REFUND, expression, text_of

BEFORE = """
step order: call shop.get_order(order_id: input.order_id)
step eligibility: call shop.check_refund_eligibility(order_id: order.id)
step approval: approve by role "manager" { }
"""
TERMS = terms_of(parse(text_of(BEFORE)).workflow, CATALOG)


def said(step: str, catalog: Catalog | None = CATALOG) -> str:
    """The sentence of the last step of a text."""
    graph = view(parse(text_of(f"{BEFORE}{step}")), (), catalog)
    last = max((node for node in graph.nodes if node.parent is None and node.step), key=lambda n: n.start)
    return last.sentence


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("order.total > config.threshold", "the order total is over the threshold (100)"),
        ("order.total > 100.0", "the order total is over 100"),
        ("100.0 < order.total", "the order total is over 100"),
        ("order.total >= 99.5", "the order total is at least 99.5"),
        ("!(order.total > 100.0)", "the order total is at most 100"),
        ("order.total * 2.0 < 10.0", "the order total times 2 is under 10"),
        ("!eligibility.eligible", "the order is not eligible"),
        ("eligibility.eligible == true", "the order is eligible"),
        ("eligibility.eligible != true", "the order is not eligible"),
        ("!order.customer.is_vip", "the customer is not VIP"),
        ("order.customer.has_discount", "the customer has discount"),
        ("input.urgent", "urgent"),
        ("!approval.approved", "not approved"),
        ('order.status == "paid"', "the order status is paid"),
        ('order.status != "on_hold"', "the order status is not on hold"),
        ('order.status in ["paid", "shipped"]', "the order status is paid or shipped"),
        ('!(order.status in ["paid"])', "the order status is not paid"),
        ('input.note == ""', "the note is empty"),
        ('input.to != ""', 'the "to" given is not empty'),
        ("order.customer.email == null", "the customer e-mail is missing"),
        ("has(order.placed_at)", "the order placed at is given"),
        ("!has(input.note)", "the note is not given"),
        ("order.items.size() > 0", "the order items are not empty"),
        ("size(order.items) > 3", "the number of order items is over 3"),
        ("input.amounts.sum() > 5.0", "the sum of the amounts is over 5"),
        ('order.customer.email.endsWith("@example.com")', 'the customer e-mail ends with "@example.com"'),
        (
            "order.total > 100.0 && !eligibility.eligible",
            "the order total is over 100 and the order is not eligible",
        ),
        ("!(input.a && input.b)", "not a or not b"),
        ("input.a && (input.b || !input.c)", "a and (b or not c)"),
        ("order.items.exists(i, i.price > 10.0)", "order.items.exists(i, i.price > 10)"),
        ("true", "always"),
    ],
)
def test_a_condition_reads_like_a_sentence(source: str, words: str) -> None:
    assert condition_words(expression(source), TERMS) == words


def test_a_long_condition_is_shown_as_it_is_written() -> None:
    long = " && ".join(f"order.total > {n}00.0" for n in range(1, 9))
    shown = condition_words(expression(long), TERMS)
    assert shown.startswith("order.total > 100 && order.total > 200") and shown.endswith("…")


@pytest.mark.parametrize(
    ("step", "sentence"),
    [
        ("step x: call shop.process_refund(order_id: order.id, amount: 1.0)", "Refund an order"),
        (
            'step x: call mail.send(to: order.customer.email, subject: "a", body: "b")',
            "Send an e-mail to the customer",
        ),
        (
            'step x: call mail.send(to: "desk@example.com", subject: "a", body: "b")',
            "Send an e-mail to desk@example.com",
        ),
        (
            'step x: call mail.send(to: input.email, subject: "a", body: "b")',
            "Send an e-mail to the address given",
        ),
        (
            'step x: call mail.send(to: input.notify_email, subject: "a", body: "b")',
            "Send an e-mail to the address given",
        ),
        (
            'step x: call mail.send(to: input.accountant_email, subject: "a", body: "b")',
            "Send an e-mail to the accountant",
        ),
        (
            'step x: call mail.send(to: order.email, subject: "a", body: "b")',
            "Send an e-mail to the order e-mail",
        ),
        ('step x: call shop.escalate_ticket(order_id: order.id, summary: "")', "Escalate ticket in Shop"),
        ("step x: if order.total > 100.0 { }", "If the order total is over 100"),
        ("step x: if true { }", "Always"),
        ("step x: switch order.status { }", "Choose by the order status"),
        ("step x: wait 3d", "Wait 3 days"),
        ("step x: wait 36h", "Wait 1 day 12 hours"),
        ("step x: foreach one in order.items concurrency 5 { }", "For each item, 5 at a time"),
        ("step x: foreach entry in [] { }", "For each entry"),
        (
            "step x: loop until x.last.done max 20 { }",
            "Repeat until it is done, at most 20 times",
        ),
        (
            "step x: loop while x.count < 3 max 9 { }",
            "Repeat while the number of rounds is under 3, at most 9 times",
        ),
        ('step x: return { status: "not_done", id: null }', "Finish: not done"),
        (
            "step x: return { id: order.id, customer_email: order.customer.email }",
            "Finish with ID and customer e-mail",
        ),
        ('step x: fail "not_settled"', "Stop with an error: not settled"),
        ('step x: fail "late" with "nobody paid in time."', "Stop with an error: nobody paid in time"),
        (
            'step x: approve by role "finance_manager" { within 48h }',
            "Ask a finance manager to approve, within 2 days",
        ),
        ("step x: let order.total", "Note the order total"),
        ('step x: let "${order.total} for ${order.id}"', "Put together a text"),
        ("step x: let order.total * 0.2", "Work out the order total times 0.2"),
        ("step x: let order.total > 100.0", "Check whether the order total is over 100"),
        (
            "step x: let order.items.filter(i, i.price > 1.0).size()",
            "Work out the number of matching order items",
        ),
    ],
)
def test_a_step_reads_like_a_sentence(step: str, sentence: str) -> None:
    assert said(step) == sentence


@pytest.mark.parametrize(
    ("role", "who"),
    [("manager", "a manager"), ("owner", "an owner"), ("hr_manager", "an HR manager"), ("cfo", "a CFO")],
)
def test_a_role_is_somebody(role: str, who: str) -> None:
    assert said(f'step x: approve by role "{role}" {{ }}') == f"Ask {who} to approve"


def test_a_caught_error_is_called_one() -> None:
    graph = view(parse(text_of("step a: let 1 catch as e { step b: let e.message }")))
    assert next(node.sentence for node in graph.nodes if node.id == "a~catch0.b") == "Note the error message"


def test_without_a_catalog_a_call_reads_by_its_names() -> None:
    assert said("step x: call shop.process_refund()", None) == "Process refund in Shop"


def test_tools_of_one_title_are_told_apart_by_their_connectors() -> None:
    both = Catalog(
        connectors={
            name: Connector(
                name=name, title=name.title(), tools={"t": Tool(name="t", title="Refund an order")}
            )
            for name in ("shop", "mail")
        }
    )
    assert said("step x: call shop.t()", both) == "Shop: refund an order"


@pytest.mark.parametrize("title", ["Refund\nan order", "Refund \u202ean order", "  Refund an order. "])
def test_a_title_of_a_tool_is_one_harmless_line(title: str) -> None:
    one = Catalog(connectors={"shop": Connector(name="shop", tools={"t": Tool(name="t", title=title)})})
    assert said("step x: call shop.t()", one) == "Refund an order"


def test_the_plan_says_the_same_as_the_graph() -> None:
    compiled = lower(parse(REFUND), CATALOG)
    graph = {
        node.step: node
        for node in view(parse(REFUND), (), CATALOG).nodes
        if node.kind not in ("lane", "empty")
    }
    assert all(step.label == graph[step.path].sentence for step in compiled.body.steps)
    gate = next(step.do for step in compiled.body.steps if step.id == "gate")
    assert isinstance(gate, If)
    assert gate.arms[0].label == "the order total is over the threshold (100)"


def test_what_is_shown_to_an_approver_is_named_in_words_that_tell_it_apart() -> None:
    steps = 'step a: approve by role "manager" { show order.total, order.total } '
    steps += 'step b: approve by role "manager" { show order, order.total, input.note }'
    compiled = lower(parse(text_of(BEFORE + steps)), CATALOG)
    shown = [[label for label, _ in s.do.show] for s in compiled.body.steps[3:] if isinstance(s.do, Approve)]
    assert shown == [["order.total", "order.total"], ["order", "order total", "note"]]
