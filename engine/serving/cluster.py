"""The processes of our Ray: where they keep their files, how they are found, and how every one of them is ended.

``ray stop`` would end every Ray on the machine. Ours is known by its folder, whose name is in the command line of
everything that is not a worker, by the session that all of it lives in, and by the list that the host writes down
while it lives: process ids with their start times, so that a recycled id is never mistaken for ours.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import secrets
import tempfile
from collections.abc import Iterable
from pathlib import Path

import psutil  # type: ignore[import-untyped]


def folder(home: Path) -> Path:
    """Ray's folder of this installation. Short, since the paths of its sockets may have 107 characters at most."""
    name = hashlib.sha256(str(home.resolve()).encode()).hexdigest()[:10]
    return Path(tempfile.gettempdir()) / f"weft-{name}"


def token_file(home: Path) -> Path:
    """Ray's access token, 0600, made once."""
    path = home / "ray" / "token"
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileExistsError):
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "w") as file:
            file.write(secrets.token_hex(32))
    return path


def _list(home: Path) -> Path:
    return home / "ray" / "processes.json"


def write_down(home: Path) -> None:
    """Remember every process of ours that lives now."""
    marks = []
    for process in ray_processes(home, os.getpid()):
        with contextlib.suppress(psutil.Error):
            marks.append({"pid": process.pid, "born": process.create_time()})
    path = _list(home)
    scratch = path.with_suffix(".new")
    scratch.write_text(json.dumps(marks))
    scratch.replace(path)


def ray_processes(home: Path, host: int | None = None) -> list[psutil.Process]:
    """Every process of the Ray of this installation, its host left out. ``host``: also all that descends from it."""
    found: dict[int, psutil.Process] = {}
    with contextlib.suppress(psutil.Error):
        if host is not None:
            found |= {child.pid: child for child in psutil.Process(host).children(recursive=True)}
    with contextlib.suppress(OSError, ValueError):
        for mark in json.loads(_list(home).read_text()):
            with contextlib.suppress(psutil.Error):
                process = psutil.Process(mark["pid"])
                if abs(process.create_time() - mark["born"]) < 0.05:
                    found[process.pid] = process
    ours = str(folder(home))
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if any(ours in argument for argument in process.cmdline()):
                found[process.pid] = process
                found |= {child.pid: child for child in process.children(recursive=True)}
    found.pop(os.getpid(), None)
    return list(found.values())


def core_processes(home: Path) -> list[psutil.Process]:
    """The raylet and the GCS: without either there is no Ray."""
    core = []
    for process in ray_processes(home, os.getpid()):
        with contextlib.suppress(psutil.Error):
            if process.name() in ("raylet", "gcs_server"):
                core.append(process)
    return core


def alive(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.Error):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False


UNNEEDED = ("autoscaler/_private/monitor.py", "_private/log_monitor.py", "dashboard/dashboard.py")
"""Ray starts them for every head: for adding machines, for printing workers' logs, for the dashboard that is off."""


def trim(home: Path) -> None:
    """End what Ray starts and nothing here needs: about 170 MB."""
    unneeded = []
    for process in ray_processes(home, os.getpid()):
        with contextlib.suppress(psutil.Error):
            if any(part in argument for part in UNNEEDED for argument in process.cmdline()):
                unneeded.append(process)
    for process in unneeded:
        process.kill()  # asked politely, the monitor would report a failure
    psutil.wait_procs(unneeded, timeout=3)


def replica_processes(home: Path, name: str) -> list[psutil.Process]:
    """The replicas of ``Runner`` or ``Gateway``."""
    replicas = []
    for process in ray_processes(home):
        with contextlib.suppress(psutil.Error):
            if f"ServeReplica:weft:{name}" in " ".join(process.cmdline()):
                replicas.append(process)
    return replicas


def end(processes: Iterable[psutil.Process], grace_s: float) -> list[psutil.Process]:
    """Ask, wait, kill; who is still there comes back, which should be nobody."""
    processes = list(processes)
    for process in processes:
        with contextlib.suppress(psutil.Error):
            process.terminate()
    _, left = psutil.wait_procs(processes, timeout=grace_s)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    still: list[psutil.Process] = psutil.wait_procs(left, timeout=3)[1]
    return still


def sweep(home: Path) -> int:
    """End what a host that was killed has left behind; how many processes that were."""
    left = ray_processes(home)
    end(left, 1.0)
    _list(home).unlink(missing_ok=True)
    return len(left)
