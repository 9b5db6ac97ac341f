"""``weft bench watch``: many people watch live runs at once.

A ``./weft up --no-engine`` of its own. ``--runs`` runs of 200 steps go on: an event of each is committed every half
second, by this program in the engine's place. ``--watchers`` pages look at them, each a websocket that says what a page
says, and one a real browser. What is measured, per round:

- ``event to socket``: from the commit until a watcher's socket has the step's line; p50, p95 and most of all watchers;
- ``event to screen``: the same in the browser, until the line is in the page and a frame was painted;
- ``floor``: from the commit until a plain listener of Postgres has the notification;
- ``bytes``: of one update of one watcher, p50 and p95;
- ``memory``: how much more the studio holds, by watcher.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
from playwright.sync_api import Browser, expect, sync_playwright
from websockets.asyncio.client import connect

from deploy import memory
from deploy.commands.test import find_browser
from deploy.home import Home
from deploy.postgres import EmbeddedPostgres
from engine.identity import new_id
from tests.bench.figures import Figure, report, show
from tests.bench.sessions import READY, SECONDS, _heard, _said
from tests.bench.stack import percentile
from tests.bench.studio import Wire
from tests.stack.conftest import FLAGS
from tests.stack.person import Person
from tests.stack.stack import Stack
from tests.stack.visitor import Visitor

TEXT = """workflow watched {
  input { n: int }
  step wait_long: wait 1h
  step done: return input.n
}
"""
PAGE = "reflex___state____state.studio___runs___detail____run_page."
STEPS = 200
EVERY_S = 0.5
SEEN = """path => new Promise(done => {
  const look = () => document.querySelector(`[data-path="${path}"]`)
    ? requestAnimationFrame(() => done(performance.timeOrigin + performance.now())) : requestAnimationFrame(look);
  look();
})"""


class Pen:
    """Writes what the engine would: runs that go on, and their events."""

    def __init__(self, url: str, workflow: str) -> None:
        self.connection = psycopg.connect(url, autocommit=True)
        row = self.connection.execute(
            "SELECT account_id, workflow_id, id, content_hash FROM versions WHERE workflow_id = %s",
            (workflow,),
        ).fetchone()
        assert row is not None
        self.account, *self.version = row

    def run(self) -> UUID:
        run = new_id()
        self.connection.execute(
            "INSERT INTO runs (id, account_id, workflow_id, version_id, content_hash, input, state, started_at, epoch,"
            " attempt, lease_owner, lease_until, last_seq) VALUES (%s, %s, %s, %s, %s, '{\"n\": 1}', 'running', now(),"
            " 1, 1, 'bench', now() + interval '1 day', 2)",
            (run, self.account, *self.version),
        )
        for seq, kind in ((1, "run.accepted"), (2, "run.claimed")):
            self._event(run, seq, kind, "", {})
        return run

    def fill(self, run: UUID, first: int, last: int) -> None:
        with self.connection.transaction():
            for n in range(first, last):
                self._event(
                    run, 3 + n, "step.succeeded", f"s{n}", {"ms": 3, "result": n, "tool": "shop.get_order"}
                )

    def step(self, runs: Sequence[UUID], n: int) -> float:
        """The next step of each, in one transaction as the writer does it; returns the time of the commit."""
        with self.connection.transaction():
            for run in runs:
                self._event(
                    run, 3 + n, "step.succeeded", f"s{n}", {"ms": 3, "result": n, "tool": "shop.get_order"}
                )
                self.connection.execute("SELECT pg_notify('weft_events', %s)", (str(run),))
        return time.time()

    def _event(self, run: UUID, seq: int, kind: str, path: str, data: dict[str, Any]) -> None:
        self.connection.execute(
            "INSERT INTO run_events (account_id, run_id, seq, kind, path, data) VALUES (%s, %s, %s, %s, %s, %s)",
            (self.account, run, seq, kind, path, json.dumps(data)),
        )


class Watchers:
    """Websockets that look at runs; ``seen``: when each had which step, ``sizes``: bytes of each update."""

    def __init__(self, url: str, cookie: str, greeting: str, run: str) -> None:
        self._address = url.replace("http", "ws", 1) + "/_event/?token={}&EIO=4&transport=websocket"
        self._headers = {"Cookie": cookie, "Origin": url}
        self._greeting, self._run = greeting, run
        self._tasks: list[asyncio.Task[None]] = []
        self.seen: list[dict[str, float]] = []
        self.sizes: list[int] = []

    async def watch(self, run: UUID) -> None:
        """Opens a page on the run, and listens."""
        address = self._address.format(uuid4())
        socket = await connect(address, additional_headers=self._headers, max_size=None, open_timeout=SECONDS)
        await socket.recv()
        await socket.send(self._greeting.replace(self._run, str(run)))
        await _heard(socket, READY)
        where = {"pathname": "/runs/[run_id]", "asPath": f"/runs/{run}", "query": {"run_id": str(run)}}
        for handler, until in (("load", "patches_rx_state_"), ("watch", "")):
            said = {"name": PAGE + handler, "payload": {}, "router_data": where}
            await socket.send("42/_event," + json.dumps(["event", said]))
            if until:
                await _heard(socket, until)
        seen: dict[str, float] = {}
        self.seen.append(seen)
        self._tasks.append(asyncio.create_task(self._listen(socket, seen)))

    async def _listen(self, socket: Any, seen: dict[str, float]) -> None:
        with contextlib.suppress(Exception):
            while True:
                said = await _said(socket)
                now = time.time()
                if '"patches_rx_state_"' not in said:
                    continue
                self.sizes.append(len(said.encode()))
                for part in said.split('"path":"')[1:]:
                    seen.setdefault(part.partition('"')[0], now)

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Bench:
    def __init__(self, stack: Stack, browser: Browser, workflow: str) -> None:
        self.stack, self.browser = stack, browser
        self.url = EmbeddedPostgres(stack.home).start()
        self.pen = Pen(self.url, workflow)
        self.figures: dict[str, Figure] = {}

    def note(self, label: str, unit: str, *values: float) -> None:
        known = self.figures.setdefault(label, Figure(unit, []))
        self.figures[label] = Figure(unit, [*known.values, *values])

    def measure(self, watchers: int, many: int, events: int) -> None:
        """``watchers`` over ``many`` runs in turn, ``events`` steps of each."""
        runs = [self.pen.run() for _ in range(many)]
        for run in runs:
            self.pen.fill(run, 0, STEPS - events)
        person = Person(self.browser, self.stack.url)
        person.sign_in(self.stack.email, self.stack.password)
        wire = Wire.of(person.page)
        person.page.goto(f"{self.stack.url}/runs/{runs[0]}")
        expect(person.page.locator(f"[data-path=s{STEPS - events - 1}]")).to_be_visible()
        cookie = "; ".join(f"{one['name']}={one['value']}" for one in person.context.cookies())
        label = f"{watchers} watchers of {many} {'run' if many == 1 else 'runs'}"
        # The browser's driver has the loop of this thread.
        with ThreadPoolExecutor(1) as pool:
            pool.submit(
                asyncio.run, self._round(label, wire.greeting, cookie, runs, watchers, events)
            ).result()
        for complaint in person.complaints:
            print(f"the browser complained: {complaint}")
        person.context.close()

    async def _round(
        self,
        label: str,
        greeting: str,
        cookie: str,
        runs: Sequence[UUID],
        watchers: int,
        events: int,
    ) -> None:
        crowd = Watchers(self.stack.url, cookie, greeting, str(runs[0]))
        before = memory.by_part(Home(self.stack.home))["studio"]
        for n in range(watchers):
            await crowd.watch(runs[n % len(runs)])
        told: dict[str, float] = {}
        floor: list[float] = []
        listening = await psycopg.AsyncConnection.connect(self.url, autocommit=True)
        await listening.execute("LISTEN weft_events")

        async def listen() -> None:
            async for _ in listening.notifies():
                floor.append(time.time())

        ear = asyncio.create_task(listen())
        heard: list[float] = []
        for n in range(STEPS - events, STEPS):
            heard_before = len(floor)
            told[f"s{n}"] = await asyncio.to_thread(self.pen.step, runs, n)
            await asyncio.sleep(EVERY_S)
            heard += [max(0.0, at - told[f"s{n}"]) * 1000 for at in floor[heard_before : heard_before + 1]]
        await asyncio.sleep(2)
        after = memory.by_part(Home(self.stack.home))["studio"]
        ear.cancel()
        await asyncio.gather(ear, return_exceptions=True)
        await listening.close()
        await crowd.close()
        late = [(seen[path] - at) * 1000 for seen in crowd.seen for path, at in told.items() if path in seen]
        missed = len(crowd.seen) * len(told) - len(late)
        self.note(f"{label}, lines that never came", "lines", missed)
        for part in (50, 95, 100):
            self.note(f"{label}, event to socket, p{part}", "ms", percentile(late, part))
        self.note(f"{label}, floor: a notification, p95", "ms", percentile(heard, 95))
        for part in (50, 95):
            self.note(
                f"{label}, bytes of an update, p{part}", "bytes", percentile([*map(float, crowd.sizes)], part)
            )
        self.note(f"{label}, memory of a watcher", "MB", (after - before) / watchers)

    def screen(self, events: int) -> None:
        """A browser alone with the crowd gone: from the commit to the painted line, of the same studio."""
        run = self.pen.run()
        self.pen.fill(run, 0, STEPS - events)
        person = Person(self.browser, self.stack.url)
        person.sign_in(self.stack.email, self.stack.password)
        person.page.goto(f"{self.stack.url}/runs/{run}")
        expect(person.page.locator(f"[data-path=s{STEPS - events - 1}]")).to_be_visible()
        took = []
        for n in range(STEPS - events, STEPS):
            at = self.pen.step([run], n)
            took.append(float(person.page.evaluate(SEEN, f"s{n}")) - at * 1000)
            person.page.wait_for_timeout(200)
        for part in (50, 95):
            self.note(f"event to screen, p{part}", "ms", percentile(took, part))
        person.context.close()


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="weft bench watch")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--watchers", type=int, default=100)
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--events", type=int, default=40, help="steps of each run while it is watched")
    parser.add_argument("--rounds", type=int, default=2)
    options = parser.parse_args(argv)
    folder = Path(tempfile.mkdtemp(prefix="weft-bench-"))
    folder.chmod(0o755)
    stack = Stack(folder, "--no-engine")
    try:
        stack.start()
        with Visitor(stack) as visitor:
            workflow = visitor.publish(TEXT)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
            bench = Bench(stack, browser, workflow)
            for _ in range(options.rounds):
                bench.measure(options.watchers, options.runs, options.events)
                bench.measure(options.watchers, 1, options.events)
                bench.screen(options.events)
            browser.close()
    finally:
        if stack.process is not None:
            stack.stop()
        shutil.rmtree(folder, ignore_errors=True)
    show(report("watch", bench.figures), as_json=options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
