"""What goes to a model and what comes back, apart from any provider's wire form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Message:
    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Delta:
    """The next few characters of an answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens of one call, as the provider counts them; 0 where it does not say."""

    tokens_in: int = 0
    tokens_out: int = 0


Piece: TypeAlias = Delta | Spent
