"""What starting a run needs of a version, and the fitting of an input to it."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlmodel import select
from sqlmodel.ext.asyncio.session import AsyncSession

import dsl
from dsl.plan import Expression, Plan
from engine import tables
from engine.errors import BadInput, NotFound
from engine.strict import NotJson, encode

LARGEST_INPUT = 256 * 1024
"""Bytes of JSON that a run's input may have."""


@dataclass(frozen=True, slots=True)
class Interface:
    """What starting a run needs of a version."""

    content_hash: str
    input_schema: dict[str, Any]
    defaults: dict[str, Expression]


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


def fitted(value: Any, interface: Interface) -> dict[str, Any]:
    """The input as the workflow sees it: defaults filled in, numbers of the right kind. Raises ``BadInput``."""
    if not isinstance(value, dict):
        raise BadInput("The input does not fit.", [("", "must be an object with a field for each input")])
    try:
        if len(encode(value)) > LARGEST_INPUT:
            raise BadInput("The input is too large.", [("", f"has more than {LARGEST_INPUT} bytes")])
    except NotJson as error:
        raise BadInput("The input does not fit.", [("", f"holds {error}")]) from error
    defaults = {
        name: dsl.evaluate(expression, {})
        for name, expression in interface.defaults.items()
        if name not in value
    }
    whole = dsl.coerce(value | defaults, interface.input_schema)
    problems = dsl.validate_input(whole, interface.input_schema)
    if problems:
        raise BadInput(
            "The input does not fit: " + "; ".join(str(problem) for problem in problems[:5]) + ".",
            [(problem.path, problem.message) for problem in problems],
            "Correct these fields and start again.",
        )
    return cast("dict[str, Any]", whole)
