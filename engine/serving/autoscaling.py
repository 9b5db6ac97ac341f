"""How many runners there should be: by the depth of the queue, not by requests, since runners pull their work.

Every replica reports what it counts (``engine.depth``) with Serve's own metrics, about once a second. So the controller
asks no database and knows no address of one, and the policy is a pure function of what was reported.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

METRIC = "due"
"""What a replica reports the number of due runs as."""
REPORT_S = 1.0
UP_DELAY_S = 1.0
"""A queue has to be that long for that long."""


class Report(Protocol):
    timestamp: float
    value: float


def wanted(queued: int, asked: int, there: int, least: int, most: int, up: int, down: int) -> int:
    """Runners for a queue: more above ``up``, one less below ``down``. Pure.

    ``asked`` is how many were asked for last, ``there`` how many of them live. A long queue asks for one more only
    once those that were asked for are there: until then nobody knows whether they are enough.
    """
    number = asked
    if queued > up:
        number = max(asked + (there >= asked), math.ceil(queued / up))
    elif queued < down:
        number = asked - 1
    return max(least, min(most, number))


def newest(reports: Mapping[Any, Sequence[Report]]) -> int | None:
    """The last count that any replica reported; None without one."""
    last = [series[-1] for series in reports.values() if series]
    return int(max(last, key=lambda report: report.timestamp).value) if last else None


class QueueDepth:
    """Serve's policy."""

    def __init__(self, up: int, down: int) -> None:
        self._up = up
        self._down = down

    def __call__(self, context: Any) -> tuple[int, dict[str, Any]]:
        asked = context.target_num_replicas
        queued = newest((context.raw_metrics or {}).get(METRIC, {}))
        if queued is None:  # nobody counts: the number stays, and Serve keeps so many alive
            return asked, {}
        number = wanted(
            queued,
            asked,
            context.current_num_replicas,
            context.capacity_adjusted_min_replicas,
            context.capacity_adjusted_max_replicas,
            self._up,
            self._down,
        )
        return number, {}
