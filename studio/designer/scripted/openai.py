"""The events of OpenAI's chat completions, as servers stream them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from studio.designer.scripted.lines import Request


def words(request: Request, text: str) -> Iterator[str]:
    """The next characters: of the answer, or of the input of the custom tool that must be called."""
    if any(tool.get("type") == "custom" for tool in request.body.get("tools") or ()):
        call: dict[str, Any] = {"index": 0, "custom": {"input": text}}
        yield _chunk(request, {"tool_calls": [call]})
    else:
        yield _chunk(request, {"role": "assistant", "content": text})


def tool(request: Request, place: int, name: str, pieces: list[str]) -> Iterator[str]:
    call: dict[str, Any] = {"index": place, "id": f"call_{request.number}_{place}", "type": "function"}
    yield _chunk(
        request,
        {"role": "assistant", "tool_calls": [{**call, "function": {"name": name, "arguments": ""}}]},
    )
    for piece in pieces:
        yield _chunk(request, {"tool_calls": [{"index": place, "function": {"arguments": piece}}]})


def opened(request: Request) -> Iterator[str]:
    """What comes before the first words."""
    for made in request.body.get("tools") or ():
        if made.get("type") == "custom":
            custom = {"name": made["custom"]["name"], "input": ""}
            call = {"index": 0, "id": f"call_{request.number}", "type": "custom", "custom": custom}
            yield _chunk(request, {"role": "assistant", "content": None, "tool_calls": [call]})


def ended(request: Request, reason: str, said: str, cached: int) -> Iterator[str]:
    yield _chunk(request, {}, {"end": "stop", "tools": "tool_calls", "length": "length"}[reason])
    asked = sum(len(str(message.get("content", ""))) for message in request.body.get("messages", ())) // 4
    usage = {
        "prompt_tokens": asked,
        "completion_tokens": len(said) // 4,
        "total_tokens": asked + len(said) // 4,
        "prompt_tokens_details": {"cached_tokens": min(cached, asked)},
    }
    yield _data(request, [], usage)
    yield "data: [DONE]\n\n"


def trouble(kind: str) -> str:
    return f"data: {json.dumps({'error': {'type': kind, 'message': 'scripted'}})}\n\n"


def refusal(kind: str) -> dict[str, Any]:
    return {"error": {"message": "scripted", "type": kind, "code": kind}}


def _chunk(request: Request, delta: dict[str, Any], finish: str | None = None) -> str:
    return _data(request, [{"index": 0, "delta": delta, "finish_reason": finish}])


def _data(request: Request, choices: list[dict[str, Any]], usage: dict[str, Any] | None = None) -> str:
    chunk = {
        "id": "chatcmpl-scripted",
        "object": "chat.completion.chunk",
        "created": 0,
        "model": request.body.get("model", "scripted"),
        "choices": choices,
        "usage": usage,
    }
    return f"data: {json.dumps(chunk)}\n\n"
