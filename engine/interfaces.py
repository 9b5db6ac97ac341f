"""What starting a run needs of a version. How an input is fitted to it is in ``engine.fitting``."""

from __future__ import annotations

from collections import OrderedDict
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

from dsl.plan import Plan
from engine import tables
from engine.errors import NotFound
from engine.fitting import Interface


class _Interfaces:
    """Interfaces of versions lately used. Versions never change, so entries never go stale; keyed by account too."""

    def __init__(self, size: int = 256) -> None:
        self._kept: OrderedDict[tuple[UUID, UUID, UUID], Interface] = OrderedDict()
        self._size = size

    async def get(
        self, session: AsyncSession, account_id: UUID, workflow_id: UUID, version_id: UUID
    ) -> Interface:
        """Raises ``NotFound``."""
        key = (account_id, workflow_id, version_id)
        found = self._kept.get(key)
        if found is None:
            query = select(tables.Version).where(
                tables.Version.id == version_id,
                tables.Version.workflow_id == workflow_id,
                tables.Version.number > 0,
            )
            row = (await session.exec(query)).first()
            if row is None:
                raise NotFound("This workflow has no such version.", "Look at the workflow's versions.")
            plan = Plan.model_validate(row.plan)
            found = Interface(row.content_hash, plan.input_schema, plan.input_defaults)
            self._kept[key] = found
            if len(self._kept) > self._size:
                self._kept.popitem(last=False)
        self._kept.move_to_end(key)
        return found


interfaces = _Interfaces()
