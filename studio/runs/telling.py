"""One step as somebody looks at it: what went in and came out, its story in words, and an agent's conversation. Pure.

What sounds like a secret, or looks like a key, is veiled here once more: it should not be in a journal, and if a tool
gave it back, it is not shown.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Final, TypeAlias

from engine.dlp import DlpFailed, DlpPolicy, redact
from engine.dlp.kinds import KINDS
from engine.finding.terms import is_secret_name
from engine.history import Fold, StepRun
from engine.journal import Event
from studio.runs.rows import dollars
from studio.runs.steps import detail
from studio.shell.moments import iso

Json: TypeAlias = Any

VEIL: Final = "•••"
LONGEST_TEXT: Final = 6_000
MOST_TURNS: Final = 60
MOST_LOG: Final = 200
LARGEST_SHOWN: Final = 60_000
"""Characters of a value's JSON; a larger one is shown in part."""

_KEYS: Final = DlpPolicy(
    {kind.key: "redact" if kind.key in ("private_key", "api_key") else "off" for kind in KINDS}
)


def told(events: Iterable[Event], path: str, run_id: str) -> dict[str, Any]:
    """As :func:`studio.runs.steps.detail`, and ``log``: ``[{"at", "words", "tone"}]``, ``turns``: what an agent and its
    tools said, ``spent``: tokens and cost in words. Empty when nothing was recorded of the step."""
    events = tuple(events)
    folded = Fold()
    for event in events:
        folded.take(event)
    step = folded.steps.get(path)
    if step is None:
        return {"path": path, "log": [], "turns": []}
    shown = replace(step, input=veiled(step.input), output=veiled(step.output))
    turns = _turns(events, path, folded.steps)
    said = detail(shown, run_id)
    return {
        **said,
        "path": path,
        "input": bounded(said["input"]),
        "output": bounded(said["output"]),
        "error": veiled(said["error"]),
        "tool": step.tool or "",
        "attempt": step.attempt,
        "state": step.state,
        "started": iso(step.started_at),
        "finished": iso(step.finished_at),
        "arm": step.arm or "",
        "pinned": step.pinned,
        "log": _log(events, path),
        "turns": turns,
        "spent": _spent(turns),
    }


def veiled(value: Json) -> Json:
    """Without what stands under the name of a secret, and without keys."""
    match value:
        case dict():
            return {name: VEIL if _secret(name, one) else veiled(one) for name, one in value.items()}
        case list():
            return [veiled(one) for one in value]
        case str() if len(value) >= 16:
            try:
                return redact(value, _KEYS).text
            except DlpFailed:
                return VEIL
        case _:
            return value


def _secret(name: str, value: Json) -> bool:
    """A count of tokens is none."""
    text = isinstance(value, str) and value != ""
    return is_secret_name(name) and (text or (isinstance(value, int | float) and "token" not in name.lower()))


def bounded(value: Json) -> Json:
    """The value, or its beginning as text when it is too much for a page."""
    text = json.dumps(value, ensure_ascii=False)
    if len(text) <= LARGEST_SHOWN:
        return value
    return f"{text[:LARGEST_SHOWN]} … ({len(text):,} characters in all)"


def _turns(events: tuple[Event, ...], path: str, steps: Mapping[str, StepRun]) -> list[dict[str, Any]]:
    turns: list[dict[str, Any]] = []
    for event in events:
        place = event.path.removeprefix(f"{path}~turn")
        if event.kind != "step.succeeded" or place == event.path or not place.isdigit():
            continue
        result = event.data.get("result")
        if not isinstance(result, dict):
            turns.append({"number": int(place), "text": "", "uses": [], "large": True, "at": iso(event.at)})
            continue
        uses = [
            _use(use, steps.get(f"{event.path}.tool{number}"))
            for number, use in enumerate(result.get("uses") or (), 1)
        ]
        turns.append(
            {
                "number": int(place),
                "at": iso(event.at),
                "ms": event.data.get("ms"),
                "model": result.get("model", ""),
                "text": _short(veiled(result.get("text") or "")),
                "uses": uses,
                "tokens_in": result.get("tokens_in", 0),
                "tokens_out": result.get("tokens_out", 0),
                "cost_usd": result.get("cost_usd", 0),
                "cost": dollars(result.get("cost_usd")),
                "withheld": event.data.get("withheld", ""),
            }
        )
    return turns[-MOST_TURNS:]


def _use(use: Mapping[str, Json], step: StepRun | None) -> dict[str, Any]:
    """A tool that the model asked for. What it answered comes from the journal, not from the model."""
    try:
        arguments = json.loads(use.get("arguments") or "{}")
    except ValueError:
        arguments = use.get("arguments")
    return {
        "name": (step.tool if step else None) or use.get("name", ""),
        "arguments": bounded(veiled(arguments)),
        "state": step.state if step else "",
        "answer": bounded(veiled(step.output)) if step else None,
        "error": veiled(step.error) if step else None,
        "ms": step.ms if step else None,
    }


def _spent(turns: list[dict[str, Any]]) -> str:
    if not turns:
        return ""
    tokens = sum(turn.get("tokens_in", 0) + turn.get("tokens_out", 0) for turn in turns)
    cost = dollars(sum(turn.get("cost_usd", 0) or 0 for turn in turns))
    count = len(turns)
    words = f"{count} {'turn' if count == 1 else 'turns'}, {tokens:,} tokens"
    return f"{words}, {cost}" if cost else words


def _short(text: str) -> str:
    return text if len(text) <= LONGEST_TEXT else f"{text[:LONGEST_TEXT]} … ({len(text):,} characters in all)"


def _log(events: tuple[Event, ...], path: str) -> list[dict[str, str]]:
    lines = []
    for event in events:
        words, tone = _words(event, path)
        if words:
            lines.append({"at": iso(event.at), "words": words, "tone": tone, "seq": str(event.seq)})
    return lines[-MOST_LOG:]


def _words(event: Event, path: str) -> tuple[str, str]:
    """An event in words, and its tone. ("", "") for one that says nothing to people."""
    data = event.data
    inner = event.path.removeprefix(path).lstrip("~")
    about = f"{inner.replace('.tool', ', call ').replace('turn', 'Turn ')}: " if inner else ""
    error = data.get("error") or {}
    match event.kind:
        case "step.started":
            tool = f" {data['tool']}" if data.get("tool") else ""
            return f"{about}Called{tool}, try {data.get('attempt', 1)}", ""
        case "step.succeeded":
            took = f" after {data['ms']:,} ms" if data.get("ms") is not None else ""
            # A quick call's beginning may not be in the journal: its end alone says what was called.
            tool = f": {data['tool']}" if data.get("tool") else ""
            kept = f". {data['withheld']}" if data.get("withheld") else ""
            return f"{about}Done{took}{tool}{kept}", "success"
        case "step.failed":
            return f"{about}Failed: {error.get('message', '')} ({error.get('code', '')})", "danger"
        case "step.retrying":
            wait = data.get("delay_ms", 0)
            return (
                f"{about}Try {data.get('attempt')} failed: {error.get('message', '')}; again in {wait:,} ms",
                "warning",
            )
        case "step.unknown":
            return f"{about}Nobody knows whether it happened: {data.get('question', '')}", "warning"
        case "gate.opened":
            until = f" until {data['due_at']}" if data.get("due_at") else ""
            return f"{about}Waits{until}", ""
        case "gate.escalated":
            return f"{about}Somebody else was asked too", "warning"
        case "gate.answered":
            by = ", ".join(data.get("by", ()))
            return f"{about}Answered: {data.get('answer', '')}{f' by {by}' if by else ''}", ""
        case "branch.taken":
            return f"{about}Took the branch “{data.get('label', '')}”", ""
        case "scope.closed":
            return f"{about}Ended: {data.get('outcome', '')}", ""
        case _:
            return "", ""
