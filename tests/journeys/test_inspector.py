"""The inspector: what is filled in and chosen in its forms is what the text says, and what the text says is shown."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.stack.person import Person
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TEXT = """workflow NAME {
  use shop: mcp "shop"

  input { order_id: string }

  step order: call shop.get_order(order_id: input.order_id)
    timeout 10s
  step ticket: call shop.escalate_ticket()
}
"""

HOSTILE = """workflow NAME {
  /// <img src=x onerror="document.title='taken'"> <script>document.title='taken'</script>
  /// [one](javascript:document.title='taken') [two](JaVaScRiPt:alert(1)) [three](data:text/html,<script>1</script>)
  /// ![picture](https://example.com/pixel.gif) <https://example.com/plain> [good](https://example.com/good)
  /// **strong** `code <b>not bold</b>`
  step note: let 1
}
"""
ORDER = {
    "id": "A-1001",
    "status": "paid",
    "total": 249.9,
    "currency": "EUR",
    "placed_at": "2026-01-02T09:00:00Z",
    "customer": {"id": "C-1", "name": "Ada", "email": "ada@example.com"},
    "refunded": 0.0,
    "items": [],
}


def opened(person: Person, api: Visitor, name: str, text: str) -> str:
    made = api.until_served("POST", "/workflows", {"name": name, "text": text.replace("NAME", name)})
    person.page.goto(f"{person.url}/workflows/{made['workflow_id']}")
    return str(made["workflow_id"])


def stored(person: Person, api: Visitor, workflow: str, last: str) -> str:
    """The draft, once the text on the page has what was done last and it is saved."""
    expect(person.text()).to_contain_text(last)
    expect(person.at("save-state")).to_have_attribute("data-state", "saved")
    return str(api.get(f"/workflows/{workflow}")["text"])


def select(person: Person, path: str) -> None:
    person.node(path).click(position={"x": 60, "y": 14})
    expect(person.at("inspector")).to_have_attribute("data-step", path)


def fill(person: Person, field: str, value: str, *, by: str = "Enter") -> None:
    person.at(field).fill(value)
    person.at(field).press(by)


def test_a_tools_form_takes_values_expressions_and_picked_data(person: Person, api: Visitor) -> None:
    workflow = opened(person, api, "inspector_tool", TEXT)
    select(person, "ticket")
    expect(person.at("facts")).to_contain_text("It")
    fill(person, "arg-summary-input", "It is late, ", by="Control+Enter")
    person.at("arg-priority").select_option("high")
    person.at("fx-arg-order_id").click()
    person.at("arg-order_id-input").click()
    person.page.keyboard.type("order.")
    expect(person.page.locator(".cm-tooltip-autocomplete")).to_contain_text("currency")
    person.page.keyboard.type("id")
    person.page.keyboard.press("Escape")
    person.at("arg-order_id-input").press("Control+Enter")
    expect(person.at("preview-arg-order_id")).to_have_text("A text; no value yet")

    person.at("arg-summary-input").click()
    person.page.keyboard.press("End")
    person.at("data-toggle").click()
    person.at("data-search").fill("order_id")
    person.at("datum-input.order_id").click()
    person.photograph("inspector-data")
    person.at("field-id").click()
    text = stored(person, api, workflow, 'summary: "It is late, ${input.order_id}"')
    assert 'summary: "It is late, ${input.order_id}"' in text
    assert 'priority: "high"' in text
    assert "order_id: order.id" in text


def test_retry_and_timeout_are_controls_and_what_is_wrong_stays_in_its_field(
    person: Person, api: Visitor
) -> None:
    workflow = opened(person, api, "inspector_clauses", TEXT)
    select(person, "order")
    fill(person, "field-retry.times", "3")
    fill(person, "field-retry.first", "2")
    person.at("field-retry.longest-unit").select_option("m")
    fill(person, "field-retry.longest", "1")
    fill(person, "field-retry.on", "timeout")
    fill(person, "field-timeout", "45")
    expect(person.at("chips-field-retry.on")).to_contain_text("timeout")
    text = stored(person, api, workflow, "timeout 45s")
    assert 'timeout 45s\n    retry 3 backoff 2s to 1m on "timeout"' in text

    fill(person, "field-retry.times", "many")
    trouble = person.at("inspector").get_by_role("alert")
    expect(trouble).to_contain_text("many is no whole number")
    expect(person.at("field-retry.times")).to_have_value("many")
    described = person.at("field-retry.times").get_attribute("aria-describedby") or ""
    assert (trouble.get_attribute("id") or "-") in described.split()
    person.at("field-retry.times").press("Escape")
    expect(person.at("field-retry.times")).to_have_value("3")
    assert stored(person, api, workflow, "retry 3") == text

    person.at("remove-step").click()
    expect(person.node("order")).to_have_count(0)
    person.at("undo-delete").click()
    expect(person.node("order")).to_be_visible()


def test_the_workflow_itself_has_a_form(person: Person, api: Visitor) -> None:
    workflow = opened(person, api, "inspector_start", TEXT)
    person.node("~start").click()
    expect(person.at("inspector")).to_have_attribute("data-step", "~start")
    person.at("add-field-input").click()
    fill(person, "field-input:new_input.name", "reason")
    expect(person.at("group-field-input:reason")).to_contain_text("string")
    fill(person, "field-input:reason.default", "late")
    person.at("add-field-trigger").click()
    fill(person, "field-trigger:schedule.time", "07:30", by="Tab")
    person.at("field-trigger:schedule.days").get_by_role("button", name="Fri").click()
    note = person.at("field-trigger:schedule.next")
    expect(note).to_contain_text(re.compile(r"07:30.*Next: \w{3} \d+ \w{3} \d{4}, 07:30"))
    fill(person, "field-trigger:schedule.with.order_id", "A-1001")
    person.photograph("inspector-start")
    text = stored(person, api, workflow, 'order_id: "A-1001"')
    assert 'input { order_id: string, reason: string = "late" }' in text
    assert 'schedule "30 7 * * MON,TUE,WED,THU" timezone "' in text
    assert 'with (order_id: "A-1001")' in text


def test_a_preview_shows_what_is_pinned(person: Person, api: Visitor) -> None:
    workflow = opened(person, api, "inspector_preview", TEXT)
    pin: dict[str, Any] = {"content": {"output": ORDER}}
    api.until_served("PUT", f"/workflows/{workflow}/pins/order", pin)
    person.page.reload()
    select(person, "ticket")
    person.at("fx-arg-order_id").click()
    person.at("arg-order_id-input").click()
    person.page.keyboard.type("order.total * 2.0")
    expect(person.at("preview-arg-order_id")).to_have_text("= 499.8")
    person.page.keyboard.press("Escape")


def test_a_hostile_description_is_only_text(person: Person, api: Visitor) -> None:
    opened(person, api, "inspector_hostile", HOSTILE)
    select(person, "note")
    prose = person.at("inspector").locator(".wf-prose")
    expect(prose).to_contain_text("<img src=x onerror=")
    tags = prose.evaluate(
        "one => [...new Set([...one.querySelectorAll('*')].map(each => each.tagName))].sort()"
    )
    assert tags == ["A", "CODE", "P", "SPAN", "STRONG"]
    links = prose.locator("a").evaluate_all(
        "all => all.map(one => [one.getAttribute('href'), one.rel, one.target])"
    )
    kept = ["https://example.com/pixel.gif", "https://example.com/plain", "https://example.com/good"]
    assert links == [[address, "noopener noreferrer nofollow", "_blank"] for address in kept]
    assert "taken" not in person.page.title()
