"""How large and how deep a value may be on its way to a tool and back.

Checked before sending: a value that the SDK cannot write would break the connection for all who share it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from connectors.tool import Json, ToolError


@dataclass(frozen=True)
class Bounds:
    """Sizes are bytes of JSON; `depth` counts nested lists and objects."""

    argument_bytes: int = 1024 * 1024
    result_bytes: int = 8 * 1024 * 1024
    depth: int = 64

    def check_arguments(self, tool: str, arguments: Json) -> None:
        """Raises `ToolError`: "too_large", or "invalid_arguments" for what is not JSON; always "not_done"."""
        if is_deeper(arguments, self.depth):
            raise ToolError(
                "too_large", f"{tool}: the arguments are nested more than {self.depth} deep", "not_done"
            )
        try:
            size = len(json.dumps(arguments, ensure_ascii=False, allow_nan=False).encode())
        except (ValueError, TypeError) as error:
            raise ToolError(
                "invalid_arguments", f"{tool}: the arguments are not plain JSON ({error})", "not_done"
            ) from error
        if size > self.argument_bytes:
            raise ToolError(
                "too_large",
                f"{tool}: the arguments are {size:,} bytes, more than {self.argument_bytes:,}",
                "not_done",
            )

    def check_result(self, tool: str, value: Json) -> None:
        """Raises `ToolError("too_large", outcome "unknown")`: the tool has done its work by now."""
        if is_deeper(value, self.depth):
            raise ToolError(
                "too_large", f"{tool}: the result is nested more than {self.depth} deep", "unknown"
            )
        size = len(json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
        if size > self.result_bytes:
            raise ToolError(
                "too_large",
                f"{tool}: the result is {size:,} bytes, more than {self.result_bytes:,}",
                "unknown",
            )


def is_deeper(value: Json, depth: int) -> bool:
    """Whether `value` nests more than `depth` lists and objects. Level by level, so its own depth cannot hurt it."""
    level = [value]
    for _ in range(depth + 1):
        inner: list[Json] = []
        for item in level:
            if isinstance(item, dict):
                inner.extend(item.values())
            elif isinstance(item, list | tuple):
                inner.extend(item)
        if not inner:
            return False
        level = inner
    return any(isinstance(item, dict | list | tuple) for item in level)
