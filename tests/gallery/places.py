"""The places that are photographed, and what is prepared for them. ``known`` maps names to addresses."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import expect

from tests.stack.person import Person
from tests.stack.stack import Stack
from tests.stack.visitor import Visitor

Known = dict[str, str]
_ROOT = Path(__file__).parents[2]
_REFUND = (_ROOT / "examples" / "refund.weft").read_text(encoding="utf-8")
_DIGEST = (_ROOT / "examples" / "order_digest.weft").read_text(encoding="utf-8")
_ORDERED = """workflow ordered {
  input { order: string, amount: float = 0 }
  secret shop_key
  trigger placed: webhook POST "/orders" verify standard(secrets.shop_key) when event.body.amount > 0
    with (order: event.body.order, amount: event.body.amount)
  trigger weekly: schedule "0 9 * * MON" timezone "Europe/Paris" with (order: "all")
  step done: let 1
}
"""
_RECALL = (_ROOT / "studio" / "workflows" / "templates" / "recall.weft").read_text(encoding="utf-8")
# Asks for euros only: the checks prove that other money could leave without a yes.
_UNSAFE = _REFUND.replace("workflow refund ", "workflow refund_fast ").replace(
    "if order.total > config.threshold", 'if order.total > config.threshold && order.currency == "EUR"'
)


def prepare(stack: Stack) -> Known:
    """Workflows with versions, tags and runs: one finished, one that waits for an approval."""
    with Visitor(stack) as visitor:

        def made(title: str, text: str, tags: list[str], publish: bool = True) -> str:
            draft = visitor.until_served("POST", "/workflows", {"name": title, "text": text})
            visitor.until_served("PUT", f"/workflows/{draft['workflow_id']}/tags", {"tags": tags})
            if publish:
                visitor.until_served(
                    "POST", f"/workflows/{draft['workflow_id']}/publish", {"message": "First version"}
                )
            return str(draft["workflow_id"])

        refund = made("Refund an order", _REFUND, ["money", "approval"])
        digest = made("A digest every morning", _DIGEST, ["schedule"])
        recall = made("Recall a bad batch", _RECALL, ["money", "list"])
        visitor.until_served("PUT", "/secrets/shop_key", {"value": secrets.token_hex(16)})
        made("Orders from the shop", _ORDERED, ["webhook"])
        live = {one["name"]: one["id"] for one in visitor.get("/triggers")}
        for body in (
            '{"order": "A-1001", "amount": 20}',
            '{"order": "A-1002", "amount": 0}',
            '{"amount": 5}',
        ):
            visitor.until_served("POST", f"/triggers/{live['placed']}/deliveries", {"body": body})
        unsafe = made("Refund, fast lane", _UNSAFE, ["money"], publish=False)
        changed = _REFUND.replace("threshold: float = 100.0", "threshold: float = 250.0").replace(
            '"manager"', '"finance_manager"'
        )
        draft = visitor.get(f"/workflows/{refund}")
        visitor.until_served("PUT", f"/workflows/{refund}", {"text": changed, "revision": draft["revision"]})
        rule = {"name": "Refunds that fail", "kind": "failure_rate", "limit": 20, "workflow_id": refund}
        visitor.until_served("POST", "/alerts/rules", rule)
        small = visitor.start(refund, {"order_id": "A-1002"})
        visitor.end_of(small)
        visitor.end_of(visitor.start(digest, {}))
        batch = visitor.start(
            recall, {"order_ids": ["A-1003", "A-1004", "A-1005"], "reason": "a cracked lid"}
        )
        [asked] = [each for each in _asked(visitor, batch) if each["run_id"] == batch]
        visitor.until_served("POST", f"/approvals/{asked['id']}", {"decision": "approve", "comment": "go"})
        visitor.end_of(batch)
        waiting = visitor.start(refund, {"order_id": "A-1001"})
        for event in visitor.follow(waiting):
            if event.kind == "gate.opened" or event.kind.endswith("waiting"):
                break
    return {
        "refund": f"/workflows/{refund}",
        "recall": f"/workflows/{recall}",
        "unsafe": f"/workflows/{unsafe}",
        "digest": f"/workflows/{digest}",
        "small": f"/runs/{small}",
        "waiting": f"/runs/{waiting}",
        "webhook": f"/triggers?trigger={live['placed']}",
        "schedule": f"/triggers?trigger={live['weekly']}",
        "round": f"/runs/{batch}?step=results%5B1%5D.paid.refund",
    }


def _asked(visitor: Visitor, run: str) -> list[dict[str, str]]:
    """The open approvals, once the run waits."""
    for event in visitor.follow(run):
        if event.kind == "gate.opened":
            break
    found: list[dict[str, str]] = visitor.get("/approvals")
    return found


def _page(address: str) -> Callable[[Person, Known], None]:
    def go(person: Person, known: Known) -> None:
        person.page.goto(person.url + address)
        expect(person.page.locator("h1")).to_be_visible()

    return go


def _trigger(name: str) -> Callable[[Person, Known], None]:
    def go(person: Person, known: Known) -> None:
        person.page.goto(person.url + known[name])
        expect(person.at("delivery" if name == "webhook" else "next-fires").first).to_be_visible()

    return go


def _editor(name: str, node: str, *then: Callable[[Person], None]) -> Callable[[Person, Known], None]:
    def go(person: Person, known: Known) -> None:
        person.page.goto(person.url + known[name])
        expect(person.node(node)).to_be_visible()
        for each in then:
            each(person)

    return go


def _no_chat(person: Person) -> None:
    if person.at("chat-close").is_visible():
        person.at("chat-close").click()
    person.at("zoom-fit").click()


def _select(node: str) -> Callable[[Person], None]:
    def go(person: Person) -> None:
        person.node(node).click()
        expect(person.at("inspector")).to_be_visible()

    return go


def _tab(name: str) -> Callable[[Person], None]:
    """Opens a tab of the drawer; a click on the one that is open would close it."""

    def go(person: Person) -> None:
        if person.at(f"tab-{name}").get_attribute("aria-selected") != "true":
            person.at(f"tab-{name}").click()
        expect(person.at(f"tab-{name}")).to_have_attribute("aria-selected", "true")

    return go


def _closed(person: Person) -> None:
    """The drawer as it is at first."""
    for tab in person.page.locator("[data-testid^=tab-][aria-selected=true]").all():
        tab.click()


def _split(person: Person) -> None:
    person.at("view-split").click()
    expect(person.page.locator("[data-testid=text-pane] .cm-content")).to_be_visible()


def _graph(person: Person) -> None:
    """The view is remembered, and so is what was open over it; every other picture is of the graph alone."""
    compare = person.at("compare")
    # It opens again when the editor is there, which may be after the click was begun.
    person.page.add_locator_handler(compare, lambda: person.page.keyboard.press("Escape"))
    person.at("view-graph").click()
    person.page.remove_locator_handler(compare)


def _compared(tab: str) -> Callable[[Person], None]:
    def go(person: Person) -> None:
        _tab("versions")(person)
        person.at("version-compare").first.click()
        person.at(f"compare-tab-{tab}").click()
        expect(person.at(f"compare-tab-{tab}")).to_have_attribute("aria-selected", "true")

    return go


def _proof(person: Person) -> None:
    _tab("problems")(person)
    person.at("problem-row").first.click()


def _commands(person: Person) -> None:
    person.page.keyboard.press("Control+k")


def _round(person: Person, known: Known) -> None:
    person.page.goto(person.url + known["round"])
    expect(person.at("step-details")).to_be_visible()


def _run(name: str, node: str) -> Callable[[Person, Known], None]:
    def go(person: Person, known: Known) -> None:
        person.page.goto(person.url + known[name])
        expect(person.mark(node)).to_be_visible()

    return go


# name: (how to get there, whether on a phone)
PLACES: dict[str, tuple[Callable[[Person, Known], None], bool]] = {
    "workflows": (_page("/workflows"), False),
    "templates": (_page("/templates"), False),
    "editor": (_editor("refund", "refund", _graph, _closed, _no_chat, _select("refund")), False),
    "chat": (_editor("recall", "results", _graph, _closed), False),
    "split": (_editor("recall", "results", _graph, _split, _no_chat, _closed), False),
    "proof": (_editor("unsafe", "refund", _graph, _no_chat, _proof), False),
    "test": (_editor("refund", "refund", _graph, _no_chat, _tab("run")), False),
    "ways": (_editor("refund", "refund", _graph, _no_chat, _tab("ways")), False),
    "versions": (_editor("refund", "refund", _graph, _no_chat, _tab("versions")), False),
    "compare-words": (_editor("refund", "refund", _graph, _compared("words")), False),
    "compare": (_editor("refund", "refund", _graph, _compared("graph")), False),
    "compare-text": (_editor("refund", "refund", _graph, _compared("text")), False),
    "commands": (_editor("refund", "refund", _graph, _closed, _select("refund"), _commands), False),
    "run": (_run("small", "refund"), False),
    "waiting": (_run("waiting", "gate.approval"), False),
    "run-round": (_round, False),
    "runs": (_page("/runs"), False),
    "approval": (_page("/approvals"), False),
    "webhook": (_trigger("webhook"), False),
    "schedule": (_trigger("schedule"), False),
    "dashboard": (_page("/dashboard?range=1h"), False),
    "alerts": (_page("/alerts"), False),
    "connectors": (_page("/connectors"), False),
    "secrets": (_page("/secrets"), False),
    "models": (_page("/models"), False),
    "approval-phone": (_page("/approvals"), True),
    "webhook-phone": (_trigger("webhook"), True),
    "run-phone": (_round, True),
    "runs-phone": (_page("/runs"), True),
    "notifications": (_page("/notifications"), False),
    "notifications-phone": (_page("/notifications"), True),
    "dashboard-phone": (_page("/dashboard?range=1h"), True),
    "workflows-phone": (_page("/workflows"), True),
}
