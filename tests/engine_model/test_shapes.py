"""A model held to a grammar or a schema: what is sent is what the language gives, and what comes back can be read."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from llguidance import LLMatcher, grammar_from

from dsl import Catalog, decoding_grammar, parse
from dsl.catalog import Connector, Tool
from dsl.flat import Flat, flatten, read_flat, text_of
from engine.model import Capabilities, ChatModel, Grammar, JsonShape, Message
from engine.model.shape import GRAMMAR_WAYS, GrammarWay
from engine.model.strictness import strict
from studio.designer.scripted import Line, Request, Say, ScriptedModel, Status, grammar_of, wanted
from tests.dsl.texts import ROOT
from tests.dsl_decoding.matching import Walker
from tests.engine_model.kit import Book, entry

WRITE = [Message("user", "Write.")]
ORDER = {"type": "object", "properties": {"order_id": {"type": "string"}}, "required": ["order_id"]}
SHOP = Catalog(
    connectors={"shop": Connector(name="shop", tools={"look": Tool(name="look", input_schema=ORDER)})}
)
FLAT = JsonShape("workflow", Flat.model_json_schema())


async def said(model: ChatModel, shape: Grammar | JsonShape, book: Book | None = None) -> str:
    return "".join([text async for text in model.stream(WRITE, book, shape)])


@pytest.mark.parametrize("way", GRAMMAR_WAYS)
async def test_a_server_that_decodes_under_the_grammar_it_was_sent_writes_programs_that_parse(
    way: GrammarWay,
) -> None:
    lark = decoding_grammar(SHOP)
    walkers: dict[str, Walker] = {}
    texts: list[str] = []

    def decode(request: Request) -> Line:
        sent = grammar_of(request.body)
        assert sent == lark
        walker = walkers.setdefault(sent, Walker(sent, SHOP))
        texts.append(walker.walk(request.number) or "workflow unfinished {}")
        return Say(texts[-1], piece=40)

    async with ScriptedModel(decode, can={way}) as server:
        model = ChatModel([entry(server, can=Capabilities(grammar=way))])
        heard = [await said(model, Grammar(lark)) for _ in range(3)]
    assert heard == texts
    for text in heard:
        assert [d for d in parse(text).diagnostics if d.severity == "error"] == []


@pytest.mark.parametrize("header", ["", "%llguidance {}\n"])
def test_the_grammar_is_accepted_with_and_without_the_header_of_llguidance(header: str) -> None:
    found = LLMatcher.validate_grammar(LLMatcher.grammar_from_lark(header + decoding_grammar(SHOP)))
    assert not found, found


def test_a_server_that_tells_kinds_of_grammars_apart_takes_it_for_lark() -> None:
    lark = decoding_grammar(SHOP)
    assert grammar_from("grammar", lark) == LLMatcher.grammar_from_lark(lark)


def test_a_grammar_of_another_kind_would_not_be_accepted() -> None:
    assert LLMatcher.validate_grammar(LLMatcher.grammar_from_lark("start: missing_rule\n"))


async def test_a_flat_program_goes_there_and_back() -> None:
    source = 'workflow a {\n  use shop: mcp "shop"\n\n  step b: call shop.look(order_id: "1")\n}\n'
    flat = flatten(parse(source)).model_dump_json()
    async with ScriptedModel([Say(flat, piece=99)], can={"json_schema"}) as server:
        model = ChatModel([entry(server, can=Capabilities(json_schema=True))])
        assert text_of(read_flat(json.loads(await said(model, FLAT)))) == source
    sent = server.requests[0]["response_format"]["json_schema"]
    assert sent["strict"] is True
    jsonschema.Draft202012Validator.check_schema(sent["schema"])


def test_the_narrow_schema_allows_every_example_and_leaves_nothing_open() -> None:
    narrow = strict(FLAT.schema)
    assert narrow is not None
    validator = jsonschema.Draft202012Validator(narrow)
    for path in sorted((ROOT / "examples").rglob("*.weft")):
        validator.validate(json.loads(flatten(parse(path.read_text())).model_dump_json()))

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if value.get("type") == "object":
                assert value["additionalProperties"] is False
                assert value["required"] == list(value["properties"])
            for one in value.values():
                walk(one)
        elif isinstance(value, list):
            for one in value:
                walk(one)

    walk(narrow)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object"} | {"additionalProperties": True},
        {"type": "object", "properties": {"any": {}}},
        {"type": "object", "properties": {"list": {"type": "array"}}},
        {
            "type": "object",
            "properties": {"map": {"type": "object", "additionalProperties": {"type": "string"}}},
        },
        {"type": "string"},
    ],
)
def test_a_schema_that_leaves_something_open_has_no_narrow_form(schema: dict[str, Any]) -> None:
    assert strict(schema) is None


async def test_a_shape_the_server_refuses_is_asked_for_without_and_none_as_long_is_sent_again() -> None:
    def answer(request: Request) -> Line:
        return Status(400, kind="invalid_request_error") if wanted(request) else Say("workflow a {}")

    book = Book()
    async with ScriptedModel(answer, can={"vllm"}) as server:
        model = ChatModel([entry(server, can=Capabilities(grammar="vllm"))])
        assert await said(model, Grammar("start: WORD\n"), book) == "workflow a {}"
        assert book.codes == ["refused", None]
        assert await said(model, Grammar("start: OTHER\n"), book) == "workflow a {}"
        assert book.codes == ["refused", None, None]
        assert await said(model, Grammar("start: A\n"), book) == "workflow a {}"
    assert book.codes == ["refused", None, None, "refused", None]


async def test_a_shape_is_not_sent_to_a_model_that_cannot_be_held_to_it() -> None:
    async with ScriptedModel([Status(500)], can={"vllm"}) as first, ScriptedModel([Say("freely")]) as second:
        able, free = Capabilities(grammar="vllm"), Capabilities()
        model = ChatModel([entry(first, can=able), entry(second, can=free)])
        assert model.can == able
        assert await said(model, Grammar("start: WORD\n")) == "freely"
    assert [wanted(Request(0, "/v1", {}, body)) for body in (*first.requests, *second.requests)] == [
        "vllm",
        None,
    ]
