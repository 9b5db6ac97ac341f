"""``weft bench stack``: the whole way, from the HTTP API to a run that is finished in the database.

A real ``./weft up`` with two runner replicas, asked through the Gateway; the tool is the sample shop's ``get_order``,
a real MCP server over HTTP. Times of ends and answers are the database's.

- starts: runs of one call, started one by one by eight clients who do not wait for them;
- start and wait: one client, who stays on the line for the result;
- a ``foreach`` of 200 calls, 40 calls in sequence, 40 side by side;
- runs that wait at an approval: what they hold in the runners, and how soon they are over once a person said yes.
"""

from __future__ import annotations

import argparse
import math
import os
import shutil
import tempfile
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg

from deploy.home import Home
from deploy.memory import MEGABYTE
from deploy.postgres import EmbeddedPostgres
from engine.serving.cluster import replica_processes
from tests.bench.figures import Figure, report, show
from tests.stack.stack import Stack
from tests.stack.visitor import Visitor

CLIENTS = 8
CALL = """step look{n}: call shop.get_order(order_id: "A-1001")
      timeout 20s
      retry 3 backoff 200ms to 1s on "timeout", "unavailable\""""
ONE = f"""workflow bench_one {{
  use shop: mcp "shop"
  {CALL.format(n="")}
  step done: return look.id
}}
"""
ROUNDS = f"""workflow bench_rounds {{
  use shop: mcp "shop"
  input {{ rounds: list<int> }}
  step each: foreach x in input.rounds concurrency 20 {{
    {CALL.format(n="")}
    yield look.id
  }}
  step done: return size(each)
}}
"""
SEQUENCE = f"""workflow bench_sequence {{
  use shop: mcp "shop"
  {os.linesep.join(CALL.format(n=n) for n in range(40))}
  step done: return look39.id
}}
"""
PARALLEL = f"""workflow bench_parallel {{
  use shop: mcp "shop"
  step all: parallel {{
    {os.linesep.join(CALL.format(n=n) for n in range(40))}
  }}
  step done: return "done"
}}
"""
GATE = """workflow bench_gate {
  step sure: approve by role "manager" {
    title "Go on?"
    within 24h
  }
  step done: return sure.comment
}
"""


class Bench:
    def __init__(self, stack: Stack, visitor: Visitor) -> None:
        self.stack = stack
        self.visitor = visitor
        port = Home(stack.home).read_record()["gateway_port"]
        self.gateway = f"http://127.0.0.1:{port}/api"
        self.database = psycopg.connect(EmbeddedPostgres(stack.home).start(), autocommit=True)
        self.figures: dict[str, Figure] = {}
        self._signing = threading.Lock()
        self._known, self._signed = visitor.sign_in(), time.monotonic()

    def note(self, label: str, unit: str, values: Iterable[float]) -> None:
        known = self.figures.setdefault(label, Figure(unit, []))
        self.figures[label] = Figure(unit, [*known.values, *values])

    def client(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.gateway,
            headers={"Authorization": f"Bearer {self._token()}"},
            timeout=70,
            trust_env=False,
        )

    def _token(self) -> str:
        """Good for some minutes more; many clients take the same."""
        with self._signing:
            if time.monotonic() > self._signed + 240:
                self._known, self._signed = self.visitor.sign_in(), time.monotonic()
            return self._known

    def ask(self, sql: str, *given: Any) -> list[Any]:
        return self.database.execute(sql, given).fetchall()  # type: ignore[arg-type]

    def until_ended(self, workflow: str, since: float, count: int, seconds: float = 300) -> float:
        """Seconds from ``since`` (the database's clock) to the end of the last of so many runs."""
        end = time.monotonic() + seconds
        while True:
            [(over, last)] = self.ask(
                "SELECT count(*), extract(epoch FROM max(finished_at))::float8 FROM runs"
                " WHERE workflow_id = %s AND queued_at >= to_timestamp(%s) AND state = 'succeeded'",
                workflow,
                since,
            )
            if over >= count:
                return float(last) - since
            assert time.monotonic() < end, f"{over} of {count} runs ended within {seconds} s"
            time.sleep(0.1)

    def now(self) -> float:
        [(at,)] = self.ask("SELECT extract(epoch FROM clock_timestamp())::float8")
        return float(at)

    # ---- what is measured ----------------------------------------------------------------------------

    def starts(self, runs: int) -> None:
        workflow = self.visitor.publish(ONE)
        since, began = self.now(), time.perf_counter()
        self._shared(range(runs), lambda client, _: self._start(client, workflow, {}))
        self.note("starts, accepted", "runs/s", [runs / (time.perf_counter() - began)])
        took = self.until_ended(workflow, since, runs)
        self.note("starts, finished", "runs/s", [runs / took])

    def start_and_wait(self, runs: int) -> None:
        workflow = self.visitor.publish(ONE)
        took = []
        with self.client() as client:
            for _ in range(runs):
                began = time.perf_counter()
                answer = client.post(f"/workflows/{workflow}/runs", json={"wait_seconds": 30})
                took.append((time.perf_counter() - began) * 1000)
                assert answer.status_code == 200, answer.text
        for part in (50, 95, 99):
            self.note(f"start and wait, p{part}", "ms", [percentile(took, part)])

    def shapes(self) -> None:
        for label, text, given in (
            ("foreach of 200, 20 at once", ROUNDS, {"rounds": list(range(200))}),
            ("40 in sequence", SEQUENCE, {}),
            ("40 in parallel", PARALLEL, {}),
        ):
            workflow = self.visitor.publish(text)
            with self.client() as client:
                began = time.perf_counter()
                body = {"input": given, "wait_seconds": 60}
                answer = client.post(f"/workflows/{workflow}/runs", json=body)
                assert answer.status_code == 200, answer.text
                self.note(label, "ms", [(time.perf_counter() - began) * 1000])

    def parked(self, runs: int) -> None:
        workflow = self.visitor.publish(GATE)
        before = self._runner_megabytes()
        since = self.now()
        with self.client() as client:
            for first in range(0, runs, 500):
                items = [{"input": {}} for _ in range(min(500, runs - first))]
                answer = client.post(f"/workflows/{workflow}/runs:batch", json={"items": items})
                assert answer.is_success, answer.text
        self._until_waiting(workflow, since, runs)
        self.note(f"{runs} at an approval, all wait after", "s", [self.now() - since])
        self.note(f"{runs} at an approval, more in the runners", "MB", [self._runner_megabytes() - before])
        approvals = [
            row[0]
            for row in self.ask(
                "SELECT a.id FROM approvals a JOIN runs r ON r.id = a.run_id"
                " WHERE r.workflow_id = %s AND r.queued_at >= to_timestamp(%s) AND a.state = 'open'",
                workflow,
                since,
            )
        ]
        began = time.perf_counter()
        self._shared(approvals, self._approve)
        self.note(f"{runs} at an approval, answers", "/s", [runs / (time.perf_counter() - began)])
        self.until_ended(workflow, since, runs)
        took = [
            float(row[0]) * 1000
            for row in self.ask(
                "SELECT extract(epoch FROM r.finished_at - a.decided_at) FROM approvals a"
                " JOIN runs r ON r.id = a.run_id"
                " WHERE r.workflow_id = %s AND r.queued_at >= to_timestamp(%s)",
                workflow,
                since,
            )
        ]
        for part in (50, 99):
            label = f"{runs} at an approval, from the yes to the end, p{part}"
            self.note(label, "ms", [percentile(took, part)])

    def _until_waiting(self, workflow: str, since: float, runs: int) -> None:
        end = time.monotonic() + 300
        sql = (
            "SELECT count(*) FROM runs WHERE workflow_id = %s AND queued_at >= to_timestamp(%s)"
            " AND state = 'waiting'"
        )
        while self.ask(sql, workflow, since) != [(runs,)]:
            assert time.monotonic() < end, "the runs did not come to wait"
            time.sleep(0.1)

    def _start(self, client: httpx.Client, workflow: str, given: dict[str, Any]) -> None:
        answer = client.post(f"/workflows/{workflow}/runs", json={"input": given})
        assert answer.status_code == 202, answer.text

    def _approve(self, client: httpx.Client, approval: Any) -> None:
        answer = client.post(f"/approvals/{approval}", json={"decision": "approve", "comment": "ok"})
        assert answer.is_success, answer.text

    def _shared(self, items: Iterable[Any], do: Callable[[httpx.Client, Any], None]) -> None:
        """Several clients, each with a connection of its own, work through the items."""
        here = threading.local()

        def one(item: Any) -> None:
            if not hasattr(here, "client"):
                here.client = self.client()
            do(here.client, item)

        with ThreadPoolExecutor(CLIENTS) as pool:
            for _ in pool.map(one, items):
                pass

    def _runner_megabytes(self) -> float:
        replicas = replica_processes(self.stack.home, "Runner")
        return sum(psutil.Process(one.pid).memory_full_info().pss for one in replicas) / MEGABYTE


def percentile(values: list[float], part: int) -> float:
    """The smallest value that so many percent of the values do not exceed."""
    return sorted(values)[max(math.ceil(len(values) * part / 100) - 1, 0)]


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="weft bench stack")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--starts", type=int, default=2000, help="runs that are started and not waited for")
    parser.add_argument("--waits", type=int, default=300, help="starts that are waited for")
    parser.add_argument("--parked", type=int, action="append", help="runs at an approval (1000 and 10000)")
    options = parser.parse_args(argv)
    folder = Path(tempfile.mkdtemp(prefix="weft-bench-"))
    folder.chmod(0o755)
    os.environ |= {"WEFT_RUNNERS_MIN": "2", "WEFT_RUNNERS_MAX": "2"}
    stack = Stack(folder)
    try:
        stack.start()
        stack.wait_for_engine()
        with Visitor(stack) as visitor:
            bench = Bench(stack, visitor)
            while len(replica_processes(folder, "Runner")) < 2:
                time.sleep(0.2)
            bench.start_and_wait(20)  # everything is warm
            for _ in range(options.rounds):
                bench.start_and_wait(options.waits)
                bench.shapes()
                bench.starts(options.starts)
            for runs in options.parked or (1000, 10000):
                bench.parked(runs)
    finally:
        if stack.process is not None:
            stack.stop()
        shutil.rmtree(folder, ignore_errors=True)
    show(report("stack", bench.figures), as_json=options.json)
    return 0


if __name__ == "__main__":
    import sys

    raise SystemExit(main(sys.argv[1:]))
