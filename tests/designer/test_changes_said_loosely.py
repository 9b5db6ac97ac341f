"""Changes said in passing: with reasons and asides, with lengths in other units, days more, sentences at the end."""

from __future__ import annotations

import pytest

from studio.designer.builtin import answer
from studio.designer.proving import proved_as_it_is
from studio.designer.writing import Written
from tests.designer.catalogs import SHOP
from tests.designer.open_workflows import HOLIDAYS, OUTAGES, PAYMENTS, Open

WEEKDAYS = Open(
    PAYMENTS.text.replace('"0 2 * * *"', '"15 8 * * MON-FRI"'),
    PAYMENTS.catalog,
)
SAID = [
    (WEEKDAYS, "we work saturdays now, so please on saturdays as well (same hour)", '"15 8 * * MON-SAT"'),
    (WEEKDAYS, "not on fridays any more", '"15 8 * * MON-THU"'),
    (WEEKDAYS, "add the weekend too", '"15 8 * * *"'),
    (PAYMENTS, "It should start half an hour earlier, at 1:30.", '"30 1 * * *"'),
    (PAYMENTS, "start it two hours later", '"0 4 * * *"'),
    (PAYMENTS, "start it three hours earlier", '"0 23 * * *"'),
    (PAYMENTS, 'Add to the body of the mail, after what is there: "Thank you."', 'is paid. Thank you."'),
    (PAYMENTS, 'end the mail with "Kind regards"', 'is paid. Kind regards"'),
    (PAYMENTS, 'put the line "Good news!" at the beginning of the mail', '"Good news! Dear'),
    (HOLIDAYS, "The leave balance is flaky at times. Retry that step up to 4 times", "retry 4 backoff"),
    (HOLIDAYS, "One day is too short for the team lead. Make it three days.", "within 3d"),
    (OUTAGES, "wait a full minute between the checks and allow up to twenty of them", "max 20"),
]  # fmt: skip


@pytest.mark.parametrize(("base", "words", "written"), SAID, ids=[words for _, words, _ in SAID])
def test_what_is_said_in_passing_is_done_and_nothing_else(base: Open, words: str, written: str) -> None:
    found = answer(words, base.catalog, base.text)
    assert isinstance(found, Written), found
    assert proved_as_it_is(found.text, base.catalog).sound
    assert written not in base.text
    assert written in found.text, found.text
    lost = [line for line in base.text.splitlines() if line not in found.text.splitlines()]
    assert len(lost) <= 2, lost


def test_a_day_that_is_there_already_changes_nothing() -> None:
    found = answer("on mondays as well", WEEKDAYS.catalog, WEEKDAYS.text)
    assert not isinstance(found, Written)


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("make the voucher valid for half a year", None),
        ("make the voucher valid for two weeks instead of a month", "14"),
        ("validity should only be three weeks", "21"),
    ],
)
def test_a_length_is_put_in_the_unit_that_the_argument_counts_in(words: str, number: str | None) -> None:
    text = """\
workflow hand_out {
  use shop: mcp "shop"

  input {
    order_id: string,
  }
  config {
    /// How long a voucher is valid.
    valid_days: int = 30,
  }

  step order: call shop.get_order(order_id: input.order_id)
    timeout 10s

  step days: let config.valid_days
}
"""
    found = answer(words, SHOP, text)
    if number is None:
        assert not isinstance(found, Written) or "valid_days: int = 30" in found.text
    else:
        assert isinstance(found, Written), found
        assert f"valid_days: int = {number}" in found.text


@pytest.mark.parametrize(
    ("base", "words", "written"),
    [
        (WEEKDAYS, "mondays only, same time", '"15 8 * * MON"'),
        (WEEKDAYS, "make it 7 am", '"0 7 * * MON-FRI"'),
        (WEEKDAYS, "please use Madrid time", '"Europe/Madrid"'),
        (HOLIDAYS, "a day is far too long, make it 4 hours", "within 4h"),
        (OUTAGES, "Post it in #sre instead of #ops from now on", '"#sre"'),
        (PAYMENTS, "rename the workflow to pay_bills from now on", "workflow pay_bills {"),
    ],
)
def test_what_is_said_shortly_means_the_one_thing_there_is(base: Open, words: str, written: str) -> None:
    found = answer(words, base.catalog, base.text)
    assert isinstance(found, Written), found
    assert written in found.text, found.text


def test_a_step_more_never_repeats_what_another_step_does() -> None:
    found = answer("also text the supplier once it's paid, please", PAYMENTS.catalog, PAYMENTS.text)
    text = found.text if isinstance(found, Written) else PAYMENTS.text
    assert text.count("erp.pay_invoice(") == 1
