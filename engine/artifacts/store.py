"""The port: where content is kept by its account and its hash.

Errors::

    ArtifactLost    the content is not there, or is not what it was; trying again does not help
    StoreFailed     the store did not take or give it (no space, no connection); trying again may
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias
from uuid import UUID

Json: TypeAlias = Any

INLINE_BYTES = 256 * 1024
"""The largest value that the journal holds itself, in bytes of JSON."""
LARGEST_BYTES = 16 * 1024 * 1024
"""The largest value that a run may hold at all: a tool's largest answer, and room for what is made of it."""


class ArtifactLost(Exception):
    """The message says what is missing or damaged, and what to do; ``step`` is the path whose value it was."""

    step = ""


class StoreFailed(Exception):
    """The message says what the store answered."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """A value that is kept elsewhere. ``bytes`` of JSON in UTF-8; ``sha256`` of them, in hex.

    Without a hash it is kept nowhere: it follows from what is recorded, and is computed again."""

    sha256: str
    bytes: int

    @staticmethod
    def of(data: dict[str, Json]) -> Artifact:
        return Artifact(str(data.get("sha256", "")), int(data["bytes"]))

    def data(self) -> dict[str, Json]:
        return {"sha256": self.sha256, "bytes": self.bytes} if self.sha256 else {"bytes": self.bytes}


@dataclass(frozen=True, slots=True)
class Kept:
    """Content as a store lists it."""

    account_id: UUID
    sha256: str


class ArtifactStore(Protocol):
    """Content by account and hash. Several processes may use one at once."""

    async def put(self, account_id: UUID, sha256: str, content: bytes) -> None:
        """Whole and durable when this returns. The same content twice is once. Raises ``StoreFailed``."""
        ...

    async def get(self, account_id: UUID, sha256: str) -> bytes:
        """Raises ``ArtifactLost`` when it is not there, ``StoreFailed``. Whoever reads compares the hash."""
        ...

    async def delete(self, account_id: UUID, sha256: str) -> None:
        """Nothing when it is not there. Raises ``StoreFailed``."""
        ...

    def kept(self) -> AsyncIterator[Kept]:
        """All there is, in any order; also drops what an interrupted ``put`` has left. Raises ``StoreFailed``."""
        ...


def is_large(text: str) -> bool:
    """Whether JSON text has more bytes than the journal holds. Small text costs a comparison."""
    return len(text) * 4 > INLINE_BYTES and len(text.encode()) > INLINE_BYTES


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def lost(sha256: str) -> ArtifactLost:
    return ArtifactLost(
        f"The artifact {sha256} is not in the store. Restore it from a backup, or start the run anew."
    )


def size_words(count: int) -> str:
    """``1.2 MB``, ``262 kB``."""
    return f"{count / 1_000_000:.1f} MB" if count >= 1_000_000 else f"{count / 1000:.0f} kB"
