"""How a sample tool says no: an error result with a code that a program can match on."""

from __future__ import annotations

import functools
from collections.abc import Awaitable, Callable
from typing import Any, Literal, ParamSpec, TypeVar, cast

from mcp_types import CallToolResult, TextContent

P = ParamSpec("P")
R = TypeVar("R")


class Refusal(Exception):
    """A tool's deliberate failure.

    `code` is stable snake_case, `message` is for people. `outcome` says whether the thing may have happened
    all the same: "not_done" (the default) or "unknown".
    """

    def __init__(self, code: str, message: str, outcome: Literal["not_done", "unknown"] = "not_done") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.outcome = outcome


def answering(tool: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
    """Make a raised `Refusal` the tool's error result, structured as `{"code", "message", "outcome"}`.

    The SDK turns every exception of a tool into bare text; the code would be lost on the way.
    """

    @functools.wraps(tool)
    async def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return await tool(*args, **kwargs)
        except Refusal as refusal:
            structure: dict[str, Any] = {
                "code": refusal.code,
                "message": refusal.message,
                "outcome": refusal.outcome,
            }
            result = CallToolResult(
                content=[TextContent(type="text", text=refusal.message)],
                structured_content=structure,
                is_error=True,
            )
            # The declared return type stays the tool's answer: the server derives the output schema from it
            # and passes an error result through untouched.
            return cast(R, result)

    return call
