"""What a dashboard shows, as numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request

from engine import figures
from engine.actor import Actor
from engine.api.access import Guard, database
from engine.errors import BadInput
from engine.figures import Figures
from engine.permissions import Permission

router = APIRouter()

Viewer = Annotated[Actor, Depends(Guard(Permission.VIEW))]


@router.get("/dashboard")
async def dashboard(
    actor: Viewer,
    request: Request,
    workflow: UUID | None = None,
    range: Literal["1h", "24h", "7d", "30d", "90d"] = "24h",
    since: datetime | None = None,
    until: datetime | None = None,
) -> Figures:
    """Of a usual range up to now, or from ``since`` until ``until``."""
    now = datetime.now(UTC)
    if (since is None) != (until is None):
        raise BadInput("A time has two ends.", [("until" if until is None else "since", "is missing")])
    if since is None or until is None:
        span = figures.span_of(range, now)
    else:
        span = figures.span_between(_aware(since), _aware(until), now)
    return await figures.figures(database(request), actor, span, workflow)


def _aware(at: datetime) -> datetime:
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)
