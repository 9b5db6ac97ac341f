"""The studio's process dies while somebody works: what they typed and drew meanwhile is there when it is back."""

from __future__ import annotations

import psutil
import pytest
from playwright.sync_api import Browser, expect

from deploy.home import Home
from tests.stack.person import Person
from tests.stack.stack import Stack
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TEXT = """workflow away {
  use shop: mcp "shop"
  input { order_id: string }

  step order: call shop.get_order(order_id: input.order_id)

  step done: return { total: order.total }
}
"""
BACK_MS = 240_000


def kill_the_studio(studio: Stack) -> None:
    children = Home(studio.home).read_record()["children"]
    process = psutil.Process(next(child["pid"] for child in children if child["name"] == "studio"))
    for each in [*process.children(recursive=True), process]:
        each.kill()


def test_what_was_typed_and_drawn_while_the_studio_was_away_is_kept(
    studio: Stack, browser: Browser, api: Visitor
) -> None:
    person = Person(browser, studio.url)
    person.sign_in(studio.email, studio.password)
    workflow = str(api.until_served("POST", "/workflows", {"name": "Away", "text": TEXT})["workflow_id"])
    person.page.goto(f"{person.url}/workflows/{workflow}")
    expect(person.node("order")).to_be_visible()
    person.text().locator(".cm-line", has_text="step order").click()
    person.page.keyboard.press("End")
    person.page.keyboard.type(" // before", delay=10)
    kill_the_studio(studio)
    person.page.keyboard.type(" and meanwhile", delay=10)
    expect(person.at("link")).to_have_attribute("data-state", "away")
    expect(person.at("link")).to_contain_text("Reconnecting")
    person.photograph("away-1")
    person.at("palette-item-wait").click()
    expect(person.at("link")).to_have_attribute("data-state", "here", timeout=BACK_MS)
    expect(person.text()).to_contain_text("// before and meanwhile")
    expect(person.node("pause")).to_be_visible()
    expect(person.at("save-state")).to_have_attribute("data-state", "saved")
    text = str(api.until_served("GET", f"/workflows/{workflow}")["text"])
    assert "input.order_id) // before and meanwhile\n" in text
    assert "step pause: wait" in text
    assert person.at("conflict").count() == 0
    person.context.close()
    # The browser itself notes each attempt to connect; nothing else went wrong.
    assert [said for said in person.complaints if "WebSocket connection" not in said] == []
