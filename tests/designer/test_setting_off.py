"""What sets a workflow off, found wherever it is told; and times said in any order."""

from __future__ import annotations

import pytest

from studio.designer.builtin.schedules import find_schedule
from studio.designer.builtin.setting_off import set_off
from studio.designer.builtin.starting import Happening, Hook
from studio.designer.builtin.verbs import KNOWN_VERBS


@pytest.mark.parametrize(
    ("words", "cron", "zone"),
    [
        (
            "from Monday to Saturday, at the 5:30 of the morning, hour of Rome",
            "30 5 * * MON-SAT",
            "Europe/Rome",
        ),
        (
            "on the 3rd and the 17th of every month at ten to seven in the evening (Oslo)",
            "50 18 3,17 * *",
            "Europe/Oslo",
        ),
        ("each morning at 7:45 Paris time, but not on weekends", "45 7 * * MON-FRI", "Europe/Paris"),
        (
            "from nine till five, every two hours, Mon-Fri London time",
            "0 9-17/2 * * MON-FRI",
            "Europe/London",
        ),
        ("tue + thu 14h Rome", "0 14 * * TUE,THU", "Europe/Rome"),
        ("every quarter of an hour", "*/15 * * * *", ""),
        ("monthly, day 4, 19:00 Europe/Lisbon", "0 19 4 * *", "Europe/Lisbon"),
    ],
)
def test_times_are_read_in_whatever_order_they_are_said(words: str, cron: str, zone: str) -> None:
    found = find_schedule(f"{words}: count the boxes")
    assert found is not None
    assert (found.cron, found.zone) == (cron, zone)


@pytest.mark.parametrize(
    ("request_", "path", "rest"),
    [
        ("Lock the door each time the alarm posts the door to /alarms.", "/alarms", "Lock the door."),
        (
            "Our till is able to call us at /sales; what it hands over is the receipt number. As soon as this occurs, "
            "the stock should be corrected.",
            "/sales",
            "the stock should be corrected.",
        ),
        (
            "POST /sales from the till (body: receipt_no). On call: correct the stock.",
            "/sales",
            "correct the stock.",
        ),
    ],
)
def test_a_path_that_is_called_sets_it_off_and_is_no_deed(request_: str, path: str, rest: str) -> None:
    found = set_off(request_, KNOWN_VERBS)
    assert found is not None and isinstance(found.start, Hook)
    assert (found.start.path, found.rest) == (path, rest)


def test_an_event_sets_it_off_unless_it_is_waited_for() -> None:
    first = set_off("when event door.opened arrives lock the door it names", KNOWN_VERBS)
    assert first is not None and isinstance(first.start, Happening)
    assert (first.start.name, first.rest) == ("door.opened", "Lock the door it names.")
    waits = set_off("There's an event for that, keys.back. So wait for it and lock the door.", KNOWN_VERBS)
    assert waits is not None and waits.start is None
    assert waits.rest == "So wait for the event keys.back and lock the door."


def test_a_word_with_a_slash_or_a_dot_in_it_sets_nothing_off() -> None:
    assert set_off("Lock the door and/or tell kim@ops.example, e.g. by mail.", KNOWN_VERBS) is None
