"""``./weft up`` from start to stop: one at a time, nothing left behind, and back after being killed."""

from __future__ import annotations

import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from tests.conftest import ROOT, wait_for_http
from tests.stack.stack import Stack

pytestmark = pytest.mark.stack


@pytest.fixture
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="weft-life-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def studio(home: Path) -> Iterator[Stack]:
    """An installation without Ray, which has a test of its own in the journey."""
    running = Stack(home, "--no-engine")
    yield running
    if running.process is not None:
        running.stop()


def alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    return [
        process for process in processes if process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    ]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "Ctrl-C"])
def test_asked_to_stop_it_leaves_no_process_behind(studio: Stack, number: int) -> None:
    studio.start()
    everything = studio.processes()
    assert len(everything) > 5, "the supervisor, the database, the connectors and the studio"
    assert studio.stop(number) == 0
    assert alive(everything) == []


def test_a_second_one_says_where_the_first_is(studio: Stack) -> None:
    studio.start()
    second = Stack(studio.home, "--no-engine")
    done = subprocess.run(
        [str(ROOT / "weft"), "up", "--port", str(second.port)],
        env=studio.environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert f"already running here: http://localhost:{studio.port}" in done.stderr


def test_after_a_kill_the_next_start_cleans_up_and_keeps_everything(studio: Stack) -> None:
    studio.start()
    left = [process for process in studio.processes() if process.pid != studio.process.pid]  # type: ignore[union-attr]
    studio.stop(signal.SIGKILL)
    assert alive(left), "a killed supervisor cannot stop what it started"
    studio.start()
    assert "Cleaned up after a start that was killed" in studio.output
    assert "shown at the first start" in studio.output, "the login of before is still there"
    still = alive(left)
    assert all("postgres" in process.name() for process in still), "only the database may be reused"


def test_a_taken_port_is_said_plainly(studio: Stack) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", studio.port))
        taken.listen()
        done = subprocess.run(
            [str(ROOT / "weft"), "up", "--port", str(studio.port)],
            env=studio.environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 2
    assert f"Port {studio.port} is taken" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_part_that_dies_is_started_again(studio: Stack) -> None:
    studio.start()
    web = next(process for process in studio.processes() if "granian" in " ".join(process.cmdline()))
    web.kill()
    studio.wait_for(r"studio ended .* starting it again")
    wait_for_http(f"{studio.url}/api/health", seconds=60)
