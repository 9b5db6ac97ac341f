"""The main job in a browser, as a new user does it: describe, see, check, publish, run, approve, look back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from tests.stack.person import Person
from tests.stack.stack import Stack

pytestmark = [pytest.mark.stack, pytest.mark.browser]

REQUEST = (
    "When a customer asks for a refund, get the order and check that it is eligible. If the total is over 100 euros "
    "ask a manager to approve. Then refund it and e-mail the customer."
)
NAME = "Refund an order"


def test_describe_see_check_publish_run_approve_look_back(stack: Stack, browser: Browser) -> None:
    person = Person(browser, stack.url)
    describe(person, stack)
    see_and_edit(person)
    make_and_mend_an_error(person)
    publish(person)
    run_id = start_a_run_and_find_it_waiting(person)
    approve(person)
    look_back(person, run_id)
    what_the_business_saw(person)
    everything_is_there_after_a_restart(person, stack, run_id)
    assert person.complaints == []


def describe(person: Person, stack: Stack) -> None:
    person.sign_in(stack.email, stack.password)
    expect(person.at("workflows-empty")).to_be_visible()
    person.photograph("01-workflows-empty")
    person.at("new-workflow-first").click()
    person.at("new-name").fill(NAME)
    person.at("create-workflow").click()
    expect(person.at("chat-input")).to_be_visible()
    expect(person.at("chat")).to_have_attribute("data-ready", "true")
    person.photograph("02-editor-empty")
    person.at("chat-input").fill(REQUEST)
    person.at("chat-send").click()
    expect(person.at("proposal")).to_be_visible()
    person.photograph("03-proposal")
    person.accept()
    expect(person.node("refund")).to_be_visible()
    person.photograph("04-accepted")


def see_and_edit(person: Person) -> None:
    for path in ("order", "eligibility", "refund"):
        expect(person.node(path)).to_be_visible()
    person.drag("palette-item-let", "edge-slot-|eligibility")
    dropped = person.page.locator("[data-testid^=node-]").filter(has_text="Value").first
    expect(dropped).to_be_visible()
    person.photograph("05-dropped")
    person.at("undo").click()
    expect(dropped).to_have_count(0)

    # It is below what is in view: a click would have to move the canvas, which moves itself back.
    person.at("zoom-fit").click()
    person.node("refund").click()
    # The form of the step before has a reason, too.
    expect(person.at("inspector")).to_have_attribute("data-step", "refund")
    argument = person.at("arg-reason-input")
    argument.fill('"the customer asked for it"')
    argument.press("Tab")
    expect(person.at("save-state")).to_have_attribute("data-state", "saved")
    expect(person.text()).to_contain_text('"the customer asked for it"')
    person.photograph("06-argument")


def make_and_mend_an_error(person: Person) -> None:
    """A tool that does not exist: underlined in the text, painted on its node, listed with what to do."""
    expect(person.text()).to_be_visible()
    line = person.page.locator("[data-testid=text-pane] .cm-line", has_text="shop.get_order").first
    line.click()
    written = line.inner_text()
    retype(person, written.replace("get_order", "get_ordr"))
    expect(person.page.locator(".cm-lintRange-error").first).to_be_visible()
    expect(person.node("order").locator(".wf-problem")).to_be_visible()
    person.photograph("07-underlined")
    person.at("publish").click()
    expect(person.at("publish-dialog")).to_be_visible()
    expect(person.at("publish-error").first).to_contain_text("get_ordr")
    expect(person.at("publish-confirm")).to_be_disabled()
    person.photograph("08-refused")
    person.page.keyboard.press("Escape")
    expect(person.at("publish-dialog")).to_be_hidden()

    person.at("tab-problems").click()
    row = person.at("problem-row").filter(has_text="get_ordr")
    expect(row).to_contain_text("get_order")
    person.at("problem-fix").click()
    expect(row).to_have_count(0)
    expect(person.text()).to_contain_text("shop.get_order(")


def retype(person: Person, line: str) -> None:
    """Replace the line of the text pane where the cursor is."""
    person.page.keyboard.press("Home")
    person.page.keyboard.press("Shift+End")
    person.page.keyboard.insert_text(line.strip())


def publish(person: Person) -> None:
    person.at("publish").click()
    person.at("publish-message").fill("First version")
    person.at("publish-confirm").click()
    expect(person.at("publish-dialog")).to_be_hidden()
    person.at("tab-versions").click()
    expect(person.at("version-row")).to_have_count(1)
    expect(person.at("version-row")).to_contain_text("First version")
    person.photograph("09-published")


def start_a_run_and_find_it_waiting(person: Person) -> str:
    person.at("run-open").click()
    form = person.at("run-form").first
    expect(form).to_be_visible()
    person.photograph("10-run-form")
    form.get_by_label(re.compile("order", re.IGNORECASE)).first.fill("A-1001")
    person.at("run-submit").first.click()
    expect(person.mark("order")).to_have_attribute("aria-label", "Done")
    expect(person.mark("gate.approval")).to_have_attribute("aria-label", "Waiting")
    link = person.at("trial-link")
    found = re.search(r"/runs/([0-9a-f-]{36})", link.get_attribute("href") or "")
    assert found
    expect(person.page.locator("[data-sonner-toast]")).to_have_count(0)
    person.at("tab-run").click()
    person.at("zoom-fit").click()
    person.photograph("11-waiting")
    return found[1]


def approve(person: Person) -> None:
    person.at("nav-approvals").click()
    card = person.at("approval-card").first
    expect(card).to_contain_text("249.9")
    effect = card.get_by_test_id("approval-effect").filter(has_text="process_refund")
    expect(effect).to_contain_text("A-1001")
    expect(effect).to_contain_text("249.9")
    person.photograph("12-approval")
    card.get_by_test_id("approval-comment").fill("Agreed by telephone")
    card.get_by_test_id("approve-button").click()
    expect(card).to_have_count(0)


def look_back(person: Person, run_id: str) -> None:
    person.at("nav-runs").click()
    row = person.page.locator(f"[data-testid=run-row][data-id='{run_id}']")
    expect(row).to_have_attribute("data-state", "succeeded")
    person.photograph("13-runs")
    person.page.goto(f"{person.url}/runs/{run_id}")
    expect(person.mark("refund")).to_have_attribute("aria-label", "Done")
    step = person.at("step-row").filter(has_text="process_refund")
    step.click()
    details = person.at("step-details").filter(has_text="R-0001")
    expect(details).to_contain_text("249.9")
    expect(details).to_contain_text("Attempts")
    person.photograph("14-run")


def what_the_business_saw(person: Person) -> None:
    person.page.goto(f"{person.url}/sample")
    order = person.page.locator("[data-testid=order-row][data-id='A-1001']")
    expect(order.get_by_test_id("order-refunded")).to_contain_text("249.90 EUR")
    expect(person.at("mail-row")).to_have_count(1)
    expect(person.at("mail-row")).to_contain_text("A-1001")
    person.photograph("15-sample")


def everything_is_there_after_a_restart(person: Person, stack: Stack, run_id: str) -> None:
    person.page.goto("about:blank")
    assert stack.stop() == 0
    stack.start()
    person.page.goto(f"{person.url}/runs/{run_id}")
    expect(person.mark("refund")).to_have_attribute("aria-label", "Done")
    expect(person.at("step-row").filter(has_text="process_refund")).to_be_visible()
    person.at("nav-workflows").click()
    expect(person.at("live-version").first).to_be_visible()
