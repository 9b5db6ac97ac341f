"""Values as text, the way a person would write them in a message."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from dsl.plan import Json

_UNITS = ((3_600_000, "h"), (60_000, "m"), (1_000, "s"), (1, "ms"))


def show_number(value: int | float) -> str:
    """``100.0`` as "100", ``249.9`` as "249.9"; fifteen digits, so that ``0.1 + 0.2`` is "0.3"."""
    if isinstance(value, int):
        return str(value)
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.15g}"


def show_duration(ms: int) -> str:
    """Milliseconds as ``1h30m``: a text that ``duration()`` reads back."""
    sign, rest, parts = ("-" if ms < 0 else ""), abs(ms), []
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count:
            parts.append(f"{count}{unit}")
    return sign + ("".join(parts) or "0s")


def show_timestamp(value: datetime) -> str:
    """RFC 3339 in UTC, with a fraction only where there is one."""
    at = value.astimezone(UTC)
    digits = at.strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f".{at.microsecond:06d}".rstrip("0") if at.microsecond else ""
    return f"{digits}{fraction}Z"


def show_timedelta(value: timedelta) -> str:
    return show_duration(round(value.total_seconds() * 1000))


def _tidy(value: Json) -> Json:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return int(value)
    if isinstance(value, list):
        return [_tidy(item) for item in value]
    if isinstance(value, dict):
        return {key: _tidy(item) for key, item in value.items()}
    return value


def show_value(value: Json) -> str:
    """A value in a ``${}`` hole: text as it is, nothing for null, lists and objects as JSON.

    The fields of an object are sorted: a result read back from the database may have lost its order, and the text
    must not change with it.
    """
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case str():
            return value
        case int() | float():
            return show_number(value)
        case _:
            return json.dumps(_tidy(value), ensure_ascii=False, sort_keys=True)
