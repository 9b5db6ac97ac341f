"""Approvals in a browser: on a phone, by a link, handed over, asked about, and several at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.axe import grave
from tests.journeys.waiting import PASSWORD, Asked, Waiting
from tests.stack.person import Person
from tests.stack.stack import Stack
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

PHONE = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def waiting(studio: Stack) -> Iterator[Waiting]:
    with Visitor(studio) as visitor:
        yield Waiting(studio, visitor)


@pytest.fixture
def another(studio: Stack, browser: Browser) -> Iterator[Callable[[], Person]]:
    """Somebody else's browser."""
    opened: list[Person] = []

    def open_() -> Person:
        opened.append(Person(browser, studio.url))
        return opened[-1]

    yield open_
    for one in opened:
        one.context.close()
        assert one.complaints == []


def at(person: Person, asked: Asked) -> None:
    person.page.goto(f"{person.url}/approvals/{asked.approval_id}")
    expect(person.at("approval-card")).to_have_attribute("data-id", asked.approval_id)


def fits(person: Person) -> None:
    """Nothing of the page is wider than the screen."""
    wide = person.page.evaluate(
        "[document.documentElement.scrollWidth, ...[...document.querySelectorAll('main *')]"
        ".filter(one => getComputedStyle(one).overflowX === 'visible').map(one => one.getBoundingClientRect().right)]"
        ".reduce((most, one) => Math.max(most, one), 0)"
    )
    assert wide <= person.page.viewport_size["width"] + 1  # type: ignore[index]


def card(person: Person, asked: Asked):  # type: ignore[no-untyped-def]
    return person.page.locator(f"[data-testid=approval-card][data-id='{asked.approval_id}']")


def test_a_manager_decides_on_a_phone_after_following_a_link(
    studio: Stack, another: Callable[[], Person], waiting: Waiting
) -> None:
    waiting.somebody("Mara", groups=("manager",))
    yes, no = waiting.ask("A-2001", 249.9), waiting.ask("A-2002", 80.0)
    person = another()
    person.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    person.page.goto(f"{studio.url}/approvals/{yes.approval_id}")
    person.at("login-email").fill("mara@example.com")
    person.at("login-password").fill(PASSWORD)
    person.at("login-submit").click()
    expect(person.page).to_have_url(f"{studio.url}/approvals/{yes.approval_id}")
    one = person.at("approval-card")
    expect(one).to_contain_text("Process refund in shop")
    expect(one.get_by_test_id("approval-effect")).to_contain_text("249.9")
    expect(one.get_by_test_id("approval-expiry")).to_contain_text("expires in 19 h")
    fits(person)
    for name in ("approve-button", "reject-button"):
        box = one.get_by_test_id(name).bounding_box()
        assert box and box["height"] >= 44 and box["width"] >= 150
        expect(one.get_by_test_id(name)).to_be_in_viewport()
    assert waiting.state(yes)[0] == "open"
    person.photograph("approval-phone")
    assert grave(person.page) == []
    one.get_by_test_id("approve-button").click()
    expect(one).to_have_attribute("data-state", "approved")
    at(person, no)
    person.at("approval-comment").fill("Not this one.")
    person.at("reject-button").click()
    expect(person.at("approval-card")).to_have_attribute("data-state", "rejected")
    expect(person.at("approval-progress")).to_contain_text("mara@example.com rejected: “Not this one.”")
    person.photograph("approval-phone-decided")
    assert [waiting.state(asked)[0] for asked in (yes, no)] == ["approved", "rejected"]
    person.page.goto(f"{studio.url}/approvals")
    expect(person.at("approvals-empty").or_(person.at("approval-card").first)).to_be_visible()
    fits(person)
    person.page.goto(f"{studio.url}/notifications")
    expect(person.at("wish")).to_be_visible()
    fits(person)


def test_following_the_link_changes_nothing_with_and_without_a_login(
    studio: Stack, waiting: Waiting, person: Person
) -> None:
    asked = waiting.ask("A-2010", 10.0)
    before = waiting.query(
        "SELECT a.xmin::text, a.state, r.xmin::text, (SELECT count(*) FROM run_events e WHERE e.run_id = r.id)"
        " FROM approvals a JOIN runs r ON r.id = a.run_id WHERE a.id = %s",
        asked.approval_id,
    )
    cookies = {one["name"]: one["value"] for one in person.context.cookies()}
    for known in ({}, cookies):
        with httpx.Client(
            base_url=studio.url, cookies=known, trust_env=False, follow_redirects=True
        ) as crawler:
            for method in ("GET", "HEAD", "OPTIONS"):
                for path in ("/approvals/{}", "/api/approvals/{}"):
                    for tail in ("", "?decision=approve", "?approve=1&args_hash=" + "ab" * 32):
                        crawler.request(method, path.format(asked.approval_id) + tail)
    person.page.goto(f"{studio.url}/approvals/{asked.approval_id}?decision=approve")
    expect(person.at("approve-button")).to_be_visible()
    after = waiting.query(
        "SELECT a.xmin::text, a.state, r.xmin::text, (SELECT count(*) FROM run_events e WHERE e.run_id = r.id)"
        " FROM approvals a JOIN runs r ON r.id = a.run_id WHERE a.id = %s",
        asked.approval_id,
    )
    assert before == after


def test_one_is_handed_to_a_colleague_who_asks_and_then_decides_for_its_owner(
    studio: Stack, person: Person, another: Callable[[], Person], waiting: Waiting
) -> None:
    colleague, address = waiting.somebody("Noor")
    asked = waiting.ask("A-2020", 120.0)
    at(person, asked)
    person.at("hand-button").click()
    person.at("hand-to").select_option(str(colleague))
    person.at("hand-confirm").click()
    expect(person.at("hand-dialog")).to_have_count(0)
    noor = another()
    noor.sign_in(address, PASSWORD)
    noor.page.goto(f"{studio.url}/approvals")
    one = card(noor, asked)
    expect(one.get_by_test_id("acting-for")).to_contain_text(studio.email)
    expect(one.get_by_test_id("hand-button")).to_have_count(0)
    one.get_by_test_id("ask-button").click()
    one.get_by_test_id("question-text").fill("Did the parcel come back?")
    one.get_by_test_id("question-send").click()
    expect(one.get_by_test_id("approval-question")).to_contain_text("Did the parcel come back?")
    assert waiting.state(asked)[0] == "open"
    answer = person.at("answer-text")
    expect(answer).to_be_visible()
    answer.fill("Yes, on Monday.")
    person.at("answer-send").click()
    expect(one.get_by_test_id("approval-answer")).to_contain_text("Yes, on Monday.")
    noor.photograph("approval-asked")
    one.get_by_test_id("approve-button").click()
    expect(one).to_have_count(0)
    state, [said] = waiting.state(asked)
    assert (state, said["email"], said["for"]) == ("approved", address, studio.email)
    person.page.goto(f"{studio.url}/approvals")
    person.at("hand-over").click()
    person.at("hand-to").select_option(str(colleague))
    person.at("hand-confirm").click()
    expect(person.at("delegation").first).to_contain_text("Noor for you")
    person.at("revoke").first.click()
    expect(person.page.get_by_text("Taken back.", exact=True)).to_be_visible()


def test_several_are_decided_together_with_their_sum_and_a_result_each(
    person: Person, waiting: Waiting
) -> None:
    waiting.query("UPDATE approvals SET state = 'cancelled', decided_at = now() WHERE state = 'open'")
    asked = [
        waiting.ask(f"A-203{number}", amount) for number, amount in enumerate((100.0, 200.0, 112.0, 5000.0))
    ]
    person.page.goto(f"{person.url}/approvals")
    for one in asked[:3]:
        card(person, one).scroll_into_view_if_needed()
        card(person, one).get_by_test_id("approval-tick").check()
    expect(person.at("bulk-bar")).to_contain_text("3 selected")
    person.photograph("approvals-bulk")
    person.at("bulk-approve").click()
    expect(person.at("bulk-sum")).to_have_text("3 refunds, EUR 412.00 in all")
    assert grave(person.page) == []
    waiting.query("UPDATE approvals SET args_hash = %s WHERE id = %s", "cd" * 32, asked[1].approval_id)
    person.at("bulk-comment").fill("All three.")
    person.at("bulk-confirm").click()
    expect(person.at("bulk-results").locator("li")).to_have_count(3)
    expect(person.at("bulk-results").locator("[data-state=refused]")).to_contain_text("not what you saw")
    person.photograph("approvals-bulk-results")
    person.at("bulk-done").click()
    assert [waiting.state(one)[0] for one in asked] == ["approved", "open", "approved", "open"]
    person.page.keyboard.press("j")
    expect(person.page.locator("[data-testid=approval-card]:focus")).to_have_count(1)
    person.page.keyboard.press("r")
    expect(person.page.locator("[data-testid=reject-button]:focus")).to_have_count(1)
    person.at("tab-history").click()
    expect(person.at("approval-history").first).to_be_visible()
    person.at("history-state").select_option("approved")
    expect(person.at("approval-history").filter(has_text="A-2030")).to_have_count(1)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_inbox_and_the_notifications_have_nothing_grave(
    person: Person, waiting: Waiting, scheme: str
) -> None:
    person.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    waiting.ask(f"A-204{len(scheme)}", 20.0)
    person.page.goto(f"{person.url}/approvals")
    expect(person.at("approval-card").first).to_be_visible()
    person.photograph(f"approvals-{scheme}")
    assert grave(person.page) == []
    person.page.goto(f"{person.url}/notifications")
    expect(person.page.locator("[aria-busy=true]")).to_have_count(0)
    person.at("first-email").or_(person.at("add-email")).first.click()
    expect(person.at("channel-dialog")).to_be_visible()
    person.photograph(f"notifications-dialog-{scheme}")
    assert grave(person.page) == []
