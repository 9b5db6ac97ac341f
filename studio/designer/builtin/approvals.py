"""Changes to who approves and how long they have."""

from __future__ import annotations

import re

import dsl
from dsl import tree
from studio.designer.builtin.amounts import DURATION, duration_text, spoken_duration
from studio.designer.builtin.asking import read_shape
from studio.designer.builtin.change import Change
from studio.designer.builtin.finding import Existing
from studio.designer.builtin.gates import find_role
from studio.designer.builtin.reading import Ask
from studio.designer.writing import Said

_THE = r"(?:the\s+|an?\s+|our\s+)?"
_INSTEAD = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?:ask|let|have|get|use|take)\s+{_THE}(?P<role>[\w ]+?)\s+"
        r"(?:(?:to\s+)?(?:approve|decide|sign off|confirm)\s*)?(?:it\s+)?instead(?:\s+of\s+.*)?$",
        r"^(?:change|set|switch|make)\s+the\s+(?:approver|approval|role)s?\s+(?:to|into)\s+"
        rf"{_THE}(?P<role>[\w ]+)$",
        rf"^(?:instead of .+?,?\s+)(?:ask|let|have)\s+{_THE}(?P<role>[\w ]+?)"
        r"(?:\s+(?:to\s+)?(?:approve|decide).*)?$",
    )
)


def approver(clause: str, existing: Existing) -> Change | Said | None:
    approvals = [p.step.kind for p in existing.steps if isinstance(p.step.kind, tree.Approve)]
    words = _role_words(clause)
    if not approvals or words is None:
        return None
    role = find_role(words, existing.catalog.roles)
    if role is None or not role.sure:
        known = ", ".join(role.known) if role else "none"
        return Said(f"I know no role for {words!r}. The roles here are: {known}. Which one should approve?")
    spans = [
        (kind.approvers[0].span.start, kind.approvers[-1].span.end) for kind in approvals if kind.approvers
    ]
    edits = tuple(
        dsl.ReplaceText(start=start, end=end, text=f'role "{role.role}"')
        for start, end in sorted(spans, reverse=True)
    )
    return Change(edits, f"The approval is now asked of the role {role.role!r}.")


def _role_words(clause: str) -> str | None:
    for pattern in _INSTEAD:
        if match := pattern.match(clause):
            return None if re.search(r"\d", match["role"]) else match["role"]
    shape = read_shape(clause)
    firm = re.search(r"\b(?:should|must|has to|instead|to approve)\b", clause)
    more = re.search(r"\b(?:before|after|if|when|also|add)\b", clause)
    return shape.role if isinstance(shape, Ask) and firm and not more and shape.role else None


def deadline(clause: str, existing: Existing) -> Change | Said | None:
    match = re.match(
        rf"^(?:give|allow)\s+(?:them|him|her|the [\w ]+?|approvers?)\s+{DURATION}", clause, re.IGNORECASE
    ) or re.match(
        rf"^.*\b(?:approv\w*|deadline|decide|answer)\b.*?\b(?:within|to|of|in|is)\s+{DURATION}$",
        clause,
        re.IGNORECASE,
    )
    paths = [p.path for p in existing.steps if isinstance(p.step.kind, tree.Approve)]
    if match is None or not paths:
        return None
    within = duration_text(match["dnum"], match["dunit"])
    edits = tuple(dsl.SetExpression(path=path, field="within", value=within) for path in paths)
    return Change(edits, f"The approver now has {spoken_duration(within)}.")
