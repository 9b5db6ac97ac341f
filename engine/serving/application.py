"""The Serve application: ``Gateway``, the HTTP API, and ``Runner``, replicas that pull their work from Postgres.

Nothing durable lives here. A replica that is killed loses nothing: its leases run out, and another goes on. What a
replica needs is imported in the replica: the host, which imports this module, stays small. Settings travel with the
application, so that a redeploy brings new ones and a cluster elsewhere needs to know none.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ray import serve
from ray.serve.config import AutoscalingConfig, AutoscalingPolicy

from engine.serving import autoscaling
from engine.serving.settings import ServingSettings

if TYPE_CHECKING:
    from fastapi import FastAPI

APPLICATION = "weft"
CPUS = 0.1
"""What Ray sets aside for a replica. Runners mostly wait; the machine's scheduler shares out what there is."""
KILLED_AFTER_S = 10.0
"""From the end of a runner's patience with calls in flight to the kill: it gives back the rest and signs off."""


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


def _begin(told: Mapping[str, str]) -> None:
    """First of all in a replica: its settings, which are those of the deployment and none of before."""
    for name in [name for name in os.environ if name.startswith("WEFT_")]:
        del os.environ[name]
    os.environ.update(told)
    _listen_where_the_node_is()


def _api() -> FastAPI:
    """Built in the replica. The database is opened with the server, inside its event loop."""
    from fastapi import FastAPI
    from starlette.routing import Route

    from engine.api import api
    from engine.database import Database
    from engine.settings import Settings
    from engine.telemetry import logs

    logs.configure()
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
    async def __init__(self, told: Mapping[str, str]) -> None:  # type: ignore[misc]
        _begin(told)
        from engine.runner import Runner, RunnerSettings, spare_the_collector
        from engine.telemetry import logs

        logs.configure()
        spare_the_collector()
        drain_s = ServingSettings.from_environment().drain_s
        settings = replace(RunnerSettings.from_environment(), drain_s=drain_s)
        self._runner = Runner(os.environ["WEFT_RUNNER_URL"], settings)
        await self._runner.open()

    async def check_health(self) -> None:
        """Serve replaces the replica when this raises."""
        if not self._runner.alive:
            raise RuntimeError("the runner has stopped")

    async def record_autoscaling_stats(self) -> dict[str, int]:
        """What the policy decides on."""
        return {autoscaling.METRIC: await self._runner.due()}

    async def active(self) -> int:
        return self._runner.active

    async def __del__(self) -> None:
        await self._runner.stop()


class _Gateway:
    """The runners come along as an argument, so that they belong to the application; nobody calls them."""

    def __init__(self, told: Mapping[str, str], runners: Any) -> None:
        _begin(told)
        self._runners = runners


def application(settings: ServingSettings, told: Mapping[str, str]) -> Any:
    """What ``serve.run`` takes. ``told``: the settings that replicas find in their environment."""
    # Whoever is new is there before who is old leaves: no request and no second without a runner in between.
    surge = {"max_surge_percent": 100, "graceful_shutdown_wait_loop_s": 0.1}
    gateway = serve.deployment(
        name="Gateway",
        num_replicas=1,
        max_ongoing_requests=1000,  # followed runs stay on the line
        graceful_shutdown_timeout_s=10,
        ray_actor_options={"num_cpus": CPUS},
        **surge,
    )(serve.ingress(_api)(_Gateway))
    scaling = settings.scaling
    runner = serve.deployment(
        name="Runner",
        autoscaling_config=AutoscalingConfig(
            min_replicas=scaling.least,
            max_replicas=scaling.most,
            metrics_interval_s=autoscaling.REPORT_S,
            look_back_period_s=2 * autoscaling.REPORT_S,
            upscale_delay_s=autoscaling.UP_DELAY_S,
            downscale_delay_s=scaling.down_delay_s,
            policy=AutoscalingPolicy(
                policy_function="engine.serving.autoscaling:QueueDepth",
                policy_kwargs={"up": scaling.up, "down": scaling.down},
            ),
        ),
        graceful_shutdown_timeout_s=settings.drain_s + KILLED_AFTER_S,
        health_check_period_s=2,
        ray_actor_options={"num_cpus": CPUS},
        **surge,
    )(_Runner)
    return gateway.bind(told, runner.bind(told))
