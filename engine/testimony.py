"""What a person says about a call whose outcome nobody knew, as events that the runtime understands already.

"happened": the step has succeeded with the result that the person gives. "fail": it has failed for good, with a code
that a catch may handle. "again": the try is over without an effect, so the call is made once more. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

Json: TypeAlias = Any
Decision: TypeAlias = Literal["happened", "again", "fail"]

CODE = "outcome_unknown"
"""The code of a step that failed because nobody could, or would, tell that it happened."""


@dataclass(frozen=True, slots=True)
class Statement:
    """``result`` is what the tool would have answered; only "happened" has one."""

    decision: Decision
    by: str
    comment: str = ""
    result: Json = None

    def event(self, path: str, attempt: int) -> tuple[str, dict[str, Json]]:
        """Kind and data of the event that says so of the ``attempt``-th try of the call at ``path``."""
        said = {"attempt": attempt, "review": self.decision, "by": self.by, "comment": self.comment}
        match self.decision:
            case "happened":
                return "step.succeeded", {"result": self.result, **said}
            case "again":
                error = _error(path, f"{self.by} looked: it did not happen, and is to be done again.")
                return "step.retrying", {"delay_ms": 0, "error": error, **said}
            case "fail":
                message = self.comment or f"{self.by} ended this step; nobody knows whether it happened."
                return "step.failed", {"error": _error(path, message), "final": True, **said}


def _error(path: str, message: str) -> dict[str, Json]:
    return {"code": CODE, "message": message, "step": path}
