"""The moments of a schedule, by cron and a time zone. Pure: the time now is always given.

**When the clocks change.** A schedule with a fixed minute and hour means the clock on the wall: of an hour that is left
out it fires right after, as soon as there is a time on the wall again, and of an hour that comes twice it fires in the
first. A schedule whose minute or hour begins with ``*`` means the time that passes: it fires in both of the two hours,
and what would lie in the hour that is left out does not come. So does the cron of Debian, and so does cronsim.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

FIELDS = ("minute", "hour", "day of the month", "month", "day of the week")
MOST_MISSED = 100
"""Of the moments that were missed, as many of the newest are ever fired."""


def problem_of(cron: str, zone: str) -> str:
    """Why there will never be such a moment, in a sentence; "" when there will."""
    parts = cron.split()
    if len(parts) != len(FIELDS):
        return (
            f'the schedule "{cron}" has {len(parts)} part{"" if len(parts) == 1 else "s"}, and needs five: '
            "minute, hour, day of the month, month, day of the week"
        )
    for number, (part, name) in enumerate(zip(parts, FIELDS, strict=True)):
        alone = ["*"] * len(FIELDS)
        alone[number] = part
        if not _readable(" ".join(alone)):
            return f'the schedule "{cron}" cannot be read: `{part}` is no {name}'
    try:
        place = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return f'there is no time zone "{zone}"'
    try:
        next(CronSim(cron, datetime(2024, 1, 1, tzinfo=place)))
    except (CronSimError, StopIteration):
        return f'the schedule "{cron}" names a day that never comes'
    return ""


def _readable(cron: str) -> bool:
    try:
        CronSim(cron, datetime(2024, 1, 1, tzinfo=UTC))
    except (CronSimError, ValueError, AssertionError):
        return False
    return True


def moments(cron: str, zone: str, after: datetime) -> Iterator[datetime]:
    """Every moment after ``after``, in order, in UTC. Raises ``ValueError`` for what ``problem_of`` would tell of."""
    try:
        walk = CronSim(cron, after.astimezone(ZoneInfo(zone)))
        last = after
        for moment in walk:
            found = moment.astimezone(UTC)
            # Begun in the second of two equal hours, the first of them would come again.
            if found > last:
                last = found
                yield found
    except (CronSimError, ZoneInfoNotFoundError, AssertionError) as error:
        raise ValueError(problem_of(cron, zone) or str(error)) from error


def next_moments(cron: str, zone: str, after: datetime, count: int) -> list[datetime]:
    """The next ``count`` moments, in UTC; fewer where there are no more."""
    walk = moments(cron, zone, after)
    return [moment for _, moment in zip(range(count), walk, strict=False)]


def next_moment(cron: str, zone: str, after: datetime) -> datetime | None:
    return next(moments(cron, zone, after), None)


def due_moments(cron: str, zone: str, first: datetime, now: datetime, most: int) -> list[datetime]:
    """The newest ``most`` moments from ``first``, which counts as one, to ``now``; oldest first.

    However long ago the first was, no more is walked through than a few times ``most``.
    """
    span = timedelta(minutes=most)
    while True:
        begin = now - span
        found = [] if begin >= first else [first]
        for moment in moments(cron, zone, max(first, begin)):
            if moment > now:
                break
            found.append(moment)
        if len(found) >= most or begin < first:
            return found[-most:]
        span *= 4
