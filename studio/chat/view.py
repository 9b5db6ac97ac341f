"""A stored message as the panel shows it. Pure: rows in, what the page draws out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from engine.conversations import Message

_DIFF_LINES = 60


@dataclass(frozen=True)
class StepView:
    """``indent`` in pixels."""

    sentence: str
    kind: str
    tool: str
    indent: str


@dataclass(frozen=True)
class LineView:
    sign: str
    text: str


@dataclass(frozen=True)
class MessageView:
    """One bubble; ``proposed`` says whether a card stands below it, ``state`` what became of it."""

    id: str
    mine: bool
    content: str
    proposed: bool = False
    state: str = ""
    title: str = ""
    summary: str = ""
    is_change: bool = False
    steps: list[StepView] = field(default_factory=list)
    assumptions: list[str] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    safety: list[str] = field(default_factory=list)
    diff: list[LineView] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)


def view_of(message: Message) -> MessageView:
    proposal = message.proposal
    if proposal is None:
        return MessageView(str(message.id), message.role == "user", message.content)
    diff = [LineView(_text(line, "sign"), _text(line, "text")) for line in _dicts(proposal, "diff")]
    if len(diff) > _DIFF_LINES:
        diff = [*diff[:_DIFF_LINES], LineView("…", f"{len(diff) - _DIFF_LINES} more lines")]
    summary = _text(proposal, "summary")
    return MessageView(
        id=str(message.id),
        mine=False,
        content="" if message.content.strip() == summary.strip() else message.content,
        proposed=True,
        state=_text(proposal, "state") or "open",
        title=_text(proposal, "title"),
        summary=summary if message.content.strip() == summary.strip() else "",
        is_change=bool(diff),
        steps=[
            StepView(
                _text(step, "sentence"),
                _text(step, "kind"),
                _text(step, "tool"),
                f"{int(step.get('depth', 0)) * 14}px",
            )
            for step in _dicts(proposal, "explanation")
        ],
        assumptions=_strings(proposal, "assumptions"),
        questions=_strings(proposal, "questions"),
        safety=_strings(proposal, "safety"),
        diff=diff,
        warnings=[
            _text(d, "message") for d in _dicts(proposal, "diagnostics") if d.get("severity") == "warning"
        ],
    )


def _text(holder: dict[str, Any], name: str) -> str:
    return str(holder.get(name) or "")


def _strings(holder: dict[str, Any], name: str) -> list[str]:
    found = holder.get(name)
    return [str(item) for item in found] if isinstance(found, list) else []


def _dicts(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = holder.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
