"""What an approval shows to those who decide, and the question that it asks."""

from __future__ import annotations

import re
from functools import partial

import dsl
from dsl import tree
from dsl.outline import Place
from studio.designer.builtin.edits.approvals import is_approval
from studio.designer.builtin.edits.arguments import argument_name
from studio.designer.builtin.edits.change import Change, Found
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.edits.placing import scope_at
from studio.designer.builtin.edits.values import field, value
from studio.designer.builtin.words import likeness, stems
from studio.designer.writing import Said

_SHOW = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:also\s+)?(?:show|display|include|add|put|list|mention)\s+(?P<field>.+?)\s+(?:in|on|to|into"
        r"|at)\s+(?P<what>.*(?:approv|decision|question|request).*)$",
        r"^(?:also\s+)?(?:show|tell)\s+(?:the\s+)?(?P<what>approvers?|manager|person who \w+|[\w ]+?)\s+"
        r"(?P<field>(?:the|their|his|her|its)\s+.+|who .+)$",
        r"^(?:let|make)\s+(?:the\s+)?(?P<what>approvers?|[\w ]+?)\s+(?:see|know)\s+(?P<field>.+)$",
        r"^(?P<what>(?:the\s+)?(?:approval|approver)s?)\s+(?:should|must|needs to|has to)\s+(?:also\s+)?"
        r"(?:show|see|include|mention|contain)\s+(?P<field>.+)$",
    )
)


_HIDE = re.compile(
    r"^(?:don't|do not|no longer|stop)\s+(?:show(?:ing)?|display(?:ing)?|includ(?:e|ing))\s+"
    r"(?P<field>.+?)\s+(?:in|on|to)\s+(?P<what>.*(?:approv|decision|question).*)$"
    r"|^(?:hide|remove|take|drop)\s+(?P<field2>.+?)\s+(?:from|out of)\s+(?P<what2>.*(?:approv|decision"
    r"|question).*)$",
    re.IGNORECASE,
)


def shown(clause: str, existing: Existing) -> Found | None:
    """ "show the customer's name in the approval"."""
    if (match := _HIDE.match(clause)) and any(is_approval(p) for p in existing.steps):
        words = match["field"] or match["field2"]
        return existing.choose(
            _approval_words(match["what"] or match["what2"]),
            lambda p: _hidden(existing, p, words),
            is_approval,
        )
    for number, pattern in enumerate(_SHOW):
        match = pattern.match(clause)
        if match is None or not any(is_approval(p) for p in existing.steps):
            continue
        if re.search(r"\b(?:title|question)\b", match["what"]):
            continue
        if number in (1, 2) and not re.search(
            r"approver|person who|decid|manager|finance|lead|director", match["what"], re.I
        ):
            continue
        show = partial(_show, existing, words=match["field"])
        return existing.choose(_approval_words(match["what"]), show, is_approval)
    return None


def _approval_words(what: str) -> str:
    return re.sub(
        r"\b(?:approvers?|manager|person who \w+|form|page|screen|request)\b", "approval", what, flags=re.I
    )


def approval_question(existing: Existing, arg: str, what: str, words: str) -> Found | None:
    """The question of an approval: its title."""
    if arg not in ("title", "question", "text", "message", "wording", "headline") or not any(
        is_approval(p) for p in existing.steps
    ):
        return None
    found = existing.meant(what) if what else []
    if what and not any(is_approval(p) for p in found):
        return None
    if not what and (
        arg != "question" and any(argument_name(existing, p, ("title",)) for p in existing.steps)
    ):
        return None
    if not what and arg not in ("question", "title"):
        return None

    def titled(place: Place) -> Found:
        scope = scope_at(existing, place.container, place.step.id)
        text = value(existing, scope, words, {"type": "string"}, text=True)
        assert text is not None
        edit = dsl.SetExpression(path=place.path, field="title", value=text)
        return Change((edit,), f"The approval {place.step.id!r} now asks {text}.", about=place.step.id)

    return existing.choose(what or "", titled, is_approval)


def _show(existing: Existing, place: Place, words: str) -> Found:
    kind = place.step.kind
    assert isinstance(kind, tree.Approve)
    scope = scope_at(existing, place.container, place.step.id)
    paths: list[str] = []
    missing: list[str] = []
    for part in re.split(
        r"\s*,\s*(?:and\s+)?|\s+and\s+", re.sub(r"\b(?:too|as well|also)$", "", words).strip()
    ):
        whole = next((n for n in scope.names() if stems(n.rpartition(".")[2]) == stems(part)), "")
        found = None if whole else field(scope, part)
        if whole or found:
            paths.append(whole or (found.path if found else ""))
        else:
            missing.append(part)
    known = {existing.written(e) for e in kind.show}
    fresh = [p for p in dict.fromkeys(paths) if p not in known]
    if not fresh:
        if paths:
            return Said(f"The approval {place.step.id!r} shows {' and '.join(paths)} already.")
        return Said(f"Nothing that is known at {place.step.id!r} is {words!r}, so it cannot be shown there.")
    every = ", ".join([*(existing.written(e) for e in kind.show), *fresh])
    if kind.show:
        at = kind.show[-1].span.end
        edit: dsl.Edit = dsl.ReplaceText(start=at, end=at, text="".join(f", {p}" for p in fresh))
    else:
        edit = dsl.SetExpression(path=place.path, field="show", value=every)
    questions = tuple(f"Nothing that is known there is {m!r}." for m in missing)
    return Change(
        (edit,),
        f"The approval {place.step.id!r} now also shows {' and '.join(fresh)}.",
        questions=questions,
        about=place.step.id,
    )


def _hidden(existing: Existing, place: Place, words: str) -> Found:
    kind = place.step.kind
    assert isinstance(kind, tree.Approve)
    said = set(stems(words))
    gone = [e for e in kind.show if any(likeness(s, w) for s in said for w in stems(existing.written(e)))]
    if not gone:
        return Said(f"The approval {place.step.id!r} does not show {words!r}.")
    kept = [existing.written(e) for e in kind.show if e not in gone]
    edit = dsl.SetExpression(path=place.path, field="show", value=", ".join(kept) or None)
    names = " and ".join(existing.written(e) for e in gone)
    return Change((edit,), f"The approval {place.step.id!r} no longer shows {names}.", about=place.step.id)


__all__ = ["approval_question", "shown"]
