"""What passes between a workflow's engine and a connector: definitions, results, errors.

ToolError(code, message, outcome)   raised when a call has no answer of the tool's own
    not sent      unavailable, unknown_tool, invalid_arguments, too_large, changed    outcome "not_done"
    sent          timeout, unavailable (connection lost), invalid_result, too_large   outcome "unknown"
ToolResult(is_error=True)           the tool itself answered "no"; `unwrap()` raises it as a ToolError
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

Json: TypeAlias = Any
"""A JSON value: None, bool, int, float, str, list or dict with string keys."""

Outcome: TypeAlias = Literal["not_done", "unknown"]

KEY_ARGUMENT = "idempotency_key"
KEY_META = "weft/idempotency-key"


class ToolError(Exception):
    """A call that has no usable result.

    `code` is stable (see the module), `message` says what is the matter and what to do. `outcome` is
    "not_done" when the tool's effect certainly did not happen, "unknown" when it may have.
    """

    def __init__(self, code: str, message: str, outcome: Outcome) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.outcome = outcome

    def __repr__(self) -> str:
        return f"ToolError({self.code!r}, {self.message!r}, {self.outcome!r})"

    def __reduce__(self) -> tuple[type[ToolError], tuple[str, str, Outcome]]:
        return ToolError, (self.code, self.message, self.outcome)


@dataclass(frozen=True)
class Annotations:
    """What the server says about a tool, with the protocol's defaults. Hints: believe only servers you trust."""

    read_only: bool = False
    destructive: bool = True
    idempotent: bool = False
    open_world: bool = True


@dataclass(frozen=True)
class ToolDefinition:
    """One tool as its server publishes it. `raw` is the whole definition and what `sha256` (hex) is over."""

    name: str
    title: str
    description: str
    input_schema: dict[str, Json]
    output_schema: dict[str, Json] | None
    annotations: Annotations
    sha256: str
    raw: dict[str, Json] = field(repr=False)

    @classmethod
    def from_raw(cls, raw: dict[str, Json]) -> ToolDefinition:
        """Read a definition in MCP's own JSON shape (camelCase), for instance a pinned one."""
        hints = raw.get("annotations") or {}
        return cls(
            name=raw["name"],
            title=raw.get("title") or hints.get("title") or raw["name"],
            description=raw.get("description") or "",
            input_schema=raw.get("inputSchema") or {"type": "object"},
            output_schema=raw.get("outputSchema"),
            annotations=Annotations(
                read_only=hints.get("readOnlyHint") is True,
                destructive=hints.get("destructiveHint") is not False,
                idempotent=hints.get("idempotentHint") is True,
                open_world=hints.get("openWorldHint") is not False,
            ),
            sha256=hashlib.sha256(canonical(raw)).hexdigest(),
            raw=raw,
        )

    @property
    def honours_key(self) -> bool:
        """Whether the tool takes an idempotency key as an argument."""
        properties = self.input_schema.get("properties")
        return isinstance(properties, dict) and KEY_ARGUMENT in properties


@dataclass(frozen=True)
class ToolResult:
    """A tool's own answer. `error_code`, `message` and `outcome` mean something only when `is_error`.

    `value` is the structured content when there is any, otherwise the text (or, when not all of it is text,
    the list of content blocks in MCP's JSON shape). `checked` is the SHA-256 of the definition whose output
    schema the value has been held against already, so that nobody needs to look twice.
    """

    value: Json
    is_error: bool = False
    error_code: str | None = None
    message: str = ""
    outcome: Outcome = "not_done"
    checked: str = field(default="", compare=False, repr=False)

    def unwrap(self) -> Json:
        """The value; an error answer raises `ToolError` with the tool's code ("tool_error" if it gave none)."""
        if self.is_error:
            raise ToolError(self.error_code or "tool_error", self.message, self.outcome)
        return self.value


@dataclass(frozen=True)
class Health:
    """ "unopened" nobody has called yet; "ok" the last contact worked; "down" it did not, and `message` says why."""

    state: Literal["unopened", "ok", "down"]
    message: str = ""


def canonical(value: Json) -> bytes:
    """One byte string per JSON value: keys sorted, no spaces, UTF-8. Raises ValueError for NaN and infinities."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "surrogatepass")
