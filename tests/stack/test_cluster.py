"""``RAY_ADDRESS``: the application on a Ray that somebody else runs, as a guest that leaves and ends nothing."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from deploy.children import end, family
from engine.database import Urls
from tests.conftest import ROOT, Samples, free_port, wait_for_http
from tests.engine_run.ground import Ground
from tests.engine_run.kit import const, plan, ret

pytestmark = pytest.mark.stack

LONG_S = 180.0
OTHER = """
import sys, ray
from ray import serve
from ray.serve.config import HTTPOptions

@serve.deployment(ray_actor_options={"num_cpus": 0.1})
class Other:
    def __call__(self):
        return "somebody else's"

ray.init(address=sys.argv[1], log_to_driver=False)
serve.start(http_options=HTTPOptions(host="127.0.0.1", port=int(sys.argv[2])))
serve.run(Other.bind(), name="other", route_prefix="/other")
"""


@dataclass(frozen=True)
class Head:
    """A Ray that is not ours, with an application that is not ours."""

    process: subprocess.Popen[bytes]
    address: str
    port: int
    environment: dict[str, str]

    def other_answers(self) -> bool:
        with contextlib.suppress(AssertionError):
            wait_for_http(f"http://127.0.0.1:{self.port}/other", seconds=20)
            return True
        return False


@pytest.fixture(scope="module")
def head() -> Iterator[Head]:
    folder = Path(tempfile.mkdtemp(prefix="rh-"))
    token = folder / "token"
    token.write_text("0" * 64)
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RAY_", "WEFT_"))}
    environment = {
        **kept,
        "PYTHONPATH": str(ROOT),  # what the same image on every node means elsewhere
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(token),
        "RAY_USAGE_STATS_ENABLED": "0",
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    }
    gcs, port = free_port(), free_port()
    words = ["start", "--head", "--block", "--num-cpus=2", "--object-store-memory=83886080"]
    words += [f"--port={gcs}", "--node-ip-address=127.0.0.1", "--include-dashboard=false"]
    process = subprocess.Popen(
        [sys.executable, "-m", "ray.scripts.scripts", *words, f"--temp-dir={folder / 't'}"],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        address = f"127.0.0.1:{gcs}"
        deployed = subprocess.run(
            [sys.executable, "-c", _once_there(gcs) + OTHER, address, str(port)],
            env=environment,
            capture_output=True,
            text=True,
            timeout=LONG_S,
            check=False,
        )
        assert deployed.returncode == 0, deployed.stderr
        yield Head(process, address, port, environment)
    finally:
        # All it began is of its session, or names its folder.
        members = {one.pid: one for one in family(psutil.Process(process.pid))}
        for one in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                if str(folder) in " ".join(one.cmdline()):
                    members |= {each.pid: each for each in family(one)}
        end(members.values(), 0)
        process.wait(10)
        shutil.rmtree(folder, ignore_errors=True)


def _once_there(port: int) -> str:
    """Until the head listens, which takes it some seconds."""
    return f"""
import socket, time
end = time.monotonic() + 60
while True:
    try:
        socket.create_connection(("127.0.0.1", {port}), 1).close()
        break
    except OSError:
        if time.monotonic() > end:
            raise
        time.sleep(0.1)
"""


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="weft-guest-"))
    folder.joinpath("key").write_text("ab" * 32)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


class Host:
    """The host process, told where the cluster is."""

    def __init__(self, head: Head, home: Path, urls: Urls, samples: Samples) -> None:
        self._log = home / "engine.log"
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "engine.serving"],
                cwd=ROOT,
                env={
                    **head.environment,
                    "RAY_ADDRESS": head.address,
                    "WEFT_HOME": str(home),
                    "WEFT_APP_URL": urls.app,
                    "WEFT_RUNNER_URL": urls.runner,
                    "WEFT_SAMPLES_URL": samples.url,
                    "WEFT_SAMPLES_TOKEN": samples.token,
                    "WEFT_RUNNER_DRAIN_S": "2",
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def said(self) -> list[dict[str, object]]:
        found = []
        for line in self._log.read_text(errors="replace").splitlines():
            with contextlib.suppress(ValueError):
                found.append(json.loads(line))
        return [one for one in found if isinstance(one, dict)]

    def wait_until_ready(self) -> None:
        end = time.monotonic() + LONG_S
        while not self.said():
            assert self.process.poll() is None and time.monotonic() < end, self._log.read_text()
            time.sleep(0.1)
        assert self.said()[0]["state"] == "ready", self._log.read_text()

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


def applications(head: Head) -> set[str]:
    program = (
        "import sys, ray; from ray import serve; ray.init(address=sys.argv[1], log_to_driver=False);"
        "print('applications', *serve.status().applications)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, head.address],
        env=head.environment,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return set(done.stdout.strip().splitlines()[-1].split()[1:])


def test_the_application_is_a_guest_on_a_cluster_elsewhere(
    head: Head, home: Path, urls: Urls, owner_url: str, samples: Samples
) -> None:
    ground = Ground.lay(owner_url)
    runs = ground.start(ground.publish(plan(ret("done", const(1)))), {}, 20)
    before = {process.pid for process in family(psutil.Process(head.process.pid))}
    host = Host(head, home, urls, samples)
    try:
        host.wait_until_ready()
        wait_for_http(f"http://127.0.0.1:{head.port}/api/health")
        deadline = time.monotonic() + 60
        while ground.states(runs) != {"succeeded": len(runs)}:
            assert time.monotonic() < deadline, ground.states(runs)
            time.sleep(0.1)
        assert applications(head) == {"other", "weft"}
    finally:
        code = host.stop()
    assert code == 0
    deadline = time.monotonic() + 60
    while applications(head) != {"other"}:
        assert time.monotonic() < deadline
    assert head.process.poll() is None and head.other_answers()
    gone = before - {process.pid for process in family(psutil.Process(head.process.pid))}
    assert gone == set(), "what was there before us is there after us"
