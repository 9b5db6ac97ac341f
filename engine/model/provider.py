"""The port every provider of models implements: one call, from a question to the pieces of its answer."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from engine.model.entry import ModelEntry
from engine.model.message import Piece
from engine.model.shape import GrammarWay, Shape
from engine.model.turn import Part, ToolSpec

if TYPE_CHECKING:
    import httpx


@dataclass(frozen=True, slots=True)
class Ask:
    """``shape`` and ``tools`` do not come together. ``way`` is how a grammar is sent."""

    parts: Sequence[Part]
    tools: Sequence[ToolSpec] = ()
    shape: Shape | None = None
    way: GrammarWay | None = None


class Provider(Protocol):
    """A function over a client, so that whoever calls decides which connections are used."""

    def __call__(self, client: httpx.AsyncClient, entry: ModelEntry, ask: Ask) -> AsyncGenerator[Piece, None]:
        """One answer, piece by piece; that of a shape comes as ``Said``, however it was sent. Closing the generator
        closes the connection. Raises ``ModelError``; an answer that breaks off raises ``bad_answer``."""
        ...
