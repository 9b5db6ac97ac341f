"""New code or settings for the engine while runs and requests go on: nothing is lost, doubled or refused."""

from __future__ import annotations

import secrets
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from engine.serving.cluster import replica_processes
from tests.conftest import ROOT
from tests.stack.stack import Stack
from tests.stack.test_faults import REFUND, assert_each_result_once, orders, refunded
from tests.stack.visitor import Visitor

pytestmark = pytest.mark.stack

LOOK = """workflow redeploy_look {
  use shop: mcp "shop"
  step rounds: loop while rounds.count < 150 max 150 {
    step look: call shop.get_order(order_id: "A-1005")
      timeout 30s
  }
  step done: return { rounds: rounds.count }
}
"""


@pytest.fixture(scope="module")
def visitor(stack: Stack) -> Iterator[Visitor]:
    stack.wait_for_engine()
    with Visitor(stack) as visitor:
        yield visitor


class Crowd:
    """Requests to the engine's own API all the time: on kept connections and on fresh ones, some of them starts."""

    def __init__(self, stack: Stack, visitor: Visitor, workflow: str) -> None:
        self.answered = 0
        self.failed: list[str] = []
        self.runs: list[str] = []
        self._stop = threading.Event()
        starts = f"/api/workflows/{workflow}/runs"
        self._threads = [
            threading.Thread(target=self._ask, args=(stack, visitor, kept, starts))
            for kept in (True, True, False)
        ]

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(60)

    def _ask(self, stack: Stack, visitor: Visitor, kept: bool, starts: str) -> None:
        def connection() -> httpx.Client:
            return httpx.Client(
                base_url=stack.gateway, timeout=60, trust_env=False, headers=visitor.signed_in
            )

        client, number = connection(), 0
        while not self._stop.wait(0.02):
            number += 1
            try:
                starting = number % 60 == 0
                method, path = ("POST", starts) if starting else ("GET", "/api/health")
                answer = client.request(method, path, json={"input": {}} if starting else None)
            except httpx.TransportError as error:
                self.failed.append(repr(error))
                client = connection()
                continue
            self.answered += 1
            if not answer.is_success:
                self.failed.append(f"{answer.status_code} {answer.text[:200]}")
            elif starting:
                self.runs.append(answer.json()["run_id"])
            if not kept:
                client.close()
                client = connection()
        client.close()


def redeploy(stack: Stack) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "weft"), "redeploy"],
        env=stack.environment(),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def pids(stack: Stack) -> dict[str, set[int]]:
    return {
        name: {process.pid for process in replica_processes(stack.home, name)}
        for name in ("Gateway", "Runner")
    }


def test_a_redeploy_replaces_every_replica_and_loses_no_run_and_no_request(
    stack: Stack, visitor: Visitor
) -> None:
    workflow, look = visitor.publish(REFUND), visitor.publish(LOOK)
    chosen, before = orders(visitor, 3), refunded(visitor)
    runs = [
        visitor.start(workflow, {"order_id": order, "key": secrets.token_hex(8), "rounds": 120})
        for order in chosen
    ]
    for event in visitor.follow(runs[0]):
        if event.kind == "step.succeeded":
            break
    old = pids(stack)
    with Crowd(stack, visitor, look) as crowd:
        at = time.monotonic()
        done = redeploy(stack)
        print(f"{done.stdout.strip()} {time.monotonic() - at:.1f} s; {crowd.answered} requests answered")
    assert done.returncode == 0, done.stderr
    assert crowd.failed == [] and crowd.answered > 50
    new = pids(stack)
    assert all(new[name] - old[name] for name in new), (old, new)

    ends = [visitor.end_of(run, 120) for run in (*runs, *crowd.runs)]
    assert Counter(end["summary"]["state"] for end in ends) == {"succeeded": len(runs) + len(crowd.runs)}
    assert crowd.runs
    for run in runs:
        assert_each_result_once(visitor, run)
    handed_over = 0
    for run in crowd.runs:
        events = list(visitor.follow(run))
        handed_over += sum(event.kind == "run.claimed" for event in events) > 1
        ended = Counter(event.path for event in events if event.kind == "step.succeeded")
        assert len(ended) >= 150 and set(ended.values()) == {1}, ended
    print(f"{len(crowd.runs)} runs were started meanwhile, {handed_over} were handed over")
    assert handed_over, "or nothing was seen of what happens to a run in the middle"
    after = refunded(visitor)
    assert {order: round(after[order] - before[order], 2) for order in chosen} == dict.fromkeys(chosen, 1.0)
    attempts = {end["summary"]["attempt"] for end in ends}
    assert attempts == {1}, "a run that was given back counts no attempt"


def test_settings_that_make_no_sense_are_refused_and_what_runs_stays(stack: Stack, visitor: Visitor) -> None:
    file = stack.home / "engine.env"
    before, old = file.read_text(), pids(stack)
    file.write_text("WEFT_RUNNERS_MIN=9\n")
    try:
        done = redeploy(stack)
    finally:
        file.write_text(before)
    assert done.returncode == 2
    assert "WEFT_RUNNERS_MIN is 9, more than WEFT_RUNNERS_MAX, 5" in done.stderr
    assert "Traceback" not in done.stderr
    assert pids(stack) == old
