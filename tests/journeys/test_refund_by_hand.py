"""The refund workflow, built from an empty canvas by hand: nothing of it is typed as Weft but the values themselves."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.hand import Hand
from tests.stack.person import Person
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

EMPTY = "workflow refund_by_hand {\n  input { order_id: string }\n}\n"
END = "edge-slot-|"


def test_a_refund_is_built_by_hand(person: Person, api: Visitor) -> None:
    made = api.until_served("POST", "/workflows", {"name": "Refund by hand", "text": EMPTY})
    workflow = made["workflow_id"]
    person.page.goto(f"{person.url}/workflows/{workflow}")
    hand = Hand(person)
    expect(person.at(END)).to_have_count(1)

    hand.bring("shop.get_order", END, "get_order")
    hand.bring("shop.check_refund_eligibility", END, "check_refund_eligibility")
    hand.bring("if", END, "check")
    hand.write("field-arms[0].test", "get_order.total > 100.0")
    expect(person.node("check/then")).to_contain_text("is over 100")

    person.at("edge-slot-check/then|").click()
    person.at("quick-add-search").fill("approv")
    person.page.keyboard.press("Enter")
    expect(person.node("check.approval")).to_be_visible()
    expect(person.node("check.approval")).to_contain_text("Ask a manager to approve")

    hand.bring("shop.process_refund", END, "process_refund")
    hand.write("arg-order_id", "get_order.id", expression=True)
    hand.write("arg-amount", "get_order.total", expression=True)
    hand.write("field-key", '"refund-${get_order.id}"')
    hand.bring("mail.send", END, "send")
    hand.write("arg-to", "get_order.customer.email", expression=True)
    hand.write("arg-subject", "Your refund")
    hand.write("arg-body", "We have paid your money back.")
    person.photograph("refund_by_hand")

    expect(person.page.locator(".wf-problem.error")).to_have_count(0)
    steps = [person.node(path).bounding_box() for path in ("get_order", "check", "process_refund", "send")]
    tops = [box["y"] for box in steps if box]
    assert len(tops) == 4 and tops == sorted(tops)

    expect(person.at("save-state")).to_have_attribute("data-state", "saved")
    text = api.get(f"/workflows/{workflow}")["text"]
    for part in (
        "call shop.get_order(order_id: input.order_id)",
        "call shop.check_refund_eligibility(",
        "if get_order.total > 100.0 {",
        "amount: get_order.total",
        "to: get_order.customer.email",
        'subject: "Your refund"',
    ):
        assert part in text
    assert (
        text.index("approve by role") < text.index("call shop.process_refund") < text.index("call mail.send")
    )
