"""Loops, troubles and starts said in many ways become the same sort of steps."""

from __future__ import annotations

import re

import pytest

from studio.designer.builtin import answer
from studio.designer.builtin.looping import only_limit, without_limit
from studio.designer.builtin.zones import find_zone
from studio.designer.evaluation.suite import read_catalog
from studio.designer.proving import prove
from studio.designer.writing import Written
from tests.designer.words_for_loops import LOOPS, STARTS, TROUBLES, Said

ALL = (*LOOPS, *TROUBLES, *STARTS)


@pytest.mark.parametrize("said", ALL, ids=[said.request[:60] for said in ALL])
def test_a_loop_a_trouble_or_a_start_in_words_becomes_the_steps_it_asks_for(said: Said) -> None:
    catalog = read_catalog(said.catalog)
    found = answer(said.request, catalog)
    assert isinstance(found, Written), found
    assert prove(found.text, catalog).sound
    assert [wanted for wanted in said.has if not re.search(wanted, found.text)] == [], found.text


@pytest.mark.parametrize(
    ("text", "rest", "limit"),
    [
        ("mail the customer, at most 5 at once", "mail the customer", 5),
        ("mail the customer, two at the same time at most", "mail the customer", 2),
        ("mail the customer, 4 parallel", "mail the customer", 4),
        ("mail the customer, one after the other", "mail the customer", 1),
        ("scale it to 4 replicas", "scale it to 4 replicas", None),
        ("check it at most 5 times", "check it at most 5 times", None),
    ],
)
def test_how_many_at_once_is_told_from_other_numbers(text: str, rest: str, limit: int | None) -> None:
    assert without_limit(text) == (rest, limit)


def test_a_sentence_that_only_says_how_many_at_once_is_no_step() -> None:
    assert only_limit("No more than three invoices are to be processed concurrently") == 3
    assert only_limit("one at a time please, the bank cannot take more") == 1
    assert only_limit("Mail three customers at once") is None


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("in Bratislava", "Europe/Bratislava"),
        ("Buenos Aires time", "America/Argentina/Buenos_Aires"),
        ("in Portugal", "Europe/Lisbon"),
        ("of the cost center.", None),
        ("in the morning", None),
    ],
)
def test_a_city_or_a_country_names_its_time_zone(text: str, zone: str | None) -> None:
    found = find_zone(text)
    assert (found.name if found else None) == zone
