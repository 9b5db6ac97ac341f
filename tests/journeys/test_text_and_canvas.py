"""One document: what is typed is seen on the canvas, what is drawn is read in the text, and undo knows no borders."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.stack.person import Person
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TEXT = """workflow follow_the_text {
  use shop: mcp "shop"
  input { order_id: string }

  step order: call shop.get_order(order_id: input.order_id)

  return { total: order.total }
}
"""


def test_the_canvas_follows_the_text(person: Person, api: Visitor) -> None:
    made = api.until_served("POST", "/workflows", {"name": "Follow the text", "text": TEXT})
    workflow = made["workflow_id"]
    person.page.goto(f"{person.url}/workflows/{workflow}")
    expect(person.node("order")).to_be_visible()
    line = person.text().locator(".cm-line", has_text="return")
    line.click()
    person.page.keyboard.press("Home")
    person.page.keyboard.insert_text('step note: let "seen"\n  ')
    expect(person.node("note")).to_be_visible()
    expect(person.at("save-state")).to_have_attribute("data-state", "saved")
    assert 'step note: let "seen"' in api.get(f"/workflows/{workflow}")["text"]
