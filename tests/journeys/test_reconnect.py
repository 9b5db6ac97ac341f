"""The studio's process dies while somebody works: what they typed meanwhile is there when it is back."""

from __future__ import annotations

from collections.abc import Iterator

import psutil
import pytest
from playwright.sync_api import Browser, expect

from deploy.home import Home
from tests.stack.person import Person
from tests.stack.stack import Stack, installation
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TEXT = """workflow away {
  use shop: mcp "shop"
  input { order_id: string }

  step order: call shop.get_order(order_id: input.order_id)
    timeout 30s

  step done: return { total: order.total }
}
"""
BACK_MS = 240_000
"""For the studio to be there again on a busy machine; alone it takes a few seconds."""


@pytest.fixture(scope="module")
def own_studio() -> Iterator[Stack]:
    """One of its own: the other journeys go on with theirs."""
    with installation("--no-engine") as running:
        yield running


def kill_the_studio(studio: Stack) -> None:
    children = Home(studio.home).read_record()["children"]
    process = psutil.Process(next(child["pid"] for child in children if child["name"] == "studio"))
    for each in [*process.children(recursive=True), process]:
        each.kill()


def test_what_was_typed_while_the_studio_was_away_is_kept_and_what_was_not_done_is_told(
    own_studio: Stack, browser: Browser
) -> None:
    person = Person(browser, own_studio.url)
    link, saved, refusal = person.at("link"), person.at("save-state"), person.at("refusal")
    person.sign_in(own_studio.email, own_studio.password)
    with Visitor(own_studio) as visitor:
        workflow = str(
            visitor.until_served("POST", "/workflows", {"name": "Away", "text": TEXT})["workflow_id"]
        )
    person.page.goto(f"{person.url}/workflows/{workflow}")
    person.at("view-split").click()
    expect(person.page.locator("[data-testid=text-pane] .cm-content")).to_be_visible()
    expect(person.node("order")).to_be_visible()
    person.text().locator(".cm-line", has_text="step order").click()
    expect(person.at("inspector")).to_have_attribute("data-step", "order")
    for _ in range(2):  # first to where it is wrapped
        person.page.keyboard.press("End")
    person.page.keyboard.type(" // before", delay=10)

    kill_the_studio(own_studio)
    person.page.keyboard.type(" and meanwhile", delay=10)
    expect(link).to_have_attribute("data-state", "away")
    expect(link).to_contain_text("Reconnecting")
    person.at("field-doc").fill("Written meanwhile.")
    person.at("field-doc").blur()
    person.node("done").click()
    person.page.keyboard.press("Delete")
    expect(refusal).to_contain_text("This was not done: the studio is away.")
    person.photograph("away-1")

    expect(link).to_have_attribute("data-state", "here", timeout=BACK_MS)
    expect(person.text()).to_contain_text("Written meanwhile.", timeout=60_000)
    person.photograph("away-2")
    expect(person.text()).to_contain_text("// before and meanwhile")
    expect(person.node("done")).to_be_visible()
    expect(person.at("inspector")).to_have_attribute("data-step", "done")

    person.at("palette-item-wait").click()
    expect(person.node("pause")).to_be_visible()
    expect(refusal).to_have_count(0)
    expect(saved).to_have_attribute("data-state", "saved")
    with Visitor(own_studio) as visitor:
        text = str(visitor.get(f"/workflows/{workflow}")["text"])
    assert "input.order_id) // before and meanwhile\n" in text
    assert "Written meanwhile." in text
    assert "step done: return" in text
    assert "step pause: wait" in text
    assert person.at("conflict").count() == 0
    person.context.close()
    # The browser itself notes each attempt to connect; nothing else went wrong.
    assert [said for said in person.complaints if "WebSocket connection" not in said] == []
