"""The host process of the engine: it starts Ray and the Serve application, and ends every process of them.

It prints one line of JSON when the engine is ready, ``{"state": "ready", "gateway": address, "seconds": ...}``, or
``{"state": "failed", "message": ...}``. Loopback only (docs/decisions/0005); small settings, for two cores
and 4 GB.
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

from engine.serving import cluster

STOP_S = 6.0
"""How long the replicas get to give their runs back before what is left is killed."""
OBJECT_STORE = 80 * 2**20
"""The least that Ray takes. Nothing of ours lies in it."""


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
        }
    )
    # Replicas import the engine from where the host did.
    root = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH", "")
    os.environ["PYTHONPATH"] = root if not known else f"{root}{os.pathsep}{known}"


def start(home: Path, port: int) -> None:
    import ray
    from ray import serve
    from ray.serve.config import HTTPOptions

    from engine.serving.application import APPLICATION, application

    ray.init(
        address="local",
        num_cpus=2,
        num_gpus=0,
        object_store_memory=OBJECT_STORE,
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.WARNING,
        _temp_dir=str(cluster.folder(home)),
        _node_ip_address="127.0.0.1",
    )
    cluster.write_down(home)
    serve.start(
        proxy_location="HeadOnly",
        http_options=HTTPOptions(host="127.0.0.1", port=port),
    )
    cluster.write_down(home)
    serve.run(application(), name=APPLICATION, route_prefix="/", blocking=False)
    cluster.trim(home)
    cluster.write_down(home)


def stop(home: Path) -> None:
    """End the application in order while there is time, then every process that is left."""

    def politely() -> None:
        import ray
        from ray import serve

        try:
            serve.shutdown()
            ray.shutdown()
        except Exception as error:  # whatever it is, the processes end below
            logging.getLogger(__name__).info("Ray did not shut down in order: %s", error)

    polite = threading.Thread(target=politely, daemon=True)
    processes = cluster.ray_processes(home, os.getpid())
    polite.start()
    polite.join(STOP_S)
    cluster.end({*processes, *cluster.ray_processes(home, os.getpid())}, 0.5)
    shutil.rmtree(cluster.folder(home), ignore_errors=True)


def say(**message: object) -> None:
    print(json.dumps(message), flush=True)


def main() -> int:
    began = time.monotonic()
    home = Path(os.environ.get("WEFT_HOME") or Path(__file__).resolve().parents[2] / ".weft")
    port = int(os.environ.get("WEFT_GATEWAY_PORT") or 8000)
    if not os.environ.get("WEFT_RUNNER_URL"):
        say(state="failed", message="WEFT_RUNNER_URL is not set. Start with ./weft up.")
        return 2
    stopping = threading.Event()
    _listen_for_the_end(stopping)
    swept = cluster.sweep(home)
    shutil.rmtree(cluster.folder(home), ignore_errors=True)
    cluster.folder(home).mkdir(mode=0o700)
    prepare_environment(home)
    failed: list[str] = []
    try:
        start(home, port)
    except SystemExit:  # Ray's own answer to a signal while it starts
        stopping.set()
    except Exception as error:
        logging.getLogger(__name__).exception("the engine did not start")
        failed.append(f"{type(error).__name__}: {error}")
    _listen_for_the_end(stopping)  # Ray has put its own handlers in the place of ours
    if failed:
        say(state="failed", message=failed[0])
    elif not stopping.is_set():
        say(
            state="ready",
            gateway=f"http://127.0.0.1:{port}",
            seconds=round(time.monotonic() - began, 1),
            swept=swept,
        )
        while not stopping.wait(5):
            cluster.write_down(home)
            if not _raylet_lives(home):
                failed.append("Ray has ended")
                say(state="failed", message="Ray has ended.")
                break
    stop(home)
    return 1 if failed else 0


def _listen_for_the_end(stopping: threading.Event) -> None:
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())


def _raylet_lives(home: Path) -> bool:
    return any("raylet" in (process.name() or "") for process in cluster.ray_processes(home, os.getpid()))


if __name__ == "__main__":
    sys.exit(main())
