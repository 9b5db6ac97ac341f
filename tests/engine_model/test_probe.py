"""What a model can is found by asking it, once, and only what it did is believed."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from engine.model import Board, Capabilities, ChatModel, Found, ModelEntry, ModelError, ProviderName, find
from engine.model.calling import Caller
from engine.model.shape import GRAMMAR_WAYS, GrammarWay
from studio.designer.scripted import Line, Power, Request, Say, ScriptedModel, Silence, Status
from tests.engine_model.kit import BOTH, QUICK, Book, entry, said


async def probe(one: ModelEntry, board: Board | None = None, **rest: bool) -> Found:
    return await find(one, Caller(board or Board()), **rest)


def nobody(request: Request) -> Line:
    raise AssertionError("a probe reached the script")


@pytest.mark.parametrize("passes_over", [True, False], ids=["passes over", "refuses"])
@pytest.mark.parametrize("way", GRAMMAR_WAYS)
async def test_each_way_of_taking_a_grammar_is_found_among_servers_that_know_no_other(
    way: GrammarWay, passes_over: bool
) -> None:
    async with ScriptedModel(nobody, can={way, "tools"}, passes_over=passes_over) as server:
        found = await probe(entry(server))
    assert found.can == Capabilities(tools=True, grammar=way)
    assert found.answers
    assert {finding.what: finding.yes for finding in found.findings} == {
        "answers": True,
        "tools": True,
        "grammar": True,
        "json_schema": False,
    }


@pytest.mark.parametrize("passes_over", [True, False], ids=["passes over", "refuses"])
@pytest.mark.parametrize("provider", BOTH)
@pytest.mark.parametrize("can", [(), ("tools",), ("json_schema",), ("tools", "json_schema")])
async def test_tools_and_schemas_are_found_where_they_are(
    can: tuple[Power, ...], provider: ProviderName, passes_over: bool
) -> None:
    async with ScriptedModel(nobody, can=can, passes_over=passes_over) as server:
        found = await probe(entry(server, provider))
    assert found.can == Capabilities(tools="tools" in can, json_schema="json_schema" in can)
    assert all(finding.words for finding in found.findings)
    assert "canary" not in repr(found)


async def test_everybody_who_waits_gets_the_one_probe_and_it_is_kept() -> None:
    board = Board()
    async with ScriptedModel(nobody, can={"tools", "vllm"}) as server:
        one = entry(server)
        several = await asyncio.gather(*(probe(one, board) for _ in range(5)))
        asked = len(server.probes)
        assert await probe(one, board) is several[0]
        assert len(server.probes) == asked <= 6
        await probe(one, board, anew=True)
        assert len(server.probes) == 2 * asked
        await probe(replace(one, key="sk-another"), board)
        assert len(server.probes) == 3 * asked


async def test_what_was_found_is_what_a_model_can_and_an_entry_s_own_word_goes_before() -> None:
    async with ScriptedModel([Say("x")], can={"tools", "json_schema"}) as server:
        model = ChatModel([entry(server)], shared=Board())
        assert model.can == Capabilities()
        assert await model.learn() == Capabilities(tools=True, json_schema=True) == model.can
        own = ChatModel([entry(server, can=Capabilities(grammar="vllm"))], shared=Board())
        asked = len(server.probes)
        assert await own.learn() == Capabilities(grammar="vllm")
        assert len(server.probes) == asked
        assert await said(model) == "x"


async def test_who_is_in_a_hurry_gets_what_is_known_and_the_probe_goes_on_for_the_next() -> None:
    held = asyncio.Event()

    class Slow(ScriptedModel):
        async def _request(self, reader: asyncio.StreamReader) -> Request:
            request = await super()._request(reader)
            await held.wait()
            return request

    async with Slow(nobody, can={"tools"}) as server, asyncio.timeout(5):
        model = ChatModel([entry(server)], shared=Board())
        assert await model.learn(patience_s=0.01) == Capabilities()
        held.set()
        assert await model.learn() == Capabilities(tools=True)


async def test_learning_under_a_spent_budget_raises_nothing_and_learns_nothing() -> None:
    async with ScriptedModel(nobody, can={"tools"}) as server:
        model = ChatModel([entry(server)], Book(allowed=0), shared=Board())
        assert await model.learn() == Capabilities()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (Status(401), "refused the key"),
        (Status(500), "error (500)"),
        (Status(429, "3"), "no more requests"),
        (Silence(), "did not begin"),
    ],
    ids=["key", "broken", "limited", "silent"],
)
async def test_a_model_that_cannot_be_asked_is_said_to_be_and_nothing_is_kept(line: Line, words: str) -> None:
    board, up = Board(), False

    class Sometimes(ScriptedModel):
        def _line(self, request: Request) -> Line:
            return super()._line(request) if up else line

    async with Sometimes(nobody) as server:
        one = entry(server, times=replace(QUICK, first_s=0.1))
        found = await probe(one, board)
        assert not found.answers
        assert words in found.findings[0].words
        up = True
        board._breakers.clear()
        assert (await probe(one, board)).answers


async def test_a_probe_counts_against_the_budget() -> None:
    book = Book(allowed=0)
    async with ScriptedModel(nobody) as server:
        with pytest.raises(ModelError) as stopped:
            await find(entry(server), Caller(Board(), book))
    assert (stopped.value.code, server.probes) == ("budget", [])


async def test_a_free_answer_is_broken_off_at_its_first_wrong_letter() -> None:
    book = Book()
    talk = Say("Paris, of course, as everybody knows", piece=3, pause_s=30)

    class Talker(ScriptedModel):
        def _line(self, request: Request) -> Line:
            answer = super()._line(request)
            return talk if answer == Say("Paris") else answer

    async with Talker(nobody, can={"tools", "json_schema"}, passes_over=True) as server, asyncio.timeout(5):
        found = await find(entry(server), Caller(Board(), sink=book))
    assert found.can == Capabilities(tools=True, json_schema=True)
    assert book.codes.count("cancelled") == 4
