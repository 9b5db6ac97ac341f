"""Durations as a histogram whose buckets are the same everywhere, so that histograms are added like numbers.

Bucket b holds what took more than 2^((b-1)/4) ms and at most 2^(b/4) ms; bucket 0 what took a millisecond or less, the
last what took 600 days or more. A duration is read back as the middle of its bucket: at most ``ERROR`` away from the
truth, as a share of it. A percentile is that of the run or step it falls on, so it has the same bound. The database's
``weft_bucket`` says the same. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

PER_DOUBLING: Final = 4
LAST: Final = 143
ERROR: Final = 2 ** (0.5 / PER_DOUBLING) - 1
"""9.1 %."""


def bucket_of(seconds: float) -> int:
    if seconds <= 0.001:
        return 0
    return min(LAST, math.ceil(PER_DOUBLING * math.log(seconds * 1000) / math.log(2.0)))


def middle(bucket: int) -> float:
    """In seconds; 0 for what took no time that could be told."""
    return 0.0 if bucket == 0 else 2.0 ** ((bucket - 0.5) / PER_DOUBLING) / 1000


def percentile(counts: Mapping[int, int], share: float) -> float | None:
    """In seconds: of the smallest bucket at or below which ``share`` (0 to 1) of all are. None of nothing."""
    total = sum(counts.values())
    if not total:
        return None
    wanted, seen = max(1, math.ceil(share * total)), 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= wanted:
            return middle(bucket)
    raise AssertionError("unreachable")
