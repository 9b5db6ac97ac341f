"""Who is asked: another role, one more, either of two, how many must agree, to whom it goes when nobody answers."""

from __future__ import annotations

import re
from functools import partial

import dsl
from dsl.outline import Place
from studio.designer.builtin.amounts import DURATION, NUMBER_WORDS, duration_text, spoken_duration
from studio.designer.builtin.asking import read_shape
from studio.designer.builtin.edits.approvals import (
    approvals_of,
    approve_of,
    approver_name,
    each_approval,
    is_approval,
    is_role,
    spoken,
    with_role,
)
from studio.designer.builtin.edits.change import Change, Found
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.edits.hand import Hand
from studio.designer.builtin.edits.moving import at_step
from studio.designer.builtin.gates import find_role
from studio.designer.builtin.reading import Ask
from studio.designer.writing import Said

_THE = (
    r"(?:the\s+|an?\s+|our\s+|my\s+|one of the\s+|someone (?:from|in)\s+(?:the\s+)?|somebody (?:from"
    r"|in)\s+(?:the\s+)?)?"
)
_ROLE = rf"{_THE}(?P<role>[\w@.\-]+(?:[ _][\w\-]+){{0,2}}?)"
_OLD = rf"{_THE}(?P<old>[\w\-]+(?:[ _][\w\-]+){{0,2}}?)"
_YES = (
    r"(?:approve|decide|sign(?:\s+it)?\s+off|confirm|okay|authori[sz]e|agree|give the (?:ok|go-ahead"
    r"|approval)|say yes)"
)
_INSTEAD = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?:ask|let|have|get|use|take|make|send it to|route it to)\s+{_ROLE}\s+(?:(?:to\s+)?{_YES}"
        r"\s*)?(?:it\s+|that\s+|this\s+)?"
        rf"(?:instead|rather)(?:\s*,?\s*(?:of|than)\s+{_OLD})?$",
        rf"^(?:ask|let|have|get|use|take)\s+{_ROLE}\s*(?:to\s+)?(?:{_YES}\s*)?(?:it\s+|that\s+)?,?\s*"
        rf"(?:and\s+)?(?:not|rather than)\s+{_OLD}$",
        rf"^instead of\s+{_OLD},?\s+(?:ask|let|have|get|use)\s+{_ROLE}(?:\s+(?:to\s+)?{_YES}.*)?$",
        r"^(?:change|set|switch|make)\s+the\s+(?:approver|approval|role|person who approves)s?\s+(?:from"
        rf"\s+{_OLD}\s+)?(?:to|into)\s+(?:be\s+)?{_ROLE}$",
        rf"^(?:the\s+)?approver\s+(?:should|must|shall)\s+(?:now\s+)?be\s+{_ROLE}(?:\s+instead)?$",
        rf"^make\s+{_ROLE}\s+the\s+(?:new\s+)?approver(?:\s+instead)?$",
        rf"^(?:replace|swap)\s+{_OLD}\s+(?:by|with|for)\s+{_ROLE}(?:\s+(?:as\s+(?:the\s+)?approver|in the"
        r" approval))?$",
        r"^(?:the\s+)?(?:approval|decision|request)\s+(?:should|must|shall|has to)\s+(?:now\s+)?(?:go to"
        rf"|come from|be (?:made|given|done) by|be asked of)\s+{_ROLE}(?:\s+instead)?$",
        rf"^(?:not|no longer)\s+{_OLD},?\s+but\s+(?:rather\s+)?{_ROLE}\s+(?:should|must|shall|has to|is"
        rf" to)\s+{_YES}.*$",
        rf"^{_ROLE}\s+(?:approves|decides|should (?:approve|decide)|must (?:approve|decide)),?\s+(?:and"
        rf"\s+)?not\s+{_OLD}$",
        rf"^(?:it|this|that)\s+(?:should|must)\s+be\s+(?:approved|decided|signed off)\s+by\s+{_ROLE}(?:"
        rf"\s*,?\s*(?:instead of|and not(?: by)?|not(?: by)?)\s+{_OLD}|\s+instead)?$",
        rf"^(?:i\s+want\s+)?{_ROLE}\s+(?:to\s+)?{_YES}\s+(?:it\s+|this\s+|that\s+)?instead(?:\s+of"
        rf"\s+{_OLD})?$",
    )
)
_TOO = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?:ask|let|have|get)\s+{_ROLE}\s+(?:to\s+)?(?:{_YES}\s*)?(?:it\s+)?(?:too|as well|also|in"
        r" addition|additionally)$",
        rf"^(?:also|additionally|in addition,?)\s+(?:ask|let|have|get|require)\s+{_ROLE}(?:\s+(?:to"
        rf"\s+)?{_YES}.*|'s approval)?$",
        rf"^{_ROLE}\s+(?:must|should|has to|needs to|shall)\s+(?:also|too|additionally)\s+{_YES}.*$",
        rf"^{_ROLE}\s+(?:must|should|has to|needs to|shall)\s+{_YES}\s+(?:it\s+)?(?:too|as well|also)$",
        r"^(?:add|require|include|get)\s+(?:an?\s+|another\s+|one more\s+)?(?:second\s+|additional\s+"
        rf"|further\s+)?approval\s+(?:by|from|of)\s+{_ROLE}(?:\s+(?:too|as well))?$",
    )
)
_OR = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?:add|include)\s+{_ROLE}\s+(?:as\s+(?:an?\s+|another\s+)?(?:possible\s+|alternative"
        r"\s+)?approvers?|to the approvers?|to the approval)$",
        rf"^{_ROLE}\s+(?:may|can|could|is allowed to)\s+(?:also\s+)?{_YES}\s*(?:it\s*)?(?:too|as well"
        r"|also)?$",
        rf"^(?:allow|permit)\s+{_ROLE}\s+to\s+{_YES}\s*(?:it\s*)?(?:too|as well|also)?$",
        rf"^(?:ask|let|have)\s+{_OLD}\s+or\s+{_ROLE}(?:\s+(?:to\s+)?{_YES}.*)?$",
        rf"^either\s+{_OLD}\s+or\s+{_ROLE}\s+(?:may|can|should|must)\s+{_YES}.*$",
    )
)
_BOTH = re.compile(
    rf"^(?:both\s+)?{_OLD}\s+and\s+{_ROLE}\s+(?:must|should|have to|need to|shall)\s+(?:both\s+)?{_YES}.*$",
    re.IGNORECASE,
)
_COUNT = r"(?P<n>\d+|one|two|three|four|five|a single|both)"
_QUORUM = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?:at least\s+)?{_COUNT}\s+(?:of (?:them|the (?P<who>[\w ]+?))|people|persons|approvers|"
        r"(?P<who2>[a-z][\w ]*?))\s+"
        rf"(?:must|should|have to|has to|need to|needs to|shall)\s+(?:both\s+)?{_YES}.*$",
        rf"^(?:require|ask for|get|want|need)\s+(?:at least\s+)?{_COUNT}\s+(?:approvals?|yeses|signatures"
        rf"|sign-?offs|people|approvers|(?:different\s+)?(?P<who>[a-z][\w ]*?))(?:\s+to\s+{_YES}.*)?$",
        rf"^(?:the approval\s+)?(?:needs?|requires?|must have|should need)\s+(?:at least\s+)?{_COUNT}\s+"
        r"(?:approvals?|yeses|signatures|sign-?offs|people|approvers|votes)$",
        rf"^(?:set|change|raise|lower)\s+the\s+quorum\s+(?:of .+ )?to\s+{_COUNT}$",
        rf"^{_COUNT}\s+(?:approval|yes|signature|person)s?\s+(?:is|are)\s+(?:enough|sufficient|needed"
        r"|required|necessary)$",
        rf"^(?:ask|let|have)\s+{_COUNT}\s+(?P<who>[a-z][\w ]*?)\s+(?:to\s+)?{_YES}.*$",
        r"^(?P<n>four)[ -]eyes?(?: principle)?.*$",
    )
)
_ESCALATE = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^escalate\s+(?:it\s+|the (?:approval|request|question|decision)\s+|that\s+)?to\s+{_ROLE}\s+"
        r"(?:after|when|if)\s+(?:nobody (?:answers|decides|has answered)\s+(?:within|in|for|after)"
        rf"\s+)?{DURATION}.*$",
        rf"^after\s+{DURATION}(?:\s+without (?:an )?(?:answer|decision|reply))?,?\s+(?:escalate|ask|go"
        rf"|hand it|pass it)(?:\s+it)?(?:\s+on)?(?:\s+to)?\s+{_ROLE}(?:\s+instead)?$",
        r"^if\s+(?:nobody|no one|they|he|she|the [\w ]+?)\s+(?:answers?|decides?|replies|reacts?|(?:has"
        r"|have|does|do)(?:n't| not) (?:answer(?:ed)?|decide[d]?|repl(?:y|ied)|react(?:ed)?))\s+"
        rf"(?:within|in|after|for)\s+{DURATION},?\s+(?:then\s+)?(?:escalate(?:\s+it)?\s+to|ask|go to)"
        rf"\s+{_ROLE}$",
        rf"^(?:ask|escalate to)\s+{_ROLE}\s+(?:if|when)\s+(?:nobody|no one|they|he|she|the [\w ]+?)\s+"
        r"(?:answers?|decides?|(?:has|have|does|do)(?:n't| not) (?:answer(?:ed)?|decided?))\s+(?:within"
        rf"|in|after|for)\s+{DURATION}$",
    )
)
_NO_ESCALATION = re.compile(
    r"^(?:remove|delete|drop|take out|no longer|don't|do not|stop|no)\s+(?:the\s+)?escalat\w*.*$",
    re.IGNORECASE,
)


def approver(clause: str, existing: Existing) -> Found | None:
    if not approvals_of(existing):
        return None
    if _NO_ESCALATION.match(clause):
        return each_approval(existing, clause, lambda p: _no_escalation(p))
    for pattern in _ESCALATE:
        if match := pattern.match(clause):
            return _escalate(existing, match["role"], duration_text(match["dnum"], match["dunit"]))
    for pattern in _QUORUM:
        if (match := pattern.match(clause)) and (found := _quorum(existing, match)) is not None:
            return found
    if (
        (match := _BOTH.match(clause))
        and is_role(existing, match["role"])
        and is_role(existing, match["old"])
    ):
        return _both(existing, match["old"], match["role"])
    for pattern in _INSTEAD:
        if (match := pattern.match(clause)) and not re.search(r"\d", match["role"]):
            old = match["old"] if "old" in pattern.groupindex else None
            firm = bool(
                re.search(r"\b(?:approv|approver|sign|decid|confirm|authori|agree)", clause, re.IGNORECASE)
            )
            if firm or is_role(existing, match["role"]) or re.match(r"^(?:ask|let)\b", clause, re.IGNORECASE):
                return with_role(existing, match["role"], lambda r, old=old: _instead(existing, r, old))  # type: ignore[misc]
    for pattern in _TOO:
        if match := pattern.match(clause):
            if not is_role(existing, match["role"]) and not re.search(r"approv|sign|confirm|decid", clause):
                return None
            return with_role(
                existing,
                match["role"],
                lambda r: each_approval(existing, "", lambda p: _second(existing, p, r), once=True),
            )
    for pattern in _OR:
        if (match := pattern.match(clause)) and is_role(existing, match["role"]):
            asked = {approver_name(a) for p in approvals_of(existing) for a in approve_of(p).approvers}
            both = [w for w in (match["role"], match.groupdict().get("old")) if w and is_role(existing, w)]
            fresh = [w for w in both if (r := find_role(w, existing.catalog.roles)) and r.role not in asked]
            return with_role(existing, (fresh or both)[0], partial(_each_or, existing))
    role = _firmly(clause)
    return None if role is None else with_role(existing, role, lambda r: _instead(existing, r, None))


def _each_or(existing: Existing, role: str) -> Found:
    return each_approval(existing, "", lambda p: _or(existing, p, role))


def _escalate(existing: Existing, role: str, after: str) -> Found:
    return with_role(existing, role, lambda r: each_approval(existing, "", lambda p: _escalated(p, after, r)))


def _firmly(clause: str) -> str | None:
    """ "the finance manager should approve": with one approval there, it is that one."""
    clause = re.sub(r"\bsign (?:this|it|that) off\b", "sign off", clause, flags=re.I)
    shape = read_shape(clause)
    firm = re.search(
        r"\b(?:should|must|has to|instead|to approve|to sign off|approves)\b|^(?:have|let)\b", clause
    )
    more = re.search(r"\b(?:before|after|if|when|also|add|too|as well|unless|within|over|under)\b", clause)
    return (
        shape.role
        if isinstance(shape, Ask) and firm and not more and shape.role and not shape.quorum
        else None
    )


# ---- the changes -----------------------------------------------------------------------------------------


def _instead(existing: Existing, role: str, old: str | None) -> Found:
    asked = find_role(old, existing.catalog.roles) if old else None

    def replaced(place: Place) -> Found:
        kind = approve_of(place)
        start, end = kind.approvers[0].span.start, kind.approvers[-1].span.end
        if asked is not None and asked.sure and len(kind.approvers) > 1:
            one = next((a for a in kind.approvers if approver_name(a) == asked.role), None)
            start, end = (one.span.start, one.span.end) if one else (start, end)
        if existing.text[start:end] == role:
            return Said(f"The approval {place.step.id!r} is asked of {spoken(role)} already.")
        edit = dsl.ReplaceText(start=start, end=end, text=role)
        return Change((edit,), f"The approval is now asked of {spoken(role)}.", about=place.step.id)

    found = approvals_of(existing)
    if asked is not None and asked.sure:
        theirs = [p for p in found if any(approver_name(a) == asked.role for a in approve_of(p).approvers)]
        if len(theirs) == 1:
            return replaced(theirs[0])
    return each_approval(existing, "", replaced)


def _second(existing: Existing, place: Place, role: str) -> Found:
    """One more approval right behind, that asks the same."""
    kind = approve_of(place)
    if any(f'{a.by} "{approver_name(a)}"' == role for a in kind.approvers):
        return Said(f"The approval {place.step.id!r} asks {spoken(role)} already.")
    text = existing.text[place.step.span.start : place.step.span.end]
    offset = place.step.span.start
    start, end = kind.approvers[0].span.start - offset, kind.approvers[-1].span.end - offset
    own = place.step.id_span
    text = (
        text[: own.start - offset] + f"{place.step.id}" + text[own.end - offset : start] + role + text[end:]
    )
    docs = place.step.doc.splitlines()
    text = re.sub(r"^(?:///[^\n]*\n\s*)+", "", text) if docs else text
    if kind.quorum:
        text = re.sub(r"\n[ \t]*quorum \d+", "", text)
    container, before = at_step(existing, place, after=True)
    known = frozenset(p.step.id for p in existing.steps)
    hand = Hand(existing)
    hand.make(dsl.AddStep(container=container, before=before, text=text))
    new = hand.new_in(container, known)
    return hand.change(
        f"After {place.step.id!r}, {spoken(role)} is asked too.",
        new[0].step.id if new else place.step.id,
        ("Both must say yes. If either is enough, say “either of them may approve”.",),
    )


def _or(existing: Existing, place: Place, role: str) -> Found:
    kind = approve_of(place)
    if any(f'{a.by} "{approver_name(a)}"' == role for a in kind.approvers):
        return Said(f"{spoken(role).capitalize()} can approve {place.step.id!r} already.")
    at = kind.approvers[-1].span.end
    edit = dsl.ReplaceText(start=at, end=at, text=f", {role}")
    return Change(
        (edit,),
        f"{spoken(role)[:1].upper()}{spoken(role)[1:]} can approve {place.step.id!r} as well.",
        about=place.step.id,
    )


def _both(existing: Existing, one: str, two: str) -> Found:
    found = [find_role(words, existing.catalog.roles) for words in (one, two)]
    roles = [r.role for r in found if r is not None and r.sure]
    if len(roles) < 2:
        return with_role(
            existing, one, lambda _: with_role(existing, two, lambda r: _instead(existing, r, None))
        )
    asked = {approver_name(a) for p in approvals_of(existing) for a in approve_of(p).approvers}
    missing = [r for r in roles if r not in asked]
    if not missing:
        return Said(f"Both are asked already: {' and '.join(roles)}.")
    if len(missing) == 2:
        first = _instead(existing, f'role "{roles[0]}"', None)
        if not isinstance(first, Change):
            return first
        hand = Hand(existing)
        hand.take(first)
        second = each_approval(
            hand.existing, "", lambda p: _second(hand.existing, p, f'role "{roles[1]}"'), once=True
        )
        if not isinstance(second, Change):
            return second
        hand.take(second)
        return hand.change(f"{roles[0]!r} and then {roles[1]!r} must say yes.", second.about)
    return each_approval(existing, "", lambda p: _second(existing, p, f'role "{missing[0]}"'), once=True)


def _quorum(existing: Existing, match: re.Match[str]) -> Found | None:
    groups = match.groupdict()
    who = groups.get("who") or groups.get("who2") or ""
    counted = bool(re.search(r"\b(?:attempts?|times|days?|hours?|items?)\b", who))
    people = is_role(existing, who) or bool(re.search(r"approver|people|person|different", who))
    if who and not people and (counted or not re.search(r"approv|sign|agree", match[0])):
        return None
    word = match["n"].lower()
    number = (
        {"both": 2, "a single": 1, "four": 2 if "eye" in match[0].lower() else 4}.get(word)
        or NUMBER_WORDS.get(word)
        or int(word)
    )

    def set_quorum(place: Place) -> Found:
        kind = approve_of(place)
        edit: dsl.Edit = dsl.SetExpression(
            path=place.path, field="quorum", value=str(number) if number > 1 else None
        )
        if (kind.quorum or 1) == number:
            return Said(f"{place.step.id!r} needs {number} yes{'es' if number > 1 else ''} already.")
        said = (
            f"{place.step.id!r} now needs {number} people to say yes."
            if number > 1
            else f"One yes is now enough for {place.step.id!r}."
        )
        hand = Hand(existing)
        if (
            who
            and (role := find_role(who, existing.catalog.roles))
            and role.sure
            and not any(approver_name(a) == role.role for a in kind.approvers)
        ):
            changed = _instead(existing, f'role "{role.role}"', None)
            if isinstance(changed, Change):
                hand.take(changed)
        hand.make(edit)
        return hand.change(said, place.step.id)

    return each_approval(existing, "", set_quorum)


def _escalated(place: Place, after: str, role: str) -> Found:
    kind = approve_of(place)
    edits: list[dsl.Edit] = [
        dsl.SetExpression(path=place.path, field="escalate", value=f"after {after} to {role}")
    ]
    questions: tuple[str, ...] = ()
    ms = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
    unit = re.fullmatch(r"(\d+)(ms|s|m|h|d|w)", after)
    later = int(unit[1]) * ms[unit[2]] if unit else 0
    if unit and kind.within_ms is not None and kind.within_ms <= later:
        doubled = f"{int(unit[1]) * 2}{unit[2]}"
        edits.append(dsl.SetExpression(path=place.path, field="within", value=doubled))
        questions = (
            f"The approval ended before that, so it now waits {spoken_duration(doubled)} in all. Is that"
            " enough?",
        )
    said = f"After {spoken_duration(after)} without an answer, {place.step.id!r} goes to {spoken(role)}."
    return Change(tuple(edits), said, questions=questions, about=place.step.id)


def _no_escalation(place: Place) -> Found:
    if approve_of(place).escalate is None:
        return Said(f"{place.step.id!r} is not escalated.")
    edit = dsl.SetExpression(path=place.path, field="escalate", value=None)
    return Change((edit,), f"{place.step.id!r} is no longer escalated.", about=place.step.id)


__all__ = ["approvals_of", "approver", "is_approval", "spoken"]
