"""A model that is held to a grammar or a schema: what is sent, what comes of it, and that it stays in the language."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Sequence
from functools import cache

import pytest

import dsl
from engine.model import Capabilities, ModelSettings, open_model
from studio.designer import Event, Failed, ModelWriter, Proposal, Round, Task, Text, answer
from studio.designer.scripted import Line, Say, ScriptedModel, grammar_of
from studio.designer.writers import way_of
from tests.designer.catalogs import SHOP
from tests.designer.test_agent import GOOD, REQUEST
from tests.dsl_decoding.matching import Acceptor, Walker

TEXT = "/// Greets a customer.\n" + dsl.format_text(GOOD.partition("```weft\n")[2].partition("```")[0])
QUESTION = """workflow ask {
  use shop: mcp "shop"
  use mail: mcp "mail"
  step answer: fail "question" with "Which customer?"
}
"""
VLLM = Capabilities(grammar="vllm")
JSON = Capabilities(json_schema=True)


async def events_of(
    script: Sequence[Line], can: Capabilities, request: str = REQUEST
) -> tuple[list[Event], ScriptedModel]:
    async with ScriptedModel(script, can={"vllm", "json_schema"}) as server:
        model = open_model(ModelSettings(server.url, ("scripted",), can=can))
        assert model is not None
        async with asyncio.timeout(30):
            found = [event async for event in answer(Task(request, SHOP), ModelWriter(model))]
    return found, server


def with_uses(text: str, connectors: list[str]) -> str:
    """The text with a ``use`` line for each, as the grammar wants them."""
    bare = re.sub(r"\n  use [^\n]*", "", text)
    head, brace, body = bare.partition("{\n")
    return head + brace + "".join(f'  use {name}: mcp "{name}"\n' for name in connectors) + body


def flat(text: str) -> str:
    return json.dumps(dsl.flatten(dsl.parse(text)).model_dump(mode="json"))


@cache
def sent() -> str:
    """The grammar that really goes over the wire."""
    _, server = asyncio.run(events_of([Say(TEXT)], VLLM))
    grammar = grammar_of(server.requests[0])
    assert grammar is not None
    return grammar


@pytest.mark.parametrize(
    ("can", "way"),
    [
        (Capabilities(tools=True, grammar="vllm", json_schema=True), "tools"),
        (Capabilities(grammar="openai", json_schema=True), "grammar"),
        (Capabilities(json_schema=True), "json"),
        (Capabilities(), "text"),
    ],
)
def test_the_best_way_that_a_model_can_is_taken(can: Capabilities, way: str) -> None:
    assert way_of(can) == way


@pytest.mark.parametrize(("can", "said"), [(VLLM, TEXT), (JSON, flat(TEXT))], ids=["grammar", "json"])
async def test_a_program_comes_back_as_a_proposal_that_says_how_it_was_written(
    can: Capabilities, said: str
) -> None:
    events, server = await events_of([Say(said)], can)
    found = events[-1]
    assert isinstance(found, Proposal)
    assert (found.title, found.summary, found.way) == ("greet", "Greets a customer.", way_of(can))
    assert not any(isinstance(event, Text) for event in events)
    assert "is used by nothing" not in str(found.diagnostics)
    if can is JSON:
        assert server.requests[0]["response_format"]["type"] == "json_schema"


@pytest.mark.parametrize(("can", "said"), [(VLLM, QUESTION), (JSON, flat(QUESTION))], ids=["grammar", "json"])
async def test_a_model_that_must_write_a_program_can_ask_all_the_same(can: Capabilities, said: str) -> None:
    events, _ = await events_of([Say(said)], can)
    assert [event.delta for event in events if isinstance(event, Text)] == ["Which customer?"]
    assert not any(isinstance(event, Proposal) for event in events)


async def test_json_that_does_not_fit_comes_back_with_what_is_wrong() -> None:
    bad = json.loads(flat(TEXT))
    bad["steps"][0]["do"]["tool"] = "no tool"
    events, server = await events_of([Say(json.dumps(bad)), Say("{"), Say(flat(TEXT))], JSON)
    assert [event.number for event in events if isinstance(event, Round)] == [1, 2]
    assert "step `order`" in str(server.requests[1]["messages"][-1]["content"])
    assert isinstance(events[-1], Proposal)


async def test_what_never_fits_is_given_up() -> None:
    events, server = await events_of([Say("{}")], JSON)
    assert isinstance(events[-1], Failed)
    assert len(server.requests) == 3


def test_the_grammar_that_is_sent_takes_good_programs_and_no_made_up_tool() -> None:
    acceptor = Acceptor(sent())
    used = re.findall(r'"use" apart "(\w+)"', sent())
    text, question = (with_uses(one, used) for one in (TEXT, QUESTION))
    assert acceptor.refused_at(text) is None
    assert acceptor.refused_at(question) is None
    assert acceptor.refused_at(text.replace("shop.get_order", "shop.fetch_everything")) is not None


def test_random_walks_under_the_grammar_that_is_sent_are_programs() -> None:
    walker = Walker(sent(), SHOP)
    texts = [text for seed in range(12) if (text := walker.walk(seed)) is not None]
    assert len(texts) >= 8
    assert [dsl.parse(text).diagnostics for text in texts] == [()] * len(texts)
