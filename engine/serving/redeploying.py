"""A redeploy, as the host carries it out: a process of its own deploys, the host goes on looking after what runs.

How the last one went is in ``ray/redeploy.json`` of the installation's folder: ``{"number", "state", "message", "help",
"seconds"}``, ``state`` being "running", "deployed" or "failed". Whoever asks for one waits for a higher number.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import IO, Literal


@dataclass(frozen=True, slots=True)
class Redeploy:
    number: int = 0
    state: Literal["running", "deployed", "failed"] = "deployed"
    message: str = ""
    help: str = ""
    seconds: float = 0.0

    @staticmethod
    def last(home: Path) -> Redeploy:
        """Number 0 when there was none."""
        try:
            return Redeploy(**json.loads(_path(home).read_text()))
        except (OSError, ValueError, TypeError):
            return Redeploy()


def _path(home: Path) -> Path:
    return home / "ray" / "redeploy.json"


class Redeploying:
    """One at a time."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        self._output: IO[bytes] | None = None
        self._began = 0.0
        last = Redeploy.last(home)
        self._now = last
        if last.state == "running":  # of a host that was killed meanwhile
            self._write(
                replace(last, state="failed", message="The engine ended meanwhile and was started anew.")
            )

    @property
    def busy(self) -> bool:
        return self._process is not None

    def begin(self) -> None:
        self._output = tempfile.TemporaryFile()  # noqa: SIM115 (read when the process has ended)
        self._began = time.monotonic()
        self._write(Redeploy(self._now.number + 1, "running"))
        self._process = subprocess.Popen(
            [sys.executable, "-m", "engine.serving.deployment"],
            stdin=subprocess.DEVNULL,
            stdout=self._output,
            env=dict(os.environ),
        )

    def look(self) -> None:
        """Whether it is over."""
        if self._process is None or self._process.poll() is None:
            return
        assert self._output is not None
        self._output.seek(0)
        last = (self._output.read().decode(errors="replace").strip().splitlines() or [""])[-1]
        try:
            answer = json.loads(last)
            ended = replace(self._now, **answer)
        except (ValueError, TypeError):
            ended = replace(
                self._now, state="failed", message=f"It ended with code {self._process.returncode}."
            )
        seconds = round(time.monotonic() - self._began, 1)
        self._write(replace(ended, seconds=seconds))
        print(json.dumps({"redeploy": ended.state, "message": ended.message, "seconds": seconds}), flush=True)
        self._close()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait(5)
            self._write(replace(self._now, state="failed", message="The engine was stopped meanwhile."))
            self._close()

    def _close(self) -> None:
        if self._output is not None:
            self._output.close()
        self._process = self._output = None

    def _write(self, redeploy: Redeploy) -> None:
        self._now = redeploy
        path = _path(self._home)
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        scratch = path.with_suffix(".new")
        scratch.write_text(json.dumps(asdict(redeploy)))
        scratch.replace(path)
