"""The port every provider of models implements."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from engine.model.message import Message, Piece


class Provider(Protocol):
    """``name`` is the provider's, ``model`` the model's own name: both are recorded with each call."""

    @property
    def name(self) -> str: ...

    @property
    def model(self) -> str: ...

    def stream(self, messages: Sequence[Message]) -> AsyncGenerator[Piece, None]:
        """One answer, piece by piece. Raises ``ModelError``; an answer that breaks off raises ``bad_answer``."""
        ...
