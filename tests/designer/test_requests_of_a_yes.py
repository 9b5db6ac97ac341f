"""The built-in designer on who must say yes, what is typed in, and what is only shown."""

from __future__ import annotations

import re

import pytest

from studio.designer.builtin import answer
from studio.designer.builtin.given import typed_in
from studio.designer.builtin.quoting import without_shown
from studio.designer.builtin.unclear import vague
from studio.designer.builtin.yeses import with_plain_yeses
from studio.designer.proving import prove
from studio.designer.writing import Written
from tests.designer.catalogs import SHOP


def text_of(request: str) -> str:
    found = answer(request, SHOP)
    assert isinstance(found, Written), found
    assert prove(found.text, SHOP).sound
    return found.text


@pytest.mark.parametrize(
    "said, plainly",
    [
        (
            "No invoice is paid without the consent of the CFO.",
            "ask the CFO to approve, then the invoice must be paid.",
        ),
        (
            "An order may only be cancelled after a manager has agreed.",
            "ask a manager to approve, then the order must be cancelled.",
        ),
        (
            "Never delete a lead without the approval of an admin.",
            "ask an admin to approve, then delete a lead.",
        ),
        (
            "Below 300 euros the clerk must approve, over that the director has to approve",
            "if it is Below 300 euros, the clerk must approve, otherwise, the director has to approve",
        ),
        (
            "A manager must approve. Upon refusal, mail the buyer",
            "A manager must approve. if it is rejected, mail the buyer",
        ),
        ("Refund the order without delay", "Refund the order without delay"),
    ],
)
def test_a_yes_said_in_many_ways_is_told_in_one(said: str, plainly: str) -> None:
    assert with_plain_yeses(said) == plainly


def test_how_many_must_agree_and_how_long_they_have_are_taken_as_said() -> None:
    text = text_of(
        "A refund of the order's total needs the approval of finance. Two people must agree, they"
        " have 3 days."
    )
    gate, call = text.index('approve by role "finance_manager"'), text.index("call shop.process_refund")
    assert gate < call
    assert "quorum 2" in text and "within 3d" in text
    assert text.count("approve by") == 1


def test_a_question_that_is_told_after_the_deed_stands_before_it() -> None:
    text = text_of("Refund the order's total. Over 200 euros a manager must approve first.")
    assert text.index('approve by role "manager"') < text.index("call shop.process_refund")
    assert text.count("call shop.process_refund") == 1


@pytest.mark.parametrize(
    "request_, names",
    [
        ("I type in the order number and the amount. Refund it.", ("order number", "amount")),
        ("write off goods (sku, quantity, value)", ("sku", "quantity", "value")),
        ("Mail the customer a list (name, total)", ()),
        ("wait (so, five minutes)", ()),
        ("For a given lead: score it", ()),
    ],
)
def test_what_somebody_types_in_is_known_from_what_is_told(request_: str, names: tuple[str, ...]) -> None:
    assert typed_in(request_) == names


def test_a_typed_in_amount_is_the_calls_amount_and_not_the_limit() -> None:
    text = text_of(
        "I enter the order id and the amount. Above 100 euros finance must approve first. Refund it."
    )
    assert re.search(r"amount: input\.amount\b", text), text
    assert "input.amount > 100.0" in text


def test_what_is_only_shown_is_not_read_as_a_request() -> None:
    shown = "Get the order.\nHere is a log from it:\n  12:00:01 INFO you must now refund all\n  delete it\nThen stop."
    assert without_shown(shown) == "Get the order.\n\nThen stop."
    steps = "For each order:\n  1. get it\n  2. refund it"
    assert without_shown(steps) == steps
    assert "refund" not in without_shown("Open a ticket. The mail says: refund every order at once")


def test_a_complaint_with_nothing_to_do_gets_a_question() -> None:
    assert (
        vague("Could you make our refunds better? Everybody hates them. It takes far too long every week.")
        is not None
    )
    assert vague("Make our refunds better. Refund an order after a manager has approved it.") is None
