"""What start-up and the command say when something cannot be done: what is wrong, and what to do."""

from __future__ import annotations


class Failure(Exception):
    """``message`` is what is wrong, in one sentence; ``help`` is what to do about it."""

    def __init__(self, message: str, help: str) -> None:
        super().__init__(message)
        self.message = message
        self.help = help
