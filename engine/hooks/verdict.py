"""What became of a request to a webhook: one closed set of words, with what the sender is answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Verdict(StrEnum):
    """The first two are good ends; then what nobody has to mend; then what somebody has to."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    FILTERED = "filtered"
    PAUSED = "paused"
    QUEUE_FULL = "queue_full"
    TOO_MANY = "too_many"
    MISSING_SIGNATURE = "missing_signature"
    BAD_SIGNATURE = "bad_signature"
    LATE = "late"
    EARLY = "early"
    NO_SECRET = "no_secret"
    TOO_LARGE = "too_large"
    NOT_JSON = "not_json"
    NO_INPUT = "no_input"


@dataclass(frozen=True, slots=True)
class Answer:
    """``retry_after_s``: when the sender may try the same again; None: not worth it, or no matter."""

    status: int
    words: str
    retry_after_s: int | None = None


_UNSIGNED: Final = Answer(401, "This request is not signed as it must be.")

ANSWERS: Final[Mapping[Verdict, Answer]] = {
    Verdict.ACCEPTED: Answer(202, "A run was started."),
    Verdict.DUPLICATE: Answer(200, "This was received before; nothing more was started."),
    Verdict.FILTERED: Answer(200, "Received; nothing is to be done about it."),
    Verdict.PAUSED: Answer(409, "This webhook is paused.", 300),
    Verdict.QUEUE_FULL: Answer(429, "There is no room for more runs now. Nothing was started.", 5),
    Verdict.TOO_MANY: Answer(429, "Too many requests at once.", 1),
    # One answer for whatever is wrong about a signature: the page of triggers says more, to those who may see it.
    Verdict.MISSING_SIGNATURE: _UNSIGNED,
    Verdict.BAD_SIGNATURE: _UNSIGNED,
    Verdict.LATE: _UNSIGNED,
    Verdict.EARLY: _UNSIGNED,
    Verdict.NO_SECRET: _UNSIGNED,
    Verdict.TOO_LARGE: Answer(413, "The request's body is too large."),
    Verdict.NOT_JSON: Answer(400, "The body cannot be read as what it says it is."),
    Verdict.NO_INPUT: Answer(422, "No input of the workflow can be made of this request."),
}

GOOD: Final = frozenset({Verdict.ACCEPTED, Verdict.DUPLICATE, Verdict.FILTERED})
"""The sender need not send it again."""
UNSIGNED: Final = frozenset(verdict for verdict, answer in ANSWERS.items() if answer is _UNSIGNED)
"""Nobody knows who sent it: nothing of it is kept but how it looked."""
