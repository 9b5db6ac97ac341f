"""Cases that only say what is different, and groups that a tool lists: the same deed with another value, for each."""

from __future__ import annotations

import re

import pytest

from studio.designer.builtin import answer
from studio.designer.builtin.grounded.groups import Groups
from studio.designer.builtin.grounded.states import States
from studio.designer.builtin.reading import Compare
from studio.designer.builtin.tools import Toolbox
from studio.designer.evaluation.suite import read_catalog
from studio.designer.writing import Written


def _text(catalog: str, request: str) -> str:
    found = answer(request, read_catalog(catalog))
    assert isinstance(found, Written), found
    return found.text


@pytest.mark.parametrize(
    ("catalog", "request_", "has"),
    [
        (
            "warehouse",
            "weight of the order above 31.5 kg: carrier service freight, otherwise parcel. book that.",
            r'weight_kg > 31\.5 \{.*service: "freight".*\} else \{.*service: "parcel"',
        ),
        (
            "shop",
            "gold customers get a voucher of 25 percent, silver ones 15 percent, the rest 5",
            r'"gold".*percent: 25.*"silver".*percent: 15.*percent: 5\b',
        ),
        (
            "leads",
            "Score the lead. 80 percent or more: stage proposal, 50 or more: qualified, below that: lost.",
            r'>= 80.*"proposal".*else.*>= 50.*"qualified".*else.*"lost"',
        ),
    ],
)
def test_a_case_that_names_only_a_value_is_the_deed_of_its_neighbour(
    catalog: str, request_: str, has: str
) -> None:
    text = _text(catalog, request_)
    assert re.search(has, text, re.DOTALL), text


def test_what_may_not_be_done_in_a_case_is_not_done_in_it() -> None:
    text = _text(
        "hotel",
        "No-shows may not be upgraded to a suite, everybody else is. I give you the confirmation number.",
    )
    assert re.search(
        r'if reservation_details\.state != "no_show" \{\s*step \w+: call pms\.upgrade_stay', text
    ), text


def test_what_stands_behind_at_the_same_time_is_read() -> None:
    text = _text(
        "incidents",
        'Get the alert and at the same time page the team "core" with its summary and restart its service.',
    )
    assert "page_oncall" in text and "restart_service" in text, text


def test_a_group_is_known_by_its_list_its_filters_and_whom_its_items_name() -> None:
    toolbox = Toolbox(read_catalog("hotel"))
    groups = Groups(toolbox, States(toolbox))
    found = groups.in_("every guest arriving today who owes more than 20 euros gets a mail")
    assert found is not None and found.head == "guest" and found.every
    assert isinstance(found.test, Compare) and found.test.quantity.value == 20.0
    assert groups.in_("get the guest") is None


def test_each_of_them_goes_over_what_was_listed() -> None:
    text = _text(
        "incidents", "List the critical alerts. Restart the service of each of them, at most two at once."
    )
    assert re.search(
        r'list_alerts\(severity: "critical".*foreach.*concurrency 2.*restart_service\(service: alert\.service',
        text,
        re.DOTALL,
    ), text
