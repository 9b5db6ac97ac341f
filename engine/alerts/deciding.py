"""What follows from a reading. Pure: times come in, what to write down comes out.

::

    ok ──(the number reaches the limit, and the last time is over for so long)──> firing
    firing ──(clearly below the limit, or there is nothing left to judge)──> ok

Too few to judge changes nothing, in either direction. Whoever silenced a rule hears nothing of it meanwhile; when it
still fires as the silence ends, that is told then.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from engine.alerts.kinds import BACK

Change = Literal["firing", "resolved", "still firing"]


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rule stands. ``untold``: it began to fire while it was silenced. ``ended_at``: when it last stopped."""

    firing: bool
    limit: float
    least: int
    cooldown: timedelta
    ended_at: datetime | None
    silenced_until: datetime | None
    untold: bool


@dataclass(frozen=True, slots=True)
class Reading:
    """``value``: None when there is nothing to judge. ``n``: out of how many."""

    value: float | None
    n: int


@dataclass(frozen=True, slots=True)
class Decision:
    """``change``: None when nothing changed. ``told``: whether the channels hear of it."""

    firing: bool
    change: Change | None = None
    told: bool = False


def decide(standing: Standing, reading: Reading, now: datetime) -> Decision:
    silent = standing.silenced_until is not None and now < standing.silenced_until
    value = reading.value
    few = reading.n < standing.least
    if standing.firing:
        if value is None or reading.n == 0 or (not few and value < standing.limit * BACK):
            # Who was never told that it fires need not hear that it is over.
            return Decision(False, "resolved", not silent and not standing.untold)
        if standing.untold and not silent:
            return Decision(True, "still firing", True)
        return Decision(True)
    if value is None or few or value < standing.limit:
        return Decision(False)
    if standing.ended_at is not None and now < standing.ended_at + standing.cooldown:
        return Decision(False)
    return Decision(True, "firing", not silent)
