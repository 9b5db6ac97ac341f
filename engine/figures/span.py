"""The time that is looked at, cut into slots of equal length, and how fine the rows must be that it is read from. Pure.

Slots begin at multiples of their length since 1970 (UTC), so that a row of a grain lies in one slot. The last slot
holds ``until``. The time before, for comparing, is as long and ends as far into its last slot.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal

Grain = Literal["minute", "hour", "day"]

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86_400

RANGES: Final[dict[str, tuple[int, int]]] = {
    "1h": (MINUTE, 60),
    "24h": (30 * MINUTE, 48),
    "7d": (3 * HOUR, 56),
    "30d": (DAY, 30),
    "90d": (DAY, 90),
}
"""Seconds of a slot, and how many."""

STEPS: Final = (
    MINUTE,
    5 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    3 * HOUR,
    6 * HOUR,
    DAY,
    7 * DAY,
    28 * DAY,
)
MOST_SLOTS: Final = 96
MINUTES_KEPT: Final = timedelta(days=3)
HOURS_KEPT: Final = timedelta(days=100)
LONGEST: Final = timedelta(days=3660)


@dataclass(frozen=True, slots=True)
class Span:
    """``slots`` of ``step_s`` seconds from ``since`` on; the last ends no later than ``until``."""

    since: datetime
    until: datetime
    step_s: int
    slots: int

    @property
    def grain(self) -> Grain:
        """The coarsest rows that a slot can be put together from."""
        return "minute" if self.step_s < HOUR else "hour" if self.step_s < DAY else "day"

    @property
    def tables(self) -> tuple[Grain, datetime]:
        """What a table over all of it is read from, and since when: whole hours where it is longer than six."""
        if self.step_s * self.slots <= 6 * HOUR:
            return self.grain, self.since
        return ("day", self.since) if self.step_s >= DAY else ("hour", _floor(self.since, HOUR))

    @property
    def before(self) -> tuple[datetime, datetime]:
        """The time that this one is compared with."""
        length = timedelta(seconds=self.step_s * self.slots)
        return self.since - length, self.until - length

    def at(self, slot: int) -> datetime:
        return self.since + timedelta(seconds=self.step_s * slot)


def span_of(name: str, now: datetime) -> Span:
    """One of ``RANGES``, up to now. Raises ``KeyError``."""
    step, slots = RANGES[name]
    return Span(_floor(now, step) - timedelta(seconds=step * (slots - 1)), now, step, slots)


def span_between(since: datetime, until: datetime, now: datetime) -> Span:
    """From any time to any other, at most ten years; cut as finely as what is kept of that time allows. What is not
    yet is left out."""
    until = min(until, now)
    since = max(min(since, until - timedelta(seconds=MINUTE)), until - LONGEST)
    length = (until - since).total_seconds()
    oldest = since - (until - since)
    least = MINUTE
    if oldest < now - MINUTES_KEPT:
        least = HOUR
    if oldest < now - HOURS_KEPT:
        least = DAY
    step = next((one for one in STEPS if one >= least and length / one <= MOST_SLOTS), STEPS[-1])
    first = _floor(since, step)
    slots = max(1, -(-int((until - first).total_seconds()) // step))
    return Span(first, until, step, slots)


def _floor(at: datetime, step: int) -> datetime:
    seconds = int(at.timestamp())
    return datetime.fromtimestamp(seconds - seconds % step, UTC)
