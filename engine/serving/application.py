"""The Serve application: ``Gateway``, the HTTP API, and ``Runner``, replicas that pull their work from Postgres.

Nothing durable lives here. A replica that is killed loses nothing: its leases run out, and another goes on.
What a replica needs is imported in the replica: the host, which imports this module, stays small.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from ray import serve
from ray.serve.config import AutoscalingConfig, AutoscalingPolicy

if TYPE_CHECKING:
    from fastapi import FastAPI

APPLICATION = "weft"
CPUS = 0.1
"""What Ray sets aside for a replica. Runners mostly wait; the machine's scheduler shares out what there is."""


def _setting(name: str, default: int) -> int:
    return int(os.environ.get(name) or default)


def _listen_where_the_node_is() -> None:
    """Bind a replica's port for calls from other replicas to loopback where the node is there, as all the rest of Ray
    does. Serve has no setting for it and takes all interfaces. Called while the replica is built, before it listens."""
    import ray
    from ray.serve._private import replica

    if ray.util.get_node_ip_address() != "127.0.0.1":
        return
    bind = replica.add_port_to_grpc_server

    def narrowed(server: Any, address: str) -> Any:
        return bind(server, address.replace("[::]", "127.0.0.1"))

    replica.add_port_to_grpc_server = narrowed


def _api() -> FastAPI:
    """Built in the replica. The database is opened with the server, inside its event loop."""
    from fastapi import FastAPI
    from starlette.routing import Route

    from engine.api import api
    from engine.database import Database
    from engine.settings import Settings
    from engine.telemetry import logs

    logs.configure()
    _listen_where_the_node_is()
    settings = Settings.from_environment()

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        db = await Database.open(settings.app_url, pool_size=3)
        served = api(db, settings)
        app.mount("/api", served)
        app.router.routes.append(Route("/metrics", _Metrics(served)))
        yield
        await db.close()

    return FastAPI(lifespan=life, openapi_url=None, docs_url=None, redoc_url=None)


class _Metrics:
    """The API's metrics where Prometheus looks for them, at the root."""

    def __init__(self, served: FastAPI) -> None:
        self._served = served

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        await self._served({**scope, "path": "/metrics", "root_path": ""}, receive, send)


class _Runner:
    async def __init__(self) -> None:  # type: ignore[misc]
        from engine.runner import Runner, RunnerSettings, spare_the_collector
        from engine.telemetry import logs

        _listen_where_the_node_is()
        logs.configure()
        spare_the_collector()
        self._runner = Runner(os.environ["WEFT_RUNNER_URL"], RunnerSettings.from_environment())
        await self._runner.open()

    async def check_health(self) -> None:
        """Serve replaces the replica when this raises."""
        if not self._runner.alive:
            raise RuntimeError("the runner has stopped")

    async def active(self) -> int:
        return self._runner.active

    async def __del__(self) -> None:
        await self._runner.stop()


def application() -> Any:
    """What ``serve.run`` takes."""
    gateway = serve.deployment(
        name="Gateway",
        num_replicas=1,
        max_ongoing_requests=256,
        graceful_shutdown_timeout_s=2,
        graceful_shutdown_wait_loop_s=0.1,
        ray_actor_options={"num_cpus": CPUS},
    )(serve.ingress(_api)(_Gateway))
    runner = serve.deployment(
        name="Runner",
        autoscaling_config=AutoscalingConfig(
            min_replicas=_setting("WEFT_RUNNERS_MIN", 1),
            max_replicas=_setting("WEFT_RUNNERS_MAX", 5),
            upscale_delay_s=1,
            downscale_delay_s=20,
            policy=AutoscalingPolicy(
                policy_function="engine.serving.autoscaling:QueueDepth",
                policy_kwargs={
                    "up": _setting("WEFT_RUNNERS_UP", 500),
                    "down": _setting("WEFT_RUNNERS_DOWN", 100),
                },
            ),
        ),
        graceful_shutdown_timeout_s=5,
        graceful_shutdown_wait_loop_s=0.1,
        health_check_period_s=5,
        ray_actor_options={"num_cpus": CPUS},
    )(_Runner)
    return gateway.bind(runner.bind())


class _Gateway:
    """The runners come along as an argument, so that they belong to the application; nobody calls them."""

    def __init__(self, runners: Any) -> None:
        self._runners = runners
