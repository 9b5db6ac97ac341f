"""Anthropic's messages.

Prompts are kept by the provider up to the marks that are set here: behind the first and the last system message (tools
stand before them and are kept with them) and, with tools, behind the last part of the conversation, since the next turn
sends all of it again. A JSON Schema goes out as the one tool that the model must call.
"""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from engine.model import wire
from engine.model.entry import ModelEntry
from engine.model.message import Argues, Busy, Message, Piece, Said, Spent, Wants
from engine.model.provider import Ask
from engine.model.shape import JsonShape
from engine.model.turn import Asked, Part, ToolAnswer

if TYPE_CHECKING:
    import httpx

_VERSION: Final = "2023-06-01"
_KEPT: Final = {"type": "ephemeral"}


async def anthropic(client: httpx.AsyncClient, entry: ModelEntry, ask: Ask) -> AsyncGenerator[Piece, None]:
    path = "/messages" if entry.url.endswith("/v1") else "/v1/messages"
    headers = {"x-api-key": entry.key, "anthropic-version": _VERSION}
    reading = _Reading(shaped=isinstance(ask.shape, JsonShape))
    async with aclosing(wire.events(client, entry, path, headers, request(entry, ask))) as events:
        async for event in events:
            if event.get("type") == "error":
                raise wire.told_in_the_stream(entry, event.get("error"))
            try:
                pieces = reading.of(event)
            except (TypeError, ValueError, AttributeError, KeyError):
                raise wire.unreadable(entry) from None
            for piece in pieces:
                yield piece
            if event.get("type") == "message_stop":
                break
    match reading.reason:
        case None:
            raise wire.broken_off(entry)
        case "max_tokens" | "model_context_window_exceeded":
            raise wire.cut_off(entry)
        case "refusal":
            raise wire.withheld(entry)
        case _:
            return


def request(entry: ModelEntry, ask: Ask) -> dict[str, Any]:
    """The body of the request."""
    body: dict[str, Any] = {"model": entry.model, "max_tokens": entry.most_tokens, "stream": True}
    if system := _system(ask.parts):
        body["system"] = system
    turns = _turns(ask.parts)
    if ask.tools:
        body["tools"] = [
            {"name": tool.name, "description": tool.description, "input_schema": tool.schema}
            for tool in ask.tools
        ]
        turns[-1]["content"][-1] |= {"cache_control": _KEPT}
    if isinstance(ask.shape, JsonShape):
        described = {
            "name": ask.shape.name,
            "description": "Takes the whole answer.",
            "input_schema": ask.shape.schema,
        }
        body |= {"tools": [described], "tool_choice": {"type": "tool", "name": ask.shape.name}}
    body["messages"] = turns
    return body


def _system(parts: Sequence[Part]) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [
        {"type": "text", "text": part.text}
        for part in parts
        if isinstance(part, Message) and part.role == "system" and part.text
    ]
    for place in {0, len(blocks) - 1} if blocks else ():
        blocks[place]["cache_control"] = _KEPT
    return blocks


def _turns(parts: Sequence[Part]) -> list[dict[str, Any]]:
    """Turns of the two sides, one after the other. There is always one, it begins with the user's, and no text in it is
    empty: the protocol refuses everything else."""
    turns: list[dict[str, Any]] = []
    for part in parts:
        side, blocks = _blocks(part)
        if not blocks:
            continue
        if not turns and side == "assistant":
            turns.append({"role": "user", "content": [{"type": "text", "text": "(begin)"}]})
        if turns and turns[-1]["role"] == side:
            turns[-1]["content"] += blocks
        else:
            turns.append({"role": side, "content": blocks})
    if not turns or turns[-1]["role"] == "assistant":
        turns.append({"role": "user", "content": [{"type": "text", "text": "(go on)"}]})
    return turns


def _blocks(part: Part) -> tuple[str, list[dict[str, Any]]]:
    match part:
        case Message(role="system"):
            return "", []
        case Message(role, text):
            return role, _text(text)
        case Asked(text, uses):
            called = [
                {"type": "tool_use", "id": use.id, "name": use.name, "input": _input(use.arguments)}
                for use in uses
            ]
            return "assistant", [*_text(text), *called]
        case ToolAnswer(id, text):
            return "user", [{"type": "tool_result", "tool_use_id": id, "content": text or "(nothing)"}]


def _text(text: str) -> list[dict[str, Any]]:
    return [{"type": "text", "text": text}] if text.strip() else []


def _input(arguments: str) -> dict[str, Any]:
    """An earlier use's arguments; words that were no JSON object are given back as they were."""
    try:
        value = json.loads(arguments or "{}")
    except (ValueError, RecursionError):
        value = arguments
    return value if isinstance(value, dict) else {"(unreadable)": arguments}


@dataclass(slots=True)
class _Reading:
    """What was heard so far of one answer. ``shaped``: the arguments of the tool it had to call are the answer."""

    shaped: bool
    reason: str | None = None
    spent: Spent = field(default_factory=Spent)

    def of(self, event: dict[str, Any]) -> list[Piece]:
        """Raises what a foreign shape raises."""
        match event.get("type"):
            case "message_start":
                self.spent = self._counted(event["message"].get("usage") or {})
                return [Busy(), self.spent]
            case "content_block_start":
                return self._begun(int(event["index"]), event["content_block"])
            case "content_block_delta":
                return self._more(int(event["index"]), event["delta"])
            case "message_delta":
                self.reason = event["delta"].get("stop_reason") or self.reason
                self.spent = self._counted(event.get("usage") or {})
                return [self.spent]
            case _:
                return [Busy()]

    def _begun(self, place: int, block: dict[str, Any]) -> list[Piece]:
        match block["type"]:
            case "tool_use" if not self.shaped:
                return [Wants(place, str(block["id"]), str(block["name"]))]
            case "text" if not self.shaped and block.get("text"):
                return [Said(str(block["text"]))]
            case _:
                return [Busy()]

    def _more(self, place: int, delta: dict[str, Any]) -> list[Piece]:
        match delta["type"]:
            case "input_json_delta":
                text = str(delta["partial_json"])
                return [Said(text) if self.shaped else Argues(place, text)] if text else [Busy()]
            case "text_delta" if not self.shaped:
                return [Said(str(delta["text"]))]
            case _:
                return [Busy()]

    def _counted(self, usage: dict[str, Any]) -> Spent:
        """Later counts hold all of what earlier ones did; what they do not speak of stays."""
        spent = self.spent
        if usage.get("input_tokens") is not None:
            cached = int(usage.get("cache_read_input_tokens") or 0)
            stored = int(usage.get("cache_creation_input_tokens") or 0)
            whole = int(usage["input_tokens"]) + cached + stored
            spent = replace(spent, tokens_in=whole, tokens_cached=cached, tokens_stored=stored)
        if usage.get("output_tokens") is not None:
            spent = replace(spent, tokens_out=int(usage["output_tokens"]))
        return spent
