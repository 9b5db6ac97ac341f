"""The budget of whoever pays for calls: asked before each, told after it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeAlias

from engine.model.usage import Call

Sink: TypeAlias = Callable[[Call], Awaitable[None]]
"""Where finished calls are recorded."""


class Meter(Protocol):
    async def allow(self) -> None:
        """Raises ``ModelError("budget")`` where another call may not be made; no other model is tried then. Each time
        it does not, ``spent`` follows."""
        ...

    async def spent(self, call: Call) -> None:
        """Every call that was made, also one that failed or was called off."""
        ...
