"""``weft bench chat``: two hundred people who talk to the designer at once.

The studio's HTTP application on granian, as ``./weft up`` serves it (``/api/chat``, a real Postgres), and a scripted
model server that answers each request with what the request itself asked for, at the pace of a hosted model: the first
word after 300 ms, then a piece of text every half second, so that an answer takes a quarter of a minute. The
conversations begin one after the other within ten seconds; then all of them are open at once (``most open``). With
``--over 0`` all begin in the same moment, which no crowd does: what one process then has to do before the first words
is one conversation's work times their number. What is measured:

- ``first text``: from the request until the first word of the answer, of all conversations (p50, p95, the slowest);
- ``whole answer``: until the proposal is there and kept;
- ``memory``: what the studio's process has grown to at its most, by conversation.

Every conversation asks for a mark of its own. What it hears, and what the database has of it, must hold its own mark
and no other: that is counted as ``foreign marks``, and must be 0; so must ``failures``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psutil

from deploy.postgres import EmbeddedPostgres
from engine import conversations, tokens
from engine.actor import Actor
from engine.database import Database, prepare
from engine.people import ensure_workspace
from engine.policy import set_policy
from engine.sample_policy import SAMPLE_POLICY
from engine.settings import Settings
from studio.designer.scripted import Request, Say, ScriptedModel
from tests.bench.figures import Figure, report, show
from tests.conftest import free_port, wait_for_http
from tests.designer.catalogs import SHOP
from tests.designer.test_exchange import pinned

AT_ONCE = 200
MARK = re.compile(r"mark_[0-9a-f]{12}")
LIMIT_S = 120.0
MEGABYTE = 1_000_000
_ROOT = Path(__file__).resolve().parent.parent.parent


def new_mark() -> str:
    return f"mark_{secrets.token_hex(6)}"


def marked(first_s: float = 0.3, pause_s: float = 0.02) -> Callable[[Request], Say]:
    """A script: each request is answered with a workflow that bears the mark it asked for."""

    def line(request: Request) -> Say:
        found = MARK.findall(request.asked)
        mark = found[-1] if found else "mark_none"
        text = (
            f"Here is what you asked for, {mark}: it looks up one order and says what it found about {mark}.\n\n"
            f"```weft\n/// Looks up an order for {mark}.\nworkflow {mark} {{\n"
            '  use shop: mcp "shop"\n  input {\n    order_id: string,\n  }\n'
            f"  step {mark}_order: call shop.get_order(order_id: input.order_id)\n    timeout 10s\n"
            f"  step done: return {{ status: {mark}_order.status }}\n}}\n```\n"
        )
        return Say(text, piece=24, first_s=first_s, pause_s=pause_s)

    return line


@dataclass
class Heard:
    """What one conversation heard: seconds to the first word and to the end, the marks in it, what it was told last."""

    mark: str
    conversation: str = ""
    began: float = 0.0
    first: float | None = None
    whole: float = 0.0
    marks: set[str] = field(default_factory=set)
    proposed: bool = False
    trouble: str = ""

    @property
    def sound(self) -> bool:
        return not self.trouble and self.proposed and self.marks == {self.mark}


async def converse_all(url: str, token: str, marks: Sequence[str], over_s: float = 0.0) -> list[Heard]:
    """One new conversation a mark over ``POST url``; they begin within ``over_s`` seconds (0: in the same moment)."""
    share_s = over_s / len(marks)
    talks = [
        asyncio.create_task(_converse(url, token, mark, number * share_s))
        for number, mark in enumerate(marks)
    ]
    async with asyncio.timeout(LIMIT_S):
        return list(await asyncio.gather(*talks))


async def _converse(url: str, token: str, mark: str, after_s: float) -> Heard:
    heard = Heard(mark)
    place = urlsplit(url)
    body = json.dumps({"message": f"Please look up an order and call the workflow {mark}."}).encode()
    head = (
        f"POST {place.path} HTTP/1.1\r\nHost: {place.netloc}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    await asyncio.sleep(after_s)
    began = heard.began = time.perf_counter()
    reader, writer = await asyncio.open_connection(place.hostname, place.port, limit=4_000_000)
    try:
        writer.write(head.encode() + body)
        status = (await reader.readline()).decode()
        if " 200 " not in status:
            heard.trouble = f"{status.strip()} {(await reader.read(2_000)).decode(errors='replace')[-300:]}"
            return heard
        event = ""
        while line := (await reader.readline()).decode():
            if line.startswith("event: "):
                event = line[7:].strip()
            elif line.startswith("data: "):
                _hear(heard, event, line[6:], time.perf_counter() - began)
    finally:
        heard.whole = time.perf_counter() - began
        writer.close()
    return heard


def _hear(heard: Heard, event: str, data: str, at: float) -> None:
    heard.marks |= set(MARK.findall(data))
    match event:
        case "conversation":
            heard.conversation = str(json.loads(data)["conversation_id"])
        case "text":
            heard.first = heard.first or at
        case "proposal":
            heard.proposed = True
        case "error":
            heard.trouble = data[:300]


async def kept_apart(db: Database, actor: Actor, heard: Sequence[Heard]) -> int:
    """How many marks the database has in a conversation that are not its own, or that it lacks."""
    wrong = 0
    for one in heard:
        kept = (await conversations.get(db, actor, UUID(one.conversation))).messages
        for message in kept:
            found = set(MARK.findall(message.content + json.dumps(message.proposal or {})))
            wrong += len(found ^ {one.mark})
        wrong += len(kept) != 2
    return wrong


async def workspace(owner_url: str, db: Database) -> Actor:
    """Somebody with the sample shop's tools as they are pinned."""
    owner = await Database.open(owner_url)
    name = secrets.token_hex(3)
    actor, _ = await ensure_workspace(owner, name=f"w{name}", email=f"{name}@example.com")
    await owner.close()
    async with db.account(actor) as session:
        session.add_all(pinned(actor, connector) for connector in SHOP.connectors.values())
    await set_policy(db, actor, SAMPLE_POLICY)
    return actor


def app() -> Any:
    """What granian serves: the studio's HTTP application without its pages."""
    from studio.api import StudioApi

    async def pages(
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        if scope["type"] == "http":
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})

    return StudioApi(pages)


class _Memory:
    """The resident memory of a process and its children, looked at ten times a second."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = psutil.Process(process.pid)
        self.most = 0

    def now(self) -> int:
        whole = [self._process, *self._process.children(recursive=True)]
        held = sum(one.memory_info().rss for one in whole)
        self.most = max(self.most, held)
        return held

    async def watch(self) -> None:
        while True:
            self.now()
            await asyncio.sleep(0.1)


@dataclass
class Round:
    heard: list[Heard]
    foreign: int
    grown: int


async def measure(home: Path, at_once: int, rounds: int, over_s: float) -> list[Round]:
    postgres = EmbeddedPostgres(home / "postgres")
    server: subprocess.Popen[bytes] | None = None
    found: list[Round] = []
    postgres.start()
    try:
        owner_url = postgres.start("chat")
        urls = prepare(owner_url, home)
        db = await Database.open(urls.app)
        actor = await workspace(owner_url, db)
        key = home / "key"
        key.write_text(secrets.token_hex(32))
        key.chmod(0o600)
        async with ScriptedModel(marked(pause_s=0.5 if over_s else 0.02)) as model:
            port = free_port()
            environment = {
                **os.environ,
                "WEFT_APP_URL": urls.app,
                "WEFT_KEY_FILE": str(key),
                "WEFT_HOME": str(home),
                "WEFT_MODEL_URL": model.url,
                "WEFT_MODEL": "scripted",
            }
            settings = Settings.from_environment(environment)
            token = (await tokens.issue_tokens(db, settings, actor)).access
            command = [sys.executable, "-m", "granian", "--interface", "asgi", "--factory", "--no-access-log"]
            command += ["--log-level", "warning", "--host", "127.0.0.1", "--port", str(port)]
            program = [*command, "tests.bench.chat:app"]
            server = await asyncio.to_thread(subprocess.Popen, program, cwd=_ROOT, env=environment)
            await asyncio.to_thread(wait_for_http, f"http://127.0.0.1:{port}/", server)
            url = f"http://127.0.0.1:{port}/api/chat"
            # The first answer of a process imports LangGraph; the second finds everything there.
            for _ in range(2):
                await converse_all(url, token, [new_mark()])
            memory = _Memory(server)
            for _ in range(rounds):
                before = memory.now()
                memory.most = 0
                watching = asyncio.create_task(memory.watch())
                heard = await converse_all(url, token, [new_mark() for _ in range(at_once)], over_s)
                watching.cancel()
                foreign = sum(len(one.marks - {one.mark}) for one in heard)
                foreign += await kept_apart(db, actor, [one for one in heard if one.sound])
                found.append(Round(heard, foreign, memory.most - before))
        await db.close()
    finally:
        if server is not None:
            server.terminate()
            try:
                server.wait(10)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()
        postgres.stop("immediate")
    return found


def share(values: Sequence[float], part: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * part))] if ordered else float("inf")


def most_open(heard: Sequence[Heard]) -> int:
    """How many conversations were under way in one moment, at the most."""
    moments = [(one.began, 1) for one in heard] + [(one.began + one.whole, -1) for one in heard]
    count = most = 0
    for _, change in sorted(moments):
        count += change
        most = max(most, count)
    return most


def figures(rounds: Sequence[Round], at_once: int) -> dict[str, Figure]:
    firsts = [[one.first * 1000 for one in r.heard if one.first is not None] for r in rounds]
    wholes = [[one.whole * 1000 for one in r.heard] for r in rounds]
    return {
        "first text, p50": Figure("ms", [share(one, 0.5) for one in firsts]),
        "first text, p95": Figure("ms", [share(one, 0.95) for one in firsts]),
        "first text, slowest": Figure("ms", [max(one, default=float("inf")) for one in firsts]),
        "whole answer, p50": Figure("ms", [share(one, 0.5) for one in wholes]),
        "whole answer, p95": Figure("ms", [share(one, 0.95) for one in wholes]),
        "most open": Figure("", [most_open(r.heard) for r in rounds]),
        "memory, all at once": Figure("MB", [r.grown / MEGABYTE for r in rounds]),
        "memory a conversation": Figure("MB", [r.grown / MEGABYTE / at_once for r in rounds]),
        "foreign marks": Figure("", [r.foreign for r in rounds]),
        "failures": Figure("", [sum(not one.sound for one in r.heard) for r in rounds]),
    }


def main(words: Sequence[str]) -> int:
    reader = argparse.ArgumentParser(prog="weft bench chat", description=__doc__)
    reader.add_argument(
        "--at-once", type=int, default=AT_ONCE, metavar="N", help=f"conversations ({AT_ONCE})"
    )
    reader.add_argument(
        "--over", type=float, default=10.0, metavar="SECONDS", help="in which they begin (10)"
    )
    reader.add_argument("--rounds", type=int, default=3, help="how often (3)")
    reader.add_argument("--json", action="store_true", help="print one JSON object last")
    options = reader.parse_args(words)
    home = Path(tempfile.mkdtemp(prefix="weft-chat-"))
    home.chmod(0o755)
    try:
        rounds = asyncio.run(measure(home, options.at_once, options.rounds, options.over))
    finally:
        shutil.rmtree(home, ignore_errors=True)
    show(report("chat", figures(rounds, options.at_once)), as_json=options.json)
    for problem in _problems(rounds):
        print(problem, file=sys.stderr)
    return 1 if any(r.foreign or any(not one.sound for one in r.heard) for r in rounds) else 0


def _problems(rounds: Sequence[Round]) -> Iterator[str]:
    told = {
        one.trouble or f"{one.proposed=} {len(one.marks)} marks"
        for r in rounds
        for one in r.heard
        if not one.sound
    }
    yield from sorted(told)[:5]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
