"""A run that failed is run again: what would happen again is shown, and ticked; another input mends it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.axe import grave
from tests.stack.person import Person
from tests.stack.stack import Stack
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TEXT = """workflow run_it_again {
  use shop: mcp "shop"
  use mail: mcp "mail"

  input {
    order_id: string,
    second: string,
  }

  step order: call shop.get_order(order_id: input.order_id)

  step hello: call mail.send(to: order.customer.email, subject: "About ${order.id}", body: "We look into it.")

  step other: call shop.get_order(order_id: input.second)

  step done: return { first: order.id, second: other.id }
}
"""


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


def test_a_failed_run_is_run_again_from_a_step_and_with_another_input(person: Person, api: Visitor) -> None:
    workflow = api.until_served("POST", "/workflows", {"name": "Run it again", "text": TEXT})["workflow_id"]
    api.until_served("POST", f"/workflows/{workflow}/publish", {})
    wish = {"input": {"order_id": "A-1022", "second": "A-0000"}, "wait_seconds": 20}
    first = api.until_served("POST", f"/workflows/{workflow}/runs", wish)
    assert first["state"] == "failed"
    second = repeat_the_letter(person, first["run_id"])
    keys = {sent(api, run) for run in (first["run_id"], second)}
    assert len(keys) == 2, "the second letter goes out under a key of its own"
    third = mend_the_input(person, second)
    assert third["summary"]["forked_from"] == second and third["summary"]["trigger"] == "fork"
    told = {step["path"]: step["reused"] for step in third["steps"]}
    assert told["order"] is not None and told["hello"] is not None and told["other"] is None
    together(person)


def sent(api: Visitor, run: str) -> str:
    """The key under which the run's own letter went out."""
    steps = {step["path"]: step for step in api.get(f"/runs/{run}")["steps"]}
    assert steps["hello"]["state"] == "succeeded" and steps["hello"]["reused"] is None
    return str(steps["hello"]["key"])


def repeat_the_letter(person: Person, run: str) -> str:
    """From the step that sends it: the dialog says that it happens again, and waits for a tick."""
    page = person.page
    page.goto(f"{person.url}/runs/{run}")
    expect(person.at("run-page-state")).to_have_attribute("data-state", "failed")
    person.at("run-again").click()
    expect(person.at("fork-none-again")).to_be_visible()
    expect(person.at("fork-reused")).to_contain_text("Taken over, not repeated")
    person.photograph("run-again-1-where-it-stopped")
    person.at("fork-at").select_option("hello")
    again = person.at("fork-again")
    expect(again).to_have_attribute("data-first", "did")
    expect(again).to_contain_text("mail.send")
    expect(person.at("fork-again-all")).to_contain_text("a second refund")
    start = person.at("fork-start")
    expect(start).to_be_disabled()
    person.photograph("run-again-2-effects")
    assert grave(page) == []
    person.at("fork-yes").check()
    start.click()
    page.wait_for_url(lambda url: run not in url)
    made = page.url.rpartition("/")[2]
    expect(person.at("run-id")).to_contain_text(made)
    expect(person.at("run-page-state")).to_have_attribute("data-state", "failed")
    return made


def mend_the_input(person: Person, run: str) -> dict[str, object]:
    page = person.page
    person.at("run-with-input").click()
    field = person.at("input-second")
    expect(field).to_have_value("A-0000")
    person.at("input-order_id").fill("")
    person.at("run-submit").click()
    expect(person.at("error-order_id")).to_be_visible()
    person.at("input-order_id").fill("A-1022")
    field.fill("A-1023")
    person.at("run-submit").click()
    expect(person.at("fork-none-again")).to_be_visible()
    person.photograph("run-again-3-other-input")
    person.at("fork-start").click()
    page.wait_for_url(lambda url: run not in url)
    expect(person.at("run-page-state")).to_have_attribute("data-state", "succeeded")
    expect(person.at("run-output")).to_contain_text("A-1023")
    person.photograph("run-again-4-done")
    made = page.url.rpartition("/")[2]
    found: dict[str, object] = page.request.get(f"{person.url}/api/runs/{made}").json()
    return found


def together(person: Person) -> None:
    """In the list: what running all of the failed ones again would mean; nothing is started."""
    person.page.goto(f"{person.url}/runs")
    expect(person.at("rescue-said")).to_contain_text("When a run")
    person.page.get_by_label("Choose all that are shown").check()
    person.at("bulk-retry").click()
    expect(person.at("bulk-runs")).to_be_visible()
    expect(person.at("bulk-left")).to_contain_text("Left out")
    person.photograph("run-again-5-together")
    assert grave(person.page) == []
