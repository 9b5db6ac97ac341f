"""What every toolset does, whatever carries its calls. Each test runs over HTTP, stdio and in memory."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from connectors import HttpToolset, MemoryToolset, ToolDefinition, ToolError, ToolResult
from connectors.session import SessionToolset
from tests.connectors.conftest import Reach, opened

REFUND = {"order_id": "A-1001", "amount": 10.0, "reason": "broken"}


async def call(
    toolset: SessionToolset, tool: str, arguments: dict[str, Any], key: str | None = None
) -> ToolResult:
    return await toolset.call(tool, arguments, key=key, timeout_s=20)


async def test_tools_are_listed_with_schemas_titles_and_hints(reach: Reach) -> None:
    async with opened(reach("shop")) as shop:
        tools = {tool.name: tool for tool in await shop.list_tools()}
    assert list(tools) == [
        "get_order",
        "list_orders",
        "check_refund_eligibility",
        "process_refund",
        "escalate_ticket",
    ]
    refund = tools["process_refund"]
    assert refund.title == "Refund an order"
    assert refund.input_schema["required"] == ["order_id", "amount"]
    assert refund.output_schema is not None
    assert set(refund.output_schema["properties"]) == {
        "id",
        "order_id",
        "amount",
        "currency",
        "status",
        "created_at",
    }
    assert [(t.annotations.read_only, t.annotations.idempotent, t.honours_key) for t in tools.values()] == [
        (True, True, False),
        (True, True, False),
        (True, True, False),
        (False, True, True),
        (False, True, True),
    ]


async def test_a_definition_has_the_same_hash_over_every_transport_and_survives_being_stored(
    reach: Reach, tmp_path: Any
) -> None:
    from connectors.samples.shop import shop as make_shop

    async with opened(MemoryToolset("shop", make_shop(tmp_path / "reference"))) as reference:
        expected = await reference.list_tools()
    async with opened(reach("shop")) as shop:
        found = await shop.list_tools()
    assert [tool.sha256 for tool in found] == [tool.sha256 for tool in expected]
    assert tuple(ToolDefinition.from_raw(tool.raw) for tool in found) == found


async def test_a_read_gives_the_structured_value(reach: Reach) -> None:
    async with opened(reach("shop")) as shop:
        order = (await call(shop, "get_order", {"order_id": "A-1001"})).unwrap()
    placed_at = order.pop("placed_at")
    assert placed_at.startswith("20")
    assert order == {
        "id": "A-1001",
        "status": "delivered",
        "total": 249.9,
        "currency": "EUR",
        "customer": {"id": "C-01", "name": "Ada Sample", "email": "ada@example.com"},
        "items": [
            {"sku": "KB-200", "title": "Mechanical keyboard", "quantity": 1, "price": 129.9},
            {"sku": "ST-040", "title": "Laptop stand", "quantity": 2, "price": 60.0},
        ],
        "refunded": 0.0,
    }


async def test_a_refusal_of_the_tool_keeps_its_code(reach: Reach) -> None:
    async with opened(reach("shop")) as shop:
        result = await call(shop, "get_order", {"order_id": "A-1"})
    assert (result.is_error, result.error_code, result.outcome) == (True, "order_not_found", "not_done")
    assert "A-1" in result.message
    with pytest.raises(ToolError) as caught:
        result.unwrap()
    assert (caught.value.code, caught.value.outcome) == ("order_not_found", "not_done")


async def test_arguments_that_the_server_refuses_are_a_tool_error(reach: Reach) -> None:
    async with opened(reach("shop")) as shop:
        result = await call(shop, "process_refund", {"order_id": "A-1001", "amount": "much"})
    assert (result.is_error, result.error_code) == (True, "tool_error")


async def test_a_tool_that_does_not_exist_is_refused_before_sending(reach: Reach) -> None:
    async with opened(reach("shop")) as shop:
        with pytest.raises(ToolError) as caught:
            await call(shop, "sell_everything", {})
    assert (caught.value.code, caught.value.outcome) == ("unknown_tool", "not_done")


async def test_one_key_refunds_once_under_fifty_calls_at_the_same_time(reach: Reach) -> None:
    async with opened(reach("shop")) as shop:
        results = await asyncio.gather(
            *(call(shop, "process_refund", REFUND, "run-1/refund") for _ in range(50))
        )
        order = (await call(shop, "get_order", {"order_id": "A-1001"})).unwrap()
    answers = [result.unwrap() for result in results]
    assert answers == [answers[0]] * 50
    assert order["refunded"] == 10.0


async def test_without_a_key_every_call_is_its_own(reach: Reach) -> None:
    async with opened(reach("shop")) as shop:
        await asyncio.gather(*(call(shop, "process_refund", REFUND) for _ in range(5)))
        order = (await call(shop, "get_order", {"order_id": "A-1001"})).unwrap()
    assert order["refunded"] == 50.0


async def test_a_key_with_other_arguments_is_refused(reach: Reach) -> None:
    async with opened(reach("shop")) as shop:
        (await call(shop, "process_refund", REFUND, "k")).unwrap()
        again = await call(shop, "process_refund", {**REFUND, "amount": 11.0}, "k")
        order = (await call(shop, "get_order", {"order_id": "A-1001"})).unwrap()
    assert (again.is_error, again.error_code) == (True, "idempotency_key_reused")
    assert order["refunded"] == 10.0


async def test_a_key_written_among_the_arguments_counts_like_one_that_is_passed(reach: Reach) -> None:
    async with opened(reach("shop")) as shop:
        first = await call(shop, "process_refund", {**REFUND, "idempotency_key": "k"}, "another")
        second = await call(shop, "process_refund", REFUND, "k")
    assert first.unwrap() == second.unwrap()


async def test_a_refund_stops_at_what_is_left_and_a_refused_one_uses_no_key_up(reach: Reach) -> None:
    async with opened(reach("shop")) as shop:
        refused = await call(shop, "process_refund", {"order_id": "A-1002", "amount": 39.51}, "k")
        done = await call(shop, "process_refund", {"order_id": "A-1002", "amount": 39.5}, "k")
        late = await call(shop, "process_refund", {"order_id": "A-1002", "amount": 0.01}, "k2")
        eligibility = (await call(shop, "check_refund_eligibility", {"order_id": "A-1002"})).unwrap()
        order = (await call(shop, "get_order", {"order_id": "A-1002"})).unwrap()
    assert refused.error_code == "amount_exceeds_total"
    assert done.unwrap()["amount"] == 39.5
    assert late.error_code == "already_refunded"
    assert (eligibility["eligible"], eligibility["max_amount"], order["status"]) == (False, 0.0, "refunded")


async def test_a_mail_is_sent_once_per_key_and_is_in_the_outbox(reach: Reach) -> None:
    message = {"to": "ada@example.com", "subject": "Refund", "body": '{"looks": "like JSON"}'}
    async with opened(reach("mail")) as mail:
        sent = await asyncio.gather(*(call(mail, "send", message, "k") for _ in range(50)))
        refused = await call(mail, "send", {**message, "to": "nobody"}, "k3")
        outbox = (await call(mail, "list_outbox", {})).unwrap()
    assert {result.unwrap()["id"] for result in sent} == {"M-0001"}
    assert refused.error_code == "invalid_address"
    sent_at = outbox["messages"][0].pop("sent_at")
    assert sent_at.startswith("20")
    assert outbox == {"messages": [{"id": "M-0001", **message}], "count": 1}


async def test_sixty_four_calls_at_once_all_get_their_own_answer(reach: Reach) -> None:
    orders = [f"A-{1001 + n % 24}" for n in range(64)]
    async with opened(reach("shop")) as shop:
        results = await asyncio.gather(*(call(shop, "get_order", {"order_id": order}) for order in orders))
    assert [result.unwrap()["id"] for result in results] == orders


async def test_health_tells_whether_it_is_open(reach: Reach) -> None:
    toolset = reach("shop")
    before = (await toolset.health()).state
    async with opened(toolset):
        during = (await toolset.health()).state
    assert (before, during) == ("unopened", "ok")


async def test_opening_many_times_at_once_opens_once(reach: Reach) -> None:
    toolset = reach("shop")
    await asyncio.gather(*(toolset.open() for _ in range(20)))
    try:
        assert (await call(toolset, "get_order", {"order_id": "A-1002"})).unwrap()["id"] == "A-1002"
    finally:
        await toolset.close()


async def test_a_closed_toolset_stays_closed(reach: Reach) -> None:
    toolset = reach("shop")
    await toolset.open()
    await toolset.close()
    await toolset.close()
    for attempt in (toolset.open(), call(toolset, "get_order", {"order_id": "A-1001"})):
        with pytest.raises(ToolError) as caught:
            await attempt
        assert (caught.value.code, caught.value.outcome) == ("unavailable", "not_done")


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"order_id": "\ud800"}, "invalid_arguments"),
        ({"order_id": float("nan")}, "invalid_arguments"),
        ({"order_id": "x" * 2_000_000}, "too_large"),
    ],
)
async def test_what_cannot_be_sent_is_refused_and_harms_no_other_call(
    reach: Reach, arguments: dict[str, Any], code: str
) -> None:
    async with opened(reach("shop")) as shop:
        with pytest.raises(ToolError) as caught:
            await call(shop, "get_order", arguments)
        assert (caught.value.code, caught.value.outcome) == (code, "not_done")
        assert (await call(shop, "get_order", {"order_id": "A-1001"})).unwrap()["id"] == "A-1001"


async def test_arguments_nested_too_deep_are_refused_and_harm_no_other_call(reach: Reach) -> None:
    deep: Any = "bottom"
    for _ in range(10_000):
        deep = [deep]
    async with opened(reach("shop")) as shop:
        with pytest.raises(ToolError) as caught:
            await call(shop, "get_order", {"order_id": deep})
        assert (caught.value.code, caught.value.outcome) == ("too_large", "not_done")
        assert (await call(shop, "get_order", {"order_id": "A-1001"})).unwrap()["id"] == "A-1001"


async def test_cancelling_one_call_leaves_the_others(reach: Reach) -> None:
    async with opened(reach("shop")) as shop:
        calls = [asyncio.create_task(call(shop, "get_order", {"order_id": "A-1001"})) for _ in range(20)]
        await asyncio.sleep(0)
        calls[0].cancel()
        results = await asyncio.wait_for(asyncio.gather(*calls, return_exceptions=True), 20)
    assert isinstance(results[0], asyncio.CancelledError)
    assert all(isinstance(result, ToolResult) and not result.is_error for result in results[1:])


def test_the_suite_runs_over_every_implementation() -> None:
    from connectors.stdio import StdioToolset

    assert set(SessionToolset.__subclasses__()) == {HttpToolset, StdioToolset, MemoryToolset}
