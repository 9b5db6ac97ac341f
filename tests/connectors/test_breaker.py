"""The circuit breaker: its decisions, and every wrapper and holder of it against the same behaviour."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import pytest

from connectors import (
    Breaker,
    BreakerPolicy,
    Bulkhead,
    Circuit,
    CircuitBroken,
    Health,
    ToolDefinition,
    ToolError,
    ToolResult,
)
from connectors.breaker import admit, after, sign_of
from engine import toolbox
from engine.toolbox import PooledTools
from tests.engine_run.kit import until

POLICY = BreakerPolicy(failures=3, first_s=10, most_s=40)
LATE = ToolError("timeout", "no answer", "unknown")
TRANSPORT = {"kind": "http", "url": "http://127.0.0.1:9/mcp"}
"""Nobody connects: the toolset is ours."""


@dataclass
class Server:
    """A toolset that answers, or fails as told; ``hold`` keeps calls under way until it is set."""

    answer: ToolResult | ToolError = field(default_factory=lambda: ToolResult("yes"))
    calls: int = 0
    hold: asyncio.Event | None = None
    most_at_once: int = 0
    now: int = 0

    async def open(self) -> None: ...
    async def close(self) -> None: ...

    async def list_tools(self) -> tuple[ToolDefinition, ...]:
        return ()

    async def health(self) -> Health:
        return Health("ok")

    async def call(
        self, name: str, arguments: dict[str, Any], *, key: str | None, timeout_s: float
    ) -> ToolResult:
        self.calls += 1
        self.now += 1
        self.most_at_once = max(self.most_at_once, self.now)
        try:
            if self.hold is not None:
                await self.hold.wait()
            await asyncio.sleep(0)
            if isinstance(self.answer, ToolError):
                raise self.answer
            return self.answer
        finally:
            self.now -= 1


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


Call = Callable[..., Awaitable[Any]]


@asynccontextmanager
async def wrapper(server: Server, clock: Clock, monkeypatch: Any) -> AsyncIterator[Call]:
    breaker = Breaker("the connector 'w'", POLICY, clock=clock, chance=lambda: 1.0)
    guarded = CircuitBroken(server, breaker)

    async def call(timeout_s: float = 30) -> Any:
        return (await guarded.call("t", {}, key=None, timeout_s=timeout_s)).unwrap()

    yield call


@asynccontextmanager
async def pooled(server: Server, clock: Clock, monkeypatch: Any) -> AsyncIterator[Call]:
    async def find(account_id: UUID, name: str) -> dict[str, Any]:
        return {"name": name, "title": "", "transport": TRANSPORT, "pins": {}}

    def breaker(name: str, policy: BreakerPolicy | None, **rest: Any) -> Breaker:
        return Breaker(name, policy, clock=clock, chance=lambda: 1.0, **rest)

    monkeypatch.setattr(toolbox, "_open", lambda spec: server)
    monkeypatch.setattr(toolbox, "Breaker", breaker)
    account = uuid4()
    tools = PooledTools(find, policy=POLICY)

    async def call(timeout_s: float = 30) -> Any:
        return await tools.call(account, "w", "t", {}, "key", timeout_s, None)

    yield call
    await tools.close()


@pytest.fixture(params=[wrapper, pooled], ids=["wrapper", "toolbox"])
async def broken(request: Any, monkeypatch: Any) -> AsyncIterator[tuple[Call, Server, Clock]]:
    server, clock = Server(), Clock()
    async with request.param(server, clock, monkeypatch) as call:
        yield call, server, clock


async def fails(call: Call, **rest: Any) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await call(**rest)
    return caught.value


async def trip(call: Call, server: Server, error: ToolError = LATE) -> None:
    server.answer = error
    for _ in range(POLICY.failures):
        assert (await fails(call)).code == error.code


async def test_after_failures_in_a_row_calls_fail_at_once_and_nothing_is_sent(broken) -> None:
    call, server, _ = broken
    await trip(call, server)
    sent = server.calls
    refused = await fails(call)
    assert (refused.code, refused.outcome) == ("unavailable", "not_done")
    assert "after 3 failures" in refused.message and "no answer" in refused.message
    assert server.calls == sent


async def test_an_answer_in_between_starts_the_count_again(broken) -> None:
    call, server, _ = broken
    for _ in range(4):
        server.answer = LATE
        for _ in range(POLICY.failures - 1):
            assert (await fails(call)).code == "timeout"
        server.answer = ToolResult("yes")
        assert await call() == "yes"


async def test_a_tool_that_says_no_is_well(broken) -> None:
    call, server, _ = broken
    server.answer = ToolResult(None, is_error=True, error_code="unavailable", message="out of stock")
    for _ in range(10):
        assert (await fails(call)).message == "out of stock"
    server.answer = ToolError("invalid_result", "odd", "unknown")
    for _ in range(10):
        assert (await fails(call)).code == "invalid_result"
    assert server.calls == 20


async def test_calls_without_time_say_nothing_about_the_connector(broken) -> None:
    call, server, _ = broken
    server.answer = LATE
    for _ in range(10):
        assert (await fails(call, timeout_s=0.5)).code == "timeout"
    assert server.calls == 10


async def test_half_open_lets_one_call_through_and_an_answer_closes(broken) -> None:
    call, server, clock = broken
    await trip(call, server)
    clock.now += 11
    server.answer, server.hold = ToolResult("back"), asyncio.Event()
    sent = server.calls
    probe = asyncio.create_task(call())
    await until(lambda: server.calls > sent)
    assert "just now" in (await fails(call)).message
    server.hold.set()
    assert await probe == "back"
    assert [await call() for _ in range(3)] == ["back"] * 3


async def test_a_probe_that_fails_opens_for_twice_as_long_up_to_a_limit(broken) -> None:
    call, server, clock = broken
    await trip(call, server)
    for seconds in (10, 20, 40, 40, 40):
        clock.now += seconds - 1
        assert (await fails(call)).code == "unavailable"
        clock.now += 1.5
        sent = server.calls
        assert (await fails(call)).code == "timeout"
        assert server.calls == sent + 1


async def test_a_probe_that_is_cut_short_leaves_the_next_call_to_try(broken) -> None:
    call, server, clock = broken
    await trip(call, server)
    clock.now += 11
    server.answer, server.hold = ToolResult("back"), asyncio.Event()
    sent = server.calls
    probe = asyncio.create_task(call())
    await until(lambda: server.calls > sent)
    probe.cancel()
    await asyncio.wait([probe])
    server.hold.set()
    assert await call() == "back"


async def test_without_a_breaker_every_call_waits_for_the_dead_server() -> None:
    """The control: the bare toolset is asked every time."""
    server = Server(LATE)
    for _ in range(10):
        with pytest.raises(ToolError):
            await server.call("t", {}, key=None, timeout_s=30)
    assert server.calls == 10


def test_calls_that_began_before_it_opened_change_nothing() -> None:
    circuit = Circuit()
    for _ in range(POLICY.failures):
        circuit = after(circuit, "go", "unwell", "x", POLICY, 0.0, 1.0)
    assert (circuit.opened, circuit.until) == (1, 10.0)
    assert after(circuit, "go", "unwell", "y", POLICY, 5.0, 1.0) == circuit
    assert after(circuit, "go", "well", "", POLICY, 5.0, 1.0) == circuit
    assert [admit(circuit, now) for now in (9.9, 10.0)] == ["refuse", "probe"]
    spread = {after(Circuit(2), "go", "unwell", "x", POLICY, 0.0, chance).until for chance in (0.0, 0.5)}
    assert spread == {5.0, 7.5}


def test_only_what_the_connector_itself_does_is_a_sign() -> None:
    codes = {
        "unavailable": "unwell",
        "timeout": "unwell",
        "invalid_arguments": "none",
        "changed": "none",
    }
    for code, sign in codes.items():
        assert sign_of(ToolError(code, "", "not_done"), 30) == sign
    assert sign_of(None, 30) == "well"


async def test_a_bulkhead_bounds_the_calls_and_the_wait_counts_into_their_time() -> None:
    bulkhead, server = Bulkhead("w", 2), Server(hold=asyncio.Event())

    async def call(timeout_s: float) -> float:
        async with bulkhead.place(timeout_s) as left:
            await server.call("t", {}, key=None, timeout_s=left)
            return left

    tasks = [asyncio.create_task(call(30)) for _ in range(5)]
    await until(lambda: server.calls == 2)
    with pytest.raises(ToolError) as full:
        await call(0.05)
    assert (full.value.code, full.value.outcome) == ("unavailable", "not_done")
    assert server.calls == 2
    assert server.hold is not None
    server.hold.set()
    assert all(left <= 30 for left in await asyncio.gather(*tasks))
    assert (server.calls, server.most_at_once) == (5, 2)


async def test_a_slow_connector_holds_up_its_own_calls_only(monkeypatch: Any) -> None:
    """Other connectors, and the same one of another account, go on while one has all its places taken."""
    servers: dict[str, Server] = {}

    async def find(account_id: UUID, name: str) -> dict[str, Any]:
        return {"name": name, "title": "", "transport": TRANSPORT, "pins": {}}

    def opened(spec: Any) -> Server:
        server = Server(hold=asyncio.Event() if not servers else None)
        return servers.setdefault(f"{len(servers)} {spec.name}", server)

    monkeypatch.setattr(toolbox, "_open", opened)
    tools = PooledTools(find, most_calls=4)
    mine, theirs = uuid4(), uuid4()
    stuck = [asyncio.create_task(tools.call(mine, "slow", "t", {}, "k", 30, None)) for _ in range(10)]
    await until(lambda: bool(servers) and next(iter(servers.values())).calls == 4)
    async with asyncio.timeout(5):
        assert await tools.call(mine, "quick", "t", {}, "k", 30, None) == "yes"
        assert await tools.call(theirs, "slow", "t", {}, "k", 30, None) == "yes"
    slow = next(iter(servers.values()))
    assert (slow.calls, slow.most_at_once) == (4, 4)
    assert slow.hold is not None
    slow.hold.set()
    assert await asyncio.gather(*stuck) == ["yes"] * 10
    await tools.close()


async def test_whoever_keeps_the_health_hears_when_a_circuit_opens_and_closes(monkeypatch: Any) -> None:
    server, told = Server(LATE), []

    async def find(account_id: UUID, name: str) -> dict[str, Any]:
        return {"name": name, "title": "", "transport": TRANSPORT, "pins": {}}

    async def tell(account_id: UUID, name: str, health: Health) -> None:
        told.append((name, health.state))

    monkeypatch.setattr(toolbox, "_open", lambda spec: server)
    tools = PooledTools(find, tell, policy=BreakerPolicy(failures=2, first_s=0, most_s=0))
    account = uuid4()
    for _ in range(2):
        with pytest.raises(ToolError):
            await tools.call(account, "w", "t", {}, "k", 30, None)
    assert list(tools.circuits()) == [(account, "w")]
    server.answer = ToolResult("yes")
    assert await tools.call(account, "w", "t", {}, "k", 30, None) == "yes"
    await tools.close()
    assert told == [("w", "down"), ("w", "ok")] and tools.circuits() == {}
