"""What goes to a model and what comes back, apart from any provider's wire form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class Message:
    """System messages come first, what changes least before what changes more: providers that keep prompts are told
    to keep everything up to the end of the first one, and of the last."""

    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Said:
    """The next few characters of an answer."""

    text: str


@dataclass(frozen=True, slots=True)
class Wants:
    """The model asks for a tool; its arguments follow. ``place`` tells several at once apart."""

    place: int
    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Argues:
    """The next few characters of the arguments at ``place``."""

    place: int
    text: str


@dataclass(frozen=True, slots=True)
class Busy:
    """A sign of life without words: the model thinks, or the server says it is there."""


@dataclass(frozen=True, slots=True)
class Spent:
    """Tokens of one call, as the provider counts them; 0 where it does not say. ``tokens_in`` holds all of the prompt:
    also the ``tokens_cached`` that were read from the provider's cache and the ``tokens_stored`` written into it."""

    tokens_in: int = 0
    tokens_out: int = 0
    tokens_cached: int = 0
    tokens_stored: int = 0


Piece: TypeAlias = Said | Wants | Argues | Busy | Spent
