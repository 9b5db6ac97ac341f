"""What a request wants of a server, and how one answers that has it or has it not.

Probes (``engine.model.probe``) are answered here and not by the script: a script says what a model says to people.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from typing import Any

from engine.model.probe import QUESTION
from studio.designer.scripted.lines import Line, Power, Request, Say, Status, Use

_TINY = re.compile(r'head: "(\w+)"\nTAIL: /(\w+)/')
_KEEP = re.compile(r"Call the tool keep_word with the word (\w+)\.")


def wanted(request: Request) -> Power | None:
    """The power that a request needs beyond plain text."""
    body = request.body
    if request.is_anthropic:
        if (body.get("tool_choice") or {}).get("type") == "tool":
            return "json_schema"
        return "tools" if body.get("tools") else None
    if any(tool.get("type") == "custom" for tool in body.get("tools") or ()):
        return "openai"
    fields: tuple[tuple[str, Power], ...] = (
        ("structured_outputs", "vllm"),
        ("guided_grammar", "vllm-guided"),
        ("grammar", "llguidance"),
        ("response_format", "json_schema"),
        ("tools", "tools"),
    )
    return next((power for name, power in fields if body.get(name)), None)


def grammar_of(body: dict[str, Any]) -> str | None:
    """The grammar that a request carries, however it is sent."""
    for tool in body.get("tools") or ():
        if tool.get("type") == "custom":
            return str(tool["custom"]["format"]["grammar"]["definition"])
    if "structured_outputs" in body:
        return str(body["structured_outputs"]["grammar"])
    if "guided_grammar" in body:
        return str(body["guided_grammar"])
    if "grammar" in body:
        return str(body["grammar"]).removeprefix("%llguidance {}\n")
    return None


def refused(request: Request, can: Collection[Power], passes_over: bool) -> Status | None:
    """What a server says to a field it does not know: many refuse the request, others pass over it."""
    need = wanted(request)
    return None if need is None or need in can or passes_over else Status(400, kind="invalid_request_error")


def probed(request: Request, can: Collection[Power]) -> Line | None:
    """The answer to a probe; None: this is none."""
    keep = _KEEP.search(request.asked)
    if request.asked != QUESTION and keep is None:
        return None
    need = wanted(request)
    if need is None or need not in can:
        return Say("Paris")
    if keep is not None:
        return Use((("keep_word", json.dumps({"word": keep[1]})),))
    if need == "json_schema":
        return Say(json.dumps({"word": _schema(request)["properties"]["word"]["enum"][0]}))
    tiny = _TINY.search(grammar_of(request.body) or "")
    return Say("Paris" if tiny is None else tiny[1] + tiny[2])


def _schema(request: Request) -> dict[str, Any]:
    body = request.body
    if request.is_anthropic:
        return dict(body["tools"][0]["input_schema"])
    return dict(body["response_format"]["json_schema"]["schema"])
