"""The built-in designer over four catalogs: what a request gives must have the properties its words ask for."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

import dsl
from dsl import tree
from dsl.catalog import Catalog
from dsl.outline import places
from studio.designer.builtin import answer
from studio.designer.proving import prove
from studio.designer.writing import Said, Written
from tests.designer.catalogs import INCIDENTS, INVOICES, LEAVE, SHOP

REFUND = (
    "When a customer asks for a refund, get the order and check that it is eligible. If the total is "
    "over 100 euros ask a "
    "manager to approve. Then refund it and e-mail the customer."
)


@dataclass(frozen=True)
class Case:
    """``tools``: every call, in order of the text. ``has`` and ``lacks`` are pieces of the canonical text."""

    request: str
    catalog: Catalog
    tools: str
    has: tuple[str, ...] = ()
    lacks: tuple[str, ...] = ()
    gate: str = ""
    """"approval<tool": the first approval stands before that call in the text."""


CASES = [
    Case(
        REFUND,
        SHOP,
        "shop.get_order shop.check_refund_eligibility shop.process_refund mail.send",
        (
            "if order.total > 100.0 {",
            "if !eligibility.eligible {",
            'approve by role "manager"',
            'title "Refund ${money(order.total)} ${order.currency} for order ${order.id}?"',
            "show order, eligibility",
            "within 24h",
            'key "refund-${order.id}"',
            "to: order.customer.email",
            'subject: "Your refund for order ${order.id}"',
            'return { status: "not_eligible", refund_id: null }',
            'reason: string = "requested by the customer"',
        ),
        gate="process_refund",
    ),
    Case(
        "Please look up the order. If its status is refunded, stop. If the total is at least 200 EUR "
        "get approval from the "
        "finance manager within 12 hours. Reimburse the customer and drop them a line.",
        SHOP,
        "shop.get_order shop.process_refund mail.send",
        ('order.status == "refunded"', "order.total >= 200.0", 'role "finance_manager"', "within 12h"),
        gate="process_refund",
    ),
    Case(
        "Fetch the order, and if it is not eligible, tell the customer and stop; otherwise refund it.",
        SHOP,
        "shop.get_order shop.check_refund_eligibility mail.send shop.process_refund",
        ("if !eligibility.eligible {", "} else {", "amount: order.total"),
    ),
    Case(
        "refund the order only if a finance manager approves within two days",
        SHOP,
        "shop.get_order shop.process_refund",
        ('role "finance_manager"', "within 2d"),
        gate="process_refund",
    ),
    Case(
        "get the order, refund it if the total is under 50 euros, otherwise escalate it to support",
        SHOP,
        "shop.get_order shop.process_refund shop.escalate_ticket",
        ("order.total < 50.0", "} else {"),
    ),
    Case(
        "Refund order and notify the customer",
        SHOP,
        "shop.get_order shop.process_refund mail.send",
        ("to: order.customer.email",),
    ),
    Case(
        "For each delivered order, at most 5 at once, e-mail the customer asking for a review",
        SHOP,
        "shop.list_orders mail.send",
        (
            'status: "delivered"',
            "foreach order in orders.orders concurrency 5",
            "May we ask you for a review?",
        ),
    ),
    Case(
        "For every order of the list, check eligibility and if the total exceeds $500 a manager has "
        "to approve before refunding.",
        SHOP,
        "shop.list_orders shop.check_refund_eligibility shop.process_refund",
        ("foreach order in", "order.total > 500.0", 'catch "skipped"'),
        lacks=('return { status: "rejected"',),
        gate="process_refund",
    ),
    Case(
        "List the orders of a customer, then send me an overview by e-mail",
        SHOP,
        "shop.list_orders mail.send",
        ("customer_email: input.customer_email", "to: input.notify_email", 'subject: "Overview"'),
    ),
    Case(
        'Wait 3 days, then get the order and e-mail the customer "How do you like it?"',
        SHOP,
        "shop.get_order mail.send",
        ("wait 3d", "How do you like it?"),
    ),
    Case(
        "Escalate the order with high priority and tell the customer that we are looking into it",
        SHOP,
        "shop.escalate_ticket shop.get_order mail.send",
        ('priority: "high"', "We are looking into it."),
    ),
    Case(
        "I want a workflow called vip_refund that gets the order, checks eligibility, asks a manager "
        "for approval and refunds the order",
        SHOP,
        "shop.get_order shop.check_refund_eligibility shop.process_refund",
        ("workflow vip_refund {", 'role "manager"'),
        gate="process_refund",
    ),
    Case(
        "1. Get the order\n2. Check that it can be refunded\n3. Ask two managers to approve\n4. "
        "Refund it\n5. E-mail the customer",
        SHOP,
        "shop.get_order shop.check_refund_eligibility shop.process_refund mail.send",
        ("quorum 2",),
        gate="process_refund",
    ),
    Case(
        "A manager must approve refunds over 100 euros. Get the order, refund it, send a confirmation to the customer.",
        SHOP,
        "shop.get_order shop.process_refund mail.send",
        ("order.total > 100.0", 'subject: "Confirmation: order ${order.id}"'),
        gate="process_refund",
    ),
    Case(
        "Get the order and if the total is more than 1000 dollars or the status is shipped, escalate it",
        SHOP,
        "shop.get_order shop.escalate_ticket",
        ('order.total > 1000.0 || order.status == "shipped"',),
    ),
    Case(
        "Check if the order is eligible for a refund. If so, refund it. If not, tell the customer why.",
        SHOP,
        "shop.check_refund_eligibility shop.process_refund shop.get_order mail.send",
        ("if eligibility.eligible {", "} else {"),
    ),
    Case(
        "Fetch the invoice. When the discount is over 20% the cfo must approve. Then pay it.",
        INVOICES,
        "erp.get_invoice erp.pay_invoice",
        ("invoice.discount_percent > 20.0", 'role "cfo"', "amount: invoice.amount"),
        gate="pay_invoice",
    ),
    Case(
        "Pay the invoice after the accountant approved",
        INVOICES,
        "erp.get_invoice erp.pay_invoice",
        gate="pay_invoice",
    ),
    Case(
        "For each overdue invoice, at most 5 at once, send a reminder to the supplier. If the amount "
        "is more than 1,000 dollars "
        "tell the #finance channel on slack. Finally e-mail me a summary",
        INVOICES,
        "erp.list_invoices mail.send slack.post_message mail.send",
        (
            'status: "overdue"',
            "concurrency 5",
            "invoice.amount > 1000.0",
            'channel: "#finance"',
            "to: invoice.supplier.email",
        ),
    ),
    Case(
        "Go through all open invoices, 3 at a time: match each with its purchase order, and if it "
        "does not match post to "
        "#finance that it needs a look, otherwise post it.",
        INVOICES,
        "erp.list_invoices erp.match_purchase_order slack.post_message erp.post_invoice",
        ("concurrency 3", "if !purchase_order.matched {", "It needs a look."),
    ),
    Case(
        "Get the invoice, match it with the purchase order. If it is matched, post it and pay it, "
        "otherwise ask the accountant "
        "to approve within 2 days and tell the supplier.",
        INVOICES,
        "erp.get_invoice erp.match_purchase_order erp.post_invoice erp.pay_invoice mail.send",
        ("if purchase_order.matched {", "within 2d", 'role "accountant"'),
    ),
    Case(
        "get the leave request and the balance at the same time. Unless the days are at most 10, the "
        "HR manager must approve. "
        "book the leave and let the employee know that it is booked",
        LEAVE,
        "hr.get_leave_request hr.get_leave_balance hr.book_leave mail.send",
        ("leave_request.days > 10 {", 'role "hr_manager"', "to: leave_request.employee.email"),
        gate="book_leave",
    ),
    Case(
        "When the leave request arrives, get the leave request and the leave balance. If the days "
        "are more than the days left, "
        "decline it and notify the employee. Otherwise book it and put it in the calendar.",
        LEAVE,
        "hr.get_leave_request hr.get_leave_balance hr.decline_leave_request mail.send hr.book_leave "
        "calendar.create_event",
        ("leave_request.days > leave_balance.days_left", "employee_id: leave_request.employee.id"),
    ),
    Case(
        "The HR manager approves the leave request within 3 days; then book the leave and e-mail the employee.",
        LEAVE,
        "hr.get_leave_request hr.book_leave mail.send",
        ("within 3d", "show leave_request"),
        gate="book_leave",
    ),
    Case(
        "Read the alert. If the error rate is above 5% restart the service, wait 5 minutes and check "
        "that it is healthy. If not, "
        "open a critical incident and post to #ops.",
        INCIDENTS,
        "ops.get_alert ops.restart_service ops.check_service_health ops.create_incident slack.post_message",
        (
            "alert.error_rate > 0.05",
            "wait 5m",
            "if !health.healthy {",
            'severity: "critical"',
            'channel: "#ops"',
        ),
    ),
    Case(
        "Read the alert, and if the severity is critical create an incident and restart the service at the same time",
        INCIDENTS,
        "ops.get_alert ops.create_incident ops.restart_service",
        ('alert.severity == "critical"', "parallel {"),
    ),
    Case(
        "check that the service is healthy; unless it is, restart it, retry up to 3 times",
        INCIDENTS,
        "ops.check_service_health ops.restart_service",
        ("if !health.healthy {",),
        lacks=("retry 3 backoff 1s to 1m",),
    ),
]


def written(case: Case) -> Written:
    found = answer(case.request, case.catalog)
    assert isinstance(found, Written), found
    return found


def calls(text: str) -> list[str]:
    workflow = dsl.parse(text).workflow
    aliases = {head.alias: head.name for head in workflow.heads if isinstance(head, tree.Use)}
    steps = sorted(places(workflow.body), key=lambda p: p.step.span.start)
    return [
        f"{aliases[p.step.kind.alias]}.{p.step.kind.tool}"
        for p in steps
        if isinstance(p.step.kind, tree.Call)
    ]


@pytest.mark.parametrize("case", CASES, ids=[case.request[:60] for case in CASES])
def test_a_request_becomes_the_workflow_its_words_ask_for(case: Case) -> None:
    found = written(case)
    assert calls(found.text) == case.tools.split()
    for piece in case.has:
        assert piece in found.text, found.text
    for piece in case.lacks:
        assert piece not in found.text
    if case.gate:
        assert 0 < found.text.index("approve by role") < found.text.index(f".{case.gate}(")


@pytest.mark.parametrize("case", CASES, ids=[case.request[:60] for case in CASES])
def test_no_proposal_has_an_error_and_each_is_in_canonical_form(case: Case) -> None:
    found = written(case)
    proved = prove(found.text, case.catalog)
    assert proved.sound, proved.diagnostics
    assert [d for d in proved.diagnostics if d.severity == "warning"] == []
    assert dsl.format_text(found.text) == found.text
    assert found.summary.startswith("This workflow will ")


def test_a_workflow_without_an_approval_where_one_was_asked_for_is_never_written() -> None:
    for words in (
        "with sign-off",
        "needs permission",
        "get somebody's go-ahead",
        "approval required",
        "subject to consent",
    ):
        found = answer(f"Get the order, {words}, then refund it.", SHOP)
        assert isinstance(found, Said) or "approve by role" in found.text, words


def test_a_role_nobody_has_is_replaced_and_asked_about() -> None:
    found = answer("Get the order, ask the astronaut to approve, then refund it.", SHOP)
    assert isinstance(found, Written)
    assert 'role "manager"' in found.text
    assert "astronaut" in found.questions[0]
    assert "finance_manager, manager, support" in found.questions[0]


def test_what_cannot_be_placed_is_said_with_what_it_would_take() -> None:
    found = answer("Update the CRM, then get the order and refund it.", SHOP)
    assert isinstance(found, Written)
    assert "Update the CRM" in found.questions[0]
    assert "connect a connector" in found.questions[0]


def test_a_verb_nobody_knows_is_asked_about_rather_than_swallowed() -> None:
    found = answer("Get the order and serenade the customer.", SHOP)
    assert isinstance(found, Written)
    assert any("serenade the customer" in q for q in found.questions)


def test_a_message_by_any_verb_is_a_message() -> None:
    found = answer("Get the order and greet the customer by e-mail.", SHOP)
    assert isinstance(found, Written)
    assert calls(found.text) == ["shop.get_order", "mail.send"]


def test_a_condition_that_no_data_tells_takes_what_depends_on_it_along() -> None:
    found = answer("Get the order. If the moon is full, refund it. E-mail the customer.", SHOP)
    assert isinstance(found, Written)
    assert calls(found.text) == ["shop.get_order", "mail.send"]
    assert any("moon" in q for q in found.questions)


def test_a_retry_that_might_do_a_thing_twice_is_refused_in_words() -> None:
    found = answer(
        "check that the service is healthy; unless it is, restart it, retry up to 3 times", INCIDENTS
    )
    assert isinstance(found, Written)
    assert any("twice" in q for q in found.questions)


def test_a_schedule_is_said_to_be_missing_rather_than_forgotten() -> None:
    found = answer(
        "Every monday at 9, list overdue invoices and post the number to #finance on slack", INVOICES
    )
    assert isinstance(found, Written)
    assert any("Every monday at 9" in q for q in found.questions)


@pytest.mark.parametrize(
    "words",
    [
        "hello",
        "what can you do?",
        "thanks",
        "launch a rocket to the moon",
        "???",
        "ich möchte eine Erstattung",
    ],
)
def test_a_request_for_no_workflow_is_answered_with_what_would_work_here(words: str) -> None:
    found = answer(words, SHOP)
    assert isinstance(found, Said)
    assert "For example:" in found.text
    assert "order" in found.text


def test_without_any_connector_the_answer_says_to_connect_one() -> None:
    found = answer(REFUND, Catalog())
    assert isinstance(found, Said)
    assert "No connector is connected" in found.text


@pytest.mark.parametrize(
    "text", ['"', "${", "```weft", "\\", 'get the order "; } workflow x {', "refund " * 300, "é\u0000\ud800"]
)
def test_odd_characters_never_break_the_text(text: str) -> None:
    for request in (text, f'Get the order and e-mail the customer "{text}"'):
        found = answer(request, SHOP)
        assert isinstance(found, Said) or prove(found.text, SHOP).sound


def _by_reference() -> Catalog:
    """The shop whose list says what an order is by reference, as servers write it."""
    shop = SHOP.connectors["shop"]
    listed = {
        "type": "object",
        "required": ["orders"],
        "properties": {"orders": {"type": "array", "items": {"$ref": "#/$defs/Order"}}},
        "$defs": {"Order": shop.tools["get_order"].output_schema},
    }
    lister = shop.tools["list_orders"].model_copy(update={"output_schema": listed})
    told = shop.model_copy(update={"tools": {**shop.tools, "list_orders": lister}})
    return SHOP.model_copy(update={"connectors": {**SHOP.connectors, "shop": told}})


def test_an_address_in_the_request_is_the_one_that_is_called_and_its_answer_the_one_that_is_mailed() -> None:
    found = answer("call https://api.example.com/x and mail me the answer", SHOP)
    assert isinstance(found, Written)
    assert 'url: "https://api.example.com/x"' in found.text and 'method: "GET"' in found.text
    assert "body: text(" in found.text


def test_what_is_posted_to_an_address_is_what_was_said_or_is_asked_for() -> None:
    found = answer("Get the order, then POST the order to https://erp.example.com/orders", SHOP)
    assert isinstance(found, Written)
    assert 'method: "POST"' in found.text and "body: order" in found.text
    bare = answer("POST to https://erp.example.com/ping", SHOP)
    assert isinstance(bare, Written)
    assert any("what should its body be" in q for q in bare.questions)


def test_a_part_of_an_amount_is_never_taken_for_the_whole_silently() -> None:
    found = answer("Refund half of the order total and send the customer an apology", SHOP)
    assert isinstance(found, Written)
    assert any("half" in q for q in found.questions)


def test_asking_a_customer_for_something_is_what_the_message_says_and_no_approval() -> None:
    found = answer(
        "For each delivered order, at most 5 at once, e-mail the customer and ask for a review.",
        _by_reference(),
    )
    assert isinstance(found, Written)
    assert "approve by" not in found.text and "for a review?" in found.text
    assert calls(found.text) == ["shop.list_orders", "mail.send"]  # the list's items say who the customer is
    gated = answer("Get the order, e-mail the customer and ask for approval, then refund it.", SHOP)
    assert isinstance(gated, Written) and "approve by" in gated.text
