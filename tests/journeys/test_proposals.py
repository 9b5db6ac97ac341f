"""A proposal is looked at, taken in parts, put together with what was changed since, and undone, as people do it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.journeys.axe import grave
from tests.stack.person import Person
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TEXT = """workflow over_the_limit {
  use shop: mcp "shop"
  use mail: mcp "mail"
  input {
    order_id: string,
  }
  config {
    limit: float = 100.0,
  }

  step order: call shop.get_order(order_id: input.order_id)

  step gate: if order.total > config.limit {
    step consent: approve by role "manager" { within 24h }
  }

  step done: return { total: order.total }
}
"""


def opened(person: Person, api: Visitor, name: str) -> str:
    text = TEXT.replace("over_the_limit", name)
    made = api.until_served("POST", "/workflows", {"name": name, "text": text})
    person.page.goto(f"{person.url}/workflows/{made['workflow_id']}")
    expect(person.node("order")).to_be_visible()
    return str(made["workflow_id"])


def ask(person: Person, text: str) -> None:
    before = person.at("proposal").count()
    person.at("chat-input").fill(text)
    person.at("chat-send").click()
    expect(person.at("proposal")).to_have_count(before + 1)
    expect(person.at("chat-working")).to_have_count(0)


def stored(person: Person, api: Visitor, workflow: str) -> str:
    expect(person.at("save-state")).to_have_attribute("data-state", "saved")
    return str(api.get(f"/workflows/{workflow}")["text"])


def typed_is_stored(person: Person, api: Visitor, workflow: str, words: str) -> None:
    """What was just typed may be on its way still, with what was before it saved."""
    for _ in range(100):
        if words in stored(person, api, workflow):
            return
        person.page.wait_for_timeout(100)
    assert words in stored(person, api, workflow)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_proposal_is_looked_at_and_one_part_of_it_accepted_and_undone(
    person: Person, api: Visitor, theme: str
) -> None:
    person.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    workflow = opened(person, api, f"looked_at_{theme}")
    before = stored(person, api, workflow)
    ask(person, "Raise the limit to 250. Wait a day before the approval.")
    person.at("proposal-look").click()
    overlay = person.at("overlay")
    expect(overlay.locator(".react-flow__node.cmp-added").first).to_be_visible()
    expect(person.at("overlay-legend")).to_contain_text("New")
    person.at("tab-text").click()
    expect(person.at("proposal-text")).to_contain_text("step pause")
    assert grave(person.page) == []
    assert stored(person, api, workflow) == before

    person.at("tab-text").click()
    expect(person.at("proposal-text")).to_be_hidden()
    overlay.get_by_test_id("node-gate.pause").click()
    person.at("overlay-accept-part").click()
    expect(person.at("proposal")).to_have_attribute("data-state", "partly")
    expect(overlay).to_have_count(0)
    expect(person.node("gate.pause")).to_be_visible()
    text = stored(person, api, workflow)
    assert "step pause" in text and "100.0" in text

    person.at("undo").click()
    expect(person.node("gate.pause")).to_have_count(0)
    assert stored(person, api, workflow) == before


def test_what_lowers_safety_takes_a_second_yes_and_another_wording_is_a_branch(
    person: Person, api: Visitor
) -> None:
    workflow = opened(person, api, "in_other_words")
    ask(person, "Raise the limit to 250")
    expect(person.at("proposal-safety")).to_be_visible()
    person.at("proposal-accept").click()
    expect(person.at("proposal-accept-unsafe")).to_be_focused()
    assert grave(person.page) == []
    assert "100.0" in stored(person, api, workflow)
    person.page.keyboard.press("Enter")
    expect(person.at("proposal")).to_have_attribute("data-state", "accepted")
    assert "250.0" in stored(person, api, workflow)

    person.at("message-edit").click()
    person.at("message-edit-text").fill("Raise the limit to 300")
    person.page.keyboard.press("Enter")
    expect(person.at("fork")).to_have_text("2/2")
    expect(person.at("proposal")).to_have_attribute("data-state", "open")
    person.at("fork-back").click()
    expect(person.at("proposal")).to_have_attribute("data-state", "accepted")


def test_a_proposal_meets_what_was_typed_since(person: Person, api: Visitor) -> None:
    workflow = opened(person, api, "changed_since")
    ask(person, "Raise the limit to 250")
    person.text().locator(".cm-line", has_text="limit: float").click()
    person.page.keyboard.press("End")
    for _ in "100.0,":
        person.page.keyboard.press("Backspace")
    person.page.keyboard.type("500.0,")
    typed_is_stored(person, api, workflow, "500.0")
    person.accept()
    expect(person.at("asking-clash")).to_be_visible()
    assert grave(person.page) == []
    person.at("side-mine").check()
    person.at("asking-sides").click()
    expect(person.at("proposal")).to_have_attribute("data-state", "accepted")
    assert "500.0" in stored(person, api, workflow)


def test_old_conversations_are_found_on_a_phone_and_deleted_with_a_way_back(
    person: Person, api: Visitor
) -> None:
    person.page.set_viewport_size({"width": 390, "height": 844})
    opened(person, api, "on_a_phone")
    ask(person, "Wait a day before the approval")
    person.photograph("chat-phone")
    person.at("chat-new").click()
    expect(person.at("proposal")).to_have_count(0)
    person.at("chat-history").click()
    person.at("history-search").fill("approv")
    expect(person.at("history-row")).to_have_count(1)
    assert grave(person.page) == []
    person.at("history-delete").click()
    expect(person.at("history-none")).to_be_visible()
    person.at("history-undo").click()
    person.at("history-open").click()
    expect(person.at("proposal")).to_be_visible()
