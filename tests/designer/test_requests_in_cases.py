"""Cases that exclude each other, notes without verbs, and values that a read has to give first."""

from __future__ import annotations

import re

import pytest

from studio.designer.builtin import answer
from studio.designer.evaluation.suite import read_catalog
from studio.designer.proving import prove
from studio.designer.writing import Written


def text_of(catalog: str, request: str) -> str:
    known = read_catalog(catalog)
    found = answer(request, known)
    assert isinstance(found, Written), found
    assert prove(found.text, known).sound
    return re.sub(r"\s+", " ", found.text)


@pytest.mark.parametrize(
    "catalog, request_, parts",
    [
        (
            "leads",
            "If the lead has a score over 70 set its stage to qualified; if it's between 40 and 70 set it to "
            "contacted; otherwise set it to lost.",
            (
                ".score > 70 {",
                "} else",
                ".score >= 40 && ",
                "} else {",
                '"lost"',
            ),
        ),
        (
            "invoices",
            "When the deviation of an invoice from its purchase order exceeds two percent, set the invoice to disputed "
            "and inform the supplier by e-mail. In all other cases set it to approved.",
            (
                ".deviationPercent > 2.0 {",
                'status: "disputed"',
                "supplier.email",
                "} else {",
                'status: "approved"',
            ),
        ),
        (
            "warehouse",
            "Given an order number, retrieve the order, obtain the freight rates for its country and weight, book the "
            "cheapest service, and notify the customer by e-mail of the tracking number.",
            ("orders.country", "service: rates.cheapest", "orders.customer_email", "book.tracking_no"),
        ),
        (
            "leads",
            "when the estimated value of a lead exceeds 100k usd, assign it to director@sales.example",
            (".estimated_value > 100000.0 {", 'owner_email: "director@sales.example"'),
        ),
        (
            "shop",
            "Get the order, check whether it can be refunded, open a ticket with the reason, then e-mail the customer "
            "that we are on it.",
            ("eligibility.reason", "order.customer.email"),
        ),
        (
            "incidents",
            "Query the cpu of the service. If it exceeds 90 %, restart the service, otherwise post it to #ops.",
            ('metric: "cpu"', ".value > 90.0 {", "ops.restart_service", "} else {", 'room: "#ops"'),
        ),
    ],
)
def test_a_case_takes_what_it_needs_from_what_was_read(
    catalog: str, request_: str, parts: tuple[str, ...]
) -> None:
    text = text_of(catalog, request_)
    at = 0
    for part in parts:
        found = text.find(part, at)
        assert found >= 0, (part, text)
        at = found


def test_what_a_check_found_is_told_and_does_not_end_the_work() -> None:
    told = text_of("shop", "check whether the order can be refunded, then open a ticket with the reason")
    ends = text_of("shop", "check whether the order can be refunded, then open a ticket")
    assert "step unless_eligible" not in told
    assert "step unless_eligible" in ends
