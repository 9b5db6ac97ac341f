"""Conditions around what is there: "only ...", "unless ...", "skip the approval for small amounts", "always ..."."""

from __future__ import annotations

import re

import dsl
from dsl import tree
from dsl.outline import Place
from dsl.wording.sentences import arm_label
from dsl.wording.terms import terms_of
from studio.designer.builtin.edits.approvals import is_approval, is_role
from studio.designer.builtin.edits.cases import OP, resolved, test_of, unknown
from studio.designer.builtin.edits.change import Change, Found
from studio.designer.builtin.edits.finding import NOBODY, REFUSED, Existing
from studio.designer.builtin.edits.hand import Hand
from studio.designer.builtin.edits.placing import put, result_of
from studio.designer.builtin.edits.proof import known_errors, trouble
from studio.designer.builtin.reading import Test
from studio.designer.builtin.testing import Resolved, Unresolved, inverted
from studio.designer.proving import proved_as_it_is
from studio.designer.writing import Said

_IF = r"(?:if|when|whenever|in case|as long as|provided(?: that)?|where)"
_FOR = r"(?:for|on|with|from|at|to(?=\s+(?:[A-Z]{2}|[\w ]*s$)))"
_ONLY = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"^only\s+(?P<what>.+?)\s+(?:{_IF}\s+(?P<test>.+)|{_FOR}\s+(?P<noun>.+)|(?P<op>{OP}\s[^a-z]*"
        r"\d.*))$",
        r"^(?P<what>.+?)\s+(?:should|must|shall|is to|may)?\s*(?:be\s+)?(?:happen|run|done|sent|asked"
        r"|needed|required|necessary)?\s*only\s+(?:be\s+|happen\s+|run\s+|needed\s+|required\s+"
        rf"|necessary\s+|sent\s+)*(?:{_IF}\s+(?P<test>.+)|{_FOR}\s+(?P<noun>.+)|(?P<op>{OP}\s[^a-z]*\d.*))$",
        rf"^(?:only\s+)?(?P<what>.+?)\s+(?:only\s+){_IF}\s+(?P<test>.+)$",
        rf"^{_IF}\s+(?P<test>.+?),?\s+only\s+then\s+(?P<what>.+)$",
        rf"^only\s+{_FOR}\s+(?P<noun>.+?),\s+(?P<what>.+)$",
        r"^(?:limit|restrict)\s+(?P<what>.+?)\s+to\s+(?P<noun>.+)$",
        rf"^put\s+(?:an?\s+)?(?:condition|if)\s+around\s+(?P<what>.+?)[:,]?\s+(?:{_IF}\s+)?(?P<test>.+)$",
    )
)
_UNLESS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?P<what>.+?),?\s+(?:unless|except (?:if|when)|but not (?:if|when))\s+(?P<test>.+)$",
        r"^(?P<what>.+?),?\s+(?:except|but not)\s+for\s+(?P<noun>.+)$",
        r"^unless\s+(?P<test>[^,]+)(?:,\s+(?P<what>.+))?$",
        rf"^(?:skip|leave out|omit|bypass|drop|waive)\s+(?P<what>.+?)\s+(?:{_IF}\s+(?P<test>.+)|{_FOR}\s+"
        rf"(?P<noun>.+)|(?P<op>{OP}\s[^a-z]*\d.*))$",
        rf"^(?:don't|do not|no need to|never)\s+(?P<what>.+?)\s+(?:{_IF}\s+(?P<test>.+)|(?:for|on"
        rf")\s+(?P<noun>.+)|(?P<op>{OP}\s[^a-z]*\d.*))$",
        rf"^(?:no|without)\s+(?P<what>[\w ]+?)\s+(?:(?:is\s+)?(?:needed|necessary|required)\s+)?(?:{_IF}"
        rf"\s+(?P<test>.+)|{_FOR}\s+(?P<noun>.+)|(?P<op>{OP}\s[^a-z]*\d.*))$",
        r"^(?P<noun>.+?)\s+(?:don't|do not|doesn't|does not|need no|needs no|should not|must not)\s+"
        r"(?:need|require|have)?\s*(?:any\s+|an?\s+|the\s+)?(?P<what>approval|email|sign-?off|check)$",
        r"^(?P<noun>(?!we\b|i\b|you\b|they\b).+?)\s+(?:don't|do not|doesn't|does not|should not|must not)\s+"
        r"(?:get|receive)\s+(?:any\s+|an?\s+|the\s+)?"
        r"(?P<what>e?mail|letter|message|notice|reminder|text|sms|note)(?:\s+any\s?more)?$",
    )
)
_ALWAYS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^always\s+(?P<what>.+)$",
        r"^(?P<what>.+?)\s+(?:should|must)\s+always\s+(?:be\s+)?(?:happen|run|asked|done|sent|needed"
        r"|required).*$",
        r"^(?P<what>.+?)\s+(?:in (?:all|any|every) cases?|every time|no matter what|regardless(?: of .+)?"
        r"|without (?:any |the )?condition|for (?:all|any|every) \w+(?: \w+)?)$",
        r"^(?:remove|drop|delete)\s+the\s+(?:condition|limit|threshold)\s+(?:around|on|of|for|from)\s+"
        r"(?P<what>.+)$",
    )
)
_VAGUE = re.compile(
    r"^(?:small|low|tiny|minor|large|big|high|huge|cheap|expensive)(?:er)?\s+(?:amounts?|ones?|sums?"
    r"|orders?|values?|\w+s)$",
    re.IGNORECASE,
)
_WHOLE = re.compile(
    r"^(?:do\s+|run\s+|start\s+)?(?:this|it|that|all(?: of)? (?:this|that|it)|everything|the (?:whole "
    r"|rest of the )?(?:workflow|process|thing|flow)|continue|go on|proceed)$",
    re.IGNORECASE,
)


_FOR_APPROVAL = re.compile(
    r"\b(ask|wait|request|require)(?:s|ed|ing)? for (?:an? |the )?approval\b", re.IGNORECASE
)


_ANYTHING = re.compile(
    r"\bfor (?:anything|everything|all|amounts|sums)(?= (?:below|under|over|above))", re.IGNORECASE
)


def guard(clause: str, existing: Existing) -> Found | None:
    clause = _FOR_APPROVAL.sub(r"\1 approval", clause)
    clause = _ANYTHING.sub("", clause)
    clause = re.sub(r"^stop (\w+)ing\b", r"don't \1", clause, flags=re.I)
    for pattern in _ONLY:
        if (match := pattern.match(clause)) and (found := _guarded(existing, match, wanted=True)) is not None:
            return found
    for pattern in _UNLESS:
        if (match := pattern.match(clause)) and (
            found := _guarded(existing, match, wanted=False)
        ) is not None:
            return found
    for pattern in _ALWAYS:
        if match := pattern.match(clause):
            found = _always(existing, match["what"])
            if found is not None:
                return found
    return None


def _guarded(existing: Existing, match: re.Match[str], *, wanted: bool) -> Found | None:
    groups = match.groupdict()
    what = re.sub(r"^(?:the\s+)?step\s+", "", (groups.get("what") or "it").strip())
    test_words = groups.get("test") or groups.get("noun") or groups.get("op") or ""
    of_whom = re.match(
        r"^(?P<w>.+?)\s+(?:to|for)\s+(?:the\s+|all\s+)?[\w ]+?\s+(?:with|whose|that have|having)\s+(?:an?"
        r"\s+|the\s+)?(?P<s>[\w ]+?)(?:\s+is)?$",
        what,
        re.I,
    )
    if groups.get("op") and of_whom:
        what, test_words = of_whom["w"], f"{of_whom['s']} {test_words}"
    decides = _DECIDES.match(test_words)
    if wanted and decides and is_role(existing, decides["role"]):
        return _asked_first(existing, what, decides["role"])
    if REFUSED.search(test_words) or NOBODY.search(test_words) or re.search(r"\bfails?\b", test_words):
        return None
    if re.fullmatch(r"(?:once|first|last|the .+ (?:first|last)|then|twice)", test_words, re.I):
        return None
    target, whole = _targets(existing, what)
    if not target and not whole:
        return None
    vague = _VAGUE.match(test_words.strip())
    if vague:
        return Said(
            f"What counts as {test_words.split()[0].lower()}? Say it with a number, for example “under 50"
            " euros”."
        )
    test = test_of(test_words, is_noun=not groups.get("test"))
    if test is None:
        return None
    if whole:
        return _whole(existing, test, wanted=wanted)
    if len(target) > 1:
        return existing.choose(what, lambda p: _around(existing, p, test, wanted=wanted))
    return _around(existing, target[0], test, wanted=wanted)


_DECIDES = re.compile(
    r"^(?:the |an? |our )?(?P<role>[\w ]+?)\s+(?:approves?|agrees?|says? yes|has approved|have approved"
    r"|confirms?|allows?|signs? off)(?: it| that)?$",
    re.IGNORECASE,
)


def _asked_first(existing: Existing, what: str, role: str) -> Found:
    """ "restart only if the commander approves": an approval in front of it."""
    ask = f"ask the {role} to approve"
    return existing.choose(what, lambda p: put(ask, existing, p.container, p.step.id))


def _targets(existing: Existing, what: str) -> tuple[list[Place], bool]:
    """The steps that the condition is for; whether it is for the whole of the workflow."""
    if re.search(r"\b(?:approv\w*|ask\w*|sign.?off|permission|decide)\b", what, re.I):
        gates = existing.meant(
            re.sub(r"^(?:ask(?:ed|ing)?(?: for)?|require|need|request)\b", "", what), is_approval
        )
        gates = gates or [p for p in existing.steps if is_approval(p)]
        if gates:
            return gates, False
    if _WHOLE.match(what):
        focused = [p for p in existing.steps if p.step.id == existing.focus]
        if focused and re.fullmatch(r"(?:do |run |send )?(?:it|this|that)", what, re.I):
            return focused, False
        return [], True
    return existing.meant(what), False


def _around(existing: Existing, place: Place, test: Test, *, wanted: bool) -> Found:
    found = resolved(existing, place.container, place.step.id, test)
    if isinstance(found, Unresolved):
        return unknown(existing, found, test)
    held = found if wanted else inverted(found)
    if (same := _same_limit(existing, place, held, only_up=not wanted)) is not None:
        return same
    before = known_errors(proved_as_it_is(existing.text, existing.catalog))
    said = f"{place.step.id!r} now only happens {'if' if wanted else 'unless'} {found.spoken}."
    assumptions = found.notes
    if is_approval(place):
        assumptions = (
            *assumptions,
            f"Otherwise nobody is asked at {place.step.id!r}: this lowers the safety.",
        )
    owner = existing.owner(place)
    if owner is not None and _alone(owner, place):
        assert isinstance(owner.step.kind, tree.If)
        old = existing.written(owner.step.kind.arms[0].tests[0])
        joined = f"{_wrapped(old)} && {_wrapped(held.test)}"
        edit = dsl.SetExpression(path=owner.path, field="arms[0].test", value=joined)
        return Change((edit,), said, assumptions, about=place.step.id)
    hand = Hand(existing)
    _wrap(hand, [place], held)
    if not trouble(proved_as_it_is(hand.existing.text, existing.catalog), before):
        return hand.change(said, place.step.id, assumptions)
    if is_approval(place):
        return hand.change(said, place.step.id, assumptions)
    # Something later needs what the step gives: then the run ends here instead.
    return _end_unless(existing, place.container, place.step.id, held, place)


def _wrap(hand: Hand, places: list[Place], held: Resolved) -> None:
    container = places[0].container
    known = frozenset(p.step.id for p in hand.existing.steps)
    hand.make(dsl.Wrap(paths=tuple(p.path for p in places), **{"in": "if"}))
    new = hand.new_in(container, known)[0]
    hand.make(dsl.SetExpression(path=new.path, field="arms[0].test", value=held.test))
    wish = f"when_{held.name}" if not held.name.startswith(("when_", "not_")) else held.name
    taken = {p.step.id for p in hand.existing.steps}
    if wish.isidentifier() and len(wish) <= 40:
        name = next(n for n in (wish, *(f"{wish}_{i}" for i in range(2, 99))) if n not in taken)
        hand.make(dsl.RenameStep(path=hand.new_in(container, known)[0].path, id=name))


def _alone(owner: Place, place: Place) -> bool:
    kind = owner.step.kind
    return (
        isinstance(kind, tree.If)
        and len(kind.arms) == 1
        and kind.otherwise is None
        and kind.arms[0].block.steps == (place.step,)
    )


def _same_limit(existing: Existing, place: Place, held: Resolved, *, only_up: bool) -> Found | None:
    """The condition that is there already with another number: "ask for approval only over 500"."""
    owner = existing.owner(place)
    parts = re.fullmatch(r"(\S+) (<=|>=|<|>) (-?\d+(?:\.\d+)?)", held.test)
    if (
        owner is None
        or parts is None
        or not isinstance(owner.step.kind, tree.If)
        or len(owner.step.kind.arms) > 1
    ):
        return None
    test = owner.step.kind.arms[0].tests[0]
    match test:
        case tree.Binary(op=op, left=left, right=tree.Constant(value=int() | float()) as right) if (
            existing.written(left) == parts[1] and op[0] == parts[2][0]
        ):
            span = right.span
        case tree.Binary(op=op, left=left, right=tree.Member(target=tree.Name(id="config"), name=name)) if (
            existing.written(left) == parts[1] and op[0] == parts[2][0]
        ):
            default = next((f.default for f in existing.fields("config") if f.name == name), None)
            if default is None:
                return None
            span = default.span
        case _:
            return None
    old = existing.text[span.start : span.end]
    edit = dsl.ReplaceText(start=span.start, end=span.end, text=parts[3])
    narrower = float(parts[3]) >= float(old) if parts[2][0] == ">" else float(parts[3]) <= float(old)
    if old == parts[3] or (only_up and not narrower):
        return Said(f"{place.step.id!r} only happens when {parts[1]} {parts[2]} {old} already.")
    return Change(
        (edit,), f"The limit on {parts[1]} is now {parts[3]} instead of {old}.", about=place.step.id
    )


def _wrapped(test: str) -> str:
    return f"({test})" if re.search(r"\|\||\?", test) else test


def _whole(existing: Existing, test: Test, *, wanted: bool) -> Found:
    """The workflow only goes on if: as soon as what is asked for is known, and before anything is changed."""
    body = [p for p in existing.steps if not p.container]
    last: Unresolved | None = None
    for place in body:
        found = resolved(existing, "", place.step.id, test)
        if isinstance(found, Resolved):
            held = found if wanted else inverted(found)
            follower = place
            # A step that ends the run on another condition keeps its place behind what it is about.
            return _end_unless(existing, "", follower.step.id, held, None)
        last = found
    return unknown(existing, last or Unresolved("that"), test)


def _end_unless(
    existing: Existing, container: str, before: str | None, held: Resolved, place: Place | None
) -> Found:
    failing = inverted(held)
    taken = {p.step.id for p in existing.steps}
    name = _free(f"unless_{held.name}"[:40], taken)
    loop = any(
        isinstance(p.step.kind, tree.Foreach | tree.Loop)
        for p in existing.steps
        if container.startswith((f"{p.path}/", f"{p.path}."))
    )
    status = failing.name if failing.name.isidentifier() else "not_needed"
    end = _free(status if status != name else "not_needed", taken | {name})
    if loop:
        return Said(
            f"Inside a loop a single round cannot be left out like that, because later steps need what "
            f"{place.step.id if place else 'it'!r} gives. Tell me which steps belong together."
        )
    result = result_of(existing, status)
    ends = (
        f"return {result}"
        if result
        else ('return { status: "' + status + '" }' if not existing.fields("output") else f'fail "{status}"')
    )
    text = f"step {name}: if {failing.test} {{\n  step {end}: {ends}\n}}"
    hand = Hand(existing)
    hand.make(dsl.AddStep(container=container, before=before, text=text))
    what = place.step.id if place else "The workflow"
    said = (
        f"{what!r} now only happens if {held.spoken}."
        if place
        else f"The workflow now only goes on if {held.spoken}."
    )
    note = f"When {failing.spoken}, the workflow ends there and does nothing more."
    return hand.change(said, place.step.id if place else "", (*held.notes, note))


def _free(wanted: str, taken: set[str]) -> str:
    return next(n for n in (wanted, *(f"{wanted}_{i}" for i in range(2, 99))) if n not in taken)


def _always(existing: Existing, what: str) -> Found | None:
    """The condition around a step goes."""
    targets, _ = _targets(existing, what)
    inside = [p for p in targets if (o := existing.owner(p)) is not None and isinstance(o.step.kind, tree.If)]
    if not inside:
        return Said(f"{targets[0].step.id!r} always happens already.") if len(targets) == 1 else None

    def freed(place: Place) -> Found:
        owner = existing.owner(place)
        assert owner is not None and isinstance(owner.step.kind, tree.If)
        label = arm_label(
            owner.step.kind,
            place.container.rpartition("/")[2],
            terms_of(existing.parsed.workflow, existing.catalog),
        )
        hand = Hand(existing)
        if _alone(owner, place):
            hand.make(dsl.Unwrap(path=owner.path))
        else:
            hand.make(dsl.MoveStep(path=place.path, container=owner.container, before=owner.step.id))
        return hand.change(f"{place.step.id!r} now always happens, not only {label}.", place.step.id)

    return existing.choose(what, freed, lambda p: p in inside) if len(inside) > 1 else freed(inside[0])


__all__ = ["guard", "resolved"]
