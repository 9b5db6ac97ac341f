"""Why a model did not answer: a closed set, each with what a person can do about it."""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from engine.errors import WeftError

ModelErrorCode: TypeAlias = Literal["unreachable", "timeout", "rate_limited", "refused", "bad_answer"]

_HELP: Final[dict[ModelErrorCode, str]] = {
    "unreachable": "Check that the model server runs and that WEFT_MODEL_URL is its address, then send it again.",
    "timeout": "Send it again, or choose a faster model with WEFT_MODEL.",
    "rate_limited": "Wait a little, then send it again.",
    "refused": "Check WEFT_MODEL_KEY and WEFT_MODEL: the server knows the key or the model as wrong.",
    "bad_answer": "Send it again, or choose another model with WEFT_MODEL.",
}


class ModelError(WeftError):
    """``code`` says which of the five it is; ``message`` never holds a key or an address with one."""

    def __init__(self, code: ModelErrorCode, message: str, help: str = "") -> None:
        super().__init__(message, help or _HELP[code])
        self.code: ModelErrorCode = code
