"""Parts of a running installation are killed while runs are in the middle: nothing accepted is lost or done twice."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator

import httpx
import psutil
import pytest

from deploy.postgres import EmbeddedPostgres
from engine.serving.cluster import ray_processes, replica_processes
from tests.stack.stack import Stack
from tests.stack.visitor import Visitor

pytestmark = pytest.mark.stack

ATTEMPTS = 'retry 9 backoff 200ms to 1s on "timeout", "unavailable"'
REFUND = f"""workflow fault_refund {{
  use shop: mcp "shop"
  input {{ order_id: string, key: string, rounds: int = 40 }}
  step before: loop while before.count < input.rounds max 500 {{
    step look: call shop.get_order(order_id: input.order_id)
      timeout 10s
      {ATTEMPTS}
  }}
  step refund: call shop.process_refund(order_id: input.order_id, amount: 1.0)
    key input.key
    timeout 10s
    {ATTEMPTS}
  step later: loop while later.count < input.rounds max 500 {{
    step look: call shop.get_order(order_id: input.order_id)
      timeout 10s
      {ATTEMPTS}
  }}
  step done: return {{ refund: refund.id }}
}}
"""
HASTY = """workflow fault_hasty {
  use shop: mcp "shop"
  step rounds: loop while rounds.count < 500 max 500 {
    step look: call shop.get_order(order_id: "A-1005")
      timeout 10s
  }
}
"""
RECOVERY_S = 15.0
"""From the kill of a replica to another one that has the run."""


@pytest.fixture(scope="module")
def visitor(stack: Stack) -> Iterator[Visitor]:
    # Another test may have restarted it; its engine comes back a while after the page.
    stack.wait_for_engine()
    with Visitor(stack) as visitor:
        yield visitor


def until(what: str, found: Callable[[], object], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while not found():
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.05)


def loopback(ip: str) -> bool:
    address = ipaddress.ip_address(ip)
    mapped = getattr(address, "ipv4_mapped", None)  # as gRPC binds: 127.0.0.1 in the clothes of IPv6
    return (mapped or address).is_loopback


def orders(visitor: Visitor, count: int) -> list[str]:
    """Orders that money is left on, none of those that other tests count on."""
    return [
        order["id"]
        for order in visitor.get("/orders?limit=200")["orders"]
        if order["id"] > "A-1004" and order["total"] - order["refunded"] > 5
    ][:count]


def refunded(visitor: Visitor) -> dict[str, float]:
    return {order["id"]: order["refunded"] for order in visitor.get("/orders?limit=200")["orders"]}


def assert_each_result_once(visitor: Visitor, run: str) -> None:
    events = list(visitor.follow(run))
    assert [event.seq for event in events] == list(range(1, len(events) + 1))
    ends = Counter(event.path for event in events if event.kind == "step.succeeded")
    assert [path for path, times in ends.items() if times > 1] == []
    assert ends["refund"] == 1 and events[-1].kind == "run.succeeded"


def complaints(stack: Stack) -> list[str]:
    """Lines in our logs that nobody who looks after an installation should have to read."""
    found = []
    for log in stack.home.joinpath("logs").glob("*.log"):
        if log.name == "connectors.log":
            # The samples stand for the outside world; their SDK may log a client killed in mid-call.
            continue
        for line in log.read_text(errors="replace").splitlines():
            if re.search(r"Traceback|never retrieved|never awaited|^\S*Error:", line):
                found.append(f"{log.name}: {line}")
    return found


def test_everything_listens_on_loopback_only(stack: Stack, visitor: Visitor) -> None:
    """Ray's processes too: on all interfaces its token would be all that stands before them."""
    heard = {
        (process.name(), connection.laddr.ip)
        for process in stack.processes()
        for connection in process.net_connections(kind="inet")
        if connection.status == psutil.CONN_LISTEN
    }
    assert {"gcs_server", "raylet", "haproxy"} <= {name for name, _ in heard}
    assert [(name, ip) for name, ip in sorted(heard) if not loopback(ip)] == []


def test_a_killed_runner_loses_no_run_and_refunds_once(stack: Stack, visitor: Visitor) -> None:
    workflow = visitor.publish(REFUND)
    chosen, before = orders(visitor, 4), refunded(visitor)
    runs = [visitor.start(workflow, {"order_id": order, "key": secrets.token_hex(8)}) for order in chosen]
    for event in visitor.follow(runs[0]):
        if event.path == "refund":
            break
    killed = replica_processes(stack.home, "Runner")
    assert killed
    for replica in killed:
        replica.kill()
    at = time.monotonic()
    for event in visitor.follow(runs[0]):
        if event.kind == "run.claimed" and event.data["attempt"] >= 2:
            break
    taken = time.monotonic() - at
    print(f"the run was taken over {taken:.1f} s after the kill")
    assert taken < RECOVERY_S

    ends = [visitor.end_of(run) for run in runs]
    assert [end["summary"]["state"] for end in ends] == ["succeeded"] * len(runs)
    assert ends[0]["summary"]["attempt"] >= 2
    for run in runs:
        assert_each_result_once(visitor, run)
    after = refunded(visitor)
    assert {order: round(after[order] - before[order], 2) for order in chosen} == dict.fromkeys(chosen, 1.0)
    until("another replica", lambda: replica_processes(stack.home, "Runner"))
    print(f"all of it was over {time.monotonic() - at:.1f} s after the kill")


def test_postgres_that_crashes_costs_answers_but_no_run(stack: Stack, visitor: Visitor) -> None:
    workflow = visitor.publish(REFUND)
    chosen, before = orders(visitor, 4), refunded(visitor)

    def start(order: str, number: int) -> str:
        key = f"{order}-{number}-{secrets.token_hex(4)}"
        return visitor.start(workflow, {"order_id": order, "key": key, "rounds": 10}, key)

    runs = [start(order, 0) for order in chosen]
    crash = threading.Thread(target=EmbeddedPostgres(stack.home).restart_after_crash)
    crash.start()
    number, at = 0, time.monotonic()
    while crash.is_alive() or number == 0:
        number += 1
        runs.append(start(chosen[number % len(chosen)], number))
    crash.join()
    runs += [start(order, number + 1) for order in chosen]
    print(f"{len(runs)} accepted, {visitor.refusals} refused meanwhile")
    ends = [visitor.end_of(run) for run in runs]
    print(f"all of it was over {time.monotonic() - at:.1f} s after the crash")
    assert Counter(end["summary"]["state"] for end in ends) == {"succeeded": len(runs)}
    for run in runs:
        assert_each_result_once(visitor, run)
    gone = sum(refunded(visitor).values()) - sum(before.values())
    assert round(gone, 2) == len(runs)


def test_a_connector_that_dies_is_tried_again_or_named_in_the_error(stack: Stack, visitor: Visitor) -> None:
    patient = visitor.publish(REFUND)
    hasty = visitor.start(visitor.publish(HASTY), {})
    [order] = orders(visitor, 1)
    before = refunded(visitor)[order]
    run = visitor.start(patient, {"order_id": order, "key": secrets.token_hex(8)})
    for event in visitor.follow(run):
        if event.kind == "step.succeeded":
            break
    for process in stack.processes():
        if "connectors.samples" in process.cmdline():
            process.kill()
    shop = next(one for one in visitor.until_served("POST", "/connectors/refresh") if one["name"] == "shop")
    assert shop["health"] == "down" and shop["message"]

    error = visitor.end_of(hasty)["summary"]["error"]
    assert error["code"] == "unavailable", error
    assert "shop" in error["message"] and error["step"].startswith("rounds["), error
    end = visitor.end_of(run)
    assert end["summary"]["state"] == "succeeded", end["summary"]
    assert_each_result_once(visitor, run)
    assert any(event.kind == "step.retrying" for event in visitor.follow(run))
    assert round(refunded(visitor)[order] - before, 2) == 1.0
    refreshed = visitor.until_served("POST", "/connectors/refresh")
    assert {one["health"] for one in refreshed} == {"ok"}


def test_serve_without_its_controller_and_proxies_goes_on_running(stack: Stack, visitor: Visitor) -> None:
    workflow = visitor.publish(REFUND)
    [order] = orders(visitor, 1)
    run = visitor.start(workflow, {"order_id": order, "key": secrets.token_hex(8)})
    old, haproxy = serve_processes(stack), haproxies(stack)
    assert len(old) == 3 and len(haproxy) == 1
    for process in old:
        process.kill()
    assert visitor.end_of(run)["summary"]["state"] == "succeeded"
    assert_each_result_once(visitor, run)
    until("a new controller and proxies", lambda: len(serve_processes(stack)) == 3, 90)
    until(
        "a HAProxy of the new manager in the place of the old one",
        lambda: len(haproxies(stack)) == 1 and haproxies(stack) != haproxy,
        90,
    )
    until("the gateway's answer", lambda: answers(stack), 60)


def test_a_killed_haproxy_comes_back(stack: Stack, visitor: Visitor) -> None:
    before = haproxies(stack)
    for process in before:
        process.kill()
    until("the gateway's answer", lambda: answers(stack) and haproxies(stack) != before, 90)


def test_what_was_killed_left_no_traceback_of_ours_in_the_logs(stack: Stack, visitor: Visitor) -> None:
    assert complaints(stack) == []


def serve_processes(stack: Stack) -> list[psutil.Process]:
    found = []
    for process in ray_processes(stack.home):
        with contextlib.suppress(psutil.Error):
            if re.search(r"ray::(ServeController|HAProxyManager|ProxyActor)", " ".join(process.cmdline())):
                found.append(process)
    return found


def haproxies(stack: Stack) -> list[psutil.Process]:
    found = []
    for process in ray_processes(stack.home):
        with contextlib.suppress(psutil.Error):
            if process.name() == "haproxy":
                found.append(process)
    return found


def answers(stack: Stack) -> bool:
    with contextlib.suppress(httpx.TransportError):
        return httpx.get(f"{stack.gateway}/api/health", trust_env=False, timeout=5).is_success
    return False
