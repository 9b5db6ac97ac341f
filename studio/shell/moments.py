"""Times on their way to the page: ISO 8601 in UTC, "" for none. The page words them in the reader's own zone."""

from __future__ import annotations

from datetime import UTC, datetime


def iso(at: datetime | float | None) -> str:
    """From a datetime with a zone, or seconds since 1970."""
    match at:
        case None:
            return ""
        case datetime():
            return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        case _:
            return iso(datetime.fromtimestamp(at, UTC))
