"""What time is looked at, and how finely."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from engine.figures import RANGES, span_between, span_of
from engine.figures.span import MINUTES_KEPT

NOW = datetime(2026, 11, 30, 13, 17, 42, tzinfo=UTC)


@pytest.mark.parametrize("name", RANGES)
def test_a_range_ends_now_and_its_slots_lie_on_their_marks(name: str):
    span = span_of(name, NOW)
    assert span.until == NOW
    assert span.since.timestamp() % span.step_s == 0
    assert span.at(span.slots - 1) <= NOW < span.at(span.slots)
    before_since, before_until = span.before
    assert (before_until - before_since, before_until <= span.since) == (span.until - span.since, True)


@pytest.mark.parametrize("days", [0.01, 0.5, 2, 8, 45, 200, 3000])
@pytest.mark.parametrize("ago", [0, 1, 40, 500])
def test_any_time_has_few_slots_and_rows_that_are_still_kept(days: float, ago: int):
    until = NOW - timedelta(days=ago)
    span = span_between(until - timedelta(days=days), until, NOW)
    assert 1 <= span.slots <= 131
    assert span.at(0) <= until - timedelta(days=days) and span.at(span.slots) >= until
    if span.grain == "minute":
        assert span.before[0] > NOW - MINUTES_KEPT - timedelta(hours=1)


def test_a_time_that_ends_before_it_begins_or_in_the_future_is_made_to_fit():
    span = span_between(NOW + timedelta(days=2), NOW + timedelta(days=1), NOW)
    assert span.until == NOW and span.slots >= 1
