"""Everybody can use it: axe finds nothing serious or critical on any page, light and dark, open and empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.axe import grave
from tests.stack.person import Person
from tests.stack.stack import Stack
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TEXT = (Path(__file__).parents[2] / "examples" / "order_review.weft").read_text(encoding="utf-8")
WRONG = TEXT.replace("workflow order_review", "workflow looked_at").replace(
    "shop.get_order", "shop.get_ordr", 1
)


@pytest.fixture(scope="module")
def editor(studio: Stack) -> Iterator[str]:
    """The address of a workflow with problems in it."""
    with Visitor(studio) as visitor:
        made = visitor.until_served("POST", "/workflows", {"name": "Looked at", "text": WRONG})
        yield f"/workflows/{made['workflow_id']}"


@pytest.fixture(params=["light", "dark"])
def somebody(request: pytest.FixtureRequest, person: Person) -> Person:
    person.page.emulate_media(color_scheme=request.param)
    return person


def looked_at(person: Person) -> None:
    """Once nothing moves any more: a colour that is still fading in is nobody's colour."""
    person.page.wait_for_function(
        "document.getAnimations().every(one => one.playState !== 'running' "
        "|| one.effect.getComputedTiming().iterations === Infinity)"
    )
    assert grave(person.page) == []


@pytest.mark.parametrize(
    "address", ["/workflows", "/templates", "/runs", "/approvals", "/connectors", "/sample"]
)
def test_a_page_has_nothing_grave(somebody: Person, editor: str, address: str) -> None:
    somebody.page.goto(somebody.url + address)
    expect(somebody.page.locator("h1")).to_be_visible()
    expect(somebody.page.locator("[aria-busy=true]")).to_have_count(0)
    looked_at(somebody)


def test_the_sign_in_has_nothing_grave(studio: Stack, browser: Browser) -> None:
    visitor = Person(browser, studio.url)
    visitor.page.goto(studio.url)
    expect(visitor.at("login-email")).to_be_visible()
    looked_at(visitor)
    visitor.context.close()


def test_the_editor_has_nothing_grave(somebody: Person, editor: str) -> None:
    somebody.page.goto(somebody.url + editor)
    expect(somebody.node("review")).to_be_visible()
    looked_at(somebody)
    somebody.node("review.order").click()
    expect(somebody.at("inspector")).to_be_visible()
    looked_at(somebody)
    for tab in ("problems", "text", "run", "versions"):
        somebody.at(f"tab-{tab}").click()
        looked_at(somebody)


DIALOGS: dict[str, Callable[[Person], None]] = {
    "new-workflow": lambda person: person.at("new-workflow").click(),
    "import": lambda person: person.at("import-workflow").click(),
    "row-menu": lambda person: person.at("row-menu").first.click(),
}


@pytest.mark.parametrize("name", DIALOGS)
def test_a_dialog_of_the_list_has_nothing_grave(somebody: Person, editor: str, name: str) -> None:
    expect(somebody.at("workflow-row").first).to_be_visible()
    DIALOGS[name](somebody)
    expect(somebody.page.locator("dialog[open], [role=menu]")).to_be_visible()
    looked_at(somebody)


def test_a_picture_without_words_would_be_found(person: Person) -> None:
    person.page.evaluate("document.body.append(Object.assign(new Image(), { src: '/logo.svg' }))")
    assert any("image-alt" in found for found in grave(person.page))
