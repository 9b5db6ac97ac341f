"""An operator's way in a browser: a live run with loops and an approval, then the list with its filters and views."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.axe import grave
from tests.stack.person import Person
from tests.stack.stack import Stack
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

RECALL = (Path(__file__).parents[2] / "studio/workflows/templates/recall.weft").read_text(encoding="utf-8")
ORDERS = ["A-1003", "A-1004", "A-1005", "A-404", "A-1006"]


def test_a_run_is_followed_live_and_found_again(stack: Stack, browser: Browser) -> None:
    person = Person(browser, stack.url)
    person.sign_in(stack.email, stack.password)
    with Visitor(stack) as visitor:
        workflow = visitor.publish(RECALL.replace("workflow recall ", "workflow recall_watched "))
        before = visitor.start(workflow, {"order_ids": ["A-1003"], "reason": "cracked lid"})
        run = visitor.start(workflow, {"order_ids": ORDERS[:3], "reason": "cracked lid"})
        follow_until_it_waits(person, run)
        say_yes(person, visitor, run)
        look_at_a_round(person, run)
        find_it_again(person, workflow, run, before)
        visitor.until_served("POST", f"/runs/{before}/cancel")
    assert person.complaints == []
    person.context.close()


def follow_until_it_waits(person: Person, run: str) -> None:
    person.page.goto(f"{person.url}/runs/{run}")
    expect(person.mark("approval")).to_have_attribute("aria-label", "Waiting")
    expect(person.at("gate")).to_contain_text("A person has to decide")
    loop = person.page.locator("[data-testid=step-row][data-path=orders]")
    expect(loop.get_by_test_id("round-count")).to_contain_text("3×")
    expect(person.page.locator("[data-path='orders[2]']")).to_be_visible()
    assert grave(person.page) == []
    person.photograph("runs-1-waiting")


def say_yes(person: Person, visitor: Visitor, run: str) -> None:
    [asked] = [each for each in visitor.get("/approvals") if each["run_id"] == run]
    visitor.until_served("POST", f"/approvals/{asked['id']}", {"decision": "approve", "comment": "go"})
    expect(person.at("run-page-state")).to_have_attribute("data-state", "succeeded")
    expect(person.mark("done")).to_have_attribute("aria-label", "Done")
    expect(person.page.locator("[data-testid=step-row][data-path=results]")).to_have_attribute(
        "data-state", "succeeded"
    )


def look_at_a_round(person: Person, run: str) -> None:
    person.page.locator("[data-path='results[1]'] .w-trace-head").click()
    paid = person.page.locator("[data-path='results[1].paid.refund'] .w-trace-head")
    paid.click()
    expect(person.at("step-details")).to_contain_text("A-1004")
    expect(person.page).to_have_url(re.compile(r"step=results%5B1%5D\.paid\.refund"))
    person.at("step-tab-log").click()
    expect(person.at("step-log")).to_contain_text("Done after")
    paid.press("+")
    expect(person.at("zoom-time-fit")).to_be_enabled()
    assert grave(person.page) == []
    person.photograph("runs-2-round")
    person.page.reload()  # the address leads back to the step
    expect(person.at("step-details")).to_contain_text("A-1004")


def find_it_again(person: Person, workflow: str, run: str, before: str) -> None:
    person.at("nav-runs").click()
    row = person.page.locator(f"[data-testid=run-row][data-id='{run}']")
    expect(row).to_be_visible()
    person.at("filter-workflow").select_option(workflow)
    expect(person.at("runs-count")).to_have_text("2 runs")
    person.at("filter-state").click()
    person.at("state-waiting").check()
    expect(row).to_have_count(0)
    expect(person.page.locator(f"[data-testid=run-row][data-id='{before}']")).to_be_visible()
    person.page.keyboard.press("Escape")
    person.at("keep-view").click()
    person.at("view-name").fill("Waiting recalls")
    person.at("confirm-keep-view").click()
    expect(person.at("view")).to_have_text("Waiting recalls")
    person.at("choose-run").check()
    expect(person.at("bulk")).to_contain_text("Cancel 1")
    assert grave(person.page) == []
    person.photograph("runs-3-filtered")
    person.at("clear-filters").click()
    expect(person.at("view")).to_have_attribute("aria-pressed", "false")
    search = person.at("search-runs")
    search.fill('order_ids=A-1005 reason="cracked lid"')
    search.press("Enter")
    # Terms are made a few seconds after a run has begun.
    while row.count() == 0:
        person.page.wait_for_timeout(500)
        search.press("Enter")
    expect(person.at("run-row")).to_have_count(1)
    person.page.locator("h1").click()
    person.page.keyboard.press("j")
    person.page.keyboard.press("Enter")
    expect(person.at("run-id")).to_have_text(run)
