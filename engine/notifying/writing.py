"""Writing to the outbox from a service, in the transaction of a session."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from sqlalchemy import text
from sqlmodel.ext.asyncio.session import AsyncSession

from engine.notifying.outbox import ENQUEUE_TEXT, TELL_TEXT, Notice

_ENQUEUE, _TELL = text(ENQUEUE_TEXT), text(TELL_TEXT)


async def enqueue(session: AsyncSession, notice: Notice, target_kind: str, target_id: UUID) -> None:
    """To one receiver."""
    await session.execute(_ENQUEUE, _values(notice, (target_kind, target_id)))


async def tell(session: AsyncSession, notice: Notice) -> None:
    """To every channel that wants to hear of its topic."""
    await session.execute(_TELL, _values(notice))


def _values(notice: Notice, target: tuple[str, UUID] | None = None) -> dict[str, Any]:
    return notice.values(target) | {"body": json.dumps(dict(notice.body), allow_nan=False)}
