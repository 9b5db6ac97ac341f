"""Calls of a run that somebody must look up, as the page shows them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from engine.errors import BadInput
from engine.history import Question
from engine.reviews import Review
from studio.shell.moments import iso

ANSWERS = {
    "happened": "It happened",
    "again": "It did not happen, and was done again",
    "fail": "The step was failed",
}


@dataclass(frozen=True, slots=True)
class ReviewCard:
    """One question. `arguments` is None when they are too large to show; `schema` is {} when nothing is known."""

    path: str
    label: str
    tool: str
    arguments: dict[str, Any] | None
    key: str
    attempt: int
    tried: str
    why: str
    schema: dict[str, Any]
    may: bool


def cards(found: Iterable[Review]) -> list[dict[str, Any]]:
    """As JSON, in the order in which they were asked."""
    return [
        asdict(
            ReviewCard(
                path=each.path,
                label=each.label,
                tool=each.tool,
                arguments=each.arguments,
                key=each.key,
                attempt=each.attempt,
                tried=iso(each.tried_at),
                why=_why(each.code),
                schema=each.output_schema or {},
                may=each.may_answer,
            )
        )
        for each in found
    ]


def _why(code: str) -> str:
    match code:
        case "interrupted":
            return "The engine was stopped after the call was sent and before its answer was kept."
        case "timeout":
            return "The call was sent, and no answer came within its time."
        case "unavailable":
            return "The call was sent, and the connection was lost before its answer came."
        case other:
            return f"The call was sent, and its answer was of no use ({other})."


def asked(question: Question) -> dict[str, str]:
    """A question in a step's details, answered or not."""
    return {
        "asked": iso(question.asked_at),
        "text": question.text,
        "words": ANSWERS.get(question.answer or "", ""),
        "by": question.by,
        "comment": question.comment,
        "answered": iso(question.answered_at),
    }


def problems(error: BadInput) -> list[dict[str, str]]:
    """What is wrong with a result, by the field of its form."""
    return [
        {"path": path.removeprefix("result").lstrip("."), "message": said} for path, said in error.problems
    ]
