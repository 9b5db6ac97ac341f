"""The example workflows that use every form of the language run on the engine, on every way, crash after crash.

Each scenario is played undisturbed and once for every write, effect and model call at which the process may die; the
tools behind it are in memory and count what was done by its key.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

import dsl
from dsl import plan as p
from dsl.catalog import Catalog
from engine.effects import ToolError
from engine.journal import Answer
from engine.model import Asked, Message, Part, ToolSpec, ToolUse, Turn
from engine.runtime import unsupported
from engine.runtime.state import seconds
from tests.engine_run.crasher import Crasher
from tests.engine_run.kit import OTHER, Crash, Stage, Witness, reap

Json = Any
FORMS = Path(__file__).parents[2] / "examples" / "forms"
DAY = 86_400
BACKOFF = re.compile(r"backoff \w+ to \w+")
"""Tries follow each other at once here."""

COLLECT = """
workflow collect {
  use ledger: mcp "ledger"
  input { customer_id: string, amount: float }
  output { case_id: string, taken: bool }

  step debt: call ledger.find_debt(customer_id: input.customer_id)
    timeout 20s
  step done: return { case_id: "case-${debt.id}", taken: debt.amount > 10.0 }
}
"""


def catalog() -> Catalog:
    """As the file has it, with the other workflow published."""
    known = Catalog.model_validate_json((FORMS / "catalog.json").read_text())
    published = {name: one.model_copy(update={"version": OTHER}) for name, one in known.workflows.items()}
    return known.model_copy(update={"workflows": published})


def lowered(text: str) -> p.Plan:
    return dsl.lower(dsl.parse(text), catalog())


@dataclass
class Business(Witness):
    """``does`` answers a call by the tool's name; what it raises, the call raises."""

    does: Mapping[str, Callable[[dict[str, Json]], Json]] = field(default_factory=dict)

    async def call(
        self,
        account_id: UUID,
        connector: str,
        tool: str,
        args: dict[str, Json],
        key: str,
        timeout_s: float,
        pin: str | None = None,
    ) -> Json:
        name = f"{connector}.{tool} {json.dumps(args, sort_keys=True)}"
        self.before(f"effect {name}")
        await asyncio.sleep(0)
        if key not in self.seen:
            self.seen[key] = self.does[f"{connector}.{tool}"](args)
            self.effects[name] += 1
            self.order.append(name)
        self.after(f"effect {name}")
        return self.seen[key]


def broken(_: dict[str, Json]) -> Json:
    raise ToolError("unavailable", "not today", "not_done")


@dataclass
class Clerk:
    """A model with one script for each invoice, found by its id in the prompt."""

    scripts: Mapping[str, Sequence[Turn]]
    before: Callable[[str], None] = lambda _: None
    after: Callable[[str], None] = lambda _: None

    async def turn(
        self, account_id: UUID, run_id: UUID, wanted: str, parts: Sequence[Part], tools: Sequence[ToolSpec]
    ) -> Turn:
        self.before("model")
        await asyncio.sleep(0)
        assert wanted == "balanced"
        assert [tool.name for tool in tools] == ["papers__read_file", "books__find_order"]
        asked = next(part.text for part in parts if isinstance(part, Message) and part.role == "user")
        (script,) = [script for id, script in self.scripts.items() if f"Invoice {id} of" in asked]
        number = sum(isinstance(part, Asked) or getattr(part, "role", "") == "assistant" for part in parts)
        self.after("model")
        return script[number]


@dataclass
class Scenario:
    """``answers`` by the path of an approval; one that is not named is left alone, until its time is up. ``events``
    are published when the run waits for one. ``expected``: the run's state, and its output or its error's code."""

    text: str
    given: Json
    does: dict[str, Callable[[dict[str, Json]], Json]]
    expected: tuple[str, Json]
    effects: list[str]
    answers: dict[str, str] = field(default_factory=dict)
    after_s: float = 0
    events: list[tuple[str, Json]] = field(default_factory=list)
    scripts: Mapping[str, Sequence[Turn]] = field(default_factory=dict)
    escalated: bool = False

    def stage(self) -> Stage:
        stage = Stage(
            lowered(BACKOFF.sub("backoff 1ms to 2ms", (FORMS / f"{self.text}.weft").read_text())),
            given=self.given,
            witness=Business(does=self.does),
            now=seconds("2026-12-01T09:00:00Z"),
            others={OTHER: lowered(COLLECT)},
            talker=Clerk(self.scripts),  # type: ignore[arg-type]
        )
        stage.witness.yields = lambda _: 0
        return stage

    async def play(self, stage: Stage) -> None:
        """Invoke, answer, publish, or let time go by, until the run has its end."""
        while stage.run.state not in ("succeeded", "failed", "cancelled", "needs_review"):
            if (await stage.invoke()).state != "waiting":
                continue
            if await stage.carry_children() or self._answered(stage):
                continue
            if stage.run.ears and self.events:
                for name, payload in self.events:
                    stage.ledger.publish(name, payload)
            elif stage.run.due_at is not None:
                stage.now = max(stage.now, stage.run.due_at)
            else:
                raise AssertionError(f"nothing can go on: {stage.kinds()}")

    def _answered(self, stage: Stage) -> bool:
        began = stage.run.events[0].at
        if stage.now < began + self.after_s:
            return False
        given = {path: self.answers[path] for path in stage.run.approvals if path in self.answers}
        for path, outcome in given.items():
            answer = Answer(outcome, ("m@example.com",), "because")
            stage.ledger.answer(stage.run.lease.run_id, path, answer)
        return bool(given)


def end_of(stage: Stage) -> tuple[str, Json]:
    run = stage.run
    return run.state, run.output if run.state == "succeeded" else run.error["code"]


# ---- approvals ---------------------------------------------------------------------------------------


def claims(amount: float, ok: bool = True, **other: Any) -> dict[str, Callable[[dict[str, Json]], Json]]:
    person = {"name": "Ada", "email": "ada@example.com", "iban": "DE00"}
    return {
        "claims.get_claim": lambda a: {
            "id": a["claim_id"],
            "amount": amount,
            "currency": "EUR",
            "person": person,
        },
        "claims.check-cover": lambda a: {"ok": ok, "reason": a["note"]},
        "bank.pay-out": lambda a: {"id": f"pay-{a['claim_id']}", "amount": a["amount"]},
        "bank.call-back": lambda a: {"id": a["payment_id"]},
        "claims.close_claim": lambda a: {"id": a["claim_id"], "status": "closed"},
        "mail.send": lambda a: {"id": "m1", "status": "sent"},
        **other,
    }


CLAIM = {"claim_id": "C-1"}
READ = ["claims.get_claim", "claims.check-cover"]
PAID = [*READ, "bank.pay-out", "claims.close_claim", "mail.send"]
PAYMENT = {"status": "paid", "payment_id": "pay-C-1"}

# ---- dunning -----------------------------------------------------------------------------------------


def debts(settled_after: int, paid_after: int = 1) -> dict[str, Callable[[dict[str, Json]], Json]]:
    """``settled_after``: reminders until the debt is settled; ``paid_after``: looks until the payment is."""
    looks = {"debt": 0, "state": 0}

    def find(args: dict[str, Json]) -> Json:
        looks["debt"] += 1
        return {
            "id": args["customer_id"],
            "email": "c@example.com",
            "amount": 90,
            "settled": looks["debt"] > settled_after,
            "next_contact": "2027-03-01T00:00:00Z",
        }

    def state(_: dict[str, Json]) -> Json:
        looks["state"] += 1
        return {"settled": looks["state"] >= paid_after, "amount": 90}

    return {
        "ledger.find_debt": find,
        "ledger.payment-state": state,
        "mail.send": lambda a: {"id": "m", "status": "sent"},
    }


RECEIPTS = [
    ("payment.sent", {"customer_id": "K1"}),
    ("payment.received", {"customer_id": "K2"}),
    ("payment.received", {"amount": 90}),
    ("payment.received", {"customer_id": "K1"}),
]

# ---- invoices ----------------------------------------------------------------------------------------


def ask(name: str, arguments: Json, cost: float = 0.01) -> Turn:
    return Turn("", (ToolUse("u", name, json.dumps(arguments)),), "m", 100, 10, cost, True)


def verdict(word: str, cost: float = 0.01) -> Turn:
    return Turn(json.dumps({"verdict": word, "sure": 1, "why": f"{word} it"}), (), "m", 100, 10, cost, True)


def invoices(*ids: str) -> Json:
    rows = [{"id": id, "supplier": "S", "amount": 10, "file": f"{id}.pdf"} for id in ids]
    return {"invoices": rows, "month": "2026-11"}


BOOKS: dict[str, Callable[[dict[str, Json]], Json]] = {
    "papers.read_file": lambda a: {"text": f"text of {a['file']}"},
    "books.find_order": lambda a: {"id": "O1", "amount": 10},
    "books.book-invoice": lambda a: {"id": a["invoice_id"], "account": "4400"},
    "team.post": lambda a: {"id": "t"},
    "books.lock_month": lambda a: {"month": a["month"], "locked": True},
    "books.export_ledger": lambda a: {"url": "https://books.example.com/ledger"},
    "papers.render": lambda a: {"url": f"https://papers.example.com/{a['booked']}"},
}
CLOSING = ["books.lock_month", "books.export_ledger", "papers.render"]

SCENARIOS: dict[str, Callable[[], Scenario]] = {
    "a small claim is paid": lambda: Scenario("approvals", CLAIM, claims(99), ("succeeded", PAYMENT), PAID),
    "a claim that nothing covers": lambda: Scenario(
        "approvals",
        CLAIM,
        claims(99, ok=False),
        ("succeeded", {"status": "not_covered", "payment_id": None}),
        READ,
    ),
    "a large claim is approved": lambda: Scenario(
        "approvals",
        CLAIM,
        claims(999),
        ("succeeded", PAYMENT),
        PAID,
        {"gate.consent": "approved"},
    ),
    "a large claim is approved after it has escalated": lambda: Scenario(
        "approvals",
        CLAIM,
        claims(999),
        ("succeeded", PAYMENT),
        PAID,
        {"gate.consent": "approved"},
        after_s=DAY / 2,
        escalated=True,
    ),
    "a large claim is refused": lambda: Scenario(
        "approvals",
        CLAIM,
        claims(999),
        ("succeeded", {"status": "refused", "payment_id": None}),
        READ,
        {"gate.consent": "rejected"},
    ),
    "nobody decides": lambda: Scenario(
        "approvals", CLAIM, claims(999), ("failed", "nobody_decided"), READ, escalated=True
    ),
    "the claim cannot be closed": lambda: Scenario(
        "approvals",
        CLAIM,
        claims(99, **{"claims.close_claim": broken}),
        ("failed", "unavailable"),
        [*READ, "bank.pay-out", "bank.call-back"],
    ),
    "the e-mail bounces": lambda: Scenario(
        "approvals", CLAIM, claims(99, **{"mail.send": broken}), ("succeeded", PAYMENT), PAID[:-1]
    ),
    "a debt is settled after two reminders": lambda: Scenario(
        "dunning",
        {"customer_id": "K1"},
        debts(2, 3),
        ("succeeded", {"paid": True, "reminders": 2}),
        ["ledger.find_debt", "mail.send", "ledger.payment-state"],
        events=RECEIPTS,
    ),
    "nobody says who owes": lambda: Scenario(
        "dunning",
        {"rounds": 0},
        debts(0),
        ("succeeded", {"paid": True, "reminders": 0}),
        ["ledger.find_debt", "ledger.payment-state"],
        events=[("payment.received", {"customer_id": "oldest"})],
    ),
    "a debt is handed over": lambda: Scenario(
        "dunning",
        {"customer_id": "K1", "rounds": 9},
        debts(99),
        ("succeeded", {"paid": False, "reminders": 9}),
        ["ledger.find_debt", "mail.send"],
    ),
    "nothing arrives": lambda: Scenario(
        "dunning",
        {"customer_id": "K1"},
        debts(0, 999),
        ("failed", "not_settled"),
        ["ledger.find_debt", "ledger.payment-state"],
    ),
    "no receipt arrives": lambda: Scenario(
        "dunning",
        {"customer_id": "K1"},
        debts(0, 1),
        ("failed", "timeout"),
        ["ledger.find_debt", "ledger.payment-state"],
    ),
    "invoices of every kind": lambda: Scenario(
        "invoices",
        invoices("a", "b", "c"),
        BOOKS,
        ("succeeded", {"booked": 1, "asked": 1, "report": "https://papers.example.com/1"}),
        ["papers.read_file", "books.find_order", "books.book-invoice", "team.post", *CLOSING],
        scripts={
            "a": [
                ask("papers__read_file", {"file": "a.pdf"}),
                ask("books__find_order", {"invoice_id": "a"}),
                verdict("book"),
            ],
            "b": [verdict("perhaps"), verdict("ask")],
            "c": [verdict("stop")],
        },
    ),
    "a model that costs too much": lambda: Scenario(
        "invoices",
        invoices("a"),
        BOOKS,
        ("failed", "budget_exceeded"),
        ["papers.read_file", "team.post"],
        scripts={"a": [ask("papers__read_file", {"file": "a.pdf"}, 0.2), verdict("book", 0.1)]},
    ),
    "no invoices": lambda: Scenario(
        "invoices",
        invoices(),
        BOOKS,
        ("succeeded", {"booked": 0, "asked": 0, "report": "https://papers.example.com/0"}),
        CLOSING,
    ),
}


@pytest.mark.parametrize("name", ["approvals", "dunning", "invoices"])
def test_nothing_of_an_example_is_refused(name: str) -> None:
    assert unsupported(lowered((FORMS / f"{name}.weft").read_text())) == []


@pytest.mark.parametrize("name", SCENARIOS)
async def test_an_example_runs_to_the_same_end_whatever_crashes(name: str) -> None:
    scenario = SCENARIOS[name]()
    calm = scenario.stage()
    crasher = Crasher(calm, None)
    await scenario.play(calm)
    assert end_of(calm) == scenario.expected, calm.kinds()
    done = {effect.split(" ")[0] for effect in calm.witness.effects}
    assert done == set(scenario.effects)
    assert ("gate.escalated gate.consent" in calm.kinds()) == scenario.escalated
    places = range(1, crasher.places + 1)
    for at in places if len(places) <= 120 else places[:: len(places) // 120 + 1]:
        fresh = SCENARIOS[name]()
        stage = fresh.stage()
        dying = Crasher(stage, at)
        with pytest.raises((Crash, ExceptionGroup)):
            await fresh.play(stage)
        await reap()
        dying.revive()
        await fresh.play(stage)
        note = f"{name}, crash at place {at}: {stage.kinds()}"
        assert end_of(stage) == scenario.expected, note
        if "dunning" not in scenario.text:  # its tools answer by how often they were asked
            assert stage.witness.effects == calm.witness.effects, note
