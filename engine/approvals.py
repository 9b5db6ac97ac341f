"""Approvals: what waits for a person, who may decide it and for whom, what is asked before, and the decision."""

from engine.approving.asked import Asked
from engine.approving.asking import LONGEST_ANSWER, LONGEST_QUESTION, answer, ask
from engine.approving.bulk import MOST_AT_ONCE, Decided, Wanted, decide_many
from engine.approving.deciding import LONGEST_COMMENT, Decision, decide
from engine.approving.delegations import (
    LONGEST_DAYS,
    Delegation,
    Person,
    colleagues,
    delegate,
    list_delegations,
    revoke,
)
from engine.approving.rights import refusal_of
from engine.approving.seeing import Approval, get, list_approvals

__all__ = [
    "LONGEST_ANSWER",
    "LONGEST_COMMENT",
    "LONGEST_DAYS",
    "LONGEST_QUESTION",
    "MOST_AT_ONCE",
    "Approval",
    "Asked",
    "Decided",
    "Decision",
    "Delegation",
    "Person",
    "Wanted",
    "answer",
    "ask",
    "colleagues",
    "decide",
    "decide_many",
    "delegate",
    "get",
    "list_approvals",
    "list_delegations",
    "refusal_of",
    "revoke",
]
