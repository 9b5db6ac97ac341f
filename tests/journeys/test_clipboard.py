"""Steps go from one workflow into another by copying and pasting them, and one undo takes them back."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.stack.person import Person
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

SHOP = """workflow look_up {
  use store: mcp "shop"
  input { order_id: string }

  step order: call store.get_order(order_id: input.order_id)

  step amount: let order.total

  step done: return { total: amount }
}
"""
NOTES = """workflow notes {
  use shop: mcp "shop"
  input { order_id: string }

  step first: let "first"

  step last: let "last"
}
"""


def made(api: Visitor, name: str, text: str) -> str:
    return str(api.until_served("POST", "/workflows", {"name": name, "text": text})["workflow_id"])


def opened(person: Person, workflow: str, step: str) -> None:
    person.page.goto(f"{person.url}/workflows/{workflow}")
    expect(person.node(step)).to_be_visible()


def stored(api: Visitor, workflow: str) -> str:
    return str(api.get(f"/workflows/{workflow}")["text"])


def saved(person: Person) -> None:
    expect(person.at("save-state")).to_have_attribute("data-state", "saved")


def test_steps_are_copied_into_another_workflow(person: Person, api: Visitor) -> None:
    page, keys = person.page, person.page.keyboard
    source, target = made(api, "Look up", SHOP), made(api, "Notes", NOTES)
    opened(person, source, "order")
    person.node("order").click()
    person.node("amount").click(modifiers=["Shift"])
    expect(person.at("selection-count")).to_have_text("2 steps")
    keys.press("Control+c")
    expect(person.at("canvas-note")).to_have_text("Copied 2 steps.")
    person.photograph("clipboard-1-copied")

    opened(person, target, "first")
    person.node("first").click()
    keys.press("Control+v")
    expect(person.node("order")).to_be_visible()
    expect(person.at("selection-count")).to_have_text("2 steps")
    person.photograph("clipboard-2-pasted")
    saved(person)
    # What they call is used here under another name, and they follow it; nothing is declared twice.
    text = stored(api, target)
    assert text.count("use ") == 1
    assert text.index("step first") < text.index("call shop.get_order(") < text.index("step last")
    assert "step amount: let order.total" in text

    keys.press("Control+z")
    expect(person.node("order")).to_have_count(0)
    saved(person)
    assert stored(api, target) == NOTES

    # By the mouse: cut from the menu, put in front of the last with the menu of the line that leads there.
    person.node("first").click(button="right")
    person.at("menu-cut").click()
    expect(person.node("first")).to_have_count(0)
    person.node("last").click()
    keys.press("Control+v")
    expect(person.node("first")).to_be_visible()
    saved(person)
    text = stored(api, target)
    assert text.index("step last") < text.index("step first")

    # What was typed elsewhere works too; what is no step says so.
    paste(person, 'step greeting: let "hello"')
    expect(person.node("greeting")).to_be_visible()
    paste(person, "Dear Ms. Weaver")
    expect(page.get_by_text("This text is no workflow step.")).to_be_visible()
    saved(person)
    assert 'step greeting: let "hello"' in stored(api, target)


def paste(person: Person, text: str) -> None:
    """What an editor or a chat left on the clipboard."""
    person.page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            const event = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
            document.activeElement.dispatchEvent(event);
        }""",
        text,
    )
