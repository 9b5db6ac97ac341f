"""A draft is tested before it is published: pinned data, up to a step, all of it made up, one effect for real."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.conftest import ROOT
from tests.stack.person import Person
from tests.stack.stack import Stack
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TEXT = (ROOT / "examples" / "refund.weft").read_text().replace("workflow refund {", "workflow try_it_out {")
ORDER = "A-1021"


@pytest.fixture
def api(stack: Stack) -> Iterator[Visitor]:
    with Visitor(stack) as visitor:
        yield visitor


@pytest.fixture
def person(stack: Stack, browser: Browser) -> Iterator[Person]:
    somebody = Person(browser, stack.url)
    somebody.sign_in(stack.email, stack.password)
    yield somebody
    somebody.context.close()
    assert somebody.complaints == []


def refunded(api: Visitor) -> float:
    return next(order["refunded"] for order in api.get("/orders")["orders"] if order["id"] == ORDER)


def test_a_draft_is_tested_before_it_is_published(person: Person, api: Visitor) -> None:
    workflow = api.until_served("POST", "/workflows", {"name": "Try it out", "text": TEXT})["workflow_id"]
    person.page.goto(f"{person.url}/workflows/{workflow}")
    expect(person.node("order")).to_be_visible()
    before = refunded(api)
    up_to_the_order_and_pin_it(person)
    whole_without_any_effect(person, api, workflow)
    assert refunded(api) == before
    the_refund_for_real(person, api, workflow)
    assert refunded(api) > before
    what_can_happen(person)


def up_to_the_order_and_pin_it(person: Person) -> None:
    person.node("order").click()
    person.at("run-until").click()
    expect(person.at("test-part")).to_contain_text("up to")
    person.at("input-order_id").fill(ORDER)
    person.at("run-submit").first.click()
    expect(person.at("trial-state")).to_have_attribute("data-state", "succeeded")
    expect(person.at("trial-output")).to_contain_text(ORDER)
    expect(person.mark("order")).to_have_attribute("aria-label", "Done")
    expect(person.node("eligibility").locator(".wf-run")).to_have_count(0)
    person.at("pin-open").click()
    person.at("pin-text").fill('{"id": 7}')
    person.at("pin-save").click()
    expect(person.at("pin-problem").filter(has_text="must be a text")).to_be_visible()
    person.at("pin-last").click()
    expect(person.at("pinned-order")).to_be_visible()
    person.photograph("trial-1-pinned")


def whole_without_any_effect(person: Person, api: Visitor, workflow: str) -> None:
    person.at("test-part").get_by_role("button", name="Run to the end").click()
    expect(person.at("test-part")).to_have_count(0)
    person.at("auto-gate.approval").check()
    person.at("run-submit").first.click()
    expect(person.at("trial-output")).to_contain_text('"status": "refunded"')
    person.at("zoom-fit").click()
    person.node("refund").click()
    expect(person.at("step-result")).to_have_attribute("data-step", "refund")
    expect(person.at("step-result")).to_have_attribute("data-pinned", "true")
    expect(person.at("step-result")).to_contain_text(ORDER)
    assert api.get(f"/workflows/{workflow}/versions") == []
    listed = api.get(f"/runs?workflow_id={workflow}")["items"]
    assert [(run["trial"], run["version"], run["state"]) for run in listed] == [(True, 0, "succeeded")] * 2
    person.photograph("trial-2-whole")


def the_refund_for_real(person: Person, api: Visitor, workflow: str) -> None:
    person.at("real-refund").check()
    expect(person.at("auto-gate.approval")).to_be_disabled()
    person.at("run-submit").first.click()
    expect(person.at("trial-state")).to_have_attribute("data-state", "waiting")
    approval = next(one for one in api.get("/approvals") if one["workflow_id"] == workflow)
    assert approval["trial"]
    assert [(one["tool"], one.get("stubbed", False)) for one in approval["effects"]] == [
        ("process_refund", False),
        ("send", True),
    ]
    api.until_served("POST", f"/approvals/{approval['id']}", {"decision": "approve"})
    expect(person.at("trial-state")).to_have_attribute("data-state", "succeeded")
    expect(person.at("step-result")).to_have_attribute("data-pinned", "false")
    person.photograph("trial-3-real")


def what_can_happen(person: Person) -> None:
    person.at("tab-ways").click()
    good = person.page.locator("[data-testid=way-row][data-tone=good]").filter(has_text="is approved").first
    good.click()
    expect(person.node("refund")).to_have_class(re.compile(r"\bon-way\b"))
    bad = person.page.locator("[data-testid=way-row][data-tone=bad]").first
    bad.hover()
    expect(person.node("order")).to_have_class(re.compile(r"\bbad\b"))
    person.page.mouse.move(5, 5)
    expect(person.node("refund")).to_have_class(re.compile(r"\bgood\b"))
    person.photograph("trial-4-ways")
