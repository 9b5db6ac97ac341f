"""What can be subscribed to. Pure."""

from __future__ import annotations

import re
from typing import Final

TOPICS: Final[dict[str, str]] = {
    "run.succeeded": "A run succeeded",
    "run.failed": "A run failed, or took too long",
    "run.cancelled": "A run was cancelled",
    "run.needs_review": "A run needs a review",
    "approval.opened": "An approval waits",
    "event.*": "Any event that is published in this workspace",
}
"""In words. Runs that another run started are its business, and told of only where they need a review."""
EVENTS: Final = "event."
"""Before the name of a published event: nobody can publish what looks like the end of a run."""

_PATTERN = re.compile(r"\*|[a-z]+\.(\*|.{1,200})")
_FAMILIES: Final = ("run", "approval", "event")
LONGEST: Final = 210


def covers(topic: str) -> list[str]:
    """Every pattern that a topic fits: itself, each beginning of it with ``*`` behind a dot, and ``*``."""
    parts = topic.split(".")
    return [topic, *(".".join([*parts[:n], "*"]) for n in range(len(parts) - 1, 0, -1)), "*"]


def problem_of(pattern: str) -> str:
    """Why nothing would ever fit it, in words that go on behind its name; "" when something can."""
    if len(pattern) > LONGEST or "\0" in pattern:
        return f"has over {LONGEST} characters"
    if pattern == "*":
        return ""
    if not _PATTERN.fullmatch(pattern):
        return "is no topic: write one such as run.failed, event.payment.received or run.*"
    family = pattern.split(".")[0]
    if family not in _FAMILIES:
        return f"begins with {family!r}; topics begin with {', '.join(_FAMILIES)}"
    if family != "event" and not pattern.endswith(".*") and pattern not in TOPICS:
        return f"is no topic: there are {', '.join(one for one in TOPICS if one.startswith(family))}"
    return ""
