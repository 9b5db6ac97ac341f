"""What start-up and the command say when something cannot be done: what is wrong, and what to do."""

from __future__ import annotations

import sys
from collections.abc import Iterable


class Failure(Exception):
    """``message`` is what is wrong, in one sentence; ``help`` is what to do about it."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = help


def tell(failures: Iterable[Failure]) -> int:
    """Say them on standard error; the exit code is that of wrong usage."""
    for failure in failures:
        print(f"weft: {failure.message}", file=sys.stderr)
        print(f"      {failure.help}", file=sys.stderr)
    return 2
