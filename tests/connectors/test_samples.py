"""The sample servers as programs: starting, stopping, guarding, and data that lasts."""

from __future__ import annotations

import asyncio
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from connectors import HttpToolset, HttpTransport, StdioToolset, ToolError
from connectors.samples.orders import seed_orders
from tests.connectors.conftest import ROOT, Server, opened

COMMAND = [sys.executable, "-m", "connectors.samples"]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*COMMAND, *arguments], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )


def test_the_seed_is_the_same_every_time_and_holds_the_orders_that_examples_name() -> None:
    orders = {order.id: order for order in seed_orders()}
    assert seed_orders() == seed_orders()
    assert len(orders) == 24
    assert [orders[name].total_cents for name in ("A-1001", "A-1002")] == [24990, 3950]
    assert [orders[name].status for name in ("A-1001", "A-1003")] == ["delivered", "refunded"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_them_cleanly(servers: Callable[..., Server], number: signal.Signals) -> None:
    assert servers().stop(number) == 0


def test_a_taken_port_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = run("--port", str(port), "--data", str(tmp_path))
    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr == f"cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_a_token_variable_that_is_empty_is_wrong_usage(tmp_path: Path) -> None:
    ended = run("--port", "0", "--data", str(tmp_path), "--token-env", "WEFT_NO_SUCH_TOKEN")
    assert ended.returncode == 2
    assert "WEFT_NO_SUCH_TOKEN is not set" in ended.stderr


async def test_with_a_token_nobody_calls_without_it_and_health_stays_open(
    servers: Callable[..., Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    server = servers(token="a-token")
    url = f"{server.url}/shop/mcp"
    stranger = HttpToolset("shop", url, {"Authorization": "Bearer another"})
    with pytest.raises(ToolError) as caught:
        await stranger.open()
    await stranger.close()
    assert "refused our credentials" in caught.value.message

    monkeypatch.setenv("WEFT_SAMPLES_TOKEN", "a-token")
    transport = HttpTransport(url=url, headers_env={"Authorization": "WEFT_SAMPLES_TOKEN"})
    assert transport.headers({"WEFT_SAMPLES_TOKEN": "a-token"}) == {"Authorization": "Bearer a-token"}
    async with opened(HttpToolset("shop", url, transport.headers({"WEFT_SAMPLES_TOKEN": "a-token"}))) as shop:
        assert (
            await shop.call("get_order", {"order_id": "A-1001"}, key=None, timeout_s=10)
        ).is_error is False


@pytest.mark.parametrize(("header", "value"), [("Host", "evil.example"), ("Origin", "http://evil.example")])
def test_a_page_of_another_site_cannot_call_them(shared_server: Server, header: str, value: str) -> None:
    request = urllib.request.Request(
        f"{shared_server.url}/shop/mcp",
        data=b"{}",
        headers={"content-type": "application/json", "accept": "application/json", header: value},
    )
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=10)
    assert caught.value.code in (403, 421)


async def test_refunds_and_keys_outlive_a_kill(servers: Callable[..., Server]) -> None:
    server = servers()
    refund = {"order_id": "A-1001", "amount": 249.9}
    async with opened(HttpToolset("shop", f"{server.url}/shop/mcp")) as shop:
        first = (await shop.call("process_refund", refund, key="k", timeout_s=10)).unwrap()
    server.stop(signal.SIGKILL)
    server.start()
    async with opened(HttpToolset("shop", f"{server.url}/shop/mcp")) as shop:
        again = (await shop.call("process_refund", refund, key="k", timeout_s=10)).unwrap()
        order = (await shop.call("get_order", {"order_id": "A-1001"}, key=None, timeout_s=10)).unwrap()
    assert (again, order["refunded"], order["status"]) == (first, 249.9, "refunded")


async def test_one_key_refunds_once_for_two_processes_on_the_same_data(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "connectors.samples.shop", "--data", str(tmp_path)]
    refund = {"order_id": "A-1001", "amount": 1.0}
    one, two = (StdioToolset(name, command, {"PYTHONPATH": str(ROOT)}) for name in ("one", "two"))
    async with opened(one), opened(two):
        results = await asyncio.gather(
            *(
                shop.call("process_refund", refund, key="k", timeout_s=20)
                for shop in (one, two)
                for _ in range(25)
            )
        )
        order = (await two.call("get_order", {"order_id": "A-1001"}, key=None, timeout_s=10)).unwrap()
    assert [result.unwrap() for result in results] == [results[0].value] * 50
    assert order["refunded"] == 1.0


def test_they_write_nothing_to_the_terminal_but_their_address(
    servers: Callable[..., Server], tmp_path: Path
) -> None:
    process = subprocess.Popen(
        [*COMMAND, "--port", "0", "--data", str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    url = line.removeprefix("listening on ").strip()
    with urllib.request.urlopen(f"{url}/health", timeout=20) as answer:
        assert answer.read() == b'{"status":"ok","servers":["shop","mail","http"]}'
    process.terminate()
    out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")
