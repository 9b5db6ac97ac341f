"""Which models answer, as the environment says it. Without a URL and without a key no model is connected."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from engine.model.entry import (
    HOSTED,
    ModelEntry,
    Price,
    ProviderName,
    Times,
    checked_url,
    guessed_provider,
)
from engine.model.shape import GRAMMAR_WAYS, Capabilities, GrammarWay
from engine.settings import BadSettings

_MOST_SERVERS: Final = 9
_TIMES: Final = {"connect": "connect_s", "first": "first_s", "idle": "idle_s", "total": "total_s"}


@dataclass(frozen=True, slots=True)
class ModelSettings:
    """One server and its ``models``, tried in order; then those of the servers in ``also``.

    ``tiers`` says which model workflows mean by "fast", "balanced" or "best" (``models``, where it does not say);
    ``prices`` what a model costs (nothing, where it does not say: a budget then never ends). ``provider`` None: by
    the address. ``connect_s``: until the server takes the call; ``first_s``: until the first sign of an answer
    (None: as ``idle_s``); ``idle_s``: between two pieces of an answer; ``total_s``: for a whole answer. All in seconds.
    """

    url: str
    models: tuple[str, ...]
    key: str = field(default="", repr=False)
    connect_s: float = 10.0
    idle_s: float = 45.0
    total_s: float = 180.0
    tiers: tuple[tuple[str, str], ...] = ()
    prices: tuple[tuple[str, Price], ...] = ()
    provider: ProviderName | None = None
    first_s: float | None = None
    can: Capabilities | None = None
    also: tuple[ModelSettings, ...] = ()

    def entries(self) -> tuple[ModelEntry, ...]:
        """In the order they are tried. A model that only a tier names comes last and answers for that tier alone."""
        named = [model for _, model in self.tiers if model not in self.models]
        here = [self._entry(model) for model in (*self.models, *dict.fromkeys(named))]
        return (*here, *(entry for one in self.also for entry in one.entries()))

    def _entry(self, model: str) -> ModelEntry:
        first = self.idle_s if self.first_s is None else self.first_s
        return ModelEntry(
            provider=self.provider or guessed_provider(self.url, self.key),
            url=self.url,
            model=model,
            key=self.key,
            tiers=tuple(tier for tier, name in self.tiers if name == model),
            price=dict(self.prices).get(model),
            can=self.can,
            times=Times(self.connect_s, first, self.idle_s, self.total_s),
        )

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> ModelSettings | None:
        """``WEFT_MODEL_PROVIDER`` (openai or anthropic; guessed where it is not said), ``WEFT_MODEL_URL``,
        ``WEFT_MODEL_KEY``, ``WEFT_MODEL`` (several names apart by commas), ``WEFT_MODEL_TIERS`` (``fast=small,
        best=large``), ``WEFT_MODEL_PRICES`` (``small=0.15/0.6``: in/out, and cached/stored where they differ),
        ``WEFT_MODEL_TIMES`` (``first=90, total=300``), ``WEFT_MODEL_CAN`` (``tools, grammar=vllm, json_schema``, or
        ``nothing``). The same with ``_2`` to ``_9`` behind the name for further servers. None when no model is
        connected. Raises ``BadSettings``."""
        servers = [_server(environment, "")]
        servers += [_server(environment, f"_{number}") for number in range(2, _MOST_SERVERS + 1)]
        found = [server for server in servers if server is not None]
        if not found:
            return None
        first, *also = found
        return cls(
            first.url,
            first.models,
            first.key,
            first.connect_s,
            first.idle_s,
            first.total_s,
            first.tiers,
            first.prices,
            first.provider,
            first.first_s,
            first.can,
            tuple(also),
        )


def _server(environment: Mapping[str, str], number: str) -> ModelSettings | None:
    def said(name: str) -> str:
        return environment.get(f"{name}{number}", "").strip()

    url, key = said("WEFT_MODEL_URL"), said("WEFT_MODEL_KEY")
    models = tuple(m.strip() for m in said("WEFT_MODEL").split(",") if m.strip())
    if not url and not key:
        return None
    provider = said("WEFT_MODEL_PROVIDER").lower() or guessed_provider(url, key)
    if provider not in HOSTED:
        raise BadSettings(f"WEFT_MODEL_PROVIDER{number} is not known.", "Write openai or anthropic.")
    try:
        url = checked_url(url or HOSTED[provider])
    except BadSettings as error:
        raise BadSettings(f"WEFT_MODEL_URL{number} is not an address that can be used.", error.help) from None
    if not models:
        raise BadSettings(
            f"WEFT_MODEL{number} is not set.",
            f"Set it to the name of a model that the server at WEFT_MODEL_URL{number} has.",
        )
    times = _times(said("WEFT_MODEL_TIMES"), f"WEFT_MODEL_TIMES{number}")
    settings = ModelSettings(
        url,
        models,
        key,
        times.connect_s,
        times.idle_s,
        times.total_s,
        tuple(_pairs(said("WEFT_MODEL_TIERS"), f"WEFT_MODEL_TIERS{number}", "fast=name-of-a-model")),
        _prices(said("WEFT_MODEL_PRICES"), f"WEFT_MODEL_PRICES{number}"),
        provider,
        times.first_s,
        _can(said("WEFT_MODEL_CAN"), f"WEFT_MODEL_CAN{number}"),
    )
    settings.entries()  # a key that cannot be one is told now, not at the first call
    return settings


def _pairs(said: str, name: str, shape: str) -> list[tuple[str, str]]:
    pairs = [part.strip().rpartition("=") for part in said.split(",") if part.strip()]
    for left, equals, right in pairs:
        if not (left.strip() and equals and right.strip()):
            raise BadSettings(f"{name} cannot be read.", f"Write it as {shape}, several apart by commas.")
    return [(left.strip(), right.strip()) for left, _, right in pairs]


def _prices(said: str, name: str) -> tuple[tuple[str, Price], ...]:
    prices = []
    for model, amounts in _pairs(said, name, "name-of-a-model=0.15/0.6"):
        try:
            usd = [float(amount) for amount in amounts.split("/")]
        except ValueError:
            usd = []
        if not 2 <= len(usd) <= 4 or not all(0 <= amount < float("inf") for amount in usd):
            raise BadSettings(
                f"{name} cannot be read.",
                "Write it as name-of-a-model=0.15/0.6: dollars per million tokens in and out.",
            )
        prices.append((model, Price(*usd)))
    return tuple(prices)


def _times(said: str, name: str) -> Times:
    seconds: dict[str, float] = {}
    for which, amount in _pairs(said, name, "first=90"):
        try:
            value = float(amount)
        except ValueError:
            value = 0.0
        if which not in _TIMES or not 0 < value <= 3600:
            raise BadSettings(
                f"{name} cannot be read.",
                "Write it as first=90, idle=45, total=180, connect=10: seconds, at most 3600.",
            )
        seconds[_TIMES[which]] = value
    return Times(**seconds)


def _can(said: str, name: str) -> Capabilities | None:
    if not said:
        return None
    tools, json_schema = False, False
    grammar: GrammarWay | None = None
    for word in (part.strip() for part in said.split(",") if part.strip()):
        way = word.partition("=")[2].strip()
        if word == "tools":
            tools = True
        elif word == "json_schema":
            json_schema = True
        elif word.startswith("grammar=") and way in GRAMMAR_WAYS:
            grammar = way
        elif word != "nothing":
            raise BadSettings(
                f"{name} cannot be read.",
                f"Write tools, json_schema and grammar=({'|'.join(GRAMMAR_WAYS)}) apart by commas, or nothing.",
            )
    return Capabilities(tools, grammar, json_schema)
