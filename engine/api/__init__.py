"""The HTTP API: the service functions behind FastAPI. The studio mounts it under ``/api``, the Gateway serves it.

``api(db, settings)`` gives the application; its routes are relative to where it is mounted.
"""

from __future__ import annotations

from fastapi import FastAPI

from engine.api import (
    access,
    admin,
    alerts,
    approvals,
    artifacts,
    bulk,
    connectors,
    conversations,
    events,
    figures,
    finding,
    forking,
    hooks,
    login,
    models,
    notifications,
    oidc,
    platform,
    problems,
    rescue,
    reviews,
    runs,
    secrets,
    subscriptions,
    trials,
    triggers,
    workflows,
)
from engine.api.access import cookie_name
from engine.api.limits import BodyLimit
from engine.api.sealing import Sealed
from engine.api.telling import Telling
from engine.artifacts import configured
from engine.database import Database
from engine.settings import Settings
from engine.tallies import Tallies

__all__ = ["api", "cookie_name"]

ROUTERS = (
    login.router,
    oidc.router,
    workflows.router,
    trials.router,
    runs.router,
    forking.router,
    bulk.router,
    finding.router,
    artifacts.router,
    approvals.router,
    reviews.router,
    rescue.router,
    events.router,
    triggers.router,
    subscriptions.router,
    conversations.router,
    hooks.router,
    connectors.router,
    models.router,
    secrets.router,
    notifications.router,
    figures.router,
    alerts.router,
    admin.router,
    platform.router,
)


def api(db: Database, settings: Settings) -> FastAPI:
    """Raises ``RuntimeError`` when a route has no permission label: the process must not serve it."""
    app = FastAPI(
        title="Weft Studio",
        version="1",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        openapi_url="/openapi.json",
    )
    app.state.db = db
    app.state.settings = settings
    app.state.artifacts = configured(home=settings.home)
    for router in ROUTERS:
        app.router.routes.extend(router.routes)
    problems.install(app)
    app.add_middleware(BodyLimit)
    app.add_middleware(Sealed)
    app.state.tallies = Tallies()
    app.add_middleware(Telling, db=db, tallies=app.state.tallies)
    access.refuse_unlabelled(app)
    return app
