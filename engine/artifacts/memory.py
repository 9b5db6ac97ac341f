"""A store in memory: for tests, with the same promises for as long as the process lives."""

from __future__ import annotations

from collections.abc import AsyncIterator
from uuid import UUID

from engine.artifacts.store import Kept, lost


class MemoryStore:
    def __init__(self) -> None:
        self.content: dict[tuple[UUID, str], bytes] = {}

    async def put(self, account_id: UUID, sha256: str, content: bytes) -> None:
        self.content.setdefault((account_id, sha256), content)

    async def get(self, account_id: UUID, sha256: str) -> bytes:
        try:
            return self.content[account_id, sha256]
        except KeyError:
            raise lost(sha256) from None

    async def delete(self, account_id: UUID, sha256: str) -> None:
        self.content.pop((account_id, sha256), None)

    async def kept(self) -> AsyncIterator[Kept]:
        for account_id, sha256 in list(self.content):
            yield Kept(account_id, sha256)
