"""Which model answers. Without a URL and without a key no model is connected."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from engine.settings import BadSettings

_OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """``models`` are tried in order; the next one answers when the one before cannot be had.

    ``connect_s``: until the server takes the call; ``idle_s``: between two pieces of an answer; ``total_s``: for a
    whole answer. All in seconds.
    """

    url: str
    models: tuple[str, ...]
    key: str = field(default="", repr=False)
    connect_s: float = 10.0
    idle_s: float = 45.0
    total_s: float = 180.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> ModelSettings | None:
        """``WEFT_MODEL_URL``, ``WEFT_MODEL_KEY``, ``WEFT_MODEL`` (several names apart by commas). None when unset."""
        url, key = (
            environment.get("WEFT_MODEL_URL", "").strip(),
            environment.get("WEFT_MODEL_KEY", "").strip(),
        )
        models = tuple(m.strip() for m in environment.get("WEFT_MODEL", "").split(",") if m.strip())
        if not url and not key:
            return None
        url = (url or _OPENAI).rstrip("/")
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
            raise BadSettings("WEFT_MODEL_URL is not an address.", "Write it as http(s)://host:port/v1.")
        if not models:
            raise BadSettings(
                "WEFT_MODEL is not set.",
                "Set it to the name of a model that the server at WEFT_MODEL_URL has.",
            )
        return cls(url, models, key)
