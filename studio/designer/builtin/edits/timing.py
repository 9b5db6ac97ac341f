"""Lengths of time: how long a wait is, how long somebody has to answer, when a call is given up."""

from __future__ import annotations

import re
from functools import partial

import dsl
from dsl import tree
from dsl.literals import duration_ms
from dsl.outline import Place, timeout_of
from studio.designer.builtin.amounts import DURATION, duration_text, find_duration, spoken_duration
from studio.designer.builtin.edits.approvals import approvals_of, is_approval
from studio.designer.builtin.edits.change import Change, Choice, Found, Option
from studio.designer.builtin.edits.finding import Existing
from studio.designer.writing import Said

_NOT = (
    r"(?:\s*,?\s*(?:and\s+)?(?:not|instead of|rather than)\s+(?:only\s+|just\s+)?(?:for\s+)?"
    r"(?P<was>\d+|an?|one|two|three|four|five|six|seven|ten)?(?:\s*(?P<wasunit>[a-z]+))?)?(?:\s+instead)?"
)
_MUST = r"(?:should|must|shall|has to|needs? to|ought to|can|may)"
_DEADLINES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:give|allow|leave|grant)\s+(?P<who>them(?: all| both)?|him|her|the [\w ]+?|approvers?|people"
        r"|\w+)"
        rf"\s+{DURATION}(?:\s+(?:to|for|until)\s+.*)?{_NOT}$",
        r"^(?P<who>they|he|she|(?:the|both|all|each|every) [\w ]+?|approvers?|people|\w+)\s+(?:now\s+)?"
        rf"(?:has|have|gets?|{_MUST}"
        rf" have|{_MUST} get)\s+{DURATION}(?:\s+(?:to|for)\s+(?:\w+\s*){{1,4}})?{_NOT}$",
        rf"^(?P<who>they|he|she|the [\w ]+?|approvers?)\s+(?:{_MUST})\s+(?:decide|answer|approve|reply)"
        rf"\s+(?:within|in)\s+{DURATION}{_NOT}$",
        r"^(?P<who>.*\b(?:approv\w*|deadline|decide|answer|expir\w*)\b.*?)\b(?:within|to|of|in|is|after"
        rf"|be|at|for)\s+{DURATION}{_NOT}$",
        r"^(?:extend|lengthen|prolong|shorten|cut)\s+(?P<who>the (?:deadline|approval|time to (?:decide"
        rf"|answer|approve))[\w ]*?)\s+(?:to|by)\s+{DURATION}{_NOT}$",
    )
)
_WAITS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^(?:only\s+)?(?:wait|pause|sleep)\s+(?:for\s+|only\s+|just\s+)*{DURATION}{_NOT}$",
        r"^(?:make|set|change|let)\s+(?P<what>the\s+[\w ]*?(?:wait|pause|delay|break)\w*[\w ]*?|it)\s+"
        rf"(?:to\s+|be\s+|last\s+|for\s+|take\s+)*{DURATION}(?:\s+long)?{_NOT}$",
        r"^(?:shorten|lengthen|extend|reduce|raise|lower|increase|cut|prolong)\s+(?P<what>the\s+[\w ]*?"
        rf"(?:wait|pause|delay|break)\w*[\w ]*?)\s+(?:down\s+|up\s+)?to\s+{DURATION}{_NOT}$",
        rf"^(?P<what>the\s+[\w ]*?(?:wait|pause|delay|break)[\w ]*?)\s+{_MUST}\s+(?:be|last|take)"
        rf"\s+{DURATION}(?:\s+long)?{_NOT}$",
        rf"^(?:wait|pause)\s+(?:longer|less|shorter)[:,]?\s+(?:for\s+)?{DURATION}$",
    )
)
_TIMEOUTS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:time\s?-?out|stop|give up|cancel|abort|fail)\s*(?:on\s+|of\s+|waiting for\s+)?(?P<what>"
        rf"(?:the\s+)?.*?)\s*after\s+{DURATION}{_NOT}$",
        r"^(?:set|change|make|raise|lower|increase|reduce|put)\s+(?:the\s+|an?\s+)?time-?\s?out\s*(?:"
        rf"(?:of|for|on)\s+(?P<what>.+?))?\s+(?:to|be|of|at)\s+{DURATION}{_NOT}$",
        rf"^(?:set|put|add|give)\s+(?:an?\s+)?time-?\s?out\s+of\s+{DURATION}\s+(?:on|to|for)\s+(?P<what>.+)$",
        r"^(?:give|allow)\s+(?P<what>.+?)\s+(?:an?\s+time-?\s?out\s+of\s+)?(?:at most\s+|up to\s+|no"
        rf" more than\s+)?{DURATION}(?:\s+(?:to\s+)?(?:finish|run|answer|complete|respond))?{_NOT}$",
        r"^(?P<what>.+?)\s+(?:may|can|must|should|is allowed to)\s+(?:only\s+)?(?:take|run|last)\s+"
        rf"(?:for\s+)?(?:at most\s+|up to\s+|no (?:more|longer) than\s+)?{DURATION}(?:\s+at most)?$",
        r"^(?P<what>.+?)\s+(?:may|must|should)\s+not\s+(?:take|run|last)\s+(?:for\s+)?(?:longer|more)"
        rf"\s+than\s+{DURATION}$",
        r"^(?P<what>.+?)\s+(?:should|must|has to)\s+(?:time\s?-?out|give up|be given up)\s+after"
        rf"\s+{DURATION}{_NOT}$",
        rf"^(?P<what>.*?)\btime-?\s?out\s*(?:of|:|is|should be|must be)?\s*{DURATION}$",
    )
)
_NO_TIMEOUT = re.compile(
    r"^(?:remove|delete|drop|take out|no|without)\s+(?:the\s+|an?\s+)?time-?\s?out(?:\s+(?:of|from|on"
    r"|for)\s+(?P<what>.+))?$",
    re.IGNORECASE,
)


def duration(clause: str, existing: Existing) -> Found | None:
    """A wait, a deadline or a time-out; None when the clause speaks of none that is there."""
    if match := _NO_TIMEOUT.match(clause):
        return existing.choose(match["what"] or "it", lambda p: _timeout(p, None), _can_time_out)
    waits = [p for p in existing.steps if _waits(p)]
    for pattern in _WAITS:
        if (match := pattern.match(clause)) and waits:
            length = duration_text(match["dnum"], match["dunit"])
            what = (match.groupdict().get("what") or "").strip()
            what = re.sub(r"\b(?:wait|pause|delay|break)(?:ing)?(?:\s+time)?\b", "", what).strip()
            what = what if what.lower() not in ("the", "") else ""
            was = _was(match)
            among = [p for p in waits if was and _ms(p) == was] or waits
            return existing.choose(what, partial(_waits_for, length=length), among.__contains__)
    for pattern in _DEADLINES:
        if match := pattern.match(clause):
            if _speaks_of_call(existing, match["who"]):
                break
            if (
                found := _deadline(existing, match["who"], duration_text(match["dnum"], match["dunit"]))
            ) is not None:
                return found
    for pattern in _TIMEOUTS:
        if match := pattern.match(clause):
            return _given_up(
                existing, match["what"] or "", duration_text(match["dnum"], match["dunit"]), clause
            )
    return None


def _was(match: re.Match[str]) -> int:
    """The old length in "two days, not one", in milliseconds; 0 when none was said."""
    groups = match.groupdict()
    number, unit = groups.get("was"), groups.get("wasunit") or match["dunit"]
    found = find_duration(f"{number} {unit}") if number else None
    return duration_ms(found[0]) if found else 0


def _ms(place: Place) -> int:
    return (place.step.kind.ms or 0) if isinstance(place.step.kind, tree.Wait) else 0


def _waits(place: Place) -> bool:
    return isinstance(place.step.kind, tree.Wait) and place.step.kind.ms is not None


def _waits_for(place: Place, length: str) -> Found:
    assert isinstance(place.step.kind, tree.Wait)
    if place.step.kind.ms == duration_ms(length):
        return Said(f"It waits {spoken_duration(length)} at {place.step.id!r} already.")
    edit = dsl.SetExpression(path=place.path, field="ms", value=length)
    return Change(
        (edit,), f"It now waits {spoken_duration(length)} at {place.step.id!r}.", about=place.step.id
    )


def _speaks_of_call(existing: Existing, who: str) -> bool:
    """ "give the refund 30 seconds": a step with a time-out, nobody who decides."""
    if re.fullmatch(
        r"(?:them(?: all| both)?|him|her|they|he|she|approvers?|people|it)", who.strip(), re.IGNORECASE
    ):
        return False
    found = existing.meant(who)
    return (
        bool(found)
        and not any(is_approval(p) for p in found)
        and not re.search(r"approv|decid|deadline", who, re.I)
    )


def _deadline(existing: Existing, who: str, within: str) -> Found | None:
    found = approvals_of(existing)
    if not found:
        return None
    if len(found) > 1 and not re.search(
        r"\b(?:all|both|every|each|them|they|approvers|people)\b", who, re.IGNORECASE
    ):
        words = re.sub(
            r"\b(?:deadline|approval|approve|approver|time|decide|answer|of|for|the|to)\b",
            " ",
            who,
            flags=re.I,
        )
        named = existing.meant(words, is_approval) if words.strip() else found
        found = named or found
        focused = [p for p in found if p.step.id == existing.focus]
        found = focused or found
        if len(found) > 1:
            options = tuple(Option(existing.label(p), _within(p, within)) for p in found)
            everyone = Option("all of them", _all_within(found, within))
            return Choice("There are several approvals. Which one do you mean?", (*options, everyone))
    return _all_within(found, within)


def _within(place: Place, within: str) -> Found:
    if isinstance(place.step.kind, tree.Approve) and place.step.kind.within_ms == duration_ms(within):
        return Said(f"The approver has {spoken_duration(within)} at {place.step.id!r} already.")
    edit = dsl.SetExpression(path=place.path, field="within", value=within)
    return Change((edit,), f"The approver now has {spoken_duration(within)}.", about=place.step.id)


def _all_within(found: list[Place], within: str) -> Found:
    every = [_within(p, within) for p in reversed(found)]
    changes = [c for c in every if isinstance(c, Change)]
    if not changes:
        return every[0]
    return Change(tuple(e for c in changes for e in c.edits), changes[-1].said, about=changes[-1].about)


def _can_time_out(place: Place) -> bool:
    return isinstance(
        place.step.kind,
        tree.Call | tree.RunWorkflow | tree.Agent | tree.Do | tree.Parallel | tree.Loop | tree.Foreach,
    )


def _given_up(existing: Existing, what: str, limit: str, clause: str) -> Found:
    what = re.sub(r"^(?:on|the step)\s+", "", what.strip(), flags=re.I).strip()
    if not what or re.fullmatch(
        r"(?:it|that|this|everything|all(?: of (?:it|them))?|every (?:call|step)|each (?:call|step)|calls)",
        what,
        re.I,
    ):
        focused = [p for p in existing.steps if p.step.id == existing.focus and _can_time_out(p)]
        calls = [p for p in existing.steps if isinstance(p.step.kind, tree.Call)]
        everyone = bool(re.search(r"\b(?:every|all|each)", what, re.I))
        if focused and not everyone:
            return _timeout(focused[0], limit)
        if len(calls) == 1:
            return _timeout(calls[0], limit)
        if not calls:
            return Said("Nothing in this workflow is called, so there is nothing to give up.")
        all_of_them = Change(
            tuple(dsl.SetClause(path=p.path, clause="timeout", text=limit) for p in reversed(calls)),
            f"Every call is now given up after {spoken_duration(limit)}.",
        )
        if everyone:
            return all_of_them
        options = [
            Option("all of them", all_of_them),
            *(Option(existing.label(p), _timeout(p, limit)) for p in calls[:10]),
        ]
        return Choice(f"What should be given up after {spoken_duration(limit)}?", tuple(options))
    return existing.choose(what, lambda p: _timeout(p, limit))


def _timeout(place: Place, limit: str | None) -> Found:
    if isinstance(place.step.kind, tree.Approve):
        if limit is None:
            return Said(f"The approval {place.step.id!r} has no time-out, it has a deadline.")
        return _within(place, limit)
    if limit is not None and timeout_of(place.step) == duration_ms(limit):
        return Said(f"{place.step.id!r} is given up after {limit} already.")
    edit = dsl.SetClause(path=place.path, clause="timeout", text=limit)
    said = (
        f"The step {place.step.id!r} is now given up after {limit}."
        if limit
        else f"The step {place.step.id!r} has no time-out of its own any more."
    )
    return Change((edit,), said, about=place.step.id)


__all__ = ["duration"]
