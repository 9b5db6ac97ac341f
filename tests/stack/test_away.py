"""The engine is gone for a while, by whatever death: runs queue, the pages say so, and all of it goes on by itself."""

from __future__ import annotations

import contextlib
import secrets
import signal
import time
from collections import Counter
from collections.abc import Iterator

import psutil
import pytest
from playwright.sync_api import Browser, expect

from deploy.home import Home
from engine.serving.cluster import ray_processes
from tests.stack.stack import Stack
from tests.stack.test_faults import REFUND, assert_each_result_once, orders, refunded
from tests.stack.test_journey import Person
from tests.stack.visitor import Visitor

pytestmark = pytest.mark.stack

BACK_S = 180.0
"""For the engine to be there again on a busy machine; alone it takes a quarter of that."""


@pytest.fixture(scope="module")
def visitor(stack: Stack) -> Iterator[Visitor]:
    stack.wait_for_engine()
    with Visitor(stack) as visitor:
        yield visitor


def host(stack: Stack) -> psutil.Process:
    children = Home(stack.home).read_record()["children"]
    return psutil.Process(next(child["pid"] for child in children if child["name"] == "engine"))


def kill(processes: list[psutil.Process]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()


def test_runs_survive_the_death_of_the_whole_head(stack: Stack, visitor: Visitor) -> None:
    workflow = visitor.publish(REFUND)
    chosen, before = orders(visitor, 3), refunded(visitor)
    runs = [visitor.start(workflow, {"order_id": order, "key": secrets.token_hex(8)}) for order in chosen]
    for event in visitor.follow(runs[0]):
        if event.path == "refund":
            break
    said = len(stack.lines)
    core = [process for process in ray_processes(stack.home) if process.name() in ("raylet", "gcs_server")]
    assert len(core) == 2
    kill(core)
    at = time.monotonic()
    while not any("engine ended" in line for line in stack.lines[said:]):
        assert time.monotonic() - at < 60, stack.output
        time.sleep(0.05)
    print(f"the supervisor noticed after {time.monotonic() - at:.1f} s")
    ends = [visitor.end_of(run, BACK_S) for run in runs]
    print(f"the runs were over {time.monotonic() - at:.1f} s after the kill")
    assert Counter(end["summary"]["state"] for end in ends) == {"succeeded": len(runs)}
    for run in runs:
        assert_each_result_once(visitor, run)
    after = refunded(visitor)
    assert {order: round(after[order] - before[order], 2) for order in chosen} == dict.fromkeys(chosen, 1.0)


@pytest.mark.browser
def test_while_the_engine_is_away_runs_queue_and_the_pages_say_so(
    stack: Stack, visitor: Visitor, browser: Browser
) -> None:
    person = Person(browser, stack.url)
    person.sign_in(stack.email, stack.password)
    state = person.at("engine-state")
    expect(state).to_have_attribute("data-state", "ready")
    workflow = visitor.publish(REFUND)
    chosen, before = orders(visitor, 3), refunded(visitor)

    assert stack.process is not None
    supervisor = psutil.Process(stack.process.pid)
    said = len(stack.lines)
    supervisor.suspend()  # or it would start the engine again at once
    try:
        kill([host(stack), *ray_processes(stack.home)])
        runs = [
            visitor.start(workflow, {"order_id": order, "key": secrets.token_hex(8), "rounds": 3})
            for order in chosen
        ]
        expect(state).to_have_attribute("data-state", "down", timeout=60_000)
        assert [visitor.run(run)["summary"]["state"] for run in runs] == ["queued"] * len(runs)
        assert visitor.get("/ready")["engine"]["state"] == "down"
    finally:
        supervisor.send_signal(signal.SIGCONT)
    at = time.monotonic()
    ends = [visitor.end_of(run, BACK_S) for run in runs]
    print(f"the runs were over {time.monotonic() - at:.1f} s after the supervisor could act")
    assert any("engine ended" in line for line in stack.lines[said:])
    assert Counter(end["summary"]["state"] for end in ends) == {"succeeded": len(runs)}
    for run in runs:
        assert_each_result_once(visitor, run)
    after = refunded(visitor)
    assert {order: round(after[order] - before[order], 2) for order in chosen} == dict.fromkeys(chosen, 1.0)
    expect(state).to_have_attribute("data-state", "ready", timeout=30_000)
