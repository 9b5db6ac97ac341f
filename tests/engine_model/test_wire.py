"""Each protocol as it goes over the wire: requests as they must be (``wire/*.json``), and streams as services send them
(``wire/*.sse``), both written by hand from the protocols and not made by what is tested."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from engine.model import (
    Asked,
    Capabilities,
    ChatModel,
    Grammar,
    JsonShape,
    Message,
    ProviderName,
    ToolAnswer,
    ToolSpec,
    ToolUse,
)
from engine.model.shape import GRAMMAR_WAYS, GrammarWay
from studio.designer.scripted import Say, ScriptedModel, Verbatim
from tests.engine_model.kit import BOTH, KEY, Book, entry

WIRE = Path(__file__).with_name("wire")
ADD = ToolSpec("add", "Adds.", {"type": "object", "properties": {"x": {"type": "integer"}}})
TALK = [
    Message("system", "You are brief."),
    Message("system", "Today's tools."),
    Message("user", "Add one."),
    Asked("", (ToolUse("c1", "add", '{"x": 1}'),)),
    ToolAnswer("c1", "2"),
]
WRITE = [Message("user", "Write.")]
YES = Grammar('start: "yes"\n')
OPINION = JsonShape(
    "opinion",
    {
        "type": "object",
        "properties": {"sure": {"type": "number", "title": "Sure"}, "why": {"type": "string", "default": ""}},
        "required": ["sure"],
    },
)


def recorded(name: str) -> Any:
    return json.loads((WIRE / f"{name}.json").read_text())


def stream(name: str) -> Verbatim:
    return Verbatim((WIRE / f"{name}.sse").read_text())


@pytest.mark.parametrize("provider", BOTH)
async def test_a_turn_with_tools_goes_out_as_the_protocol_wants_it(provider: ProviderName) -> None:
    async with ScriptedModel([Say("ok")]) as server:
        await ChatModel([entry(server, provider)]).turn(TALK, [ADD])
    assert server.requests == [recorded(f"{provider}_turn")]


@pytest.mark.parametrize("way", GRAMMAR_WAYS)
async def test_a_grammar_goes_out_in_the_way_the_server_takes(way: GrammarWay) -> None:
    can = Capabilities(grammar=way)
    async with ScriptedModel([Say("yes", piece=2)], can={way}) as server:
        model = ChatModel([entry(server, can=can)])
        assert "".join([text async for text in model.stream(WRITE, shape=YES)]) == "yes"
    assert server.requests == [recorded(f"{way}_grammar")]


@pytest.mark.parametrize("provider", BOTH)
async def test_a_schema_goes_out_as_the_protocol_wants_it(provider: ProviderName) -> None:
    can = Capabilities(json_schema=True)
    async with ScriptedModel([Say('{"sure": 1}', piece=4)], can={"json_schema"}) as server:
        model = ChatModel([entry(server, provider, can=can)])
        assert "".join([text async for text in model.stream(WRITE, shape=OPINION)]) == '{"sure": 1}'
    assert server.requests == [recorded(f"{provider}_schema")]


async def test_the_key_goes_in_the_header_of_its_protocol_and_nowhere_else() -> None:
    async with ScriptedModel([Say("ok")]) as server:
        await ChatModel([entry(server)]).turn(WRITE)
        await ChatModel([entry(server, "anthropic")]).turn(WRITE)
    openai, anthropic = server.heads
    assert openai["authorization"] == f"Bearer {KEY}" and "x-api-key" not in openai
    assert anthropic["x-api-key"] == KEY and "authorization" not in anthropic
    assert anthropic["anthropic-version"] == "2023-06-01"
    assert KEY not in json.dumps(server.requests)


@pytest.mark.parametrize(("provider", "stored"), [("openai", 0), ("anthropic", 15)])
async def test_a_turn_is_read_as_services_send_it(provider: ProviderName, stored: int) -> None:
    book = Book()
    async with ScriptedModel([stream(f"{provider}_turn")]) as server:
        turn = await ChatModel([entry(server, provider)]).turn(TALK, [ADD], book)
    assert turn.text == "I add"
    assert turn.uses == (ToolUse("call_a", "add", '{"x": 1}'), ToolUse("call_b", "add", '{"x": 2}'))
    assert (turn.tokens_in, turn.tokens_out, turn.tokens_cached) == (120, 30, 100)
    assert book.codes == [None]


@pytest.mark.parametrize(
    "calls",
    [
        [
            [{"index": 0, "id": "a", "function": {"name": "add", "arguments": "{1}"}}],
            [{"index": 0, "id": "b", "function": {"name": "sub", "arguments": "{2}"}}],
        ],
        [
            [{"id": "a", "function": {"name": "add", "arguments": "{1}"}}],
            [{"id": "b", "function": {"name": "sub", "arguments": "{"}}],
            [{"id": "b", "function": {"name": "sub", "arguments": "2}"}}],
        ],
    ],
    ids=["all at one place", "named again"],
)
async def test_tools_are_told_apart_also_where_a_server_gives_them_one_place(calls: list[Any]) -> None:
    lines = [{"choices": [{"delta": {"tool_calls": call}}]} for call in calls]
    lines.append({"choices": [{"delta": {}, "finish_reason": "tool_calls"}]})
    events = "".join(f"data: {json.dumps(line)}\n\n" for line in lines)
    async with ScriptedModel([Verbatim(events)]) as server:
        turn = await ChatModel([entry(server)]).turn(WRITE, [ADD])
    assert turn.uses == (ToolUse("a", "add", "{1}"), ToolUse("b", "sub", "{2}"))


async def test_thoughts_and_comments_are_no_part_of_an_answer() -> None:
    async with ScriptedModel([stream("vllm_thinking")]) as server:
        turn = await ChatModel([entry(server)]).turn(WRITE)
    assert (turn.text, turn.tokens_in, turn.tokens_out) == ("yes", 9, 3)


async def test_the_input_of_a_custom_tool_is_the_answer() -> None:
    async with ScriptedModel([stream("openai_grammar")], can={"openai"}) as server:
        model = ChatModel([entry(server, can=Capabilities(grammar="openai"))])
        assert [text async for text in model.stream(WRITE, shape=YES)] == ["ye", "s"]


async def test_the_input_of_the_tool_that_must_be_called_is_the_answer() -> None:
    async with ScriptedModel([stream("anthropic_schema")], can={"json_schema"}) as server:
        model = ChatModel([entry(server, "anthropic")])
        said = "".join([text async for text in model.stream(WRITE, shape=OPINION)])
    assert json.loads(said) == {"sure": 0.5, "why": ""}


@pytest.mark.parametrize("end", ["\r\n", "\n"])
async def test_lines_end_as_they_like_and_one_event_may_have_several(end: str) -> None:
    chunk = '{"choices": [{"delta": {"content": "a"},' + end + 'data: "finish_reason": "stop"}]}'
    async with ScriptedModel(
        [Verbatim(f"event: x{end}data: {chunk}{end}{end}data: [DONE]{end}{end}")]
    ) as server:
        assert (await ChatModel([entry(server)]).turn(WRITE)).text == "a"
