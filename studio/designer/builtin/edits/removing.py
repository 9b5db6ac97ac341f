"""Taking a step out, with what only made sense because of it."""

from __future__ import annotations

import re

import dsl
from dsl import tree
from dsl.outline import Place
from dsl.walk import walk
from studio.designer.builtin.edits.change import Change, Choice, Found, Option
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.edits.hand import Hand
from studio.designer.writing import Said

_REMOVES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:remove|delete|drop|skip|take out|take away|get rid of|leave out|cut(?: out)?|throw out"
        r"|eliminate|omit|scrap|kill)\s+(?P<what>.+?)(?:\s+(?:completely|altogether|entirely|again"
        r"|please))?$",
        r"^(?:take|leave|cut|throw)\s+(?P<what>.+?)\s+(?:out|away)$",
        r"^(?:(?:i|we|you)\s+)?(?:don't|do not|no longer)\s+(?:need|want)\s+(?P<what>.+?)(?:\s+any\s?more)?$",
        r"^(?P<what>.+?)\s+(?:is|are)(?:n't| not| no longer)\s+(?:needed|necessary|required|wanted)(?:"
        r"\s+any\s?more)?$",
        r"^(?:there (?:should|must) be )?no\s+(?:more\s+)?(?P<what>[\w ]+?)(?:\s+any\s?more)?$",
        r"^without\s+(?P<what>.+)$",
        r"^(?P<what>.+?)\s+(?:should|must|can|may)\s+(?:go(?: away)?|be (?:removed|deleted|dropped|left"
        r" out|gone))$",
    )
)
_DONT = re.compile(
    r"^(?:don't|do not|no longer|stop|never|no need to)\s+(?P<verb>\w+)\s*(?P<what>.*?)(?:\s+any"
    r"\s?more)?$",
    re.IGNORECASE,
)
_TWICE = re.compile(
    r"^(?:don't|do not|never|no longer|stop)\s+\w+\s+(?P<what>.+?)\s+(?:twice|two times"
    r"|double|again|a second time)$|^(?P<what2>.+?)\s+(?:is|are|gets?)\s+(?:\w+\s+)?(?:twice|two times"
    r"|double|doubled)$"
    r"|^remove\s+the\s+(?:duplicate|doubled|second|extra|redundant)\s+(?P<what3>.+)$",
    re.IGNORECASE,
)


def remove_clause(clause: str, existing: Existing) -> Found | None:
    """ "remove the email", "we don't need the approval any more", "don't notify the customer"."""
    if verb := re.match(
        r"^(?:don't|do not|never|stop)\s+(?P<what>\w+?)(?:ing)?\s+(?:twice|again)$", clause, re.I
    ):
        return _once(existing, verb["what"])
    if (match := _TWICE.match(clause)) and (
        found := _once(existing, match["what"] or match["what2"] or match["what3"])
    ):
        return found
    for pattern in _REMOVES:
        if match := pattern.match(clause):
            what = re.sub(r"^(?:the\s+)?step\s+(?=\w)", "", match["what"].strip())
            if re.search(r",|\band\b", what) and (found := _several(existing, what)) is not None:
                return found
            return _one(existing, what)
    if match := _DONT.match(clause):
        verb = re.sub(r"(?<=\w{3})ing$", "", match["verb"])
        words = f"{verb} {match['what']}".strip()
        found = existing.meant(words) or existing.meant(match["what"])
        if not found:
            return existing.which(words)
        return existing.choose(
            words if existing.meant(words) else match["what"], lambda p: remove(existing, p)
        )
    return None


def _one(existing: Existing, what: str) -> Found:
    return existing.choose(what, lambda place: remove(existing, place))


def _several(existing: Existing, what: str) -> Found | None:
    """ "the email and the approval"; None when the words name one thing with an "and" in it."""
    parts = [p for p in re.split(r"\s*,\s*(?:and\s+)?|\s+and\s+", what) if p]
    found = [existing.meant(part) for part in parts]
    if not all(len(f) == 1 for f in found) or len({f[0].path for f in found}) < 2:
        return None
    hand = Hand(existing)
    said = []
    for step in dict.fromkeys(f[0].step.id for f in found):
        place = next((p for p in hand.existing.steps if p.step.id == step), None)
        if place is None:
            continue
        change = remove(hand.existing, place)
        if not isinstance(change, Change):
            return change
        hand.take(change)
        said.append(change.said)
    return hand.change(" ".join(said))


def _once(existing: Existing, what: str) -> Found | None:
    """Of steps that do the same, the last goes."""
    found = existing.meant(what)
    senders = [
        p for p in existing.steps if isinstance(p.step.kind, tree.Call) and p in existing.meant(what)
    ] or found
    if len(found) == 1 and isinstance(found[0].step.kind, tree.Call):
        kind = found[0].step.kind
        senders = [
            p
            for p in existing.steps
            if isinstance(p.step.kind, tree.Call)
            and (p.step.kind.alias, p.step.kind.tool) == (kind.alias, kind.tool)
        ]
    beside = [
        p for p in senders if not re.search(r"/(?:reject|timeout|catch|else|elif|case|default)", p.container)
    ]
    senders = beside if len(beside) > 1 else senders
    if len(senders) < 2:
        return Said(f"{senders[0].step.id!r} happens only once already.") if senders else None
    return (
        Choice(
            f"There are {len(senders)} of them. Which one should go?",
            tuple(Option(existing.label(p), remove(existing, p)) for p in senders),
        )
        if len(senders) > 2
        else remove(existing, senders[-1])
    )


def remove(existing: Existing, place: Place, also: tuple[str, ...] = ()) -> Found:
    """Removes the step, a condition that stands around nothing else, and mentions that only show it.

    ``also`` are ids of steps that are to go with it, because they need what it gives.
    """
    asked, place = place, _outermost(existing, place)
    removed = [place, *(p for p in existing.steps if p.step.id in also and not _is_inside(p, place))]
    extra: list[str] = list(also)
    splices: list[dsl.ReplaceText] = []
    for other in existing.steps:
        gone = {s.id for r in removed for s in walk(r.step) if isinstance(s, tree.Step)}
        if any(_is_inside(other, r) for r in removed) or not _mentions(other.step.kind, gone):
            continue
        match other.step.kind:
            case tree.If(arms=arms) if any(_mentions(test, gone) for arm in arms for test in arm.tests):
                if not all(
                    isinstance(s.kind, tree.Return | tree.Fail) for arm in arms for s in arm.block.steps
                ):
                    return _with_it(
                        existing,
                        asked,
                        other,
                        also,
                        f"The condition {other.step.id!r} depends on {place.step.id!r}",
                    )
                removed.append(other)
                extra.append(other.step.id)
            case tree.If() | tree.Parallel() | tree.Do():
                continue
            case tree.Foreach(items=items) if not _mentions(items, gone):
                continue
            case tree.Loop(test=test, carry=carry) if not _mentions((test, carry), gone):
                continue
            case tree.Switch(subject=subject) if not _mentions(subject, gone):
                continue
            case tree.Approve(show=show) if not _mentions(
                (other.step.kind.title, other.step.kind.approvers), gone
            ):
                if any(_mentions(e, gone) for e in show):
                    kept = [existing.written(e) for e in show if not _mentions(e, gone)]
                    splices.append(_shown(existing, show, kept))
            case tree.Return(value=tree.MapOf(entries=entries)):
                splices += [
                    dsl.ReplaceText(start=v.span.start, end=v.span.end, text="null")
                    for _, v in entries
                    if _mentions(v, gone)
                ]
            case _:
                return _with_it(
                    existing,
                    asked,
                    other,
                    also,
                    f"The step {other.step.id!r} uses what {place.step.id!r} gives",
                )
    edits: list[dsl.Edit] = list(sorted(splices, key=lambda e: -e.start))
    outer = [r for r in removed if not any(r is not o and _is_inside(r, o) for o in removed)]
    edits += [dsl.RemoveStep(path=p.path) for p in sorted(outer, key=lambda p: -p.step.span.start)]
    along = f", with {', '.join(repr(e) for e in dict.fromkeys(extra))} that depended on it" if extra else ""
    around = f", with the condition {place.step.id!r} around it" if asked is not place else ""
    return Change(tuple(edits), f"The step {asked.step.id!r} is removed{around}{along}.")


def _with_it(existing: Existing, place: Place, other: Place, also: tuple[str, ...], why: str) -> Found:
    """What needs it can go too, if the person says so."""
    words = f"{why}. Tell me where {other.step.id!r} should take it from, or remove {other.step.id!r} too."
    if len(also) >= _MOST:
        return Said(words)
    both = remove(existing, place, (*also, other.step.id))
    if not isinstance(both, Change) or also:
        return both
    gone = [e for e in re.findall(r"'(\w+)'", both.said) if e != place.step.id]
    listed = ", ".join(repr(e) for e in dict.fromkeys(gone)) or repr(other.step.id)
    return Choice(f"{words} Shall I remove {listed} too?", (Option(f"remove {listed} too", both),))


_MOST = 12


def _shown(existing: Existing, show: tuple[tree.Expr, ...], kept: list[str]) -> dsl.ReplaceText:
    start, end = show[0].span.start, show[-1].span.end
    if not kept:
        start = existing.text.rindex("show", 0, start)
    return dsl.ReplaceText(start=start, end=end, text=", ".join(kept))


def _outermost(existing: Existing, place: Place) -> Place:
    """The condition around it, when there is nothing else in there."""
    owner_path = place.container.rpartition("/")[0]
    owner = next((p for p in existing.steps if p.path == owner_path), None)
    if owner is not None and isinstance(owner.step.kind, tree.If):
        kind = owner.step.kind
        if len(kind.arms) == 1 and kind.otherwise is None and len(kind.arms[0].block.steps) == 1:
            return _outermost(existing, owner)
    return place


def _is_inside(place: Place, outer: Place) -> bool:
    return outer.step.span.start <= place.step.span.start and place.step.span.end <= outer.step.span.end


def _mentions(node: object, names: set[str]) -> bool:
    return any(isinstance(found, tree.Name) and found.id in names for found in walk(node))
