"""How many random programs a property is tried on: a few in the suite, thousands in the deep command."""

from __future__ import annotations

import os

SUITE = 150


def programs() -> range:
    """The seeds of the programs: ``WEFT_PROGRAMS`` of them, 150 without it."""
    return range(int(os.environ.get("WEFT_PROGRAMS") or SUITE))
