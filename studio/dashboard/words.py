"""Numbers in words. Pure."""

from __future__ import annotations

from typing import Final

_UNITS: Final = ((86_400.0, "d", 3600.0, "h"), (3600.0, "h", 60.0, "min"), (60.0, "min", 1.0, "s"))


def count(n: float) -> str:
    """1,234; from a hundred thousand on 123.4k."""
    if n < 100_000:
        return f"{n:,.0f}"
    return f"{n / 1000:,.1f}k" if n < 10_000_000 else f"{n / 1_000_000:,.1f}M"


def length(seconds: float | None) -> str:
    """About how long: two figures, or two units."""
    if seconds is None:
        return "–"
    if seconds < 0.001:
        return "under 1 ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.2g} ms" if seconds < 0.0995 else f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    for size, unit, smaller, rest in _UNITS:
        if seconds >= size:
            whole, left = divmod(seconds, size)
            small = int(left / smaller)
            return f"{int(whole):,} {unit} {small} {rest}" if small else f"{int(whole):,} {unit}"
    raise AssertionError("unreachable")


def money(usd: float) -> str:
    return "0 USD" if not usd else "under 0.01 USD" if usd < 0.01 else f"{usd:,.2f} USD"


def share(part: float | None) -> str:
    """A percentage that is 100 % or 0 % only when it is."""
    if part is None:
        return "–"
    percent = part * 100
    if percent in (0, 100):
        return f"{percent:.0f} %"
    return f"{min(99.9, max(0.1, percent)):.1f} %"
