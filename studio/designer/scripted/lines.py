"""What a scripted server can do with a request: its lines."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Say:
    """A whole answer, streamed in pieces of ``piece`` characters: the first after ``first_s`` seconds, each other
    ``pause_s`` after the one before it. ``cached`` tokens of the prompt are said to have come from a cache."""

    text: str
    piece: int = 12
    first_s: float = 0.0
    pause_s: float = 0.0
    cached: int = 0


@dataclass(frozen=True, slots=True)
class Use:
    """The model asks for tools: pairs of a name and its arguments as text, sent in pieces of ``piece`` characters."""

    calls: tuple[tuple[str, str], ...]
    text: str = ""
    piece: int = 1_000_000


@dataclass(frozen=True, slots=True)
class BreakOff:
    """Half an answer: the connection closes in the middle of the stream."""

    text: str


@dataclass(frozen=True, slots=True)
class CutOff:
    """An answer that ends at the longest length the server allows, and says so."""

    text: str


@dataclass(frozen=True, slots=True)
class Stall:
    """Half an answer, and then nothing, with the connection open."""

    text: str


@dataclass(frozen=True, slots=True)
class Status:
    """An error of the server's: 401, 429, 500. ``retry_after`` is sent as it stands; ``kind`` is the error's name."""

    code: int
    retry_after: str = ""
    kind: str = "scripted"


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error in the middle of the stream, as servers send it that are overloaded."""

    text: str
    kind: str = "overloaded_error"


@dataclass(frozen=True, slots=True)
class Silence:
    """Takes the request and never answers."""


@dataclass(frozen=True, slots=True)
class Garbage:
    """A stream that is no JSON, or JSON of another shape."""

    data: str = "{this is not json"


@dataclass(frozen=True, slots=True)
class Verbatim:
    """A stream as it was recorded."""

    events: str


Line: TypeAlias = Say | Use | Verbatim | BreakOff | CutOff | Stall | Status | Trouble | Silence | Garbage

Power: TypeAlias = Literal["tools", "json_schema", "openai", "vllm", "vllm-guided", "llguidance"]
"""What a server can; the last four are the ways in which it takes a grammar."""


@dataclass(frozen=True, slots=True)
class Request:
    """The n-th request (from 0): its path, its headers by their names in small letters, and its body."""

    number: int
    path: str
    heads: dict[str, str]
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def is_anthropic(self) -> bool:
        return self.path.endswith("/messages")

    @property
    def asked(self) -> str:
        """The last words of the user."""
        for message in reversed(self.body.get("messages") or ()):
            if message.get("role") == "user":
                content = message.get("content")
                if isinstance(content, str):
                    return content
                return "".join(str(part.get("text", "")) for part in content if part.get("type") == "text")
        return ""
