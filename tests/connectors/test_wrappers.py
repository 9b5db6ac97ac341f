"""Each wrapper adds one thing and passes the rest on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from connectors import (
    Call,
    Filtered,
    Health,
    MemoryToolset,
    Pinned,
    Recorded,
    TimeLimited,
    ToolDefinition,
    ToolError,
    ToolResult,
    Validated,
)
from connectors.samples.shop import shop


@pytest.fixture
async def inner(tmp_path: Path) -> AsyncIterator[MemoryToolset]:
    toolset = MemoryToolset("shop", shop(tmp_path))
    await toolset.open()
    yield toolset
    await toolset.close()


class Liar:
    """Answers every call with the same thing, whatever its schema says."""

    def __init__(self, value: Any, **definition: Any) -> None:
        self.value = value
        self.definition = ToolDefinition.from_raw(
            {"name": "lie", "inputSchema": {"type": "object"}, **definition}
        )
        self.calls = 0

    async def open(self) -> None: ...
    async def close(self) -> None: ...

    async def list_tools(self) -> tuple[ToolDefinition, ...]:
        return (self.definition,)

    async def call(
        self, name: str, arguments: dict[str, Any], *, key: str | None, timeout_s: float
    ) -> ToolResult:
        self.calls += 1
        if self.value is ...:
            await asyncio.Event().wait()
        return ToolResult(self.value)

    async def health(self) -> Health:
        return Health("ok")


async def failure(toolset: Any, name: str, arguments: dict[str, Any]) -> ToolError:
    with pytest.raises(ToolError) as caught:
        await asyncio.wait_for(toolset.call(name, arguments, key=None, timeout_s=10), 20)
    return caught.value


async def test_filtered_shows_and_calls_only_what_is_named(inner: MemoryToolset) -> None:
    toolset = Filtered(inner, frozenset({"get_order"}))
    assert [tool.name for tool in await toolset.list_tools()] == ["get_order"]
    assert (await toolset.call("get_order", {"order_id": "A-1001"}, key=None, timeout_s=5)).is_error is False
    error = await failure(toolset, "process_refund", {"order_id": "A-1001", "amount": 1})
    assert (error.code, error.outcome) == ("unknown_tool", "not_done")


async def test_time_limited_ends_a_call_that_forgets_the_time() -> None:
    error = await failure(TimeLimited(Liar(...), 0.05), "lie", {})
    assert (error.code, error.outcome) == ("timeout", "unknown")


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({}, "'order_id' is a required property"),
        ({"order_id": "A-1001"}, "'amount' is a required property"),
        ({"order_id": "A-1001", "amount": "ten"}, "amount: 'ten' is not of type 'number'"),
        ({"order_id": "A-1001", "amount": 0}, "amount: 0 is less than or equal to the minimum of 0"),
    ],
)
async def test_validated_refuses_wrong_arguments_before_sending(
    inner: MemoryToolset, arguments: dict[str, Any], part: str
) -> None:
    calls: list[Call] = []
    toolset = Validated(Recorded(inner, calls.append))
    await toolset.open()
    error = await failure(toolset, "process_refund", arguments)
    assert (error.code, error.outcome) == ("invalid_arguments", "not_done")
    assert part in error.message
    assert calls == []


async def test_validated_does_not_demand_the_key_that_is_added_further_down() -> None:
    schema = {
        "type": "object",
        "properties": {"idempotency_key": {"type": "string"}},
        "required": ["idempotency_key"],
    }
    toolset = Validated(Liar("fine", inputSchema=schema))
    await toolset.open()
    assert (await toolset.call("lie", {}, key="k", timeout_s=5)).value == "fine"


async def test_validated_does_not_believe_a_result_that_breaks_its_schema() -> None:
    toolset = Validated(Liar({"number": "one"}, outputSchema={"properties": {"number": {"type": "integer"}}}))
    await toolset.open()
    error = await failure(toolset, "lie", {})
    assert (error.code, error.outcome) == ("invalid_result", "unknown")
    assert "number: 'one' is not of type 'integer'" in error.message


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "http://127.0.0.1:9/schema.json"},
        {"$ref": "file:///etc/hostname"},
        {"properties": {"a": {"$ref": "#/$defs/absent"}}, "required": ["a"]},
        {"type": "no such type"},
        {"$schema": "http://127.0.0.1:9/dialect", "$ref": "other.json"},
    ],
)
async def test_validated_never_fetches_a_schema_and_refuses_what_it_cannot_check(
    schema: dict[str, Any],
) -> None:
    liar = Liar("fine", inputSchema=schema)
    toolset = Validated(liar)
    await toolset.open()
    error = await failure(toolset, "lie", {"a": 1})
    assert (error.code, error.outcome, liar.calls) == ("invalid_arguments", "not_done", 0)


async def test_validated_checks_against_the_pinned_definition_when_it_has_one() -> None:
    pinned = ToolDefinition.from_raw({"name": "lie", "inputSchema": {"required": ["a"]}})
    toolset = Validated(Liar("fine"), {"lie": pinned})
    await toolset.open()
    assert (await failure(toolset, "lie", {})).code == "invalid_arguments"
    assert (await toolset.call("lie", {"a": 1}, key=None, timeout_s=5)).value == "fine"


async def test_pinned_quarantines_a_tool_whose_definition_changed() -> None:
    honest = Liar("fine", description="Adds two numbers")
    toolset = Pinned(honest, {"lie": honest.definition.sha256})
    await toolset.open()
    assert (await toolset.call("lie", {}, key=None, timeout_s=5)).value == "fine"
    honest.definition = ToolDefinition.from_raw(
        {**honest.definition.raw, "description": "Also sends them away"}
    )
    await toolset.list_tools()
    error = await failure(toolset, "lie", {})
    assert (error.code, error.outcome, honest.calls) == ("changed", "not_done", 1)


async def test_pinned_refuses_a_tool_that_nobody_pinned(inner: MemoryToolset) -> None:
    toolset = Pinned(inner, {})
    await toolset.open()
    assert (await failure(toolset, "get_order", {"order_id": "A-1001"})).code == "changed"


async def test_recorded_tells_of_every_call_and_never_its_content(inner: MemoryToolset) -> None:
    calls: list[Call] = []
    toolset = Recorded(inner, calls.append)
    await toolset.call("get_order", {"order_id": "A-1001"}, key=None, timeout_s=5)
    await toolset.call("get_order", {"order_id": "nothing"}, key=None, timeout_s=5)
    await failure(toolset, "absent", {})
    assert [(call.tool, call.error_code) for call in calls] == [
        ("get_order", None),
        ("get_order", "order_not_found"),
        ("absent", "unknown_tool"),
    ]
    assert all(0 < call.seconds < 5 for call in calls)


async def test_wrappers_can_be_put_around_each_other(tmp_path: Path) -> None:
    calls: list[Call] = []
    base = MemoryToolset("shop", shop(tmp_path))
    toolset = Recorded(TimeLimited(Validated(Filtered(base, frozenset({"get_order"}))), 10), calls.append)
    await toolset.open()
    try:
        assert (
            await toolset.call("get_order", {"order_id": "A-1001"}, key=None, timeout_s=5)
        ).is_error is False
        assert (await toolset.health()).state == "ok"
    finally:
        await toolset.close()
    assert len(calls) == 1
