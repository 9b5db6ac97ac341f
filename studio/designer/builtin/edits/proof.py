"""What is wrong with a text that was not wrong before."""

from __future__ import annotations

from studio.designer.proving import Proved


def trouble(proved: Proved, but: frozenset[tuple[str, str]] = frozenset()) -> str:
    """The first error that was not there before, in words; "" when there is none."""
    for found in proved.errors:
        if (found.code, found.message) not in but:
            return found.message.rstrip(".")
    return proved.refusal.rstrip(".") if not but else ""


def known_errors(proved: Proved) -> frozenset[tuple[str, str]]:
    return frozenset((d.code, d.message) for d in proved.errors)


__all__ = ["known_errors", "trouble"]
