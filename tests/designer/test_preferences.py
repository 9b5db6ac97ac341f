"""What an account wants remembered fills what a request leaves open, and only that."""

from __future__ import annotations

import pytest

from studio.designer.builtin import answer
from studio.designer.builtin.preferences import Preferences, read_preferences
from studio.designer.writing import Task, Written
from tests.designer.catalogs import INVOICES, SHOP


@pytest.mark.parametrize(
    "sentence, found",
    [
        ("amounts in euros", Preferences(currency="EUR")),
        ("All prices are in US dollars.", Preferences(currency="USD")),
        ("finance_manager approves", Preferences(approver="finance_manager")),
        ("Approvals always go to the finance manager", Preferences(approver="finance manager")),
        ("the CFO approves within 2 days", Preferences(approver="CFO", within="2d")),
        ("never retry", Preferences(retries=0)),
        ("retry twice", Preferences(retries=2)),
        ("I am in the time zone of Berlin", Preferences(timezone="Europe/Berlin")),
        ("write to me at ada@example.com", Preferences(address="ada@example.com")),
        ("post to #ops", Preferences(channel="#ops")),
        ("at most 5 at once", Preferences(at_once=5)),
        ("time-outs of 1 minute", Preferences(timeout="1m")),
        ("I like turtles", Preferences()),
    ],
)
def test_a_sentence_is_read_as_the_default_it_states(sentence: str, found: Preferences) -> None:
    assert read_preferences([sentence]) == found


def _text(request: str, *preferences: str) -> str:
    found = answer(Task(request, SHOP, preferences=preferences))
    assert isinstance(found, Written), found
    return found.text


def test_a_preferred_approver_is_asked_where_the_request_names_nobody_and_only_there() -> None:
    open_ = "Get the order, get approval, then refund it."
    assert 'role "manager"' in _text(open_)
    assert 'role "finance_manager"' in _text(open_, "finance_manager approves")
    said = "Get the order, ask a manager to approve, then refund it."
    assert 'role "manager"' in _text(said, "finance_manager approves")


def test_an_approval_that_the_policy_demands_goes_to_the_preferred_approver_too() -> None:
    assert 'role "finance_manager"' in _text("Get the order and refund it.", "finance_manager approves")


def test_never_retry_leaves_no_retry_in_the_text() -> None:
    request = "Get the order and refund it."
    assert "retry" in _text(request)
    assert "retry" not in _text(request, "never retry")


def test_me_is_the_address_that_is_remembered_and_the_channel_the_usual_one() -> None:
    text = _text("List the orders and send me a summary by e-mail", "write to me at ada@example.com")
    assert 'to: "ada@example.com"' in text and "notify_email" not in text
    found = answer(
        Task("Get the invoice and post a message on slack", INVOICES, preferences=("post to #ops",))
    )
    assert isinstance(found, Written) and 'channel: "#ops"' in found.text
