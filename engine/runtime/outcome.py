"""How a step, a branch or a run can end other than with a value. One small tree::

Failure      an error that a catch may handle; fails the run otherwise
Returned     a `return`: the run has its result
Review       an effect whose outcome is unknown: a person must look
Stopped      this branch was told to stop (a sibling won or failed, time is up, cancel, drain)
Parked       everything that lives waits for an answer: the invocation ends, the run does not
"""

from __future__ import annotations

from typing import Any, TypeAlias

Json: TypeAlias = Any


LONGEST_MESSAGE = 10_000
"""Characters of an error that are kept; a journal is no place for a page of HTML."""


def plain(message: str) -> str:
    """A message as the journal can hold it: not too long, no NUL, no half of a surrogate pair."""
    if len(message) > LONGEST_MESSAGE:
        message = f"{message[:LONGEST_MESSAGE]} ... (cut off)"
    return message if message.isprintable() else message.encode(errors="replace").decode().replace("\0", "")


class Failure(Exception):
    """``order`` is the failure's place in the journal: of two, the earlier decides."""

    def __init__(self, code: str, message: str, step: str, order: int = 0) -> None:
        super().__init__(f"{step}: {code}: {message}")
        self.code = plain(code)
        self.message = plain(message)
        self.step = step
        self.order = order

    def data(self) -> dict[str, Json]:
        return {"code": self.code, "message": self.message, "step": self.step}

    @staticmethod
    def of(data: dict[str, Json], order: int) -> Failure:
        return Failure(str(data["code"]), str(data["message"]), str(data.get("step", "")), order)


class Returned(Exception):
    def __init__(self, value: Json, step: str, order: int) -> None:
        super().__init__(f"returned at {step}")
        self.value = value
        self.step = step
        self.order = order


class Review(Exception):
    def __init__(self, path: str, question: str) -> None:
        super().__init__(f"{path}: {question}")
        self.path = path
        self.question = question


class Stopped(Exception):
    pass


class Parked(Exception):
    pass
