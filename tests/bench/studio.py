"""``weft bench studio``: how fast the editor is, in a real browser on a real studio.

A ``./weft up --no-engine`` of its own and Chromium; workflows of 50, 200 and 500 steps (:mod:`tests.bench.drafts`).
What is measured:

- ``load``: from the beginning of the navigation until the canvas is painted and frames come without a stop again, with
  an empty cache and with a full one; what came over the network with an empty one;
- ``drag``: the time between two frames while a step is dragged over the canvas with the mouse;
- ``change``: from a key until both sides show what it did: a step is removed on the canvas and brought back (until the
  text has it too), and a character is typed in the text (until the canvas has it too);
- ``problem``: from a key that makes a mistake until it is marked in the text and on the canvas;
- ``bytes``: all that goes over the websocket for one such change, saving included, the page's heartbeat left out;
- ``floor``: the heartbeat, an event that does next to nothing, from the page to the studio and back;
- ``memory``: the studio's proportional set size with 1, 50 and 200 editors open on 20 workflows.

p50 and p95 are those of one round; a figure's median, least and most are those of the rounds.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from deploy import memory
from deploy.commands.test import find_browser
from deploy.home import Home
from tests.bench.drafts import draft, middle
from tests.bench.figures import Figure, report, show
from tests.bench.sessions import Sessions
from tests.bench.stack import percentile
from tests.stack.conftest import FLAGS
from tests.stack.person import Person
from tests.stack.stack import Stack
from tests.stack.visitor import Visitor

SIZES = (50, 200, 500)
SESSIONS = (1, 50, 200)
PARTS = ("load", "drag", "change", "problem", "memory")
MIXED = (50, 50, 200, 50, 500) * 4
CHANGES = 10
"""Changes in one round, each followed by the one that takes it back."""
LIMIT = 10_000
PROBE = Path(__file__).with_name("probe.js").read_text(encoding="utf-8")


@dataclass
class Wire:
    """What went over the page's websocket."""

    session: CDPSession
    sent: int = 0
    received: int = 0
    beats: list[float] = field(default_factory=list)
    greeting: str = ""
    transferred: int = 0
    _asked: float = 0.0

    @classmethod
    def of(cls, page: Page) -> Wire:
        wire = cls(page.context.new_cdp_session(page))
        wire.session.on("Network.webSocketFrameSent", wire._on_sent)
        wire.session.on("Network.webSocketFrameReceived", wire._on_received)
        wire.session.on("Network.loadingFinished", wire._on_loaded)
        wire.session.send("Network.enable")
        return wire

    def reset(self) -> None:
        self.sent = self.received = self.transferred = 0

    @property
    def total(self) -> int:
        return self.sent + self.received

    def _on_loaded(self, event: dict[str, Any]) -> None:
        self.transferred += int(event["encodedDataLength"])

    def _on_sent(self, event: dict[str, Any]) -> None:
        said = event["response"]["payloadData"]
        if said.startswith("40/_event,{"):
            self.greeting = said
        if 'shell.beat"' in said:
            self._asked = event["timestamp"]
        elif said.startswith("42"):
            self.sent += len(said.encode())

    def _on_received(self, event: dict[str, Any]) -> None:
        said = event["response"]["payloadData"]
        if self._asked and '"engine_rx_state_"' in said:
            self.beats.append((event["timestamp"] - self._asked) * 1000)
            self._asked = 0.0
        elif said.startswith("42"):
            self.received += len(said.encode())


class Bench:
    def __init__(self, stack: Stack, visitor: Visitor, browser: Browser, sizes: Sequence[int]) -> None:
        self.stack, self.browser = stack, browser
        self.figures: dict[str, Figure] = {}
        self.drafts = {size: self._draft(visitor, size, f"drawn_{size}") for size in sizes}
        self.mixed = [self._draft(visitor, size, f"mixed_{n}") for n, size in enumerate(MIXED)]
        person = Person(browser, stack.url)
        person.sign_in(stack.email, stack.password)
        self.signed_in: Any = person.context.storage_state()
        person.context.close()

    def note(self, label: str, unit: str, *values: float) -> None:
        known = self.figures.setdefault(label, Figure(unit, []))
        self.figures[label] = Figure(unit, [*known.values, *values])

    def _draft(self, visitor: Visitor, steps: int, name: str) -> str:
        body = {"name": name.replace("_", " "), "text": draft(steps, name)}
        return str(visitor.until_served("POST", "/workflows", body)["workflow_id"])

    @contextlib.contextmanager
    def context(self) -> Iterator[BrowserContext]:
        context = self.browser.new_context(
            viewport={"width": 1440, "height": 900}, storage_state=self.signed_in
        )
        context.add_init_script(PROBE)
        context.set_default_timeout(30_000)
        yield context
        context.close()

    @contextlib.contextmanager
    def editor(self, steps: int) -> Iterator[tuple[Page, Wire]]:
        with self.context() as context:
            page = context.new_page()
            wire = Wire.of(page)
            self.open(page, steps)
            yield page, wire
            if wire.beats:
                self.note("floor: heartbeat, there and back", "ms", *wire.beats)

    def open(self, page: Page, steps: int) -> float:
        """Milliseconds until the editor can be used."""
        page.goto(f"{self.stack.url}/workflows/{self.drafts[steps]}", wait_until="commit")
        page.wait_for_function("() => window.probe.interactive > 0")
        return float(page.evaluate("() => window.probe.interactive"))

    # ---- what is measured ----------------------------------------------------------------------------

    def load(self, steps: int) -> None:
        with self.context() as context:
            page = context.new_page()
            wire = Wire.of(page)
            self.note(f"load, empty cache, {steps} steps", "ms", self.open(page, steps))
            page.wait_for_timeout(500)
            self.note(f"load, transferred, {steps} steps", "KB", wire.transferred / 1024)
            self.note(f"load, over the socket, {steps} steps", "KB", wire.received / 1024)
            for _ in range(2):
                self.note(f"load, {steps} steps", "ms", self.open(page, steps))

    def drag(self, steps: int) -> None:
        with self.editor(steps) as (page, _):
            find(page, f"step pause{middle(steps)}")
            node = page.get_by_test_id(f"node-pause{middle(steps)}")
            box = node.bounding_box()
            assert box
            x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
            page.mouse.move(x, y)
            page.mouse.down()
            page.mouse.move(x + 8, y + 8, steps=4)
            page.evaluate("() => window.probe.startFrames()")
            for turn in range(90):
                # A hand goes to and fro; each place is another one.
                page.mouse.move(x + 30 + abs(turn % 60 - 30) * 6, y + 20 + turn % 45 * 3)
                time.sleep(0.012)
            frames = page.evaluate("() => window.probe.stopFrames()")
            page.keyboard.press("Escape")
            page.mouse.up()
        self.note(f"drag, frame p50, {steps} steps", "ms", percentile(frames, 50))
        self.note(f"drag, frame p95, {steps} steps", "ms", percentile(frames, 95))

    def change(self, steps: int) -> None:
        path = f"pause{middle(steps)}"
        with self.editor(steps) as (page, wire):
            find(page, f"step {path}: wait ")
            page.keyboard.press("ArrowRight")
            self._settled(page, wire)  # where the cursor went to is told by itself
            took, size = [], []
            for key in ["1", "Backspace"] * CHANGES:
                was = page.evaluate("(path) => window.probe.words(path)", path)
                took.append(
                    self._timed(
                        page, key, "([path, was]) => () => window.probe.words(path) !== was", [path, was]
                    )
                )
                size.append(self._settled(page, wire))
            self._note_changes("text to canvas", steps, took, size)

            page.get_by_test_id(f"node-{path}").click()
            page.wait_for_timeout(300)
            took, size = [], []
            gone = "([path]) => () => !window.probe.shows(path) && !window.probe.reads(`step ${path}:`)"
            back = "([path]) => () => window.probe.shows(path) && window.probe.reads(`step ${path}:`)"
            wire.reset()
            for turn in range(CHANGES):
                took.append(self._timed(page, "Delete", gone, [path]))
                size.append(self._settled(page, wire))
                took.append(self._timed(page, "Control+z", back, [path]))
                size.append(self._settled(page, wire))
                if turn < CHANGES - 1:
                    page.get_by_test_id(f"node-{path}").click()
                    page.wait_for_timeout(200)
                    wire.reset()
            self._note_changes("canvas to text", steps, took, size)

    def problem(self, steps: int) -> None:
        path = f"order{middle(steps)}"
        with self.editor(steps) as (page, wire):
            find(page, f"step {path}: call shop.get_order(order_id: input.order_i")
            page.keyboard.press("ArrowRight")
            took = []
            for key in ["x", "Backspace"] * CHANGES:
                done = "([path, wrong]) => () => window.probe.wrong(path) === wrong"
                took.append(self._timed(page, key, done, [path, key == "x"]))
                self._settled(page, wire)
        self.note(f"problem, p50, {steps} steps", "ms", percentile(took, 50))
        self.note(f"problem, p95, {steps} steps", "ms", percentile(took, 95))

    def memory(self) -> None:
        first = min(self.drafts)
        with self.editor(first) as (page, wire):
            cookie = "; ".join(f"{one['name']}={one['value']}" for one in page.context.cookies())
            greeting = wire.greeting
        sessions = Sessions(self.stack.url, cookie, greeting, self.drafts[first])
        try:
            sizes = {}
            for number in SESSIONS:
                sessions.grow(number, self.mixed)
                time.sleep(3)
                sizes[number] = memory.by_part(Home(self.stack.home))["studio"]
                self.note(f"memory, {number} editors", "MB", sizes[number])
            few, many = SESSIONS[0], SESSIONS[-1]
            each = (sizes[many] - sizes[few]) / (many - few)
            self.note(f"memory, one of {many} editors", "MB", each)
        finally:
            sessions.close()

    # ---- with what -----------------------------------------------------------------------------------

    def _timed(self, page: Page, key: str, done: str, given: list[Any]) -> float:
        page.evaluate(f"(given) => {{ window.probe.fromKey(({done})(given), {LIMIT}) }}", given)
        page.keyboard.press(key)
        took = float(page.evaluate("() => window.probe.result"))
        assert took >= 0, f"{key} was not shown within {LIMIT} ms"
        return took

    def _settled(self, page: Page, wire: Wire) -> int:
        """What went over the wire since the last time, once it is quiet: the change is saved."""
        page.wait_for_timeout(100)
        page.locator("[data-testid=save-state][data-state=saved]").wait_for()
        page.wait_for_timeout(60)
        total = wire.total
        wire.reset()
        return total

    def _note_changes(self, way: str, steps: int, took: list[float], size: list[int]) -> None:
        self.note(f"change, {way}, p50, {steps} steps", "ms", percentile(took, 50))
        self.note(f"change, {way}, p95, {steps} steps", "ms", percentile(took, 95))
        self.note(f"bytes, {way}, {steps} steps", "bytes", *size)


def find(page: Page, words: str) -> None:
    """Goes to a place in the text as a person does; the step there is shown on the canvas."""
    pane = page.locator("[data-testid=text-pane] .cm-content")
    if not pane.is_visible():
        page.get_by_test_id("tab-text").click()
    pane.click(position={"x": 200, "y": 8})
    page.keyboard.press("Control+f")
    page.locator(".cm-search [name=search]").press_sequentially(words)
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    path = words.removeprefix("step ").split(":")[0]
    page.locator(f"[data-testid=node-{path}].is-selected").wait_for()
    page.wait_for_timeout(600)


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="weft bench studio")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, action="append", help="a size; may be repeated")
    parser.add_argument("--only", choices=PARTS, action="append", help="a part; may be repeated")
    options = parser.parse_args(argv)
    sizes = tuple(options.steps or SIZES)
    parts = tuple(options.only or PARTS)
    folder = Path(tempfile.mkdtemp(prefix="weft-bench-"))
    folder.chmod(0o755)
    stack = Stack(folder, "--no-engine")
    try:
        stack.start()
        with Visitor(stack) as visitor, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
            bench = Bench(stack, visitor, browser, sizes)
            for number in range(options.rounds):
                print(f"round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
                for part in (part for part in PARTS[:4] if part in parts):
                    for steps in sizes[:1] if part == "problem" else sizes:
                        getattr(bench, part)(steps)
            if "memory" in parts:
                bench.memory()
            browser.close()
    finally:
        if stack.process is not None:
            stack.stop()
        shutil.rmtree(folder, ignore_errors=True)
    show(report("studio", bench.figures), as_json=options.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
