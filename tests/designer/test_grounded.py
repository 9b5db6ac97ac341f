"""The reading that begins with what the catalog can do: deeds, conditions and look-ups found in phrases."""

from __future__ import annotations

import pytest

from studio.designer.builtin import answer
from studio.designer.builtin.grounded.deeds import Deeds
from studio.designer.builtin.grounded.phrases import phrases_of
from studio.designer.builtin.grounded.states import States
from studio.designer.builtin.reading import Compare, Is
from studio.designer.builtin.tools import Toolbox
from studio.designer.writing import Written
from tests.designer.catalogs import INCIDENTS, SHOP


@pytest.mark.parametrize(
    ("phrase", "tool"),
    [
        ("the money must be given back to the customer of the order", "shop.process_refund"),
        ("I look the order up", "shop.get_order"),
        ("the customer gets an email that it is on its way", "mail.send"),
        ("restart the thing", "ops.restart_service"),
    ],
)
def test_a_deed_is_found_by_any_of_its_words(phrase: str, tool: str) -> None:
    found = Deeds(Toolbox(INCIDENTS if tool.startswith("ops") else SHOP)).of(phrase)
    assert found is not None and found.known.id == tool


def test_what_somebody_else_does_is_no_deed_of_ours() -> None:
    deeds = Deeds(Toolbox(SHOP))
    assert deeds.of("a customer refunds an order") is None
    assert deeds.of("refund the order") is not None


def test_a_phrase_ends_where_a_case_begins() -> None:
    told = [
        (p.lead, p.text) for p in phrases_of("refund it unless it was shipped, otherwise mail the customer")
    ]
    assert told == [("", "refund it"), ("unless", "it was shipped"), ("else", "mail the customer")]


def test_a_condition_is_told_by_a_field_or_by_a_word_it_takes() -> None:
    states = States(Toolbox(SHOP))
    more = states.read("it comes to more than two hundred euros")
    assert isinstance(more, Compare) and (more.op, more.quantity.value) == (">", 200.0)
    eligible = states.read("it turns out not to be eligible")
    assert isinstance(eligible, Is) and (eligible.predicate, eligible.negated) == ("eligible", True)


def test_a_story_becomes_the_workflow_it_tells_of() -> None:
    found = answer(
        "Somebody calls us, angry. I look the order up, I see to it that it is refunded once a manager has said yes to"
        " that, and then I write the customer a little e-mail about it.",
        SHOP,
    )
    assert isinstance(found, Written)
    asked, paid, told = (found.text.index(w) for w in ("approve by role", "process_refund", "mail.send"))
    assert asked < paid < told


def test_a_verb_that_says_nothing_changes_nothing() -> None:
    deeds = Deeds(Toolbox(SHOP))
    assert deeds.of("refund the customer") is not None
    found = deeds.of("make the customer rounder")
    assert found is None or found.known.reads
