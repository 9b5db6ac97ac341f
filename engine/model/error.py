"""Why a model did not answer: a closed set, each with what a person can do about it."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from engine.errors import WeftError

ModelErrorCode: TypeAlias = Literal[
    "unreachable", "timeout", "rate_limited", "refused", "bad_answer", "budget", "circuit_open"
]

_HELP: Final[dict[ModelErrorCode, str]] = {
    "unreachable": "Check that the model server runs and that its address is right, then send it again.",
    "timeout": "Send it again, or choose a faster model.",
    "rate_limited": "Wait a little, then send it again.",
    "refused": "Check the key, the name of the model and its address: the server does not take this call.",
    "bad_answer": "Send it again, or choose another model.",
    "budget": "Ask an administrator to raise the budget, or let the built-in designer answer.",
    "circuit_open": "Wait a little, then send it again, or choose another model.",
}


class ModelError(WeftError):
    """``code`` says which of the seven it is; ``message`` never holds a key, an address with one, or a server's words.

    ``retry_after_s``: in how many seconds the server (or the breaker before it) wants to be asked again, where it says.
    ``status``: what the server answered with, where it did: 400 to 599.
    """

    def __init__(
        self,
        code: ModelErrorCode,
        message: str,
        help: str = "",
        *,
        retry_after_s: float | None = None,
        status: int | None = None,
    ) -> None:
        super().__init__(message, help or _HELP[code])
        self.code: ModelErrorCode = code
        self.retry_after_s = retry_after_s
        self.status = status


class NoModel(ModelError):
    """None is connected here: nothing to try again."""

    def __init__(self) -> None:
        super().__init__(
            "refused",
            "No language model is connected.",
            "Connect one under Models, or as docs/models.md says.",
        )
