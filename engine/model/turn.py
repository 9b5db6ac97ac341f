"""One turn of a model that may use tools: what it is told so far, and what it says or asks for next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

from engine.model.message import Message

Json: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool as a model sees it. ``schema`` is the JSON Schema of its arguments."""

    name: str
    description: str
    schema: dict[str, Json]


@dataclass(frozen=True, slots=True)
class ToolUse:
    """A model asks for a tool. ``arguments`` are the words of the model: JSON, if it kept to it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Asked:
    """An earlier turn in which the model asked for tools."""

    text: str
    uses: tuple[ToolUse, ...]


@dataclass(frozen=True, slots=True)
class ToolAnswer:
    """What a tool answered to the use ``id``, as text for the model."""

    id: str
    text: str


Part: TypeAlias = Message | Asked | ToolAnswer


@dataclass(frozen=True, slots=True)
class Turn:
    """``cost_usd`` is what the turn cost by the price table; ``priced`` is False where that does not know the model,
    and the cost then counts as 0. ``tokens_cached`` of ``tokens_in`` were read from the provider's cache. ``withheld``
    says what the model was not shown, in words, without it; "" where it was shown everything."""

    text: str
    uses: tuple[ToolUse, ...] = ()
    model: str = ""
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float = 0.0
    priced: bool = False
    tokens_cached: int = 0
    withheld: str = ""
