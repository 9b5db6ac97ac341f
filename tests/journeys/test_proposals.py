"""A proposal is looked at, taken in parts, put together with what was changed since, and undone, as people do it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.stack.person import Person
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TEXT = """workflow over_the_limit {
  use shop: mcp "shop"
  use mail: mcp "mail"
  input { order_id: string }
  config { limit: float = 100.0 }

  step order: call shop.get_order(order_id: input.order_id)

  step gate: if order.total > config.limit {
    step consent: approve by role "manager" { within 24h }
  }

  step done: return { total: order.total }
}
"""


@pytest.fixture
def workflow(person: Person, api: Visitor) -> str:
    made = api.until_served("POST", "/workflows", {"name": "Over the limit", "text": TEXT})
    person.page.goto(f"{person.url}/workflows/{made['workflow_id']}")
    expect(person.node("order")).to_be_visible()
    return str(made["workflow_id"])


def ask(person: Person, text: str) -> None:
    person.at("chat-input").fill(text)
    person.at("chat-send").click()


def stored(person: Person, api: Visitor, workflow: str) -> str:
    expect(person.at("save-state")).to_have_attribute("data-state", "saved")
    return str(api.get(f"/workflows/{workflow}")["text"])


def test_a_proposal_is_looked_at_and_one_part_of_it_accepted_and_undone(
    person: Person, api: Visitor, workflow: str
) -> None:
    before = stored(person, api, workflow)
    ask(person, "Raise the limit to 250 and wait a day before the approval.")
    expect(person.at("proposal")).to_have_attribute("data-state", "open")
    person.photograph("proposal")
    person.at("proposal-look").click()
    expect(person.at("overlay")).to_be_visible()
    expect(person.at("overlay").locator(".cmp-added").first).to_be_visible()
    person.photograph("overlay")
    assert stored(person, api, workflow) == before
    person.page.keyboard.press("Escape")
