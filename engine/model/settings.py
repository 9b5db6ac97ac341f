"""Which model answers. Without a URL and without a key no model is connected."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from engine.settings import BadSettings

_OPENAI = "https://api.openai.com/v1"


@dataclass(frozen=True, slots=True)
class Price:
    """In US dollars per million tokens, of what goes in and of what comes out."""

    usd_in: float
    usd_out: float


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """``models`` are tried in order; the next one answers when the one before cannot be had.

    ``tiers`` says which model workflows mean by "fast", "balanced" or "best" (``models``, where it does not say);
    ``prices`` what a model costs (nothing, where it does not say: a budget then never ends).
    ``connect_s``: until the server takes the call; ``idle_s``: between two pieces of an answer; ``total_s``: for a
    whole answer. All in seconds.
    """

    url: str
    models: tuple[str, ...]
    key: str = field(default="", repr=False)
    connect_s: float = 10.0
    idle_s: float = 45.0
    total_s: float = 180.0
    tiers: tuple[tuple[str, str], ...] = ()
    prices: tuple[tuple[str, Price], ...] = ()

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> ModelSettings | None:
        """``WEFT_MODEL_URL``, ``WEFT_MODEL_KEY``, ``WEFT_MODEL`` (several names apart by commas),
        ``WEFT_MODEL_TIERS`` (``fast=small, best=large``), ``WEFT_MODEL_PRICES`` (``small=0.15/0.6``: in/out). None when
        no model is connected."""
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
        return cls(url, models, key, tiers=_tiers(environment), prices=_prices(environment))


def _pairs(environment: Mapping[str, str], name: str, shape: str) -> list[tuple[str, str]]:
    pairs = [part.strip().rpartition("=") for part in environment.get(name, "").split(",") if part.strip()]
    for left, equals, right in pairs:
        if not (left.strip() and equals and right.strip()):
            raise BadSettings(f"{name} cannot be read.", f"Write it as {shape}, several apart by commas.")
    return [(left.strip(), right.strip()) for left, _, right in pairs]


def _tiers(environment: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(_pairs(environment, "WEFT_MODEL_TIERS", "fast=name-of-a-model"))


def _prices(environment: Mapping[str, str]) -> tuple[tuple[str, Price], ...]:
    prices = []
    for model, said in _pairs(environment, "WEFT_MODEL_PRICES", "name-of-a-model=0.15/0.6"):
        try:
            usd_in, usd_out = map(float, said.split("/"))
        except ValueError:
            usd_in = usd_out = -1.0
        if not (0 <= usd_in < float("inf") and 0 <= usd_out < float("inf")):
            raise BadSettings(
                "WEFT_MODEL_PRICES cannot be read.",
                "Write it as name-of-a-model=0.15/0.6: dollars per million tokens in and out.",
            )
        prices.append((model, Price(usd_in, usd_out)))
    return tuple(prices)
