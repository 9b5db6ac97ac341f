"""What a model says comes as it says it, with its tools and what it cost, whichever protocol its server speaks."""

from __future__ import annotations

import asyncio
from decimal import Decimal

import pytest

from engine.model import (
    Asked,
    ChatModel,
    Message,
    ModelEntry,
    Price,
    ProviderName,
    ToolAnswer,
    ToolSpec,
    ToolUse,
)
from studio.designer.scripted import CutOff, Request, Say, ScriptedModel, Use
from tests.engine_model.kit import ASKED, BOTH, Book, entry, failure, said

ADD = ToolSpec("add", "Adds.", {"type": "object", "properties": {"x": {"type": "integer"}}})


@pytest.mark.parametrize("provider", BOTH)
async def test_text_comes_in_the_pieces_in_which_it_is_said(provider: ProviderName) -> None:
    book = Book()
    async with ScriptedModel([Say("Grüße, wie geht es?", piece=5)]) as server:
        model = ChatModel([entry(server, provider)])
        pieces = [text async for text in model.stream(ASKED, book)]
    assert pieces == ["Grüße", ", wie", " geht", " es?"]
    (call,) = book.calls
    assert (call.provider, call.model, call.error) == (provider, "m", None)
    assert call.tokens_in > 0 and call.tokens_out > 0 and call.first_ms is not None
    assert call.cost_usd == Decimal(call.tokens_in * 2 + call.tokens_out * 4) / 1_000_000


@pytest.mark.parametrize("provider", BOTH)
async def test_the_first_words_are_here_before_the_last_are_said(provider: ProviderName) -> None:
    async with ScriptedModel([Say("one two", piece=4, pause_s=30)]) as server, asyncio.timeout(5):
        model = ChatModel([entry(server, provider)])
        stream = model.stream(ASKED)
        assert await anext(stream) == "one "
        await stream.aclose()


@pytest.mark.parametrize("provider", BOTH)
async def test_a_turn_asks_for_tools_and_tells_its_words_as_they_come(provider: ProviderName) -> None:
    told: list[str] = []

    async def tell(text: str) -> None:
        told.append(text)

    line = Use((("add", '{"x": 1}'), ("add", '{"x": 2}')), "Let me see.", piece=3)
    async with ScriptedModel([line]) as server:
        turn = await ChatModel([entry(server, provider)]).turn(ASKED, [ADD], tell=tell)
    assert turn.text == "Let me see." == "".join(told)
    assert [(use.name, use.arguments) for use in turn.uses] == [("add", '{"x": 1}'), ("add", '{"x": 2}')]
    assert len({use.id for use in turn.uses}) == 2
    assert (turn.model, turn.priced) == ("m", True)
    assert turn.cost_usd == pytest.approx((turn.tokens_in * 2 + turn.tokens_out * 4) / 1e6)


@pytest.mark.parametrize("provider", BOTH)
async def test_what_came_from_the_cache_is_counted_and_cheaper(provider: ProviderName) -> None:
    book = Book()
    parts = [Message("system", "long " * 100), Message("user", "u")]
    async with ScriptedModel([Say("hi there", cached=40)]) as server:
        priced = entry(server, provider, price=Price(10.0, 0.0, usd_cached=1.0))
        turn = await ChatModel([priced]).turn(parts, [], book)
    assert turn.tokens_cached == 40 == book.calls[0].tokens_cached
    assert turn.tokens_in > 100
    assert turn.cost_usd == pytest.approx(((turn.tokens_in - 40) * 10 + 40) / 1e6)


@pytest.mark.parametrize("provider", BOTH)
async def test_an_answer_that_was_cut_off_by_its_length_is_none(provider: ProviderName) -> None:
    async with ScriptedModel([CutOff("workflow a {")]) as server:
        error = await failure(ChatModel([entry(server, provider)]))
    assert error.code == "bad_answer"
    assert "cut off" in error.message


async def test_earlier_turns_keep_their_order_and_nothing_empty_is_sent_to_anthropic() -> None:
    parts = [
        Message("system", "s"),
        Message("assistant", "Hello."),
        Message("user", "a"),
        Message("user", ""),
        Message("user", "b"),
        Asked("", (ToolUse("1", "add", '{"x": 1}'), ToolUse("2", "add", "no json"))),
        ToolAnswer("1", "1"),
        ToolAnswer("2", ""),
    ]
    async with ScriptedModel([Say("ok")]) as server:
        await ChatModel([entry(server, "anthropic")]).turn(parts, [ADD])
    turns = server.requests[0]["messages"]
    assert [turn["role"] for turn in turns] == ["user", "assistant", "user", "assistant", "user"]
    assert [block["text"] for block in turns[2]["content"]] == ["a", "b"]
    assert turns[3]["content"][1]["input"] == {"(unreadable)": "no json"}
    assert [block["content"] for block in turns[4]["content"]] == ["1", "(nothing)"]


async def test_two_hundred_at_once_each_get_their_own_answer() -> None:
    def answer(request: Request) -> Say:
        return Say(f"for {request.asked}, and for nobody else", piece=6)

    async with ScriptedModel(answer) as server:
        models: list[ModelEntry] = [entry(server, "openai"), entry(server, "anthropic")]

        async def ask(number: int) -> str:
            model = ChatModel([models[number % 2]])
            return "".join([text async for text in model.stream([Message("user", f"number {number}")])])

        answers = await asyncio.gather(*(ask(number) for number in range(200)))
    assert answers == [f"for number {n}, and for nobody else" for n in range(200)]


async def test_a_model_says_nothing_of_its_key_when_it_is_shown() -> None:
    async with ScriptedModel([Say("x")]) as server:
        model = ChatModel([entry(server)])
        assert await said(model) == "x"
    assert "canary" not in repr(model) + repr(model.entries)
