"""Every example workflow runs on the engine, and every branch of every one of them is taken.

The branches are counted from the plan, not listed: each arm of an ``if`` (and none of them) or ``switch``, each
answer of an approval, each ``catch`` and each ``compensate``. What was taken is read from the journal.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

import dsl
from dsl import plan as p
from dsl.catalog import Catalog
from engine.runtime import unsupported
from engine.runtime.outline import walk
from tests.engine_run.kit import Stage
from tests.engine_run.test_examples_forms import (
    BACKOFF,
    FORMS,
    SCENARIOS,
    Business,
    Scenario,
    broken,
    end_of,
    lowered,
)

Json = Any
EXAMPLES = Path(__file__).parents[2] / "examples"


def plain(name: str) -> p.Plan:
    catalog = Catalog.model_validate_json((EXAMPLES / "catalog.json").read_text())
    return dsl.lower(
        dsl.parse(BACKOFF.sub("backoff 1ms to 2ms", (EXAMPLES / f"{name}.weft").read_text())), catalog
    )


class Shop(Scenario):
    """A scenario of one of the examples that call the sample connectors."""

    def stage(self) -> Stage:
        stage = Stage(plain(self.text), given=self.given, witness=Business(does=self.does))
        stage.witness.yields = lambda _: 0
        return stage


def shop(total: float = 50, status: str = "paid", eligible: bool = True, **other: Any) -> dict[str, Any]:
    person = {"name": "Ada", "email": "ada@example.com"}

    def order(id: str) -> dict[str, Json]:
        return {
            "id": id,
            "status": status,
            "currency": "EUR",
            "total": total,
            "refunded": 0.0,
            "customer": person,
            "items": [],
            "placed_at": "2026-11-01T00:00:00Z",
        }

    return {
        "shop.get_order": lambda a: order(a["order_id"]),
        "shop.list_orders": lambda a: {"orders": [order("A-1"), order("A-2")], "count": 2},
        "shop.check_refund_eligibility": lambda a: {"eligible": eligible, "reason": "as it is"},
        "shop.process_refund": lambda a: {"id": "R-1", "status": "done"},
        "shop.escalate_ticket": lambda a: {"ticket_id": "T-1"},
        "mail.send": lambda a: {"message_id": "m", "status": "sent"},
        **other,
    }


ORDER = {"order_id": "A-1"}
LOOK = ["shop.get_order", "shop.check_refund_eligibility"]
REFUNDED = {"status": "refunded", "refund_id": "R-1"}
PAID = [*LOOK, "shop.process_refund", "mail.send"]
COMPLAINT = {"order_id": "A-1", "complaint": "late"}


def ticket(status: str, priority: str, urgent: bool = False) -> Scenario:
    effects = ["shop.get_order", "shop.escalate_ticket", *(["mail.send"] if urgent else [])]
    wanted = {"ticket_id": "T-1", "priority": priority}
    return Shop("escalation", COMPLAINT, shop(status=status), ("succeeded", wanted), effects)


SHOP: dict[str, Scenario] = {
    "a small refund": Shop("refund", ORDER, shop(), ("succeeded", REFUNDED), PAID),
    "nothing to refund": Shop(
        "refund",
        ORDER,
        shop(eligible=False),
        ("succeeded", {"status": "not_eligible", "refund_id": None}),
        LOOK,
    ),
    "a large refund": Shop(
        "refund", ORDER, shop(500), ("succeeded", REFUNDED), PAID, {"gate.approval": "approved"}
    ),
    "a large refund that is refused": Shop(
        "refund", ORDER, shop(500), ("failed", "rejected"), LOOK, {"gate.approval": "rejected"}
    ),
    "a large refund that nobody decides": Shop("refund", ORDER, shop(500), ("failed", "expired"), LOOK),
    "a refund of which nobody hears": Shop(
        "refund", ORDER, shop(**{"mail.send": broken}), ("succeeded", REFUNDED), PAID[:-1]
    ),
    "a paid order": ticket("paid", "normal"),
    "a delivered order": ticket("delivered", "high", urgent=True),
    "a cancelled order": ticket("cancelled", "low"),
    "a review": Shop(
        "order_review",
        ORDER,
        shop(),
        ("succeeded", {"summary": "A-1: 50 EUR, as it is; 2 orders in all"}),
        [*LOOK, "shop.list_orders"],
    ),
    "a review that is sent": Shop(
        "order_review",
        {**ORDER, "to": "me@example.com"},
        shop(),
        ("succeeded", {"summary": "A-1: 50 EUR, as it is; 2 orders in all"}),
        [*LOOK, "shop.list_orders", "mail.send"],
    ),
    "a digest": Shop(
        "order_digest",
        {},
        shop(),
        ("succeeded", {"orders": 2, "eligible": 2}),
        ["shop.list_orders", "shop.check_refund_eligibility", "mail.send"],
    ),
}


def branches(plan: p.Plan) -> set[tuple[str, str]]:
    """Every way that a step may go, as the step's path and the way's name."""
    found: set[tuple[str, str]] = set()
    for step, _ in walk(plan.body, ""):
        match step.do:
            case p.If(arms=arms):
                found |= {(step.path, f"arm {n}") for n in (-1, *range(len(arms)))}
            case p.Switch(arms=arms, otherwise=otherwise):
                found |= {(step.path, f"arm {n}") for n in range(len(arms))}
                found |= {(step.path, "arm -1")} if otherwise is not None else set()
            case p.Approve():
                found |= {(step.path, answer) for answer in ("approved", "rejected", "expired")}
        found |= {(step.path, f"catch {n}") for n in range(len(step.catches))}
        found |= {(step.path, "undone")} if step.compensate is not None else set()
    return found


def taken(stage: Stage) -> set[tuple[str, str]]:
    found: set[tuple[str, str]] = set()
    for event in stage.run.events:
        path = re.sub(r"\[\d+\]|#\d+", "", event.path)
        match event.kind:
            case "branch.taken":
                found.add((path, f"arm {event.data['arm']}"))
            case "gate.answered":
                found.add((path, event.data["answer"]))
            case "scope.closed" if event.data["outcome"] == "caught":
                around, _, number = path.rpartition("~catch")
                found.add((around, f"catch {number}"))
        if "~comp" in path:
            found.add((path.rsplit("~comp", 1)[0], "undone"))
    return found


EVERY = [
    *(f"forms/{one.stem}" for one in sorted(FORMS.glob("*.weft"))),
    *(one.stem for one in sorted(EXAMPLES.glob("*.weft"))),
]


@pytest.mark.parametrize("name", EVERY)
async def test_every_branch_of_an_example_is_taken(name: str) -> None:
    text = name.removeprefix("forms/")
    plan = lowered((FORMS / f"{text}.weft").read_text()) if name.startswith("forms/") else plain(text)
    assert unsupported(plan) == []
    scenarios = {title: make() for title, make in SCENARIOS.items()} if name.startswith("forms/") else SHOP
    found: set[tuple[str, str]] = set()
    for title, scenario in scenarios.items():
        if scenario.text == text:
            stage = scenario.stage()
            await scenario.play(stage)
            assert end_of(stage) == scenario.expected, f"{title}: {stage.kinds()}"
            assert {effect.split(" ")[0] for effect in stage.witness.effects} == set(scenario.effects), title
            found |= taken(stage)
    wanted = branches(plan)
    assert wanted <= found, f"never taken: {sorted(wanted - found)}"


def test_a_branch_that_nobody_took_is_seen() -> None:
    """The control."""
    assert branches(plain("refund")) - {("gate", "arm 0")} != branches(plain("refund"))
    assert ("gate.approval", "rejected") in branches(plain("refund"))
