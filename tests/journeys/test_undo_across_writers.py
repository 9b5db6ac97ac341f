"""Undo knows no borders: canvas, text, chat and an older version are one history, on the screen and in the draft."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.stack.person import Person
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TEXT = """workflow back_and_forth {
  use shop: mcp "shop"
  use mail: mcp "mail"
  input { order_id: string }

  step order: call shop.get_order(order_id: input.order_id)

  step done: return { total: order.total }
}
"""


def stored(api: Visitor, workflow: str) -> str:
    return str(api.get(f"/workflows/{workflow}")["text"])


def settled(person: Person, api: Visitor, workflow: str) -> str:
    """The text, when what is on the screen is in the draft."""
    expect(person.at("save-state")).to_have_attribute("data-state", "saved")
    text = stored(api, workflow)
    expect(person.text()).to_have_text(text.replace("\n", ""))
    return text


def test_everything_is_undone_and_redone_in_order(person: Person, api: Visitor) -> None:
    made = api.until_served("POST", "/workflows", {"name": "Back and forth", "text": TEXT})
    workflow = str(made["workflow_id"])
    api.until_served("POST", f"/workflows/{workflow}/publish", {"message": "first"})
    person.page.goto(f"{person.url}/workflows/{workflow}")
    expect(person.node("order")).to_be_visible()
    texts = [settled(person, api, workflow)]

    person.drag("palette-item-wait", "edge-slot-|done")
    expect(person.node("pause")).to_be_visible()
    texts.append(settled(person, api, workflow))

    person.text().locator(".cm-line", has_text="step order").click()
    person.page.keyboard.press("End")
    person.page.keyboard.type(" // by hand", delay=15)
    expect(person.at("save-state")).to_have_attribute("data-state", "unsaved")
    texts.append(settled(person, api, workflow))

    person.at("chat-input").fill("Also e-mail the customer.")
    person.at("chat-send").click()
    person.accept()
    expect(person.text()).to_contain_text("mail.send")
    texts.append(settled(person, api, workflow))

    person.at("tab-versions").click()
    person.at("version-menu").click()
    person.at("menu-take").click()
    expect(person.text()).not_to_contain_text("mail.send")
    texts.append(settled(person, api, workflow))
    assert texts[-1] == texts[0] and len(set(texts)) == 4

    for text in reversed(texts[:-1]):
        person.at("undo").click()
        assert settled_at(person, api, workflow, text)
    expect(person.at("undo")).to_be_disabled()
    for text in texts[1:]:
        person.at("redo").click()
        assert settled_at(person, api, workflow, text)
    expect(person.at("redo")).to_be_disabled()


def settled_at(person: Person, api: Visitor, workflow: str, text: str) -> bool:
    expect(person.text()).to_have_text(text.replace("\n", ""))
    return settled(person, api, workflow) == text
