"""Whether the process lives, whether it can work, and what Prometheus scrapes."""

from __future__ import annotations

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel

from engine import metrics, tallybook
from engine.api.access import Open, database
from engine.errors import Unavailable
from engine.pulse import EngineState, engine_state

router = APIRouter(dependencies=[Depends(Open())])


class Health(BaseModel):
    status: str = "ok"


class Ready(BaseModel):
    """Ready means that requests can be served: runs are accepted and queue while the engine is not there."""

    database: str = "ok"
    engine: EngineState


@router.get("/health")
async def health() -> Health:
    return Health()


@router.get("/ready")
async def ready(request: Request, runs: bool = False) -> Ready:
    """503 while the database does not answer. ``runs``: also while nobody lives who would carry a run on."""
    engine = await engine_state(database(request))
    if runs and engine.state != "ready":
        raise Unavailable("No runner lives: runs are accepted and wait.", "Ask again in a moment.")
    return Ready(engine=engine)


@router.get("/metrics", response_class=Response)
async def scrape(request: Request) -> Response:
    await tallybook.add(database(request), request.app.state.tallies)
    return Response(
        await metrics.scrape(database(request)), media_type="text/plain; version=0.0.4; charset=utf-8"
    )
