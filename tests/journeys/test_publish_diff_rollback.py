"""A workflow is published, changed on the canvas and in the text, compared, published with a break, and rolled back."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from tests.journeys.axe import grave
from tests.stack.person import Person
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TEXT = """workflow pay_back {
  use shop: mcp "shop"
  input { order_id: string }
  output { total: float }
  config { limit: float = 100.0 }

  step order: call shop.get_order(order_id: input.order_id)

  step gate: if order.total > config.limit {
    step consent: approve by role "manager" { within 24h }
  }

  step refund: call shop.process_refund(order_id: order.id, amount: order.total)
    key "refund-${order.id}"

  step done: return { total: order.total }
}
"""


def stored(api: Visitor, workflow: str) -> list[tuple[int, str, bool]]:
    found = api.get(f"/workflows/{workflow}/versions")
    return [(one["number"], one["message"], one["live"]) for one in found]


def saved(person: Person) -> None:
    expect(person.at("save-state")).to_have_attribute("data-state", "saved")


def live_text(api: Visitor, workflow: str) -> str:
    (live,) = [one for one in api.get(f"/workflows/{workflow}/versions") if one["live"]]
    return str(api.get(f"/workflows/{workflow}/versions/{live['id']}")["text"])


def toast(person: Person, words: str) -> Locator:
    return person.page.locator("[data-sonner-toast]", has_text=words)


def test_publish_compare_publish_again_and_roll_back(person: Person, api: Visitor) -> None:
    page = person.page
    made = api.until_served("POST", "/workflows", {"name": "Pay back", "text": TEXT})
    workflow = str(made["workflow_id"])
    page.goto(f"{person.url}/workflows/{workflow}")
    expect(person.node("order")).to_be_visible()

    # The first version.
    person.at("publish").click()
    expect(person.at("publish-message")).to_have_value("First version")
    # Who went away from the dialog, to set a secret for example, does not come back into it as it was.
    person.page.reload()
    expect(person.at("publish")).to_be_visible()
    expect(person.at("publish-dialog")).to_have_count(0)
    person.at("publish").click()
    expect(person.at("publish-message")).to_have_value("First version")
    person.at("publish-confirm").click()
    expect(toast(person, "Version 1 is live.")).to_be_visible()
    assert stored(api, workflow) == [(1, "First version", True)]

    # A step by the canvas, the rest by the text.
    nodes = page.locator("[data-node]")
    expect(nodes).to_have_count(5)
    person.at("palette-item-let").click()
    expect(nodes).to_have_count(6)
    saved(person)
    drawn = str(api.get(f"/workflows/{workflow}")["text"])
    assert 'step value: let ""' in drawn
    person.text().click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(
        drawn.replace("limit: float = 100.0", "limit: float = 500.0").replace(
            "order_id: string }", "order_id: string, urgent: bool }"
        )
    )
    expect(person.node("gate/then")).to_contain_text("(500)")
    saved(person)
    draft = api.get(f"/workflows/{workflow}")["text"]
    assert "limit: float = 500.0" in draft and "urgent: bool" in draft

    # What differs: in words, as graphs, as texts.
    person.at("tab-versions").click()
    person.at("version-compare").click()
    overlay = person.at("compare")
    expect(overlay.get_by_test_id("changes-safety")).to_contain_text("The limit rises from 100.00 to 500.00")
    expect(overlay.get_by_test_id("risk").first).to_contain_text("asked for less often")
    expect(overlay.get_by_test_id("break")).to_contain_text("urgent")
    assert grave(page) == []
    overlay.get_by_test_id("compare-tab-graph").click()
    expect(overlay.get_by_test_id("compare-new").locator(".react-flow__node.cmp-added")).to_have_count(1)
    expect(overlay.get_by_test_id("compare-old").locator(".react-flow__node.cmp-added")).to_have_count(0)
    expect(
        overlay.get_by_test_id("compare-old").locator(".react-flow__node.cmp-changed").first
    ).to_be_attached()
    page.keyboard.press("j")
    expect(overlay.get_by_test_id("compare-now")).to_contain_text("1 of")
    page.keyboard.press("j")
    expect(overlay.get_by_test_id("compare-now")).to_contain_text("2 of")
    overlay.get_by_test_id("compare-tab-text").click()
    expect(overlay.get_by_test_id("text-diff")).to_contain_text("500.0")
    page.keyboard.press("Escape")
    expect(overlay).to_be_hidden()

    # Publishing it: what is red must have been read.
    person.at("publish").click()
    dialog = person.at("publish-dialog")
    expect(dialog.get_by_test_id("changes-safety")).to_be_visible()
    expect(dialog.get_by_test_id("break")).to_contain_text("What to do:")
    expect(person.at("publish-confirm")).to_be_disabled()
    person.at("publish-message").fill("Higher limit")
    person.at("publish-read").check()
    person.at("publish-confirm").click()
    expect(toast(person, "Version 2 is live.")).to_be_visible()
    assert stored(api, workflow) == [(2, "Higher limit", True), (1, "First version", False)]
    expect(person.at("version-told").first).to_contain_text("The limit rises from 100.00 to 500.00")

    # Back in one click, and forward again.
    person.at("version-rollback").click()
    expect(person.at("rollback-dialog")).to_contain_text("The limit falls from 500.00 to 100.00")
    person.at("rollback-confirm").click()
    done = toast(person, "Version 1 is live again, as version 3.")
    expect(done).to_be_visible()
    assert stored(api, workflow)[0] == (3, "Back to version 1", True)
    assert live_text(api, workflow) == TEXT
    assert api.get(f"/workflows/{workflow}")["text"] == draft
    done.get_by_role("button", name="Undo").click()
    expect(toast(person, "Version 2 is live again, as version 4.")).to_be_visible()
    assert live_text(api, workflow) == draft
    assert [live for *_, live in stored(api, workflow)] == [True, False, False, False]

    # An address leads to a version.
    page.goto(f"{person.url}/workflows/{workflow}?version=2")
    expect(person.at("version-all")).to_contain_text("The limit rises")
    expect(person.at("version-row").nth(2)).to_have_attribute("data-number", "2")
