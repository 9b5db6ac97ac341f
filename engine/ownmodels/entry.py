"""An entry as it is stored, and as the model layer takes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal, TypeAlias, cast
from uuid import UUID

from engine.model import Capabilities, ModelEntry, Price, ProviderName
from engine.model.shape import GRAMMAR_WAYS
from engine.vault import Vault

Kind: TypeAlias = Literal["openai", "anthropic", "local"]
"""Whose protocol: OpenAI's at any address, Anthropic's, or OpenAI's at a server of one's own."""

PROTOCOL: Final[dict[str, ProviderName]] = {"openai": "openai", "anthropic": "anthropic", "local": "openai"}


@dataclass(frozen=True, slots=True)
class Stored:
    """``usd_in``, ``usd_out``: per million tokens, both or neither; ``usd_cached``, ``usd_stored`` as in ``Price``.
    ``probe``: what a test of it found."""

    id: UUID
    account_id: UUID
    name: str
    provider: str
    url: str
    model: str
    tier: str
    usd_in: Decimal | None
    usd_out: Decimal | None
    sealed_key: str | None = field(repr=False)
    probe: Mapping[str, Any]
    usd_cached: Decimal | None = None
    usd_stored: Decimal | None = None


def secret_name(entry_id: UUID) -> str:
    """The name its key is sealed under."""
    return f"model/{entry_id}"


def entry_of(stored: Stored, vault: Vault) -> ModelEntry:
    """With its key opened. Raises ``Sealed`` and ``BadSettings``."""
    key = ""
    if stored.sealed_key is not None:
        key = vault.open(stored.account_id, secret_name(stored.id), stored.sealed_key)
    price = None
    if stored.usd_in is not None and stored.usd_out is not None:
        cached, written = _float(stored.usd_cached), _float(stored.usd_stored)
        price = Price(float(stored.usd_in), float(stored.usd_out), cached, written)
    return ModelEntry(
        provider=PROTOCOL[stored.provider],
        url=stored.url,
        model=stored.model,
        key=key,
        tiers=(stored.tier,) if stored.tier else (),
        price=price,
        can=can_of(stored.probe),
    )


def _float(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def can_of(probe: Mapping[str, Any]) -> Capabilities | None:
    """What the last test found; None: nobody tested it, and the model layer finds out by itself."""
    if "tools" not in probe:
        return None
    grammar = probe.get("grammar")
    return Capabilities(
        bool(probe.get("tools")),
        cast(Any, grammar) if grammar in GRAMMAR_WAYS else None,
        bool(probe.get("json_schema")),
    )
