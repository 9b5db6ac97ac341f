"""The dashboard: a number leads to the runs behind it, by mouse and by keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.stack.person import Person
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TEXT = """workflow looked_after {
  input { order_id: string }
  output { order_id: string }

  step done: return { order_id: input.order_id }
}
"""


def test_a_number_leads_to_the_runs_behind_it(person: Person, api: Visitor) -> None:
    workflow = api.publish(TEXT)
    run = api.start(workflow, {"order_id": "A-1"})
    person.page.goto(person.url)
    expect(person.page).to_have_url(re.compile("/dashboard$"))
    person.at("board-workflow").select_option(workflow)
    expect(person.page).to_have_url(re.compile(workflow))
    # No engine is here: the run waits, and is counted as such.
    expect(person.at("tile-queue").get_by_test_id("tile-value")).to_have_text("1")
    person.at("range-7d").click()
    expect(person.at("range-7d")).to_have_attribute("aria-pressed", "true")
    aim = person.at("chart-aim").first
    aim.focus()
    person.page.keyboard.press("ArrowLeft")
    expect(aim).to_have_attribute("href", re.compile(f"workflow={workflow}.*ended_since=.*ended_until="))
    person.photograph("dashboard")
    person.at("tile-queue").click()
    expect(person.page).to_have_url(re.compile(f"/runs\\?workflow={workflow}&state=queued"))
    expect(person.page.get_by_text(run[-8:]).first).to_be_visible()
