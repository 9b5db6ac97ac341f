"""Changes in words to an open workflow: edits that leave everything else byte for byte as it was."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import dsl
from studio.designer.builtin import answer
from studio.designer.proving import difference, prove
from studio.designer.writing import Said, Written
from tests.designer.catalogs import SHOP
from tests.designer.test_requests import REFUND, calls


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    found = answer(REFUND, SHOP)
    assert isinstance(found, Written)
    yield found.text


def changed(request: str, base: str) -> Written:
    found = answer(request, SHOP, base)
    assert isinstance(found, Written), found
    assert prove(found.text, SHOP).sound
    return found


def lines(base: str, after: str) -> tuple[list[str], list[str]]:
    """Lines taken out and put in, without indentation."""
    diff = difference(base, after, 0)
    return [d.text.strip() for d in diff if d.sign == "-"], [d.text.strip() for d in diff if d.sign == "+"]


@pytest.mark.parametrize(
    ("request_", "gone", "come"),
    [
        (
            "raise the limit to 250",
            ["step gate: if order.total > 100.0 {"],
            ["step gate: if order.total > 250.0 {"],
        ),
        (
            "Please lower the threshold to €50.",
            ["step gate: if order.total > 100.0 {"],
            ["step gate: if order.total > 50.0 {"],
        ),
        (
            "use 300 instead of 100",
            ["step gate: if order.total > 100.0 {"],
            ["step gate: if order.total > 300.0 {"],
        ),
        (
            "the limit should be 1,500 euros",
            ["step gate: if order.total > 100.0 {"],
            ["step gate: if order.total > 1500.0 {"],
        ),
        (
            "ask finance instead",
            ['step approval: approve by role "manager" {'],
            ['step approval: approve by role "finance_manager" {'],
        ),
        (
            "let the finance manager approve instead",
            ['step approval: approve by role "manager" {'],
            ['step approval: approve by role "finance_manager" {'],
        ),
        ("give them 2 days", ["within 24h"], ["within 2d"]),
        ("time out the order after 20 seconds", ["timeout 10s"], ["timeout 20s"]),
        (
            'set the subject of the e-mail to "Money is coming"',
            ['subject: "Your refund for order ${order.id}",'],
            ['subject: "Money is coming",'],
        ),
        ("change the amount to 10", ["amount: order.total,"], ["amount: 10.0,"]),
        ("rename the workflow to vip_refund", ["workflow refund {"], ["workflow vip_refund {"]),
        ("wait 1 day before refunding", [], ["step pause: wait 1d", ""]),
    ],
)
def test_a_small_change_touches_only_what_it_speaks_of(
    base: str, request_: str, gone: list[str], come: list[str]
) -> None:
    assert lines(base, changed(request_, base).text) == (gone, come)


def test_several_changes_in_one_message_are_all_made(base: str) -> None:
    after = changed("raise the limit to 250 and ask finance instead", base)
    assert "order.total > 250.0" in after.text
    assert 'role "finance_manager"' in after.text


def test_renaming_a_step_follows_it_everywhere(base: str) -> None:
    after = changed("rename refund to repayment", base)
    assert "step repayment: call shop.process_refund(" in after.text
    assert "refund_id: repayment.id" in after.text


def test_removing_the_message_takes_its_catch_along(base: str) -> None:
    after = changed("remove the e-mail", base)
    assert calls(after.text) == ["shop.get_order", "shop.check_refund_eligibility", "shop.process_refund"]
    assert "notify_failed" not in after.text


def test_removing_a_check_takes_what_only_made_sense_with_it(base: str) -> None:
    after = changed("remove the eligibility check", base)
    assert "eligibility" not in after.text
    assert "show order\n" in after.text
    assert "unless_eligible" in after.summary


def test_removing_what_another_step_needs_is_refused_in_words(base: str) -> None:
    found = answer("remove the order", SHOP, base)
    assert isinstance(found, Said)
    assert "order" in found.text


def test_a_step_is_added_where_it_was_asked_for_and_wired_there(base: str) -> None:
    after = changed("add a step that escalates it to support before the refund", base)
    assert calls(after.text)[2:4] == ["shop.escalate_ticket", "shop.process_refund"]
    assert lines(base, after.text)[0] == []


def test_a_message_on_refusal_goes_into_the_refused_branch(base: str) -> None:
    after = changed("also tell the customer when it is refused", base)
    rejected = after.text.index("on reject {")
    assert rejected < after.text.index("mail.send(") < after.text.index('status: "rejected", refund_id')


def test_a_second_approval_stands_before_the_effect_and_says_what_it_is_about(base: str) -> None:
    after = changed("If the total is over 1000 euros also ask the finance manager", base)
    assert after.text.index("order.total > 1000.0") < after.text.index("shop.process_refund(")
    assert (
        after.text.count('title "Refund ${money(order.total)} ${order.currency} for order ${order.id}?"') == 2
    )


def test_a_new_input_and_a_new_connector_are_declared() -> None:
    found = answer("Get the order, ask a manager to approve, then refund it.", SHOP)
    assert isinstance(found, Written)
    after = changed("also e-mail the accountant", found.text)
    assert 'use mail: mcp "mail"' in after.text
    assert "accountant_email: string" in after.text
    assert any("accountant" in a for a in after.assumptions)


@pytest.mark.parametrize(
    ("request_", "word"),
    [
        ("remove the flux capacitor", "flux capacitor"),
        ("let the astronaut approve instead", "astronaut"),
        ("move the e-mail before the moon landing", "moon landing"),
        ("hello", "I make workflows"),
    ],
)
def test_a_change_that_is_not_understood_is_asked_about(base: str, request_: str, word: str) -> None:
    found = answer(request_, SHOP, base)
    assert isinstance(found, Said)
    assert word in found.text


@pytest.mark.parametrize(
    "request_", ["undo that", "Undo", "please undo the last change.", "revert it", "go back!"]
)
def test_undoing_is_the_editors(base: str, request_: str) -> None:
    found = answer(request_, SHOP, base)
    assert isinstance(found, Said) and "Ctrl+Z" in found.text


def test_a_step_that_reverses_something_is_no_undo(base: str) -> None:
    found = answer("reverse the refund when the e-mail fails", SHOP, base)
    assert not (isinstance(found, Said) and "Ctrl+Z" in found.text)


def test_two_limits_are_asked_about_rather_than_guessed(base: str) -> None:
    text = changed("If the total is over 1000 euros also ask the finance manager", base).text
    found = answer("raise the limit to 250", SHOP, text)
    assert isinstance(found, Said)
    assert "Which of them" in found.text


def test_comments_and_odd_layout_survive_every_change(base: str) -> None:
    text = base.replace("  step gate:", "  // finance asked for this\n  step   gate:").replace(
        "within 24h", "within   24h // a day"
    )
    after = changed("raise the limit to 250", text)
    assert "// finance asked for this" in after.text
    assert "// a day" in after.text
    assert dsl.parse(after.text).diagnostics == ()


def test_times_are_said_in_words(base: str) -> None:
    assert changed("give the manager 2 days to decide", base).summary == "The approver now has 2 days."
