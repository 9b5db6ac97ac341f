"""The moments of a schedule: what cannot be read, and what happens when the clocks change, both ways, in two zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from engine.triggers.moments import due_moments, next_moment, next_moments, problem_of

PARIS, NEW_YORK = "Europe/Paris", "America/New_York"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def on_the_wall(cron: str, zone: str, after: str, count: int) -> list[str]:
    found = next_moments(cron, zone, datetime.fromisoformat(after).replace(tzinfo=ZoneInfo(zone)), count)
    return [f"{moment.astimezone(ZoneInfo(zone)):%d %H:%M %z}" for moment in found]


@pytest.mark.parametrize(
    ("cron", "zone", "problem"),
    [
        ("0 9 * * *", "UTC", ""),
        ("0 9 L * *", PARIS, ""),
        ("0 9 * * MON#2", PARIS, ""),
        ("61 9 * * *", PARIS, 'the schedule "61 9 * * *" cannot be read: `61` is no minute'),
        ("0 9 * * FUN", PARIS, 'the schedule "0 9 * * FUN" cannot be read: `FUN` is no day of the week'),
        ("0 9 * *", PARIS,
         'the schedule "0 9 * *" has 4 parts, and needs five: minute, hour, day of the month, month, day of the week'),
        ("0 0 9 * * *", PARIS,
         'the schedule "0 0 9 * * *" has 6 parts, and needs five: minute, hour, day of the month, month, '
         "day of the week"),
        ("0 9 30 2 *", PARIS, 'the schedule "0 9 30 2 *" names a day that never comes'),
        ("0 9 * * *", "Europe/Atlantis", 'there is no time zone "Europe/Atlantis"'),
        ("0 9 * * *", "../../etc/passwd", 'there is no time zone "../../etc/passwd"'),
        ("0 9 * * *", "", 'there is no time zone ""'),
    ],
)  # fmt: skip
def test_a_schedule_that_cannot_be_says_what_is_wrong_with_it(cron: str, zone: str, problem: str):
    assert problem_of(cron, zone) == problem


@pytest.mark.parametrize(
    ("zone", "before", "moments"),
    [
        (PARIS, "2026-03-28T12:00", ["29 03:00 +0200", "30 02:30 +0200"]),
        (NEW_YORK, "2026-03-07T12:00", ["08 03:00 -0400", "09 02:30 -0400"]),
    ],
)
def test_an_hour_that_is_left_out_is_made_up_for_right_after(zone: str, before: str, moments: list[str]):
    assert on_the_wall("30 2 * * *", zone, before, 2) == moments


@pytest.mark.parametrize(
    ("cron", "zone", "before", "moments"),
    [
        ("30 2 * * *", PARIS, "2026-10-24T12:00", ["25 02:30 +0200", "26 02:30 +0100"]),
        ("30 1 * * *", NEW_YORK, "2026-10-31T12:00", ["01 01:30 -0400", "02 01:30 -0500"]),
    ],
)
def test_an_hour_that_comes_twice_fires_once(cron: str, zone: str, before: str, moments: list[str]):
    assert on_the_wall(cron, zone, before, 2) == moments


@pytest.mark.parametrize(
    ("zone", "spring", "autumn"),
    [(PARIS, "2026-03-29T00:30", "2026-10-25T00:30"), (NEW_YORK, "2026-03-08T00:30", "2026-11-01T00:30")],
)
def test_an_hourly_schedule_is_a_real_hour_apart_whatever_the_clocks_do(zone: str, spring: str, autumn: str):
    for day in (spring, autumn):
        found = next_moments("0 * * * *", zone, datetime.fromisoformat(day).replace(tzinfo=ZoneInfo(zone)), 5)
        assert {later - sooner for sooner, later in pairwise(found)} == {timedelta(hours=1)}


def test_the_next_moment_after_one_in_the_second_of_two_equal_hours_is_no_moment_of_the_past():
    late = datetime(2026, 10, 25, 2, 10, fold=1, tzinfo=ZoneInfo(PARIS))
    assert next_moment("30 2 * * *", PARIS, late) == at("2026-10-26T02:30+01:00")


def test_moments_are_strictly_later_than_the_one_given():
    moment = at("2026-06-01T09:00+02:00")
    assert next_moment("0 9 * * *", PARIS, moment) == moment + timedelta(days=1)


def test_of_missed_moments_the_newest_are_given_oldest_first():
    first, now = at("2026-06-01T00:00+00:00"), at("2026-06-01T02:00:30+00:00")
    assert due_moments("*/30 * * * *", "UTC", first, now, 3) == [
        at("2026-06-01T01:00+00:00"), at("2026-06-01T01:30+00:00"), at("2026-06-01T02:00+00:00")
    ]  # fmt: skip
    assert due_moments(
        "0 9 * * *", "UTC", at("2026-06-01T09:00+00:00"), at("2026-06-01T09:00:01+00:00"), 5
    ) == [at("2026-06-01T09:00+00:00")]


def test_ten_years_of_missed_minutes_are_not_walked_through():
    now = at("2026-06-01T00:00:10+00:00")
    found = due_moments("* * * * *", PARIS, now - timedelta(days=3652, seconds=10), now, 100)
    assert (len(found), found[-1]) == (100, at("2026-06-01T00:00+00:00"))


def test_a_rare_schedule_that_was_missed_long_ago_is_still_found():
    first = at("2016-02-29T09:00+00:00")
    found = due_moments("0 9 29 2 *", "UTC", first, at("2026-06-01T00:00+00:00"), 100)
    assert found == [first, at("2020-02-29T09:00+00:00"), at("2024-02-29T09:00+00:00")]
