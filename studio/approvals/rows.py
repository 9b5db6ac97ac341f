"""Approvals as the inbox shows them. Pure.

Everything shown comes from the recorded arguments, never from a model's words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from engine.approvals import Approval, Asked
from engine.happening import sentence
from studio.shell.moments import iso

STATES: Final[dict[str, tuple[str, str]]] = {
    "open": ("Open", "warning"),
    "approved": ("Approved", "success"),
    "rejected": ("Rejected", "danger"),
    "expired": ("Expired", ""),
    "cancelled": ("Cancelled", ""),
}


@dataclass(frozen=True, slots=True)
class Effect:
    """One call that approving lets happen: `words` name it, `arguments` are exact; names in `pending` get their value
    later. `stubbed`: in this test it does not really happen."""

    words: str
    tool: str
    path: str
    arguments: dict[str, Any] = field(default_factory=dict)
    pending: list[str] = field(default_factory=list)
    known: bool = True
    stubbed: bool = False


@dataclass(frozen=True, slots=True)
class Talk:
    """A question and its answer. `mine`: the reader is asked."""

    id: str
    asker: str
    answerer: str
    text: str
    asked: str
    answer: str
    answered: str
    mine: bool


@dataclass(frozen=True, slots=True)
class ApprovalCard:
    """One approval, open or decided. `escalates`: when others (`escalates_to`) may decide too, "" once they may
    (`escalated`). `acting_for`: for whom the reader would decide. `trial`: a test of a draft asks."""

    id: str
    title: str
    workflow: str
    workflow_id: str
    run_id: str
    step: str
    asked_by: str
    approvers: str
    effects: list[Effect]
    shown: dict[str, Any]
    has_shown: bool
    created: str
    expires: str
    decided: str
    state: str
    state_words: str
    tone: str
    decisions: list[dict[str, str]]
    quorum: str
    args_hash: str
    refusal: str
    escalates: str = ""
    escalates_to: str = ""
    escalated: bool = False
    acting_for: str = ""
    talk: list[Talk] = field(default_factory=list)
    trial: bool = False


def card(approval: Approval) -> ApprovalCard:
    """The card of an approval."""
    words, tone = STATES.get(approval.state, (approval.state, ""))
    opened = approval.state == "open"
    named = () if approval.escalates_to is None else (approval.escalates_to,)
    return ApprovalCard(
        id=str(approval.id),
        title=approval.title or f"Approve {approval.step_id}",
        workflow=approval.workflow_title or approval.workflow_name,
        workflow_id=str(approval.workflow_id),
        run_id=str(approval.run_id),
        step=approval.path,
        asked_by=approval.requester,
        approvers=approvers(approval.approvers),
        effects=[effect(each) for each in approval.effects],
        shown=dict(approval.shown),
        has_shown=bool(approval.shown),
        created=iso(approval.created_at),
        expires=iso(approval.expires_at),
        decided=iso(approval.decided_at),
        state=approval.state,
        state_words=words,
        tone=tone,
        decisions=[decision(each) for each in approval.decisions],
        quorum=quorum(approval.quorum, len(approval.decisions)),
        args_hash=approval.args_hash,
        refusal="" if approval.may_decide or not opened else approval.refusal,
        escalates="" if approval.escalated or not opened else iso(approval.escalates_at),
        escalates_to=approvers(named),
        escalated=approval.escalated and opened,
        acting_for=approval.acting_for,
        talk=[talk(each) for each in approval.questions],
        trial=approval.trial,
    )


def effect(written: Mapping[str, Any]) -> Effect:
    """One recorded effect."""
    arguments = written.get("arguments")
    return Effect(
        words=sentence(written if arguments is None else {**written, "arguments": {}}),
        tool=f"{written['connector']}.{written['tool']}",
        path=str(written.get("path", "")),
        arguments=dict(arguments or {}),
        pending=[str(name) for name in written.get("pending") or ()],
        known=arguments is not None,
        stubbed=bool(written.get("stubbed")),
    )


def approvers(named: tuple[Mapping[str, Any], ...]) -> str:
    """ "role manager or ada@example.com" """
    return " or ".join(
        f"role {each['name']}" if each.get("by") == "role" else str(each.get("name", "")) for each in named
    )


def quorum(needed: int, given: int) -> str:
    """ "1 of 2 said yes", or "" where one person decides."""
    return "" if needed <= 1 else f"{given} of {needed} said yes"


def decision(said: Mapping[str, Any]) -> dict[str, str]:
    """One person's recorded decision."""
    return {
        "email": str(said.get("email", "")),
        "words": "approved" if said.get("decision") == "approve" else "rejected",
        "for": str(said.get("for", "")),
        "comment": str(said.get("comment", "")),
        "at": str(said.get("at", "")),
    }


def talk(asked: Asked) -> Talk:
    """A question as it is shown."""
    return Talk(
        str(asked.id),
        asked.asker,
        asked.answerer,
        asked.text,
        iso(asked.asked_at),
        asked.answer,
        iso(asked.answered_at),
        asked.mine,
    )
