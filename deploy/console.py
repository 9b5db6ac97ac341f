"""Progress for a person at a terminal: one line a stage, with how long it took; plain lines when it is not one."""

from __future__ import annotations

import contextlib
import sys
import threading
import time
from collections.abc import Iterator


class Console:
    """Writes to standard error by default, so that standard output stays for results. Whoever read it may be gone (a
    closed window, a pipe that broke): what is being started or stopped goes on all the same."""

    def __init__(self, stream=None) -> None:
        self._stream = stream or sys.stderr
        self._tty = self._stream.isatty()
        self._lock = threading.Lock()

    def say(self, text: str = "") -> None:
        self._write(("\r\x1b[K" if self._tty else "") + text + "\n")

    def _write(self, text: str) -> None:
        with self._lock, contextlib.suppress(OSError):
            self._stream.write(text)
            self._stream.flush()

    @contextlib.contextmanager
    def stage(self, doing: str, done: str) -> Iterator[None]:
        """Show ``doing`` with a running clock until the block ends, then ``done`` with the seconds it took."""
        started = time.monotonic()
        finished = threading.Event()
        ticker = threading.Thread(target=self._tick, args=(doing, started, finished), daemon=True)
        ticker.start()
        try:
            yield
        except BaseException:
            finished.set()
            ticker.join()
            self.say(f"  ✗ {doing}")
            raise
        finished.set()
        ticker.join()
        self.say(f"  ✓ {done} ({time.monotonic() - started:.1f} s)")

    def _tick(self, doing: str, started: float, finished: threading.Event) -> None:
        if not self._tty:
            self.say(f"  … {doing}")
            return
        while not finished.wait(0.1):
            self._write(f"\r\x1b[K  … {doing} {time.monotonic() - started:.0f} s")
