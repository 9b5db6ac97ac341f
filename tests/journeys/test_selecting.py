"""Several steps are framed and carried together by the mouse; by finger a step is tapped, held and dragged in."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.stack.person import Person
from tests.stack.stack import Stack
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TEXT = """workflow WORKFLOW {
  step one: let 1

  step two: let 2

  step three: let 3

  step four: let 4
}
"""


def opened(person: Person, api: Visitor, name: str) -> str:
    text = TEXT.replace("WORKFLOW", name.lower().replace(" ", "_"))
    workflow = api.until_served("POST", "/workflows", {"name": name, "text": text})["workflow_id"]
    person.page.goto(f"{person.url}/workflows/{workflow}")
    expect(person.node("four")).to_be_visible()
    return str(workflow)


def ids(person: Person, api: Visitor, workflow: str) -> list[str]:
    expect(person.at("save-state")).to_have_attribute("data-state", "saved")
    return re.findall(r"step (\w+):", api.get(f"/workflows/{workflow}")["text"])


def box(person: Person, test_id: str) -> dict[str, float]:
    found = person.at(test_id).bounding_box()
    assert found
    return dict(found)


def test_steps_are_framed_and_carried_together(person: Person, api: Visitor) -> None:
    workflow = opened(person, api, "Carried together")
    mouse, keys = person.page.mouse, person.page.keyboard
    first, second = box(person, "node-one"), box(person, "node-two")
    keys.down("Shift")
    mouse.move(first["x"] - 30, first["y"] - 6)
    mouse.down()
    mouse.move(second["x"] + second["width"] / 2, second["y"] + second["height"] / 2, steps=6)
    expect(person.at("selection-frame")).to_be_visible()
    mouse.up()
    keys.up("Shift")
    expect(person.at("selection-count")).to_have_text("2 steps")
    person.drag("node-two", "edge-slot-|four")
    expect(person.at("selection-told")).to_have_text("2 steps are selected.")
    expect(person.at("undo")).to_be_enabled()
    assert ids(person, api, workflow) == ["three", "one", "two", "four"]
    keys.press("Control+a")
    expect(person.at("selection-count")).to_have_text("4 steps")
    keys.press("Control+z")
    expect(person.at("undo")).to_be_disabled()
    assert ids(person, api, workflow) == ["one", "two", "three", "four"]


@pytest.fixture
def tablet(studio: Stack, browser: Browser) -> Iterator[Person]:
    """Somebody with a touch screen and no mouse."""
    somebody = Person(browser, studio.url)
    somebody.context.close()
    somebody.context = browser.new_context(viewport={"width": 1180, "height": 820}, has_touch=True)
    somebody.page = somebody.context.new_page()
    somebody.page.set_default_timeout(15_000)
    somebody.sign_in(studio.email, studio.password)
    yield somebody
    somebody.context.close()


def test_a_finger_selects_opens_the_menu_and_drags_in(tablet: Person, api: Visitor) -> None:
    workflow = opened(tablet, api, "By finger")
    screen = tablet.context.new_cdp_session(tablet.page)

    def touch(kind: str, *at: tuple[float, float]) -> None:
        points = [{"x": x, "y": y} for x, y in at]
        screen.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    def middle(test_id: str) -> tuple[float, float]:
        found = box(tablet, test_id)
        return found["x"] + found["width"] / 2, found["y"] + found["height"] / 2

    tablet.at("chat-close").tap()
    tablet.node("one").tap()
    expect(tablet.at("selection-told")).to_contain_text("One, step 1 of 4")
    touch("touchStart", middle("node-two"))
    expect(tablet.at("canvas-menu")).to_be_visible()
    touch("touchEnd")
    tablet.at("menu-duplicate").tap()
    expect(tablet.node("two_2")).to_be_visible()

    start, end = middle("palette-item-let"), middle("edge-slot-|two")
    touch("touchStart", start)
    for part in range(1, 9):
        x, y = (one + (two - one) * part / 8 for one, two in zip(start, end, strict=True))
        touch("touchMove", (x, y))
    touch("touchEnd")
    expect(tablet.node("value")).to_be_visible()
    assert ids(tablet, api, workflow) == ["one", "value", "two", "two_2", "three", "four"]
