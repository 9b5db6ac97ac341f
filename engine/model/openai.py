"""OpenAI's chat completions: OpenAI, vLLM, Ollama, llama.cpp and whoever else speaks them.

A grammar goes out in four ways, by what the server takes, and its answer comes back as plain text in all of them; with
OpenAI it is the input of a custom tool that the model must call.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Any, Final, assert_never

from engine.model import wire
from engine.model.entry import ModelEntry
from engine.model.message import Argues, Busy, Message, Piece, Said, Spent, Wants
from engine.model.provider import Ask
from engine.model.shape import Grammar, GrammarWay, JsonShape
from engine.model.strictness import strict
from engine.model.turn import Asked, Part, ToolAnswer, ToolSpec

if TYPE_CHECKING:
    import httpx

CUSTOM_TOOL: Final = "answer"
_NO_KEY: Final = "none"
"""Local servers take any key, and some insist on one."""


async def openai(client: httpx.AsyncClient, entry: ModelEntry, ask: Ask) -> AsyncGenerator[Piece, None]:
    finished = False
    headers = {"authorization": f"Bearer {entry.key or _NO_KEY}"}
    async with aclosing(
        wire.events(client, entry, "/chat/completions", headers, request(entry, ask))
    ) as chunks:
        async for chunk in chunks:
            if error := chunk.get("error"):
                raise wire.told_in_the_stream(entry, error)
            try:
                pieces, reason = _read(chunk)
            except (TypeError, ValueError, AttributeError, KeyError):
                raise wire.unreadable(entry) from None
            for piece in pieces:
                yield piece
            match reason:
                case None:
                    pass
                case "length":
                    raise wire.cut_off(entry)
                case "content_filter":
                    raise wire.withheld(entry)
                case _:
                    finished = True
    if not finished:
        raise wire.broken_off(entry)


def request(entry: ModelEntry, ask: Ask) -> dict[str, Any]:
    """The body of the request."""
    body: dict[str, Any] = {
        "model": entry.model,
        "messages": messages(ask.parts),
        "stream": True,
        "stream_options": {"include_usage": True},
    }
    if ask.tools:
        body["tools"] = [_function(tool) for tool in ask.tools]
    match ask.shape:
        case None:
            pass
        case Grammar(lark):
            body |= _grammar(lark, ask.way)
        case JsonShape(name, schema):
            narrow = strict(schema)
            described = {"name": name, "strict": narrow is not None, "schema": narrow or schema}
            body["response_format"] = {"type": "json_schema", "json_schema": described}
    return body


def _grammar(lark: str, way: GrammarWay | None) -> dict[str, Any]:
    match way:
        case "openai":
            custom = {
                "name": CUSTOM_TOOL,
                "description": "Takes the whole answer.",
                "format": {"type": "grammar", "grammar": {"syntax": "lark", "definition": lark}},
            }
            return {
                "tools": [{"type": "custom", "custom": custom}],
                "tool_choice": {"type": "custom", "custom": {"name": CUSTOM_TOOL}},
            }
        case "vllm":
            return {"structured_outputs": {"grammar": lark}}
        case "vllm-guided":
            return {"guided_grammar": lark}
        case "llguidance":
            return {"grammar": f"%llguidance {{}}\n{lark}"}
        case None:
            return {}
        case _:
            assert_never(way)


def messages(parts: Sequence[Part]) -> list[dict[str, Any]]:
    return [_part(part) for part in parts]


def _part(part: Part) -> dict[str, Any]:
    match part:
        case Message(role, text):
            return {"role": role, "content": text}
        case Asked(text, uses):
            calls = [
                {"id": use.id, "type": "function", "function": {"name": use.name, "arguments": use.arguments}}
                for use in uses
            ]
            return {"role": "assistant", "content": text or None, "tool_calls": calls}
        case ToolAnswer(id, text):
            return {"role": "tool", "tool_call_id": id, "content": text}


def _function(tool: ToolSpec) -> dict[str, Any]:
    described = {"name": tool.name, "description": tool.description, "parameters": tool.schema}
    return {"type": "function", "function": described}


def _read(chunk: dict[str, Any]) -> tuple[list[Piece], str | None]:
    """The pieces in a chunk, and why the answer ends if it does. Raises what a foreign shape raises."""
    pieces: list[Piece] = []
    reason = None
    for choice in chunk.get("choices") or ():
        if choice.get("index", 0) != 0:
            continue
        delta = choice.get("delta") or {}
        if text := delta.get("content"):
            pieces.append(Said(_text(text)))
        for call in delta.get("tool_calls") or ():
            pieces += _called(call)
        reason = choice.get("finish_reason") or reason
        if not pieces:
            pieces.append(Busy())
    if usage := chunk.get("usage"):
        pieces.append(_spent(usage))
    return pieces, reason


def _called(call: dict[str, Any]) -> list[Piece]:
    if (custom := call.get("custom")) is not None:
        return [Said(str(custom["input"]))] if custom.get("input") else [Busy()]
    place, function = int(call.get("index") or 0), call.get("function") or {}
    pieces: list[Piece] = []
    if name := function.get("name"):
        pieces.append(Wants(place, str(call.get("id") or f"use{place}"), str(name)))
    if arguments := function.get("arguments"):
        pieces.append(Argues(place, str(arguments)))
    return pieces


def _text(content: Any) -> str:
    if isinstance(content, str):
        return content
    return "".join(str(part.get("text", "")) for part in content)


def _spent(usage: dict[str, Any]) -> Spent:
    details = usage.get("prompt_tokens_details") or {}
    return Spent(
        int(usage.get("prompt_tokens") or 0),
        int(usage.get("completion_tokens") or 0),
        int(details.get("cached_tokens") or 0),
        int(details.get("cache_write_tokens") or 0),
    )
