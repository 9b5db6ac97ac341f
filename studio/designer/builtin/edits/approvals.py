"""The approvals of a workflow: which one is meant, and who can be asked."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from dsl import tree
from dsl.outline import Place
from studio.designer.builtin.edits.change import Change, Found, Option, one_of
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.gates import find_role
from studio.designer.writing import Said

_ALL = re.compile(r"\b(?:all|both|every|each)\b", re.IGNORECASE)


def is_approval(place: Place) -> bool:
    return isinstance(place.step.kind, tree.Approve)


def approvals_of(existing: Existing) -> list[Place]:
    return [p for p in existing.steps if is_approval(p)]


def is_role(existing: Existing, words: str) -> bool:
    if "@" in words:
        return True
    found = find_role(words, existing.catalog.roles)
    return found is not None and found.sure and (existing.catalog.roles is not None or "manager" in words)


def with_role(existing: Existing, words: str, then: Callable[[str], Found]) -> Found:
    """``then`` of the approver in Weft (``role "x"``, ``user "y"``)."""
    if "@" in words:
        return then(f'user "{words.strip(" .")}"')
    role = find_role(words, existing.catalog.roles)
    if role is None or not role.sure:
        known = ", ".join(role.known) if role else "none"
        return Said(f"I know no role for {words!r}. The roles here are: {known}. Which one should approve?")
    return then(f'role "{role.role}"')


def each_approval(
    existing: Existing, words: str, then: Callable[[Place], Found], *, once: bool = False
) -> Found:
    """``then`` of the approval that is meant. Of several: the one in focus, or a choice that includes all of them."""
    found = approvals_of(existing)
    if len(found) > 1 and words and not _ALL.search(words):
        named = existing.meant(words, is_approval)
        found = named if 0 < len(named) < len(found) else found
    if len(found) == 1:
        return then(found[0])
    focused = [p for p in found if p.step.id == existing.focus]
    if focused and not _ALL.search(words):
        return then(focused[0])
    everyone = _all(existing, found, then)
    if _ALL.search(words) and everyone is not None:
        return everyone
    options = [Option(existing.label(p), then(p)) for p in found]
    if everyone is not None and not once:
        options.append(Option("all of them", everyone))
    return one_of("There are several approvals. Which one do you mean?", tuple(options))


def _all(existing: Existing, found: list[Place], then: Callable[[Place], Found]) -> Change | None:
    changes = [then(p) for p in reversed(found)]
    kept = [c for c in changes if isinstance(c, Change)]
    if len(kept) != len(changes):
        return None
    return replace(kept[-1], edits=tuple(e for c in kept for e in c.edits))


def spoken(approver: str) -> str:
    """``role "finance_manager"`` as "the role 'finance_manager'"."""
    sort, _, name = approver.partition(" ")
    return f"the {sort} {name.strip(chr(34))!r}" if sort == "role" else name.strip('"')


def approve_of(place: Place) -> tree.Approve:
    assert isinstance(place.step.kind, tree.Approve)
    return place.step.kind


def approver_name(approver: tree.Approver) -> str:
    return str(approver.name.value) if isinstance(approver.name, tree.Constant) else ""


__all__ = [
    "approvals_of",
    "approve_of",
    "approver_name",
    "each_approval",
    "is_approval",
    "is_role",
    "spoken",
    "with_role",
]
