"""A child process that does one thing at a time while somebody looks at the clock.

A case that raises comes back as its traceback; one that does not come back in time is a hang: the child is ended and
the next case gets a fresh one.
"""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Literal

_START = 60.0
"""Seconds for a fresh child to import the language."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a case ended: ``detail`` is the traceback of one that ``raised``; ``seconds`` are the child's own."""

    how: Literal["well", "raised", "hung", "died"]
    seconds: float
    detail: str = ""


class Watched:
    """``with Watched() as child: child.run("parse", text)``."""

    def __init__(self, limit: float = 10.0) -> None:
        self.limit = limit
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Watched:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def run(self, target: str, text: str, salt: int = 0, limit: float | None = None) -> Ended:
        """Try ``text`` on a target of :mod:`tests.fuzz.targets`."""
        child = self._child or self._begin()
        question = json.dumps({"target": target, "text": text, "salt": salt}).encode() + b"\n"
        limit = limit or self.limit
        begun = time.monotonic()
        try:
            answer = self._ask(child, question, limit)
        except BrokenPipeError:
            answer = b""
        if answer is None:
            self._end()
            return Ended("hung", time.monotonic() - begun, f"no answer in {limit:.0f} seconds")
        if not answer:
            code = child.wait(timeout=10)
            self._child = None
            return Ended("died", time.monotonic() - begun, f"the process ended with {code}")
        said = json.loads(answer)
        return Ended("raised" if said["error"] else "well", said["seconds"], said["error"])

    def _ask(self, child: subprocess.Popen[bytes], question: bytes, limit: float) -> bytes | None:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.write(question)
        child.stdin.flush()
        return self._line(child, limit)

    def _line(self, child: subprocess.Popen[bytes], limit: float) -> bytes | None:
        """The child's next line; b"" when it has ended, None when it takes too long."""
        assert child.stdout is not None
        descriptor, answer = child.stdout.fileno(), b""
        with selectors.DefaultSelector() as selector:
            selector.register(descriptor, selectors.EVENT_READ)
            until = time.monotonic() + limit
            while not answer.endswith(b"\n"):
                if not selector.select(max(0.0, until - time.monotonic())):
                    return None
                part = os.read(descriptor, 65536)
                if not part:
                    return b""
                answer += part
        return answer

    def _begin(self) -> subprocess.Popen[bytes]:
        self._child = subprocess.Popen(
            [sys.executable, "-m", "tests.fuzz.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            cwd=os.getcwd(),
        )
        assert self._line(self._child, _START) == b"ready\n"
        return self._child

    def _end(self) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.communicate()
            self._child = None
