"""The host process of the engine: it starts Ray and the Serve application, and ends every process of them.

It prints one line of JSON when the engine is ready, ``{"state": "ready", "gateway": address, "seconds": ...}``, or
``{"state": "failed", "message": ...}``. Loopback only (docs/decisions/0005); small settings, for two cores
and 4 GB.

With ``RAY_ADDRESS`` it starts no Ray: it puts the application on that cluster, and when it is asked to stop it takes
the application away again and nothing else (docs/decisions/0033).

SIGHUP deploys anew, with the code and the settings of now, while runs and requests go on (docs/decisions/0032).
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Protocol

import psutil  # type: ignore[import-untyped]

from engine.errors import WeftError
from engine.serving import cluster, proxy
from engine.serving.deployment import connect, deploy, home_of
from engine.serving.redeploying import Redeploying

STOP_S = 6.0
"""How long the replicas get to give their runs back before what is left is killed."""
OBJECT_STORE = 80 * 2**20
"""The least that Ray takes. Nothing of ours lies in it."""
LOOK_S = 0.5
WRITE_DOWN_S = 5.0
ASK_S = 5.0
PATIENCE_S = 30.0
"""A cluster elsewhere that does not answer for so long counts as gone."""


class Base(Protocol):
    """What the application stands on: a Ray of our own, or a cluster elsewhere."""

    def start(self, port: int) -> None:
        """Ray is there, and Serve with its proxy; nothing of ours is deployed."""
        ...

    def settle(self) -> None:
        """The application is deployed."""
        ...

    def lost(self) -> str:
        """Why there is no Ray any more, "" while there is. Asked twice a second."""
        ...

    def stop(self) -> None: ...


class OwnRay:
    """A Ray on this machine that lives and dies with this process."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._core: list[psutil.Process] = []
        self._written = 0.0
        self._lost = False

    def start(self, port: int) -> None:
        prepare_environment(self._home)
        import ray
        from ray import serve
        from ray.serve.config import HTTPOptions

        ray.init(
            address="local",
            num_cpus=2,
            num_gpus=0,
            object_store_memory=OBJECT_STORE,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.WARNING,
            _temp_dir=str(cluster.folder(self._home)),
            _node_ip_address="127.0.0.1",
        )
        os.environ["RAY_ADDRESS"] = ray.get_runtime_context().gcs_address  # where a redeploy finds it
        cluster.write_down(self._home)
        self._core = cluster.core_processes(self._home)
        serve.start(proxy_location="HeadOnly", http_options=HTTPOptions(host="127.0.0.1", port=port))
        cluster.write_down(self._home)

    def settle(self) -> None:
        cluster.trim(self._home)
        cluster.write_down(self._home)

    def lost(self) -> str:
        if not all(cluster.alive(process) for process in self._core):
            self._lost = True
            return "Ray has ended."
        if time.monotonic() - self._written > WRITE_DOWN_S:
            self._written = time.monotonic()
            cluster.write_down(self._home)
        return ""

    def stop(self) -> None:
        """End the application in order while there is time, then every process that is left."""

        def politely() -> None:
            import ray
            from ray import serve

            try:
                serve.shutdown()
                ray.shutdown()
            except Exception as error:  # whatever it is, the processes end below
                logging.getLogger(__name__).info("Ray did not shut down in order: %s", error)

        processes = cluster.ray_processes(self._home, os.getpid())
        if not self._lost:
            polite = threading.Thread(target=politely, daemon=True)
            polite.start()
            polite.join(STOP_S)
        cluster.end({*processes, *cluster.ray_processes(self._home, os.getpid())}, 0.5)
        shutil.rmtree(cluster.folder(self._home), ignore_errors=True)


class ClusterElsewhere:
    """A cluster that somebody else runs: we are a guest with one application."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._answered = time.monotonic()
        self._asking: threading.Thread | None = None

    def start(self, port: int) -> None:
        os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
        connect(self._address)
        from ray import serve
        from ray.serve.config import HTTPOptions

        # Where Serve runs already, this changes nothing about it.
        host = os.environ.get("WEFT_GATEWAY_HOST") or "127.0.0.1"
        serve.start(proxy_location="HeadOnly", http_options=HTTPOptions(host=host, port=port))

    def settle(self) -> None:
        self._answered = time.monotonic()

    def lost(self) -> str:
        now = time.monotonic()
        if now - self._answered > PATIENCE_S:
            return f"The cluster at {self._address!r} has not answered for {PATIENCE_S:g} s."
        if now - self._answered > ASK_S and (self._asking is None or not self._asking.is_alive()):
            self._asking = threading.Thread(target=self._ask, daemon=True, name="weft-cluster")
            self._asking.start()
        return ""

    def _ask(self) -> None:
        from ray import serve

        try:
            serve.status()
            self._answered = time.monotonic()
        except Exception as error:
            logging.getLogger(__name__).warning("the cluster does not answer: %s", error)

    def stop(self) -> None:
        from engine.serving.application import APPLICATION

        def leave() -> None:
            import ray
            from ray import serve

            try:
                serve.delete(APPLICATION)  # the replicas drain; the cluster goes on with that without us
                ray.shutdown()
            except Exception as error:
                logging.getLogger(__name__).warning("the application could not be taken away: %s", error)

        leaving = threading.Thread(target=leave, daemon=True)
        leaving.start()
        leaving.join(STOP_S)


def prepare_environment(home: Path) -> None:
    """Before Ray is imported: it reads its environment once, and its processes inherit ours."""
    os.environ.update(
        {
            "RAY_AUTH_MODE": "token",
            "RAY_AUTH_TOKEN_PATH": str(cluster.token_file(home)),
            "RAY_USAGE_STATS_ENABLED": "0",
            "RAY_TMPDIR": str(cluster.folder(home)),
            # Everything of Ray's binds to loopback where its node has that address. On Linux it would take the
            # machine's outer one, whatever it is told; with clusters off (its way on macOS) it keeps to loopback.
            "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
            # One process less for each: no prestarted workers that wait for tasks we never send.
            "RAY_enable_worker_prestart": "0",
            "RAY_prestart_worker_first_driver": "0",
            "RAY_SERVE_LOG_TO_STDERR": "0",
            "RAY_DEDUP_LOGS": "0",
            **proxy.environment(cluster.folder(home)),
        }
    )
    # Replicas import the engine from where the host did.
    root = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = root if not known else f"{root}{os.pathsep}{known}"


def say(**message: object) -> None:
    print(json.dumps(message), flush=True)


def main() -> int:
    began = time.monotonic()
    home = home_of(os.environ)
    port = int(os.environ.get("WEFT_GATEWAY_PORT") or 8000)
    if not os.environ.get("WEFT_RUNNER_URL"):
        say(state="failed", message="WEFT_RUNNER_URL is not set. Start with ./weft up.")
        return 2
    stopping, again = threading.Event(), threading.Event()
    _listen_for_signals(stopping, again)
    swept = cluster.sweep(home)
    shutil.rmtree(cluster.folder(home), ignore_errors=True)
    address = os.environ.get("RAY_ADDRESS")
    if not address:
        cluster.folder(home).mkdir(mode=0o700)
    base: Base = ClusterElsewhere(address) if address else OwnRay(home)
    failed: list[str] = []
    try:
        base.start(port)
        deploy(os.environ)
        base.settle()
    except SystemExit:  # Ray's own answer to a signal while it starts
        stopping.set()
    except WeftError as error:
        failed.append(f"{error.message} {error.help}")
    except Exception as error:
        logging.getLogger(__name__).exception("the engine did not start")
        failed.append(f"{type(error).__name__}: {error}")
    _listen_for_signals(stopping, again)  # Ray has put its own handlers in the place of ours
    redeploying = Redeploying(home)
    if failed:
        say(state="failed", message=failed[0])
    elif not stopping.is_set():
        say(
            state="ready",
            gateway=f"http://127.0.0.1:{port}",
            seconds=round(time.monotonic() - began, 1),
            swept=swept,
        )
        while not stopping.wait(LOOK_S):
            if why := base.lost():
                failed.append(why)
                say(state="failed", message=why)
                break
            if again.is_set() and not redeploying.busy:
                again.clear()
                redeploying.begin()
            redeploying.look()
    redeploying.stop()
    base.stop()
    return 1 if failed else 0


def _listen_for_signals(stopping: threading.Event, again: threading.Event) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    signal.signal(signal.SIGHUP, lambda *_: again.set())


if __name__ == "__main__":
    sys.exit(main())
