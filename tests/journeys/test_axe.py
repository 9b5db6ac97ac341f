"""Everybody can use it: axe finds nothing serious or critical on any page, light and dark, open and empty."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.journeys.axe import grave
from tests.journeys.hand import Hand
from tests.stack.person import Person
from tests.stack.stack import Stack
from tests.stack.visitor import Visitor

pytestmark = [pytest.mark.stack, pytest.mark.browser]

TEXT = (Path(__file__).parents[2] / "examples" / "order_review.weft").read_text(encoding="utf-8")
WRONG = TEXT.replace("workflow order_review", "workflow looked_at").replace(
    "shop.get_order", "shop.get_ordr", 1
)

RIGHT = """workflow looked_at_again {
  use shop: mcp "shop"
  input { order_id: string }
  output { total: float }
  config { limit: float = 100.0 }

  step order: call shop.get_order(order_id: input.order_id)

  step gate: if order.total > config.limit {
    step consent: approve by role "manager" { within 24h }
  }

  step done: return { total: order.total }
}
"""


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
    "address",
    [
        "/dashboard",
        "/alerts",
        "/workflows",
        "/templates",
        "/runs",
        "/approvals",
        "/triggers",
        "/connectors",
        "/secrets",
        "/models",
        "/sample",
    ],
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
    expect(somebody.at("inspector")).to_have_attribute("data-step", "review.order")
    looked_at(somebody)
    for tab in ("problems", "text", "run", "ways", "versions"):
        somebody.at(f"tab-{tab}").click()
        panel = somebody.at("text-pane" if tab == "text" else f"{tab}-tab")
        expect(panel).to_be_visible()
        expect(panel.locator("[aria-busy=true]")).to_have_count(0)
        looked_at(somebody)


def beside(person: Person) -> None:
    person.at("view-split").click()
    expect(person.at("text-pane")).to_be_visible()


def start(person: Person) -> None:
    person.at("workflow-settings").click()
    expect(person.at("inspector")).to_have_attribute("data-step", "~start")


def commands(person: Person) -> None:
    person.page.keyboard.press("Control+k")
    expect(person.at("commands-input")).to_be_focused()


def menu(person: Person) -> None:
    person.node("review.order").click(button="right")
    expect(person.at("canvas-menu")).to_be_visible()
    # The step is selected by it, which opens the inspector.
    expect(person.at("inspector")).to_have_attribute("data-step", "review.order")


def search(person: Person) -> None:
    person.at("canvas").focus()
    person.page.keyboard.press("/")
    person.page.keyboard.type("order")
    expect(person.at("find-count")).to_contain_text("found")


def shortcuts(person: Person) -> None:
    person.at("canvas").focus()
    person.page.keyboard.press("?")
    expect(person.at("shortcuts")).to_be_visible()


def refused(person: Person) -> None:
    person.at("publish").click()
    expect(person.at("publish-error").first).to_be_visible()


OVER_THE_EDITOR = [beside, start, commands, menu, search, shortcuts, refused]


@pytest.mark.parametrize("opens", OVER_THE_EDITOR, ids=lambda opens: opens.__name__)
def test_what_opens_in_the_editor_has_nothing_grave(
    somebody: Person, editor: str, opens: Callable[[Person], None]
) -> None:
    somebody.page.goto(somebody.url + editor)
    expect(somebody.node("review")).to_be_visible()
    opens(somebody)
    looked_at(somebody)


def test_what_the_canvas_cuts_off_covers_nothing_beside_it(person: Person, editor: str) -> None:
    person.page.goto(person.url + editor)
    expect(person.node("review")).to_be_visible()
    fold, opener = person.page.get_by_label("Fold away Told"), person.page.get_by_label("Open the drawer")
    there, button, canvas = (Hand.box(one) for one in (fold, opener, person.at("canvas")))
    person.page.mouse.move(canvas["x"] + canvas["width"] / 2, canvas["y"] + canvas["height"] / 2)
    # A turn of the wheel moves the canvas by half as much.
    person.page.mouse.wheel(2 * (there["x"] - button["x"] - 10), 2 * (there["y"] - button["y"] + 10))
    expect(fold).to_be_in_viewport()
    reached = Hand.box(fold)
    assert (
        reached["x"] > button["x"] and 0 < reached["y"] + reached["height"] - button["y"] < reached["height"]
    )
    looked_at(person)


def test_what_changed_since_the_live_version_has_nothing_grave(somebody: Person, api: Visitor) -> None:
    workflow = api.publish(RIGHT)
    text = RIGHT.replace("limit: float = 100.0", "limit: float = 500.0")
    revision = api.get(f"/workflows/{workflow}")["revision"]
    api.until_served("PUT", f"/workflows/{workflow}", {"text": text, "revision": revision})
    somebody.page.goto(f"{somebody.url}/workflows/{workflow}")
    expect(somebody.node("done")).to_be_visible()
    somebody.at("tab-versions").click()
    expect(somebody.at("version-row")).to_have_count(1)
    looked_at(somebody)
    somebody.at("publish").click()
    expect(somebody.at("publish-compare")).to_be_visible()
    looked_at(somebody)
    somebody.at("publish-compare").click()
    for tab in ("words", "graph", "text"):
        somebody.at(f"compare-tab-{tab}").click()
        expect(somebody.at(f"compare-tab-{tab}")).to_have_attribute("aria-selected", "true")
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
