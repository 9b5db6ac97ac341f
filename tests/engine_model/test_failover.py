"""Another model answers when one cannot; who does not answer is left alone for a while; a spent budget stops all."""

from __future__ import annotations

import asyncio

import pytest

from engine.model import ChatModel, ModelEntry, ModelError, ProviderName, route
from studio.designer.scripted import BreakOff, Line, Request, Say, ScriptedModel, Silence, Status
from tests.engine_model.kit import ASKED, BOTH, Book, Clock, entry, failure, said, still_board


async def test_the_next_server_answers_with_its_own_protocol() -> None:
    book = Book()
    async with ScriptedModel([Status(500)]) as broken, ScriptedModel([Say("from the other")]) as sound:
        model = ChatModel([entry(broken, "openai", "a"), entry(sound, "anthropic", "b")])
        assert await said(model, book) == "from the other"
    assert [(c.provider, c.model, c.error) for c in book.calls] == [
        ("openai", "a", "unreachable"),
        ("anthropic", "b", None),
    ]


@pytest.mark.parametrize("provider", BOTH)
async def test_after_the_first_word_no_other_model_is_asked(provider: ProviderName) -> None:
    heard: list[str] = []
    async with ScriptedModel([BreakOff("half of it")]) as broken, ScriptedModel([Say("other")]) as sound:
        model = ChatModel([entry(broken, provider), entry(sound)])
        with pytest.raises(ModelError) as failed:
            async for text in model.stream(ASKED):
                heard.append(text)
    assert (failed.value.code, heard, sound.requests) == ("bad_answer", ["half "], [])


async def test_a_turn_that_told_nobody_anything_is_had_from_another_model() -> None:
    async with ScriptedModel([BreakOff("half of it")]) as broken, ScriptedModel([Say("whole")]) as sound:
        model = ChatModel([entry(broken), entry(sound)])
        assert (await model.turn(ASKED)).text == "whole"

        async def tell(text: str) -> None:
            pass

        with pytest.raises(ModelError):
            await model.turn(ASKED, tell=tell)


async def test_a_circuit_opens_after_three_failures_in_a_row_and_one_call_tries_it_again() -> None:
    clock, up = Clock(), asyncio.Event()

    def answer(request: Request) -> Line:
        return Say("back") if up.is_set() else Status(500)

    async with ScriptedModel(answer) as server:
        model = ChatModel([entry(server)], shared=still_board(clock))
        assert [(await failure(model)).code for _ in range(3)] == ["unreachable"] * 3
        refused = await failure(model)
        assert refused.code == "circuit_open"
        assert refused.retry_after_s is not None and 0 < refused.retry_after_s <= 5
        assert "answered with an error (500)" in refused.message
        assert len(server.requests) == 3
        clock.now += refused.retry_after_s
        assert (await failure(model)).code == "unreachable"
        again = await failure(model)
        assert again.code == "circuit_open"
        assert (again.retry_after_s or 0) > refused.retry_after_s
        clock.now += again.retry_after_s or 0
        up.set()
        assert await said(model) == "back"
        assert await said(model) == "back"
    assert len(server.requests) == 6


async def test_a_half_open_circuit_lets_one_call_through_and_its_first_word_closes_it() -> None:
    clock, asked, up = Clock(), asyncio.Event(), False

    def answer(request: Request) -> Line:
        asked.set()
        return Say("one two", piece=4, first_s=0.2, pause_s=60) if up else Status(500)

    async with ScriptedModel(answer) as server, asyncio.timeout(5):
        model = ChatModel([entry(server)], shared=still_board(clock))
        for _ in range(3):
            await failure(model)
        clock.now += 5
        up = True
        asked.clear()
        stream = model.stream(ASKED)
        first = asyncio.ensure_future(anext(stream))
        await asked.wait()
        assert (await failure(model)).code == "circuit_open"
        assert await first == "one "
        other = model.stream(ASKED)
        assert await anext(other) == "one "
        await stream.aclose()
        await other.aclose()


async def test_a_server_that_named_a_time_is_left_alone_until_then_and_the_next_is_asked_first() -> None:
    clock, limited = Clock(), True

    def answer(request: Request) -> Line:
        return Status(429, retry_after="30") if limited else Say("first")

    async with ScriptedModel(answer) as busy, ScriptedModel([Say("second")]) as idle:
        entries = [entry(busy, model="a"), entry(idle, model="b")]
        model = ChatModel(entries, shared=still_board(clock))
        assert (model.name, await said(model)) == ("a", "second")
        assert (model.name, await said(model)) == ("b", "second")
        assert len(busy.requests) == 1
        alone = ChatModel(entries[:1], shared=model._board())
        refused = await failure(alone)
        assert (refused.code, refused.retry_after_s) == ("circuit_open", 30.0)
        clock.now += 30
        limited = False
        assert await said(model) == "first"


async def test_refusals_and_bad_answers_open_no_circuit() -> None:
    async with ScriptedModel([Status(401)]) as server:
        model = ChatModel([entry(server)])
        assert {(await failure(model)).code for _ in range(6)} == {"refused"}
    assert len(server.requests) == 6


async def test_calls_that_were_called_off_open_no_circuit_and_leave_the_probe_to_others() -> None:
    clock = Clock()
    lines: list[Line] = [Status(500), Status(500), Status(500), Silence(), Say("back")]
    silent = asyncio.Event()

    def answer(request: Request) -> Line:
        if request.number == 3:
            silent.set()
        return lines[request.number]

    async with ScriptedModel(answer) as server, asyncio.timeout(5):
        model = ChatModel([entry(server)], shared=still_board(clock))
        for _ in range(3):
            await failure(model)
        clock.now += 5
        task = asyncio.create_task(model.turn(ASKED))
        await silent.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert await said(model) == "back"


async def test_a_spent_budget_stops_before_the_call_and_no_other_model_is_asked() -> None:
    book = Book(allowed=1)
    async with ScriptedModel([Say("one")]) as server, ScriptedModel([Say("two")]) as other:
        model = ChatModel([entry(server), entry(other)], book)
        assert await said(model) == "one"
        stopped = await failure(model)
    assert stopped.code == "budget"
    assert (len(server.requests), len(other.requests)) == (1, 0)
    assert book.codes == [None]


async def test_a_budget_is_asked_again_before_the_next_model_and_told_of_what_failed() -> None:
    book = Book(allowed=1)
    async with ScriptedModel([Status(500)]) as server, ScriptedModel([Say("two")]) as other:
        stopped = await failure(ChatModel([entry(server), entry(other)], book))
    assert (stopped.code, book.codes, other.requests) == ("budget", ["unreachable"], [])


def names(entries: list[ModelEntry], wanted: str) -> list[str]:
    return [one.model for one in route(entries, wanted)]


def test_a_tier_is_answered_by_who_is_named_for_it_then_by_who_is_named_for_none_then_by_the_nearest() -> (
    None
):
    def one(model: str, *tiers: str) -> ModelEntry:
        return ModelEntry("openai", "http://localhost:1/v1", model, tiers=tiers)

    all_named = [one("a", "best"), one("b", "fast"), one("c", "fast", "balanced")]
    assert names(all_named, "fast") == ["b", "c"]
    assert names(all_named, "balanced") == ["c"]
    assert names(all_named[:2], "balanced") == ["a", "b"]
    assert names([one("x", "fast"), one("y", "balanced")], "best") == ["y", "x"]
    assert names([*all_named, one("d")], "cheap") == ["cheap"]
    assert names([one("x", "fast"), one("d")], "best") == ["d"]
    assert names(all_named, "") == ["a", "b", "c"]
    assert names(all_named, "c") == ["c"]
    assert route([], "fast") == ()
