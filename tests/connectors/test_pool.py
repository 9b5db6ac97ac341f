"""The pool: opening once, giving up fast, coming back, closing in order."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from connectors import (
    ConnectorSpec,
    Health,
    HttpTransport,
    Pool,
    Registry,
    StdioTransport,
    ToolDefinition,
    ToolError,
    ToolResult,
    toolset_of,
)
from tests.connectors.conftest import ROOT, Server
from tests.connectors.test_failures import odd_process


def spec_of(url: str, name: str = "shop") -> ConnectorSpec:
    return ConnectorSpec(name=name, transport=HttpTransport(url=url))


def registry_of(server: Server) -> Registry:
    registry = Registry()
    for name in ("shop", "mail"):
        registry.put(name, spec_of(f"{server.url}/{name}/mcp", name))
    return registry


class Scripted:
    """A toolset that does what the test says."""

    def __init__(self, name: str, log: list[str], opens: asyncio.Event | None = None) -> None:
        self.name = name
        self.log = log
        self.opens = opens
        self.answer: asyncio.Future[ToolResult] = asyncio.get_running_loop().create_future()

    async def open(self) -> None:
        self.log.append(f"open {self.name}")
        if self.opens is not None:
            await self.opens.wait()

    async def list_tools(self) -> tuple[ToolDefinition, ...]:
        return ()

    async def call(
        self, name: str, arguments: dict[str, Any], *, key: str | None, timeout_s: float
    ) -> ToolResult:
        if name == "lose":
            raise ToolError("unavailable", "lost", "unknown")
        if name == "wait":
            return await self.answer
        return ToolResult(name)

    async def health(self) -> Health:
        return Health("ok")

    async def close(self) -> None:
        self.log.append(f"close {self.name}")


async def failure(pool: Pool, connector: str, tool: str, arguments: dict[str, Any]) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await asyncio.wait_for(pool.call(connector, tool, arguments, timeout_s=10), 30)
    return caught.value


async def until_it_answers(pool: Pool, connector: str = "shop") -> ToolResult:
    async with asyncio.timeout(20):
        while True:
            try:
                return await pool.call(connector, "get_order", {"order_id": "A-1001"}, timeout_s=10)
            except ToolError as error:
                assert error.code == "unavailable"
                await asyncio.sleep(0.05)


async def test_first_calls_at_the_same_time_open_one_client(shared_server: Server) -> None:
    made: list[str] = []

    def counting(spec: ConnectorSpec) -> Any:
        made.append(spec.name)
        return toolset_of(spec)

    pool = Pool(registry_of(shared_server), counting)
    try:
        results = await asyncio.gather(
            *(pool.call("shop", "get_order", {"order_id": "A-1001"}) for _ in range(64))
        )
        assert (made, len(results)) == (["shop"], 64)
        assert all(result.unwrap()["id"] == "A-1001" for result in results)
        assert (pool.health("shop"), pool.health("mail")) == (Health("ok"), Health("unopened"))
    finally:
        await pool.close()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
async def test_a_restarted_server_is_found_again(
    servers: Callable[..., Server], number: signal.Signals
) -> None:
    server = servers()
    pool = Pool(registry_of(server))
    try:
        refund = {"order_id": "A-1001", "amount": 5.0}
        first = (await pool.call("shop", "process_refund", refund, key="k")).unwrap()
        server.stop(number)
        error = await failure(pool, "shop", "get_order", {"order_id": "A-1001"})
        assert (error.code, error.outcome) == ("unavailable", "not_done")
        assert pool.health("shop").state == "down"
        server.start()
        await until_it_answers(pool)
        assert pool.health("shop").state == "ok"
        again = (await pool.call("shop", "process_refund", refund, key="k")).unwrap()
        assert again == first, "what the server promised for a key outlives it"
    finally:
        await pool.close()


async def test_calls_under_way_when_a_server_is_killed_all_end_and_every_refund_is_told_truly(
    servers: Callable[..., Server],
) -> None:
    server = servers()
    pool = Pool(registry_of(server))
    orders = [f"A-{1001 + n % 2}" for n in range(200)]
    try:
        calls = [
            asyncio.create_task(
                pool.call("shop", "process_refund", {"order_id": o, "amount": 0.01}, key=f"k{n}")
            )
            for n, o in enumerate(orders)
        ]
        await asyncio.wait(calls, return_when=asyncio.FIRST_COMPLETED, timeout=20)
        server.stop(signal.SIGKILL)
        ended = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 30)
        server.start()
        done = sum(isinstance(one, ToolResult) and not one.is_error for one in ended)
        unknown = sum(isinstance(one, ToolError) and one.outcome == "unknown" for one in ended)
        await until_it_answers(pool)
        refunded = 0.0
        for order in ("A-1001", "A-1002"):
            refunded += (await pool.call("shop", "get_order", {"order_id": order})).unwrap()["refunded"]
        assert done <= round(refunded * 100) <= done + unknown
        for n, order in enumerate(orders):
            await pool.call("shop", "process_refund", {"order_id": order, "amount": 0.01}, key=f"k{n}")
        refunded = 0.0
        for order in ("A-1001", "A-1002"):
            refunded += (await pool.call("shop", "get_order", {"order_id": order})).unwrap()["refunded"]
        assert round(refunded * 100) == 200, "trying all of them again with their keys makes each happen once"
    finally:
        await pool.close()


async def test_a_server_that_is_down_fails_at_once_between_attempts(shared_server: Server) -> None:
    registry = registry_of(shared_server)
    registry.put("gone", spec_of("http://127.0.0.1:9/mcp", "gone"))
    pool = Pool(registry)
    loop = asyncio.get_running_loop()
    try:
        await failure(pool, "gone", "get_order", {})
        started = loop.time()
        errors = [await failure(pool, "gone", "get_order", {}) for _ in range(100)]
        assert loop.time() - started < 2.0
        assert {(error.code, error.outcome) for error in errors} == {("unavailable", "not_done")}
        assert "check that its server is running" in errors[-1].message
        assert (await pool.call("shop", "get_order", {"order_id": "A-1001"})).is_error is False
    finally:
        await pool.close()


async def test_a_stdio_server_that_died_is_started_again(tmp_path: Path) -> None:
    registry = Registry()
    command = (sys.executable, "-m", "tests.connectors.odd_server", "--stdio")
    transport = StdioTransport(command=command, environment={"PYTHONPATH": str(ROOT)}, folder=tmp_path)
    registry.put_operator("odd", ConnectorSpec(name="odd", transport=transport))
    pool = Pool(registry)
    try:
        assert (await pool.call("odd", "text", {})).value == "only text"
        assert (await failure(pool, "odd", "die", {})).outcome == "unknown"
        assert pool.health("odd").state == "down"
        assert (await pool.call("odd", "text", {})).value == "only text"
    finally:
        await pool.close()


async def test_a_server_that_went_away_between_calls_is_reached_again_within_the_next_call(
    servers: Callable[..., Server],
) -> None:
    server = servers()
    pool = Pool(registry_of(server))
    try:
        await pool.call("shop", "get_order", {"order_id": "A-1001"})
        server.stop(signal.SIGKILL)
        server.start()
        assert (await pool.call("shop", "get_order", {"order_id": "A-1001"})).is_error is False
    finally:
        await pool.close()


async def test_a_call_that_may_have_happened_is_never_made_again() -> None:
    log: list[str] = []
    registry = Registry()
    registry.put("shop", spec_of("http://example.com/mcp"))
    pool = Pool(registry, lambda spec: Scripted("shop", log))
    assert (await failure(pool, "shop", "lose", {})).outcome == "unknown"
    await pool.close()
    assert log == ["open shop", "close shop"]


async def test_a_retired_client_finishes_its_calls_before_it_is_closed() -> None:
    log: list[str] = []
    made: list[Scripted] = []

    def make(spec: ConnectorSpec) -> Scripted:
        made.append(Scripted(f"client {len(made) + 1}", log))
        return made[-1]

    registry = Registry()
    registry.put("shop", spec_of("http://example.com/mcp"))
    pool = Pool(registry, make)
    waiting = asyncio.create_task(pool.call("shop", "wait", {}))
    await asyncio.sleep(0)
    await failure(pool, "shop", "lose", {})
    assert (await pool.call("shop", "echo", {})).value == "echo"
    assert log == ["open client 1", "open client 2"]
    made[0].answer.set_result(ToolResult("late"))
    assert (await waiting).value == "late"
    await pool.close()
    assert log == ["open client 1", "open client 2", "close client 1", "close client 2"]


async def test_closing_waits_for_calls_and_closes_the_last_opened_first() -> None:
    log: list[str] = []
    made: dict[str, Scripted] = {}

    def make(spec: ConnectorSpec) -> Scripted:
        return made.setdefault(spec.name, Scripted(spec.name, log))

    registry = Registry()
    for name in ("a", "b", "c"):
        registry.put(name, spec_of("http://example.com/mcp", name))
    pool = Pool(registry, make)
    for name in ("b", "a", "c"):
        await pool.call(name, "echo", {})
    waiting = asyncio.create_task(pool.call("a", "wait", {}))
    await asyncio.sleep(0)
    closing = asyncio.create_task(pool.close(grace_s=10))
    await asyncio.sleep(0)
    assert (await failure(pool, "b", "echo", {})).code == "unavailable"
    made["a"].answer.set_result(ToolResult("finished"))
    assert (await waiting).value == "finished"
    await asyncio.wait_for(closing, 10)
    assert log == ["open b", "open a", "open c", "close c", "close a", "close b"]


async def test_a_changed_specification_opens_another_client() -> None:
    log: list[str] = []
    registry = Registry()
    registry.put("shop", spec_of("http://example.com/one"))
    pool = Pool(registry, lambda spec: Scripted(str(getattr(spec.transport, "url", "")), log))
    await pool.call("shop", "echo", {})
    registry.put("shop", spec_of("http://example.com/two"))
    await pool.call("shop", "echo", {})
    await pool.close()
    assert sorted(log) == [
        "close http://example.com/one",
        "close http://example.com/two",
        "open http://example.com/one",
        "open http://example.com/two",
    ]


async def test_a_caller_that_gives_up_while_opening_does_not_take_the_opening_with_it() -> None:
    log: list[str] = []
    opens = asyncio.Event()
    registry = Registry()
    registry.put("shop", spec_of("http://example.com/mcp"))
    pool = Pool(registry, lambda spec: Scripted("shop", log, opens))
    impatient = asyncio.create_task(pool.call("shop", "echo", {}))
    patient = asyncio.create_task(pool.call("shop", "echo", {}))
    await asyncio.sleep(0)
    impatient.cancel()
    with pytest.raises(ToolError) as caught:
        await pool.call("shop", "echo", {}, timeout_s=0.05)
    assert (caught.value.code, caught.value.outcome) == ("unavailable", "not_done")
    opens.set()
    assert (await patient).value == "echo"
    await pool.close()
    assert log == ["open shop", "close shop"]


async def test_an_unregistered_connector_is_unavailable() -> None:
    pool = Pool(Registry())
    assert (await failure(pool, "nobody", "x", {})).message == (
        "connector 'nobody' is not available: it is not registered"
    )
    await pool.close()


async def test_a_restarted_server_that_keeps_sessions_is_found_again() -> None:
    registry = Registry()
    pool = Pool(registry)
    with odd_process("0", "--old") as port:
        registry.put("odd", spec_of(f"http://127.0.0.1:{port}/mcp", "odd"))
        assert (await pool.call("odd", "text", {})).value == "only text"
    try:
        with odd_process(str(port), "--old"):
            # The new process knows nothing of the old one's session; the caller need not know either.
            assert (await pool.call("odd", "text", {})).value == "only text"
    finally:
        await pool.close()
