"""Edges drawn and cut, blocks folded, notes, and steps put elsewhere: on the screen and in the store."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.journeys.hand import Hand
from tests.stack.person import Person
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TEXT = """workflow edges_and_blocks {
  use shop: mcp "shop"
  input { order_id: string }

  step facts: parallel {
    step order: call shop.get_order(order_id: input.order_id)
      timeout 10s
    step eligibility: call shop.check_refund_eligibility(order_id: input.order_id)
      timeout 10s
    yield { total: order.total, eligible: eligibility.eligible }
  }

  step sum: let facts.total
  step done: return { total: sum }
}
"""


def test_edges_blocks_notes_and_places(person: Person, api: Visitor) -> None:
    made = api.until_served("POST", "/workflows", {"name": "Edges and blocks", "text": TEXT})
    workflow = made["workflow_id"]
    person.page.goto(f"{person.url}/workflows/{workflow}")
    hand = Hand(person)
    expect(person.node("facts.order")).to_be_visible()

    def stored() -> dict[str, Any]:
        expect(person.at("save-state")).to_have_attribute("data-state", "saved")
        found = api.get(f"/workflows/{workflow}")
        return {"text": found["text"], **found["positions"]}

    # An edge is drawn: the target moves below the source; then it is cut again.
    edge = person.at("edge-facts.order->facts.eligibility")
    hand.draw("facts.order", "facts.eligibility")
    expect(edge).to_be_attached()
    assert "after order" in stored()["text"]
    cut = person.at("cut-facts.order->facts.eligibility")
    cut.focus()
    person.page.keyboard.press("Enter")
    expect(edge).not_to_be_attached()
    assert "after" not in stored()["text"]

    # Where an edge cannot be, it says so and what could be done.
    hand.draw("sum", "facts")
    expect(person.at("refusal")).to_contain_text("backwards")
    expect(person.at("refusal-instead")).to_have_text("Put them into a loop")
    person.page.get_by_role("button", name="Close").last.click()
    expect(person.at("refusal")).not_to_be_attached()

    # A note on a step, written in place.
    person.node("sum").hover()
    person.at("note-add-sum").click()
    person.at("note-field-sum").fill("Ask **Ann** first.")
    person.page.keyboard.press("Control+Enter")
    expect(person.at("note-sum").locator("strong")).to_have_text("Ann")
    assert stored()["spots"]["sum"]["note"] == "Ask **Ann** first."

    # A block folded into a line.
    person.at("fold-facts").click()
    expect(person.node("facts.order")).not_to_be_attached()
    expect(person.at("summary-facts")).to_have_text("2 steps")
    assert stored()["spots"]["facts"]["collapsed"]

    # A step put beside the line stays there, its neighbours where they were, until somebody tidies.
    before = hand.box(person.node("done"))
    hand.carry("sum", (300, 10))
    expect(person.at("spot")).to_be_visible()
    hand.drop()
    expect(person.at("tidy")).to_be_visible()
    spot = stored()["spots"]["sum"]
    assert spot["x"] % 8 == 0 and spot["y"] % 8 == 0 and spot["note"]
    assert hand.box(person.node("done")) == before
    person.photograph("edges_and_blocks")
    person.at("tidy").click()
    expect(person.at("tidy")).not_to_be_attached()
    assert "x" not in stored()["spots"]["sum"]

    # Escape lets go of what is carried, and nothing has happened.
    rev = person.at("canvas").get_attribute("data-rev")
    hand.carry("sum", (300, 10))
    person.page.keyboard.press("Escape")
    hand.drop()
    expect(person.page.locator(".wf-carried")).to_have_count(0)
    assert person.at("canvas").get_attribute("data-rev") == rev
