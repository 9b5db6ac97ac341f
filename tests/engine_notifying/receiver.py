"""A real HTTP receiver on loopback, in a thread of its own: what it heard, and what it answers."""

from __future__ import annotations

import json
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any


@dataclass(frozen=True)
class Heard:
    """Header names in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


Answer = Callable[[BaseHTTPRequestHandler, Heard], None]


def status(code: int, text: str = "", **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler, heard: Heard) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("content-length", str(len(text.encode())))
        handler.end_headers()
        handler.wfile.write(text.encode())

    return answer


class Receiver:
    """``with`` it. ``answers`` are given in turn, the last one again and again; ``next()`` waits for what comes."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers or (status(200, "ok"),))
        self.heard: list[Heard] = []
        self._queue: queue.Queue[Heard] = queue.Queue()
        self.released = threading.Event()
        """Set at the end: what hangs ends."""
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers.get("content-length", "0"))
                headers = {name.lower(): value for name, value in self.headers.items()}
                heard = Heard(self.path, headers, self.rfile.read(length))
                answer = outer.answers.pop(0) if len(outer.answers) > 1 else outer.answers[0]
                outer.heard.append(heard)
                outer._queue.put(heard)
                answer(self, heard)

            do_GET = do_POST

            def log_message(self, *args: Any) -> None:
                pass

        class Server(ThreadingHTTPServer):
            def handle_error(self, *args: Any) -> None:  # a caller that left
                pass

        self._server = Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_port}/in"

    def next(self, within_s: float = 10) -> Heard:
        """Raises ``queue.Empty``."""
        return self._queue.get(timeout=within_s)

    def hang(self, handler: BaseHTTPRequestHandler, heard: Heard) -> None:
        """An answer that never comes."""
        self.released.wait(30)

    def __enter__(self) -> Receiver:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.released.set()
        self._server.shutdown()
        self._server.server_close()
