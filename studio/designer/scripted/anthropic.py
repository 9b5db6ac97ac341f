"""The events of Anthropic's messages, as the service streams them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from studio.designer.scripted.lines import Request


def opened(request: Request) -> Iterator[str]:
    """What comes before the first words."""
    asked = len(json.dumps([request.body.get("system"), request.body.get("messages")])) // 4
    usage = {"input_tokens": asked, "output_tokens": 1}
    message = {
        "id": "msg_scripted",
        "type": "message",
        "role": "assistant",
        "model": request.body.get("model", "scripted"),
        "content": [],
        "stop_reason": None,
        "usage": usage,
    }
    yield _event({"type": "message_start", "message": message})
    yield _event({"type": "ping"})
    forced = _forced(request)
    block: dict[str, Any] = {"type": "text", "text": ""}
    if forced is not None:
        block = {"type": "tool_use", "id": f"toolu_{request.number}", "name": forced, "input": {}}
    yield _event({"type": "content_block_start", "index": 0, "content_block": block})


def words(request: Request, text: str) -> Iterator[str]:
    """The next characters: of the answer, or of the input of the tool that must be called."""
    delta = {"type": "text_delta", "text": text}
    if _forced(request) is not None:
        delta = {"type": "input_json_delta", "partial_json": text}
    yield _event({"type": "content_block_delta", "index": 0, "delta": delta})


def tool(request: Request, place: int, name: str, pieces: list[str]) -> Iterator[str]:
    index = place + 1
    block = {"type": "tool_use", "id": f"toolu_{request.number}_{place}", "name": name, "input": {}}
    yield _event({"type": "content_block_start", "index": index, "content_block": block})
    for piece in pieces:
        delta = {"type": "input_json_delta", "partial_json": piece}
        yield _event({"type": "content_block_delta", "index": index, "delta": delta})
    yield _event({"type": "content_block_stop", "index": index})


def ended(request: Request, reason: str, said: str, cached: int) -> Iterator[str]:
    yield _event({"type": "content_block_stop", "index": 0})
    asked = len(json.dumps([request.body.get("system"), request.body.get("messages")])) // 4
    usage = {
        "input_tokens": max(asked - cached, 0),
        "cache_read_input_tokens": min(cached, asked),
        "cache_creation_input_tokens": 0,
        "output_tokens": len(said) // 4,
    }
    why = {"end": "end_turn", "tools": "tool_use", "length": "max_tokens"}[reason]
    why = "tool_use" if reason == "end" and _forced(request) is not None else why
    yield _event({"type": "message_delta", "delta": {"stop_reason": why}, "usage": usage})
    yield _event({"type": "message_stop"})


def trouble(kind: str) -> str:
    return _event({"type": "error", "error": {"type": kind, "message": "scripted"}})


def refusal(kind: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": "scripted"}}


def _forced(request: Request) -> str | None:
    choice = request.body.get("tool_choice") or {}
    return str(choice["name"]) if choice.get("type") == "tool" else None


def _event(event: dict[str, Any]) -> str:
    return f"event: {event['type']}\ndata: {json.dumps(event)}\n\n"
