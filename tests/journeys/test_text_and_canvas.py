"""One document: what is typed is seen on the canvas, what is drawn is read in the text, and undo knows no borders."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from tests.stack.person import Person
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TEXT = """workflow NAME {
  use shop: mcp "shop"
  input { order_id: string }

  step order: call shop.get_order(order_id: input.order_id)
    timeout 10s

  step done: return { total: order.total }
}
"""


class Desk:
    """A workflow that is open, by its text."""

    def __init__(self, person: Person, api: Visitor, text: str = TEXT) -> None:
        name = f"text_{secrets.token_hex(4)}"
        made = api.until_served("POST", "/workflows", {"name": name, "text": text.replace("NAME", name)})
        self.id, self.person, self.api = made["workflow_id"], person, api
        person.page.goto(f"{person.url}/workflows/{self.id}")
        expect(person.node("order")).to_be_visible()

    def line(self, words: str) -> Locator:
        return self.person.text().locator(".cm-line", has_text=words).first

    def at_the_end_of(self, words: str) -> None:
        self.line(words).click()
        self.person.page.keyboard.press("End")

    def type(self, words: str) -> None:
        self.person.page.keyboard.type(words, delay=25)

    def press(self, keys: str) -> None:
        self.person.page.keyboard.press(keys)

    def stored(self, words: str) -> None:
        """Until the draft is saved with these words in it."""
        until = time.monotonic() + 15
        while words not in (text := self.api.get(f"/workflows/{self.id}")["text"]):
            assert time.monotonic() < until, text
            self.person.page.wait_for_timeout(50)
        expect(self.person.at("save-state")).to_have_attribute("data-state", "saved")


@pytest.fixture
def desk(person: Person, api: Visitor) -> Iterator[Desk]:
    yield Desk(person, api)


def test_the_canvas_follows_the_text(desk: Desk) -> None:
    desk.line("return").click()
    desk.press("Home")
    desk.person.page.keyboard.insert_text('step note: let "seen"\n  ')
    expect(desk.person.node("note")).to_be_visible()
    desk.stored('step note: let "seen"')


def test_a_call_is_written_with_what_is_offered(desk: Desk) -> None:
    person = desk.person
    desk.at_the_end_of("timeout")
    desk.press("Enter")
    desk.type("step again: call shop.get_o")
    offers = person.page.locator(".cm-tooltip-autocomplete")
    offers.locator("li", has_text="get_order").first.click()
    expect(desk.line("step again")).to_contain_text("shop.get_order(order_id:")
    expect(offers).to_have_count(0)
    desk.type("input.")
    offers.locator("li", has_text="order_id").first.click()
    expect(person.node("again")).to_be_visible()
    person.photograph("text-completed")
    desk.stored("step again: call shop.get_order(order_id: input.order_id)")


def test_a_name_is_explained_found_and_given_another_one(desk: Desk) -> None:
    person = desk.person
    desk.line("step order").get_by_text("order", exact=True).first.hover()
    expect(person.at("text-hover")).to_contain_text("Result:")
    desk.at_the_end_of("return")
    for _ in range(len("tal }") + 3):
        desk.press("ArrowLeft")
    desk.press("F12")
    expect(person.page.locator(".cm-content .cm-activeLine, .wf-step-line").first).to_contain_text(
        "step order"
    )
    desk.press("F2")
    panel = person.at("text-rename")
    expect(panel).to_contain_text("order")
    panel.locator("input").fill("purchase")
    desk.press("Enter")
    expect(person.node("purchase")).to_be_visible()
    desk.stored("step done: return { total: purchase.total }")


def test_formatting_tidies_the_text_and_is_one_undo(desk: Desk) -> None:
    desk.line("return").click()
    desk.press("Home")
    desk.person.page.keyboard.insert_text("step   twice:    let 1 +   1\n  ")
    expect(desk.person.node("twice")).to_be_visible()
    desk.press("Shift+Alt+F")
    expect(desk.person.at("text-told")).to_have_text("Formatted.")
    desk.stored("  step twice: let 1 + 1\n")
    desk.press("Control+z")
    expect(desk.line("twice")).to_contain_text("step   twice")


def test_problems_are_walked_and_mended_by_keyboard(desk: Desk) -> None:
    person = desk.person
    desk.at_the_end_of("step order")
    for _ in range(len("er(order_id: input.order_id)")):
        desk.press("ArrowLeft")
    desk.press("Delete")
    expect(person.page.locator(".cm-lintRange-error").first).to_be_visible()
    person.at("tab-problems").click()
    expect(person.at("problem-row").first).to_have_attribute("data-code", "E106")
    desk.press("F8")
    expect(person.at("inspector")).to_have_attribute("data-step", "order")
    person.at("problem-why").first.click()
    expect(person.at("problem-page")).to_contain_text("What to do")
    person.at("problem-fix").first.click()
    expect(person.at("no-problems")).to_be_visible()
    desk.stored("call shop.get_order(order_id: input.order_id)")


def test_graph_and_text_are_seen_side_by_side_and_nothing_typed_is_lost(desk: Desk) -> None:
    person = desk.person
    expect(person.at("view-graph")).to_have_attribute("aria-pressed", "true")
    desk.press("Control+Backslash")
    expect(person.node("order")).to_be_visible()
    expect(person.page.locator("[data-testid=text-pane] .cm-content")).to_be_visible()
    expect(person.at("tab-text")).to_be_hidden()
    desk.at_the_end_of("timeout")
    expect(person.at("inspector")).to_have_attribute("data-step", "order")
    desk.press("Enter")
    desk.person.page.keyboard.insert_text('step beside: let "each other"')
    desk.press("Control+Backslash")
    expect(person.node("order")).to_be_hidden()
    desk.press("Control+Backslash")
    expect(person.node("beside")).to_be_visible()
    desk.stored('step beside: let "each other"')
    person.at("view-split").click()
    before = person.at("text-pane").bounding_box()
    person.at("divider").focus()
    for _ in range(5):
        desk.press("ArrowLeft")
    after = person.at("text-pane").bounding_box()
    assert before and after and after["width"] > before["width"]
    person.photograph("text-split")
    person.page.reload()
    expect(person.page.locator("[data-testid=text-pane] .cm-content")).to_be_visible()
    again = person.at("text-pane").bounding_box()
    assert again is not None
    person.at("view-graph").click()
