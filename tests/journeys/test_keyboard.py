"""A small workflow is made and rearranged without touching the mouse."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.stack.person import Person
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

EMPTY = "workflow by_keyboard {\n  input { order_id: string }\n}\n"


def test_a_workflow_is_made_by_the_keyboard_alone(person: Person, api: Visitor) -> None:
    keys = person.page.keyboard
    name = "Made by keyboard"
    workflow = api.until_served("POST", "/workflows", {"name": name, "text": EMPTY})["workflow_id"]

    def command(words: str) -> None:
        keys.press("Control+k")
        expect(person.at("commands-input")).to_be_focused()
        keys.type(words)
        expect(person.page.locator(".w-command[aria-selected=true]")).to_contain_text(words, ignore_case=True)
        keys.press("Enter")
        expect(person.at("commands")).to_have_count(0)

    def ids() -> list[str]:
        expect(person.at("save-state")).to_have_attribute("data-state", "saved")
        return re.findall(r"step (\w+):", api.get(f"/workflows/{workflow}")["text"])

    told = person.at("selection-told")

    # To the workflow, and steps into it.
    command(name)
    expect(person.at("canvas")).to_be_visible()
    expect(person.node("~start")).to_be_visible()
    command("Get an order")
    expect(person.node("get_order")).to_be_visible()
    keys.press("n")
    keys.type("value")
    keys.press("Enter")
    expect(person.node("value")).to_be_visible()
    expect(told).to_contain_text("Value, step 2 of 2")
    person.photograph("keyboard-1-added")
    assert ids() == ["get_order", "value"]

    # Renamed, doubled, moved.
    keys.press("F2")
    expect(person.at("rename-input")).to_be_focused()
    keys.type("note")
    keys.press("Enter")
    expect(person.node("note")).to_be_visible()
    keys.press("Control+d")
    expect(person.node("note_2")).to_be_visible()
    expect(told).to_contain_text("Note 2, step 3 of 3")
    keys.press("Alt+ArrowUp")
    expect(told).to_contain_text("Note 2, step 2 of 3")
    assert ids() == ["get_order", "note_2", "note"]

    # Both into a block of their own; out of it again, with what the arrow keys reach.
    keys.press("Shift+ArrowDown")
    expect(person.at("selection-count")).to_have_text("2 steps")
    keys.press("Control+g")
    expect(person.at("menu-wrap-if")).to_be_focused()
    keys.press("Enter")
    expect(person.node("check")).to_be_visible()
    expect(told).to_contain_text("Check, step 2 of 2")
    person.photograph("keyboard-2-wrapped")
    assert ids() == ["get_order", "check", "note_2", "note"]
    keys.press("ArrowDown")
    expect(told).to_contain_text("Note 2, step 1 of 2 in Check")
    keys.press("Alt+ArrowLeft")
    expect(told).to_contain_text("Note 2, step 3 of 3")
    keys.press("Alt+ArrowRight")
    expect(told).to_contain_text("Note 2, step 2 of 2 in Check")
    keys.press("ArrowLeft")
    expect(told).to_contain_text("Check, step 2 of 2")
    keys.press("Control+Shift+g")
    expect(person.node("check")).to_have_count(0)
    assert ids() == ["get_order", "note", "note_2"]

    # Found, deleted, brought back.
    keys.press("/")
    keys.type("get_order")
    expect(person.at("find-count")).to_have_text("1 found")
    keys.press("Enter")
    expect(person.at("find-count")).to_have_text("1 of 1")
    keys.press("Escape")
    expect(person.at("canvas")).to_be_focused()
    expect(told).to_contain_text("step 1 of 3")
    keys.press("Delete")
    expect(person.node("get_order")).to_have_count(0)
    expect(person.page.get_by_text("Deleted Get order.")).to_be_visible()
    keys.press("Control+z")
    expect(person.node("get_order")).to_be_visible()
    assert ids() == ["get_order", "note", "note_2"]

    # Into the fields and back; the sheet of shortcuts; the menu.
    keys.press("ArrowDown")
    expect(told).to_contain_text("step 1 of 3")
    keys.press("Enter")
    expect(person.at("inspector").locator(":focus")).to_have_count(1)
    keys.press("Escape")
    expect(person.at("canvas")).to_be_focused()
    keys.press("?")
    expect(person.at("shortcuts")).to_be_visible()
    person.photograph("keyboard-3-sheet")
    keys.press("Escape")
    expect(person.at("shortcuts")).to_have_count(0)
    keys.press("m")
    expect(person.at("menu-fields")).to_be_focused()
    keys.press("Escape")
    expect(person.at("canvas")).to_be_focused()
