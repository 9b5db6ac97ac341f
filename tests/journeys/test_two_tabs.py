"""Two people on one draft: each sees the other and what they do at once; where they clash, all of it is there."""

from __future__ import annotations

import asyncio
import secrets
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from deploy import local
from deploy.home import Home
from engine import people
from engine.database import Database
from tests.stack.person import Person
from tests.stack.stack import Stack
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TEXT = """workflow together {
  use shop: mcp "shop"
  input { order_id: string }

  step order: call shop.get_order(order_id: input.order_id)

  step done: return { total: order.total }
}
"""
PASSWORD = "some words that nobody guesses"


@pytest.fixture
def bo(studio: Stack, browser: Browser) -> Iterator[Person]:
    """Another builder of the workspace, in a browser of their own."""
    email = f"{secrets.token_hex(4)}@example.com"

    async def add() -> None:
        databases = local.open_databases(Home(studio.home), {})
        db = await Database.open(databases.app)
        try:
            owner = await people.authenticate(db, studio.email, studio.password)
            await people.add_user(
                db, owner.account_id, email=email, name="Bo Bird", role="builder", password=PASSWORD
            )
        finally:
            await db.close()

    # In a thread: the browser's own loop runs in this one.
    adding = threading.Thread(target=asyncio.run, args=(add(),))
    adding.start()
    adding.join(60)
    somebody = Person(browser, studio.url)
    somebody.sign_in(email, PASSWORD)
    yield somebody
    somebody.context.close()
    assert somebody.complaints == []


def opened(person: Person, workflow: str) -> None:
    person.page.goto(f"{person.url}/workflows/{workflow}")
    expect(person.node("order")).to_be_visible()


def write_behind(person: Person, line: str, words: str) -> None:
    person.text().locator(".cm-line", has_text=line).click()
    person.page.keyboard.press("End")
    person.page.keyboard.type(words, delay=15)


def stored(api: Visitor, workflow: str) -> str:
    return str(api.get(f"/workflows/{workflow}")["text"])


def test_two_people_see_each_other_and_lose_nothing(person: Person, bo: Person, api: Visitor) -> None:
    workflow = str(api.until_served("POST", "/workflows", {"name": "Together", "text": TEXT})["workflow_id"])
    opened(person, workflow)
    expect(person.at("others")).to_have_count(0)
    opened(bo, workflow)
    expect(person.at("other")).to_have_text("BBBo Bird")
    bo.node("order").click()
    flag = person.page.locator("[data-testid=flag][data-step=order]")
    expect(flag).to_have_text("BB")
    person.photograph("two-1-flag")

    write_behind(person, "step done", " // from one")
    write_behind(bo, "step order", " // from two")
    expect(person.page.locator(".wf-other-line")).to_have_attribute("data-letters", "BB")
    person.photograph("two-2-text")
    for each in (person, bo):
        expect(each.text()).to_contain_text("// from one")
        expect(each.text()).to_contain_text("// from two")
        expect(each.at("save-state")).to_have_attribute("data-state", "saved")
    text = stored(api, workflow)
    assert "// from one" in text and "// from two" in text

    # Undo takes back one's own, not the other's.
    person.at("undo").click()
    expect(bo.text()).not_to_contain_text("// from one")
    expect(bo.text()).to_contain_text("// from two")
    person.at("redo").click()
    expect(bo.text()).to_contain_text("// from one")

    bo.context.close()
    expect(person.at("others")).to_have_count(0, timeout=10_000)


def test_a_clash_with_another_program_shows_all_three_and_either_comes_back(
    person: Person, api: Visitor
) -> None:
    start = TEXT.replace("workflow together", "workflow clash")
    workflow = str(api.until_served("POST", "/workflows", {"name": "Clash", "text": start})["workflow_id"])
    opened(person, workflow)
    theirs = start.replace("total: order.total", "total: 1")
    # What another program saves comes into the page at once: to clash, it must be saved before the page's own is.
    for _ in range(8):
        body = {"text": theirs, "revision": api.get(f"/workflows/{workflow}")["revision"]}
        person.text().locator(".cm-line", has_text="step done").click()
        person.page.keyboard.press("End")
        person.page.keyboard.press("Shift+Home")
        person.page.keyboard.insert_text("step done: return { total: 2 }")
        expect(person.at("undo")).to_be_enabled()
        if api.status("PUT", f"/workflows/{workflow}", body) == 200:
            break
        expect(person.at("save-state")).to_have_attribute("data-state", "saved")
        person.at("undo").click()
        expect(person.text()).to_contain_text("total: order.total")
        expect(person.at("save-state")).to_have_attribute("data-state", "saved")
    mine = start.replace("total: order.total", "total: 2")
    expect(person.at("conflict")).to_be_visible()
    person.photograph("clash-1-bar")
    person.at("clash-open").click()
    clash = person.at("clash")
    expect(clash).to_have_count(1)
    for words in ("total: order.total", "total: 2", "total: 1"):
        expect(clash.locator("pre", has_text=words)).to_be_visible()
    clash.get_by_test_id("clash-hand").click()
    person.at("clash-text").fill("  step done: return { total: 3 }")
    person.photograph("clash-2-dialog")
    person.at("clash-apply").click()
    expect(person.at("clash-dialog")).to_have_count(0)
    expect(person.at("save-state")).to_have_attribute("data-state", "saved")
    assert stored(api, workflow) == start.replace("total: order.total", "total: 3")
    person.at("undo").click()
    expect(person.text()).to_contain_text("total: 1")
    person.at("undo").click()
    expect(person.text()).to_contain_text("total: 2")
    expect(person.at("save-state")).to_have_attribute("data-state", "saved")
    assert stored(api, workflow) == mine
