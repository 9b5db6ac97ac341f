"""The processes that a start-up owns: started in a session of their own, watched, and ended with all they began.

A process is known by its id and its start time together, so that a recycled id is never mistaken for ours.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from deploy.home import ROOT, open_private


@dataclass(slots=True)
class Child:
    """One process of ours. ``grace`` is how many seconds it gets to end by itself."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    grace: float = 8
    process: subprocess.Popen[bytes] | None = None
    starts: list[float] = field(default_factory=list)

    def start(self) -> None:
        with open_private(self.log) as log:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.starts.append(time.monotonic())

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def last_words(self, lines: int = 5) -> str:
        """The end of its log, for a message."""
        try:
            text = self.log.read_bytes()[-8192:].decode(errors="replace")
        except OSError:
            return ""
        return "\n".join([line for line in text.splitlines() if line.strip()][-lines:])

    def mark(self) -> dict[str, float | int | str]:
        """What finds this process again after its owner was killed."""
        assert self.process is not None
        return {"name": self.name, "pid": self.process.pid, "born": _born(self.process.pid) or 0.0}


def _born(pid: int) -> float | None:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return None


def _find(mark: Mapping[str, float | int | str]) -> psutil.Process | None:
    with contextlib.suppress(psutil.Error):
        process = psutil.Process(int(mark["pid"]))
        if abs(process.create_time() - float(mark["born"])) < 0.05:
            return process
    return None


def alive(mark: Mapping[str, float | int | str]) -> bool:
    """Whether the process that ``mark`` describes still runs (a zombie does not)."""
    process = _find(mark)
    with contextlib.suppress(psutil.Error):
        return process is not None and process.status() != psutil.STATUS_ZOMBIE
    return False


def own_mark() -> dict[str, float | int | str]:
    process = psutil.Process()
    return {"name": "up", "pid": process.pid, "born": process.create_time()}


def family(process: psutil.Process) -> list[psutil.Process]:
    """A process and all it began, by parent and by session: some re-parent themselves, none leaves its session."""
    members = {process.pid: process}
    with contextlib.suppress(psutil.Error):
        for child in process.children(recursive=True):
            members[child.pid] = child
    for other in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):
            if os.getsid(other.pid) == process.pid:
                members[other.pid] = other
    return list(members.values())


def end(processes: Iterable[psutil.Process], grace: float) -> list[psutil.Process]:
    """Ask, wait, then kill; the answer is whoever is still there, which should be nobody."""
    processes = [process for process in processes if process.is_running()]
    _, left = psutil.wait_procs(processes, timeout=grace)
    for process in left:
        with contextlib.suppress(psutil.Error):
            process.kill()
    return psutil.wait_procs(left, timeout=5)[1]


def stop(child: Child) -> None:
    """End a child and its whole family: the child is asked, the rest follows it or is killed."""
    if child.process is None:
        return
    members: list[psutil.Process] = []
    with contextlib.suppress(psutil.Error):
        members = family(psutil.Process(child.process.pid))
    if child.alive():
        child.process.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.process.wait(child.grace)
    end(members, 1 if not child.alive() else 0)
    with contextlib.suppress(subprocess.TimeoutExpired):
        child.process.wait(5)


def sweep(marks: Iterable[Mapping[str, float | int | str]]) -> list[str]:
    """End what a killed start-up left behind; answers with the names of what was found."""
    found = []
    for mark in marks:
        process = _find(mark)
        if process is None:
            members = _orphans(int(mark["pid"]), float(mark["born"]))
        else:
            members = family(process)
            with contextlib.suppress(psutil.Error):
                process.terminate()
        if members:
            found.append(str(mark["name"]))
            end(members, 5 if process is not None else 0)
    return found


def _orphans(session: int, born: float) -> list[psutil.Process]:
    """Processes of a session whose leader is gone, as long as they are younger than it was."""
    members = []
    for other in psutil.process_iter():
        with contextlib.suppress(OSError, psutil.Error):
            if other.pid != session and os.getsid(other.pid) == session and other.create_time() >= born:
                members.append(other)
    return members
