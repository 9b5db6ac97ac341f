"""A store as runs use it: values in and out, and who refers to what.

The reference is written down first, then the content, then the journal refers to it: a crash in between leaves a
reference too many, never one too few. A store that fails is asked again for a while: an effect has happened, and its
result is worth waiting for.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias, TypeVar
from uuid import UUID

from engine.artifacts.store import (
    Artifact,
    ArtifactLost,
    ArtifactStore,
    StoreFailed,
    digest,
    lost,
    size_words,
)

Json: TypeAlias = Any
T = TypeVar("T")
Refer: TypeAlias = Callable[[UUID, UUID, Artifact], Awaitable[None]]

PAUSES_S = (0.1, 0.5, 2.0, 5.0)
"""Between the tries of one ``put`` or ``get``."""

log = logging.getLogger(__name__)


async def _nobody(account_id: UUID, run_id: UUID, artifact: Artifact) -> None:
    return None


class Shelf:
    """``refer`` writes down that a run (account, run) refers to an artifact."""

    def __init__(
        self, store: ArtifactStore, refer: Refer = _nobody, pauses_s: tuple[float, ...] = PAUSES_S
    ) -> None:
        self._store = store
        self._refer = refer
        self._pauses_s = pauses_s

    async def put(self, account_id: UUID, run_id: UUID, text: str) -> Artifact:
        """Keep a value's JSON text; durable when this returns. Raises ``StoreFailed``."""
        content = text.encode()
        artifact = Artifact(await asyncio.to_thread(digest, content), len(content))
        await self._refer(account_id, run_id, artifact)
        await self._again(lambda: self._store.put(account_id, artifact.sha256, content))
        return artifact

    async def get(self, account_id: UUID, artifact: Artifact) -> Json:
        """The value. Raises ``ArtifactLost`` (also when it is not what it was), ``StoreFailed``."""
        return json.loads(await self.content(account_id, artifact))

    async def content(self, account_id: UUID, artifact: Artifact) -> bytes:
        """The JSON text's bytes, compared with the hash. Raises as ``get`` does."""
        if not artifact.sha256:
            raise lost("without a hash")
        content = await self._again(lambda: self._store.get(account_id, artifact.sha256))
        if await asyncio.to_thread(digest, content) != artifact.sha256:
            raise ArtifactLost(
                f"The artifact {artifact.sha256} ({size_words(artifact.bytes)}) is damaged: its content is another. "
                "Restore it from a backup, or start the run anew."
            )
        return content

    async def _again(self, act: Callable[[], Awaitable[T]]) -> T:
        for pause in self._pauses_s:
            try:
                return await act()
            except StoreFailed as error:
                log.warning("%s Trying again.", error)
                await asyncio.sleep(pause)
        return await act()
