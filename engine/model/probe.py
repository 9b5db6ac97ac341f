"""What a model can, found by asking it: one tiny call a capability, whose only permitted answer nobody says by chance.

Each asks for the capital of France under a shape that allows one nonsense word alone. Whoever says "Paris" took the
field that carries the shape for nothing; many servers pass over what they do not know. A call is broken off at the
first letter that is not as it must be, so that a free answer costs next to nothing.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Final, Literal, TypeAlias

from engine.model.calling import Caller, call
from engine.model.entry import HOSTED, ModelEntry
from engine.model.error import ModelError
from engine.model.message import Argues, Message, Said, Wants
from engine.model.provider import Ask
from engine.model.shape import Capabilities, Grammar, GrammarWay, JsonShape
from engine.model.turn import ToolSpec

What: TypeAlias = Literal["answers", "tools", "grammar", "json_schema"]

QUESTION: Final = "What is the capital of France? Answer with one word."
_LONGEST_S: Final = 60.0
_LONGEST: Final = 600
_WAYS: Final[tuple[GrammarWay, ...]] = ("vllm", "llguidance", "openai", "vllm-guided")
"""In the order they are preferred where a server takes several."""
_SENT: Final[dict[GrammarWay, str]] = {
    "openai": "a custom tool with Lark syntax (OpenAI)",
    "vllm": "structured_outputs (vLLM)",
    "vllm-guided": "guided_grammar (older vLLM)",
    "llguidance": "grammar for llguidance (llama.cpp)",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """``words``: one sentence for people."""

    what: What
    yes: bool
    words: str


@dataclass(frozen=True, slots=True)
class Found:
    """``answers`` is False where the model could not be asked; nothing is then known, and nothing is remembered."""

    can: Capabilities
    findings: tuple[Finding, ...]

    @property
    def answers(self) -> bool:
        return all(finding.yes for finding in self.findings if finding.what == "answers")


async def find(entry: ModelEntry, caller: Caller, *, anew: bool = False) -> Found:
    """What was found, asked once for all who wait and kept as long as the entry stays as it is. Raises ``ModelError``
    only for a budget that is spent."""
    known = caller.board.found.get(entry.identity)
    return known if known is not None and not anew else await asyncio.shield(probing(entry, caller))


def probing(entry: ModelEntry, caller: Caller) -> asyncio.Task[Found]:
    """The probe that is under way, or one that begins now. It goes on when nobody waits for it any more."""
    board, key = caller.board, entry.identity

    def ended(task: asyncio.Task[Found]) -> None:
        board.probing.pop(key, None)
        if not task.cancelled() and task.exception() is None and task.result().answers:
            board.found[key] = task.result()

    if key not in board.probing:
        board.probing[key] = asyncio.create_task(_probe(entry, caller))
        board.probing[key].add_done_callback(ended)
    return board.probing[key]


async def _probe(entry: ModelEntry, caller: Caller) -> Found:
    short = replace(entry, times=replace(entry.times, total_s=min(entry.times.total_s, _LONGEST_S)))
    try:
        tools = await _tools(short, caller)
    except ModelError as error:
        if error.code == "budget":
            raise
        assumed = caller.board.can(entry)
        return Found(assumed, (Finding("answers", False, error.message),))
    json_schema, (grammar, way) = await asyncio.gather(_json(short, caller), _grammar(short, caller))
    answers = Finding("answers", True, f"The model {entry.model!r} answers.")
    can = Capabilities(tools.yes, way, json_schema.yes)
    return Found(can, (answers, tools, grammar, json_schema))


async def _tools(entry: ModelEntry, caller: Caller) -> Finding:
    """The first question of all: raises ``ModelError`` where the model cannot be asked at all."""
    word = _word()
    schema = {"type": "object", "properties": {"word": {"type": "string"}}, "required": ["word"]}
    keep = ToolSpec("keep_word", "Keeps a word.", schema)
    told = f"Call the tool keep_word with the word {word}. Say nothing else."
    names, arguments, said = set[str](), "", ""
    try:
        async with aclosing(call(caller, entry, Ask([Message("user", told)], [keep]))) as pieces:
            async for piece in pieces:
                match piece:
                    case Wants(name=name):
                        names.add(name)
                    case Argues(text=text):
                        arguments += text
                    case Said(text=text):
                        said += text
                        if len(said) > _LONGEST:
                            break
                    case _:
                        pass
    except ModelError as error:
        if error.status not in (400, 422, 501) and error.code != "bad_answer":
            raise
        return Finding("tools", False, f"Uses no tools: {error.message}")
    if names == {"keep_word"} and word in arguments:
        return Finding("tools", True, "Uses tools.")
    return Finding("tools", False, "Uses no tools: asked to call one, it answered in words.")


async def _json(entry: ModelEntry, caller: Caller) -> Finding:
    word = _word()
    schema = {
        "type": "object",
        "properties": {"word": {"type": "string", "enum": [word]}},
        "required": ["word"],
        "additionalProperties": False,
    }
    try:
        said = await _said(entry, caller, Ask(_QUESTION, shape=JsonShape("word", schema)), None)
    except ModelError as error:
        return Finding("json_schema", False, f"Takes no JSON Schema: {error.message}")
    try:
        held = json.loads(said) == {"word": word}
    except (ValueError, RecursionError):
        held = False
    if held:
        return Finding("json_schema", True, "Can be held to a JSON Schema.")
    return Finding("json_schema", False, "Takes no JSON Schema: asked under one, it answered freely.")


async def _grammar(entry: ModelEntry, caller: Caller) -> tuple[Finding, GrammarWay | None]:
    if entry.provider == "anthropic":
        return Finding("grammar", False, "Takes no grammar: the protocol has no place for one."), None
    ways = ("openai",) if entry.url == HOSTED["openai"] else _WAYS
    tried = await asyncio.gather(*(_held_to_a_grammar(entry, caller, way) for way in ways))
    for way, why in zip(ways, tried, strict=True):
        if why == "":
            return Finding("grammar", True, f"Takes a grammar, as {_SENT[way]}."), way
    return Finding("grammar", False, f"Takes no grammar: {tried[0]}"), None


async def _held_to_a_grammar(entry: ModelEntry, caller: Caller, way: GrammarWay) -> str:
    """ "" or what spoke against it. The grammar has what the real one has: rules, bounds and a regular expression."""
    word = _word()
    lark = f'start: (head){{1,1}} TAIL\nhead: "{word[:4]}"\nTAIL: /{word[4:]}/\n'
    try:
        said = await _said(entry, caller, Ask(_QUESTION, shape=Grammar(lark), way=way), word)
    except ModelError as error:
        return error.message
    return "" if said.strip() == word else "asked under one, it answered freely."


async def _said(entry: ModelEntry, caller: Caller, ask: Ask, expected: str | None) -> str:
    """The answer's text, up to where it leaves what is expected."""
    said = ""
    async with aclosing(call(caller, entry, ask)) as pieces:
        async for piece in pieces:
            if not isinstance(piece, Said):
                continue
            said += piece.text
            if len(said) > _LONGEST:
                break
            if expected is not None and not expected.startswith(said.strip()):
                break
    return said


_QUESTION: Final = (Message("user", QUESTION),)


def _word() -> str:
    return f"zq{secrets.token_hex(5)}"
