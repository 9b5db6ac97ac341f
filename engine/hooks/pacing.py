"""How many requests an address may get in a second: buckets of tokens, in this process.

It keeps one sender that went wild from taking the database for itself; every process counts for itself. What nobody
signed is counted apart: whoever knows an address may send to it, and must not use up what its sender has.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Final

RATE_S: Final = 50.0
BURST: Final = 200.0
NOTE_S: Final = 10.0
"""Between two notes that an address got too many."""
MOST_KEPT: Final = 10_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    at: float
    noted: float = float("-inf")


class Pace:
    """``rate_s``: requests that come back to a bucket in a second, ``burst``: how many it holds."""

    def __init__(
        self, rate_s: float = RATE_S, burst: float = BURST, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rate_s, self._burst, self._clock = rate_s, burst, clock
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def takes(self, address: Hashable) -> bool:
        """Whether one more may come in now."""
        now = self._clock()
        bucket = self._buckets.setdefault(address, _Bucket(self._burst, now))
        self._buckets.move_to_end(address)
        if len(self._buckets) > MOST_KEPT:
            self._buckets.popitem(last=False)
        bucket.tokens = min(self._burst, bucket.tokens + (now - bucket.at) * self._rate_s)
        bucket.at = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True

    def is_dry(self, address: Hashable) -> bool:
        """Whether nothing more may come in now; asking takes nothing."""
        bucket = self._buckets.get(address)
        if bucket is None:
            return False
        return bucket.tokens + (self._clock() - bucket.at) * self._rate_s < 1

    def notes(self, address: Hashable) -> bool:
        """Whether it is worth a note that one did not come in: now and then."""
        bucket = self._buckets.get(address)
        if bucket is None or self._clock() - bucket.noted < NOTE_S:
            return False
        bucket.noted = self._clock()
        return True
