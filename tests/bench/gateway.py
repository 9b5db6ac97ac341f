"""``python -m tests.bench.gateway URL EMAIL PASSWORD``: requests/s of a running installation's API at ``URL``, such as
``http://127.0.0.1:8000``: of ``/api/health``, and of starting a run of a workflow that only answers.

The client is bare sockets that are kept open: an HTTP library would cost more than what is measured.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

WORKFLOW = "workflow bench_gateway {\n  step done: return { ok: true }\n}\n"


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: bytes


class Line:
    """One kept connection."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def ask(self, method: str, path: str, body: object = None, token: str = "") -> Answer:
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        assert self._reader is not None
        content = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nContent-Length: {len(content)}\r\n"
        if content:
            head += "Content-Type: application/json\r\n"
        if token:
            head += f"Authorization: Bearer {token}\r\n"
        self._writer.write(head.encode() + b"\r\n" + content)
        lines = (await self._reader.readuntil(b"\r\n\r\n")).decode().lower().split("\r\n")
        fields = dict(line.split(": ", 1) for line in lines[1:] if ": " in line)
        if "content-length" in fields:
            answer = await self._reader.readexactly(int(fields["content-length"]))
        else:
            answer = b""
            while size := int((await self._reader.readline()), 16):
                answer += await self._reader.readexactly(size)
                await self._reader.readline()
            await self._reader.readline()
        if fields.get("connection") == "close":
            self.close()
        return Answer(int(lines[0].split()[1]), answer)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None


async def rate(host: str, port: int, lines: int, seconds: float, *request: object) -> float:
    """Requests/s that ``lines`` connections get answered. Raises ``RuntimeError`` for an answer that is no success."""
    answered = 0
    end = time.monotonic() + seconds

    async def one() -> None:
        nonlocal answered
        line = Line(host, port)
        while time.monotonic() < end:
            answer = await line.ask(*request)  # type: ignore[arg-type]
            if not 200 <= answer.status < 300:
                raise RuntimeError(f"{answer.status}: {answer.body[:300]!r}")
            answered += 1
        line.close()

    began = time.monotonic()
    await asyncio.gather(*(one() for _ in range(lines)))
    return answered / (time.monotonic() - began)


async def measure(url: str, email: str, password: str, seconds: float) -> dict[str, float]:
    parts = urlsplit(url)
    host, port = parts.hostname or "127.0.0.1", parts.port or 80
    line = Line(host, port)
    login = await line.ask("POST", "/api/login", {"email": email, "password": password})
    token = json.loads(login.body)["access_token"]
    known = json.loads((await line.ask("GET", "/api/workflows", None, token)).body)
    workflow = next((one["id"] for one in known if one["name"] == "bench_gateway"), None)
    if workflow is None:
        made = await line.ask("POST", "/api/workflows", {"name": "bench_gateway", "text": WORKFLOW}, token)
        workflow = json.loads(made.body)["workflow_id"]
        await line.ask("POST", f"/api/workflows/{workflow}/publish", {"message": ""}, token)
    line.close()
    figures = {}
    for lines in (1, 32):
        figures[f"health, {lines}"] = await rate(host, port, lines, seconds, "GET", "/api/health")
    start = ("POST", f"/api/workflows/{workflow}/runs", {"input": {}}, token)
    for lines in (1, 16):
        figures[f"start of a run, {lines}"] = await rate(host, port, lines, seconds, *start)
    return figures


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.gateway")
    parser.add_argument("url")
    parser.add_argument("email")
    parser.add_argument("password")
    parser.add_argument("--seconds", type=float, default=4)
    options = parser.parse_args()
    figures = asyncio.run(measure(options.url, options.email, options.password, options.seconds))
    for name, figure in figures.items():
        print(f"{name:>20}  {figure:8.0f} requests/s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
