"""A webhook, from a program that calls it to a finished run: set up, called, called again and wrongly, looked at."""

from __future__ import annotations

import time

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.engine_hooks.corpus import CURRENT, OTHER, Sender
from tests.journeys.axe import grave
from tests.stack.person import Person
from tests.stack.stack import Stack
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TEXT = """workflow hooked {
  use shop: mcp "shop"
  input { order_id: string }
  output { total: float }
  secret hooked_key
  trigger placed: webhook POST "/hooked" verify standard(secrets.hooked_key) when event.body.order_id != ""
    with (order_id: event.body.order_id)

  step order: call shop.get_order(order_id: input.order_id)
    timeout 10s
  step done: return { total: order.total }
}
"""
BODY = b'{"order_id": "A-1001"}'


def test_a_program_calls_a_webhook_and_people_see_what_became_of_it(stack: Stack, browser: Browser) -> None:
    person = Person(browser, stack.url)
    person.sign_in(stack.email, stack.password)
    page = person.page

    # Whoever knows the secret gives it to the studio: it is not shown again.
    person.at("nav-secrets").click()
    expect(person.at("secrets-empty").or_(person.at("secret-row").first)).to_be_visible()
    person.at("add-secret").click()
    person.at("secret-name").fill("hooked_key")
    person.at("secret-value").fill(CURRENT)
    person.at("save-secret").click()
    row = page.locator("[data-testid=secret-row][data-name=hooked_key]")
    expect(row).to_be_visible()
    assert CURRENT not in page.content()

    with Visitor(stack) as visitor:
        visitor.publish(TEXT)
    person.at("nav-triggers").click()
    page.locator("[data-testid=trigger-row][data-name=placed]").click()
    expect(person.at("hook-secret")).to_contain_text("which is set")
    address = page.get_by_label("Address of the webhook", exact=True).inner_text()
    assert address.startswith(stack.url) and address.endswith("/hooked")
    assert grave(page) == []

    # A program of somebody else's calls it, twice the same; then somebody without the secret does.
    right = Sender("standard", at=int(time.time()), id="msg_journey").send(BODY)
    wrong = Sender("standard", OTHER, int(time.time()), "msg_wrong").send(BODY)
    with httpx.Client(trust_env=False, timeout=20) as program:
        answers = [
            program.post(address, content=BODY, headers=[*headers, ("Content-Type", "application/json")])
            for headers in (right, right, wrong)
        ]
    assert [answer.status_code for answer in answers] == [202, 200, 401]
    run = answers[0].json()["run_id"]
    assert answers[1].json() == {"verdict": "duplicate", "run_id": run}

    came = person.at("delivery")
    expect(came).to_have_count(3)
    expect(came.nth(0)).to_contain_text("Wrong signature")
    expect(came.nth(1)).to_contain_text("Received before")
    expect(came.nth(2)).to_contain_text("Started a run")
    expect(person.at("trigger-trouble")).to_contain_text("not signed")

    # A test of one's own goes the same way.
    person.at("ask-test").click()
    expect(person.at("test-body")).to_have_value('{"order_id": "…"}')
    person.at("test-body").fill('{"order_id": "A-1002"}')
    person.at("send-test").click()
    expect(person.at("test-result")).to_contain_text("Started a run")
    assert grave(page) == []
    page.keyboard.press("Escape")
    expect(person.at("test-dialog")).to_be_hidden()
    expect(came).to_have_count(4)
    person.photograph("webhook")

    came.nth(3).get_by_role("link", name="Its run").click()
    expect(page).to_have_url(f"{stack.url}/runs/{run}")
    with Visitor(stack) as visitor:
        ended = visitor.end_of(run)
    assert (ended["summary"]["state"], ended["summary"]["trigger"]) == ("succeeded", "webhook")
    expect(person.at("run-page-state")).to_have_attribute("data-state", "succeeded")
    assert person.complaints == []
    person.context.close()
