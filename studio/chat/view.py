"""A stored message as the panel shows it. Pure: rows in, what the page draws out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dsl.catalog import Catalog
from engine.conversations import Conversation, Message
from engine.proposals import Proposal
from studio.designer.parts import parts
from studio.designer.proving import has_steps

_DIFF_LINES = 60
_MOST_PARTS = 40


@dataclass(frozen=True)
class StepView:
    """``depth`` is how far it is inside others."""

    sentence: str
    kind: str
    tool: str
    depth: int


@dataclass(frozen=True)
class LineView:
    sign: str
    text: str


@dataclass(frozen=True)
class PartView:
    """One piece of a change that can be taken by itself."""

    id: str
    title: str
    more: list[str]
    risks: list[str]
    added: int
    removed: int


@dataclass(frozen=True)
class RoundView:
    number: int
    problems: list[str]


@dataclass(frozen=True)
class MessageView:
    """One bubble; ``proposed`` says whether a card stands below it, ``state`` what became of it. ``own``: said in this
    conversation itself, not before it branched off another. ``taken`` are the names of parts that were accepted."""

    id: str
    mine: bool
    content: str
    seq: int = 0
    own: bool = True
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
    parts: list[PartView] = field(default_factory=list)
    taken: list[str] = field(default_factory=list)
    rounds: list[RoundView] = field(default_factory=list)
    simulated: str = ""
    by: str = ""


def thread_of(conversation: Conversation, catalog: Catalog) -> list[MessageView]:
    """All of it, with the parts of what is still to be decided."""
    return [view_of(message, catalog, conversation) for message in conversation.messages]


def branches_of(conversation: Conversation) -> list[dict[str, Any]]:
    """Where conversations go apart: behind the message ``seq``, the ``ids`` of those that go on, and ``at`` which is
    this one."""
    return [
        {
            "seq": branch.seq,
            "ids": [str(id) for id in branch.ids],
            "at": branch.ids.index(conversation.id) if conversation.id in branch.ids else 0,
        }
        for branch in conversation.branches
        if len(branch.ids) > 1
    ]


def view_of(
    message: Message, catalog: Catalog | None = None, conversation: Conversation | None = None
) -> MessageView:
    own = conversation is None or message.conversation_id == conversation.id
    said = message.proposal
    if said is None:
        return MessageView(str(message.id), message.role == "user", message.content, message.seq, own)
    state = _text(said, "state") or "open"
    live = state in ("open", "partly")
    diff = [LineView(_text(line, "sign"), _text(line, "text")) for line in _dicts(said, "diff")]
    changes = bool(diff) or (message.decision is not None and has_steps(message.decision.base))
    if len(diff) > _DIFF_LINES:
        diff = [*diff[:_DIFF_LINES], LineView("…", f"{len(diff) - _DIFF_LINES} more lines")]
    summary = _text(said, "summary")
    same = message.content.strip() == summary.strip()
    return MessageView(
        id=str(message.id),
        mine=False,
        content="" if same else message.content,
        seq=message.seq,
        own=own,
        proposed=True,
        state=state,
        title=_text(said, "title"),
        summary=summary if same else "",
        is_change=changes,
        # What is settled is not sent in full again and again.
        steps=_steps(said) if live or state == "accepted" else [],
        assumptions=_strings(said, "assumptions"),
        questions=_strings(said, "questions"),
        safety=_strings(said, "safety"),
        diff=diff if live else [],
        warnings=[_text(d, "message") for d in _dicts(said, "diagnostics") if d.get("severity") == "warning"],
        parts=_parts(message.decision, catalog) if live and changes else [],
        taken=list(message.decision.parts) if message.decision else [],
        rounds=[
            RoundView(int(one.get("number", 0)), _strings(one, "problems")) for one in _dicts(said, "rounds")
        ],
        simulated=_text(said, "simulated"),
        by=_text(said, "by"),
    )


def _parts(proposal: Proposal | None, catalog: Catalog | None) -> list[PartView]:
    """None where there is but one: then there is nothing to choose."""
    if proposal is None or catalog is None:
        return []
    found = parts(proposal.start, proposal.text, catalog)
    if not 1 < len(found) <= _MOST_PARTS and not (found and proposal.state == "partly"):
        return []
    return [
        PartView(one.id, one.title, list(one.more), list(one.risks), one.added, one.removed) for one in found
    ]


def _steps(said: dict[str, Any]) -> list[StepView]:
    return [
        StepView(_text(step, "sentence"), _text(step, "kind"), _text(step, "tool"), int(step.get("depth", 0)))
        for step in _dicts(said, "explanation")
    ]


def _text(holder: dict[str, Any], name: str) -> str:
    return str(holder.get(name) or "")


def _strings(holder: dict[str, Any], name: str) -> list[str]:
    found = holder.get(name)
    return [str(item) for item in found] if isinstance(found, Sequence) and not isinstance(found, str) else []


def _dicts(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    found = holder.get(name)
    return [item for item in found if isinstance(item, dict)] if isinstance(found, list) else []
