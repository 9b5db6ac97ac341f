"""How large and how deep a value may be on its way to a tool and back.

Checked before sending: a value that the SDK cannot write would break the connection for all who share it.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

import orjson

from connectors.tool import Json, ToolError

_NESTS = (dict, list, tuple)


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
        size = _size(value)
        if size > self.result_bytes:
            raise ToolError(
                "too_large",
                f"{tool}: the result is {size:,} bytes, more than {self.result_bytes:,}",
                "unknown",
            )


def _size(value: Json) -> int:
    """Bytes of JSON without blanks."""
    try:
        return len(orjson.dumps(value))
    except TypeError:  # half a surrogate pair, or an integer of more than 64 bits
        return len(
            json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")
        )


def is_deeper(value: Json, depth: int) -> bool:
    """Whether `value` nests more than `depth` lists and objects. Level by level, so its own depth cannot hurt it."""
    level = [value] if isinstance(value, _NESTS) else []
    for _ in range(depth + 1):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, _NESTS)
        ]
        if not level:
            return False
    return True
