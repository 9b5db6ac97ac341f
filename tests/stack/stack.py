"""A whole installation for the tests, started the way a person starts it: ``./weft up`` in a folder of its own."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil

from deploy.children import family
from deploy.home import Home
from tests.conftest import ROOT, free_port

_START_SECONDS = 300


class Stack:
    """``start()`` returns once the page is usable; ``wait_for_engine()`` once Ray is there too."""

    def __init__(self, home: Path, *options: str) -> None:
        self.home = home
        self.port = free_port()
        self.options = options
        self.lines: list[str] = []
        self.password = ""
        self.email = ""
        self.process: subprocess.Popen[str] | None = None
        self._grown = threading.Condition()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def gateway(self) -> str:
        """The address of the engine's own API."""
        return f"http://127.0.0.1:{Home(self.home).read_record()['gateway_port']}"

    @property
    def output(self) -> str:
        return "\n".join(self.lines)

    def environment(self) -> dict[str, str]:
        dropped = ("DATABASE_URL", "WEFT_MODEL_URL", "WEFT_MODEL_KEY", "WEFT_MODEL")
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        return {**kept, "WEFT_HOME": str(self.home)}

    def start(self) -> float:
        """Start, wait for the welcome, and answer with the seconds until then."""
        self.lines.clear()
        started = time.monotonic()
        self.process = subprocess.Popen(
            [str(ROOT / "weft"), "up", "--port", str(self.port), *self.options],
            cwd=ROOT,
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()
        self.wait_for(r"Stop +Ctrl-C")
        taken = time.monotonic() - started
        if found := re.search(r"Password +(\S+)", self.output):
            self.password = found[1]
        found = re.search(r"Sign in +([^\s,]+)", self.output)
        assert found, self.output
        self.email = found[1]
        return taken

    def wait_for_engine(self) -> None:
        self.wait_for(r"✓ Engine ready")

    def wait_for(self, pattern: str, seconds: float = _START_SECONDS) -> None:
        """Return when a line of the output matches; fail with the output when the process ends or time is up."""
        assert self.process is not None
        end = time.monotonic() + seconds
        with self._grown:
            while not re.search(pattern, self.output):
                left = end - time.monotonic()
                assert left > 0, f"no {pattern!r} within {seconds} s in:\n{self.output}"
                assert self.process.poll() is None, f"it ended ({self.process.returncode}):\n{self.output}"
                self._grown.wait(min(left, 0.5))

    def processes(self) -> list[psutil.Process]:
        """Every process of this installation, the database's included."""
        assert self.process is not None
        members = {member.pid: member for member in family(psutil.Process(self.process.pid))}
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error, OSError):
                if str(self.home) in " ".join(process.cmdline()):
                    members.update({member.pid: member for member in family(process)})
        return list(members.values())

    def stop(self, number: int = signal.SIGTERM, seconds: float = 60) -> int:
        """Ask it to stop and answer with its exit code."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(seconds)

    def _read(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        for line in process.stdout:
            with self._grown:
                self.lines.append(line.rstrip("\n"))
                self._grown.notify_all()


@contextlib.contextmanager
def installation(*options: str, settings: str = "") -> Iterator[Stack]:
    """A running one in a folder of its own, gone afterwards (``WEFT_KEEP`` keeps the folder). ``settings`` is the text
    of its engine.env. As root the database's user must be able to walk to the folder."""
    home = Path(tempfile.mkdtemp(prefix="weft-stack-"))
    home.chmod(0o755)
    if settings:
        home.joinpath("engine.env").write_text(settings)
    running = Stack(home, *options)
    try:
        running.start()
        yield running
    finally:
        if running.process is not None:
            running.stop()
        if os.environ.get("WEFT_KEEP") is None:
            shutil.rmtree(home, ignore_errors=True)
