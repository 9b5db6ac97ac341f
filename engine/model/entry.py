"""One model of one server: where it is, what it is for, what it costs and what it can."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias
from urllib.parse import urlsplit

from engine.model.message import Spent
from engine.model.shape import Capabilities
from engine.settings import BadSettings

ProviderName: TypeAlias = Literal["openai", "anthropic"]
"""Whose protocol is spoken: OpenAI's chat completions (so do vLLM, Ollama, llama.cpp and most others), or Anthropic's
messages."""

TIERS = ("fast", "balanced", "best")

HOSTED: dict[ProviderName, str] = {
    "openai": "https://api.openai.com/v1",
    "anthropic": "https://api.anthropic.com",
}


@dataclass(frozen=True, slots=True)
class Price:
    """In US dollars per million tokens, of what goes in and of what comes out; ``usd_cached`` of what goes in and was
    read from the provider's cache, ``usd_stored`` of what was written into it (both as ``usd_in`` where not said)."""

    usd_in: float
    usd_out: float
    usd_cached: float | None = None
    usd_stored: float | None = None

    def of(self, spent: Spent) -> float:
        """In US dollars."""
        plain = max(spent.tokens_in - spent.tokens_cached - spent.tokens_stored, 0)
        cached = self.usd_in if self.usd_cached is None else self.usd_cached
        stored = self.usd_in if self.usd_stored is None else self.usd_stored
        going_in = plain * self.usd_in + spent.tokens_cached * cached + spent.tokens_stored * stored
        return round((going_in + spent.tokens_out * self.usd_out) / 1_000_000, 9)


@dataclass(frozen=True, slots=True)
class Times:
    """Limits in seconds: until the server takes the call, until the first sign of an answer, between two of them, and
    for the whole of it."""

    connect_s: float = 10.0
    first_s: float = 90.0
    idle_s: float = 45.0
    total_s: float = 180.0


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """``tiers`` it answers for ("fast", "balanced", "best"; empty: for whatever nothing else is named for).

    ``price`` None: nobody knows, and a call counts as free. ``can`` None: what a probe finds; a value overrides it.
    ``most_tokens`` of one answer; Anthropic's protocol wants to be told. Raises ``BadSettings`` when ``url`` or
    ``key`` cannot be used; its words never hold either.
    """

    provider: ProviderName
    url: str = field(repr=False)
    model: str
    key: str = field(default="", repr=False)
    tiers: tuple[str, ...] = ()
    price: Price | None = None
    can: Capabilities | None = None
    times: Times = Times()
    most_tokens: int = 8192

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", checked_url(self.url or HOSTED[self.provider]))
        if not self.model.strip():
            raise BadSettings("A model has no name.", "Give the name of a model that the server has.")
        if not all("!" <= sign <= "~" for sign in self.key):
            raise BadSettings(
                "The key of a model holds a space or a sign that no key has.",
                "Copy it again, without spaces or line ends.",
            )

    @property
    def where(self) -> str:
        """Host and port, for people."""
        return urlsplit(self.url).netloc

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What makes it another model when it changes. Holds the key: never to be shown or stored."""
        return (self.provider, self.url, self.model, self.key)


def checked_url(url: str) -> str:
    """Without a slash at its end. Raises ``BadSettings``."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadSettings("The address of a model cannot be read.", "Write it as http(s)://host:port/v1.")
    if "@" in parts.netloc or parts.query or parts.fragment:
        raise BadSettings(
            "The address of a model holds more than an address.",
            "Write it as http(s)://host:port/v1; a key belongs into the key, where nobody reads it.",
        )
    return url.strip().rstrip("/")


def guessed_provider(url: str, key: str) -> ProviderName:
    """By the address, else by the look of the key."""
    host = urlsplit(url).hostname or ""
    if host == "anthropic.com" or host.endswith(".anthropic.com"):
        return "anthropic"
    return "anthropic" if not url and key.startswith("sk-ant-") else "openai"
