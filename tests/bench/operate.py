"""``weft bench operate``: the list of runs and the dashboard over a million runs.

A ``./weft up --no-engine`` of its own, whose sample workspace gets ``--runs`` runs that are over: 20 workflows, uneven
states, triggers, people and errors, 90 days, with their terms and the sums of a dashboard (:mod:`tests.seeding`). Then,
each several times:

- ``floor``: ``GET /api/me``, a request that is signed in and reads one row;
- ``api``: ``GET /api/runs``: the first page, the next, the tenth; each filter; each kind of search;
- ``page``: in a browser, from the navigation, or the click, until the rows are painted;
- ``dashboard``: from the navigation until it is painted.

Figures that begin with ``/ floor`` are ratios to the floor's median of the same round.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psycopg
from playwright.sync_api import Browser, expect, sync_playwright

from deploy.commands.test import find_browser
from deploy.postgres import EmbeddedPostgres
from tests.bench.figures import Figure, report, show
from tests.seeding import Seeded, seed
from tests.stack.conftest import FLAGS
from tests.stack.person import Person
from tests.stack.stack import Stack
from tests.stack.visitor import Visitor


class Bench:
    def __init__(self, stack: Stack, runs: int) -> None:
        self.stack = stack
        self.figures: dict[str, Figure] = {}
        address = EmbeddedPostgres(stack.home).start()
        with psycopg.connect(address, autocommit=True) as database:
            row = database.execute("SELECT account_id FROM users WHERE email = %s", (stack.email,)).fetchone()
            assert row is not None
            began = time.perf_counter()
            self.seeded: Seeded = seed(database, runs, row[0])
            self.note("seeded", "s", time.perf_counter() - began)
            for table in ("runs", "run_terms"):
                size = database.execute("SELECT pg_total_relation_size(%s::regclass)", (table,)).fetchone()
                assert size is not None
                self.note(f"{table}, with indexes", "MB", size[0] / 1e6)

    def note(self, label: str, unit: str, *values: float) -> None:
        known = self.figures.setdefault(label, Figure(unit, []))
        self.figures[label] = Figure(unit, [*known.values, *values])

    def questions(self) -> dict[str, dict[str, str]]:
        """Filters in the words of the API."""
        busy, quiet = str(self.seeded.workflows[0]), str(self.seeded.workflows[-1])
        return {
            "first page": {},
            "workflow": {"workflow_id": busy},
            "quiet workflow": {"workflow_id": quiet},
            "failed": {"state": "failed"},
            "nothing in this state": {"state": "needs_review"},
            "several states": {"state": "failed,timed_out,running"},
            "rare trigger": {"trigger": "mcp"},
            "rare version": {"version": "1"},
            "person": {"by": str(self.seeded.people[3])},
            "trigger, person and version that never meet": {
                "trigger": "mcp",
                "by": str(self.seeded.people[3]),
                "version": "1",
                "state": "timed_out",
            },
            "thirty days": {"span": "30d"},
            "rare error": {"error": "out_of_stock"},
            "tests": {"trial": "true"},
            "search a pair": {"q": "order_id=A-1777"},
            "search a value": {"q": "A-1777"},
            "search what most have": {"q": "status=paid"},
            "search what most have, and failed": {"q": "status=paid", "state": "failed"},
            "search what nobody has": {"q": "order_id=Z-1"},
        }

    def api(self, visitor: Visitor, rounds: int) -> None:
        for _ in range(rounds):
            floor = [timed(lambda: visitor.get("/me")) for _ in range(10)]
            self.note("floor: GET /api/me", "ms", *floor)
            usual = statistics.median(floor)

            def said(label: str, took: float, usual: float = usual) -> None:
                self.note(f"api, {label}", "ms", took)
                self.note(f"/ floor, {label}", "times", took / usual)

            for label, words in self.questions().items():
                address = f"/runs?{urlencode({**words, 'limit': '50'})}"
                said(label, timed(lambda address=address: visitor.get(address)))
            cursor = visitor.get("/runs?limit=50")["next"]
            for page in range(2, 11):
                found: dict[str, Any] = {}

                def ask(cursor: str = cursor, found: dict[str, Any] = found) -> None:
                    found.update(visitor.get(f"/runs?{urlencode({'cursor': cursor, 'limit': '50'})}"))

                took = timed(ask)
                cursor = found["next"]
                if page in (2, 10):
                    said("next page" if page == 2 else "tenth page", took)

    def page(self, browser: Browser, rounds: int) -> None:
        person = Person(browser, self.stack.url)
        person.sign_in(self.stack.email, self.stack.password)
        for _ in range(rounds):
            person.page.goto(f"{person.url}/workflows")
            expect(person.at("nav-runs")).to_be_visible()
            person.page.wait_for_load_state("networkidle")
            self.note("page, first page from the click", "ms", self._painted(person, "nav-runs", 50))
            person.page.wait_for_load_state("networkidle")
            self.note("page, next page from the click", "ms", self._painted(person, "load-more", 100))
            self.note("page, filter from the click", "ms", self._filtered(person))
            person.page.goto(f"{person.url}/workflows")
            if person.at("nav-dashboard").count():
                person.page.wait_for_load_state("networkidle")
                began = time.perf_counter()
                person.at("nav-dashboard").click()
                expect(person.page.locator("main [aria-busy=true]")).to_have_count(0)
                expect(person.page.locator("main svg").first).to_be_visible()
                self.note("page, dashboard from the click", "ms", (time.perf_counter() - began) * 1000)
        for complaint in person.complaints:
            print(f"the browser complained: {complaint}")
        person.context.close()

    def _painted(self, person: Person, click: str, rows: int) -> float:
        """From the click until so many rows have been painted, by the page's own clock."""
        script = """([what, rows]) => new Promise(done => {
          const began = performance.now();
          const look = () => document.querySelectorAll('[data-testid=run-row]').length >= rows
            ? requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)))
            : requestAnimationFrame(look);
          document.querySelector(`[data-testid="${what}"]`).click();
          look();
        })"""
        return float(person.page.evaluate(script, [click, rows]))

    def _filtered(self, person: Person) -> float:
        script = """() => new Promise(done => {
          document.querySelector('[data-testid=filter-state]').click();
          const began = performance.now();
          document.querySelector('[data-testid=state-timed_out]').click();
          const look = () => {
            const rows = [...document.querySelectorAll('[data-testid=run-row]')];
            rows.length && rows.every(row => row.dataset.state === 'timed_out')
              ? requestAnimationFrame(() => requestAnimationFrame(() => done(performance.now() - began)))
              : requestAnimationFrame(look);
          };
          look();
        })"""
        return float(person.page.evaluate(script))


def timed(do: Callable[[], Any]) -> float:
    began = time.perf_counter()
    do()
    return (time.perf_counter() - began) * 1000


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="weft bench operate")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args(argv)
    folder = Path(tempfile.mkdtemp(prefix="weft-bench-"))
    folder.chmod(0o755)
    stack = Stack(folder, "--no-engine")
    try:
        stack.start()
        bench = Bench(stack, options.runs)
        with Visitor(stack) as visitor:
            bench.api(visitor, options.rounds)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
            bench.page(browser, options.rounds)
            browser.close()
    finally:
        if stack.process is not None:
            stack.stop()
        shutil.rmtree(folder, ignore_errors=True)
    show(report("operate", bench.figures), as_json=options.json)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
