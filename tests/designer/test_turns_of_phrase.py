"""Turns of phrase of stories and notes become the plain clause that the reader knows."""

from __future__ import annotations

import pytest

from studio.designer.builtin.phrasing import rephrased
from studio.designer.builtin.schedules import find_schedule


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("When two days have gone by, look at it", "wait two days, then look at it"),
        ("Ten minutes thereafter, its load shall be read", "wait Ten minutes, then its load shall be read"),
        ("booking fails => free the seat", "if booking fails, free the seat"),
        ("Where a page is missing, tell the author", "if a page is missing, tell the author"),
        ("read the orders of a shop I name", "read the orders of a shop"),
        ("Each of these people should receive a mail", "for each people, send it a mail"),
        (
            "do these simultaneously: a ticket for it, a note on the order",
            "at the same time, open a ticket for it and add a note on the order",
        ),
        ("wait three days and only then write to them", "wait three days and only then write to them"),
    ],
)
def test_a_turn_of_phrase_is_said_plainly_and_a_plain_one_is_left(said: str, plain: str) -> None:
    assert rephrased(said) == plain


@pytest.mark.parametrize(
    ("said", "cron", "zone"),
    [
        ("From nine till five, every two hours, read it", "0 9-17/2 * * *", ""),
        ("saturday and sunday 18:15 amsterdam, read it", "15 18 * * SAT,SUN", "Europe/Amsterdam"),
        ("Always on the 15th, 9 AM Paris, read it", "0 9 15 * *", "Europe/Paris"),
    ],
)
def test_a_time_in_a_note_is_a_schedule(said: str, cron: str, zone: str) -> None:
    found = find_schedule(rephrased(said))
    assert found is not None
    assert (found.cron, found.zone) == (cron, zone)
