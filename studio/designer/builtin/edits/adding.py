"""Adding steps: the same reading and wiring as for a new workflow, in the scope of the place that was named."""

from __future__ import annotations

import re
from collections.abc import Callable

import dsl
from dsl import tree
from dsl.outline import Place
from studio.designer.builtin.clauses import negate, read_request
from studio.designer.builtin.conditions import read_test
from studio.designer.builtin.edits.approvals import approvals_of, is_role
from studio.designer.builtin.edits.cases import as_money, resolved, test_of
from studio.designer.builtin.edits.change import Change, Choice, Found, Option
from studio.designer.builtin.edits.finding import NOBODY, REFUSED, Existing
from studio.designer.builtin.edits.hand import Hand
from studio.designer.builtin.edits.moving import at_step, branches, companions
from studio.designer.builtin.edits.placing import put, put_items
from studio.designer.builtin.reading import Ask, When
from studio.designer.builtin.testing import Resolved, Unresolved
from studio.designer.builtin.verbs import starts_with_verb, verb_stems
from studio.designer.writing import Said

_ADD = re.compile(
    r"^(?:add|insert|include|append|put in|put|place|build in|squeeze in|introduce|have)\s+(?:in\s+)?"
    r"(?:another\s+|an?\s+|the\s+)?(?:new\s+)?"
    r"(?:step\s+)?(?:(?:that|which|to|where|for)\s+)?",
    re.I,
)
_ADD_STRICT = re.compile(r"^(?:add|insert|include|append|put in|build in|squeeze in|introduce)\b", re.I)
_ALSO = re.compile(
    r"^(?:also|additionally|in addition|furthermore|besides|plus)\b[, ]*|[, ]*\b(?:also|too|as well)$", re.I
)
_BOTH_WAYS = re.compile(r"^(?P<head>.+?)\s+also\s+(?P<tail>.+)$", re.I)
_OTHER = r"(?P<other>[\w `'\-]+?)"
_WHERE = re.compile(
    r",?\s+(?:right |just |directly |immediately |shortly )?(?P<w>before|after|behind|in front of|ahead"
    rf" of)\s+(?:the\s+|we\s+|you\s+|it\s+|that\s+)?{_OTHER}$"
    rf"|,?\s+between\s+(?:the\s+)?{_OTHER.replace('other', 'from')}\s+and\s+(?:the\s+)?(?P<to>[\w `'\-]+?)$"
    r"|,?\s+(?P<end>(?:at|to) the (?:very )?(?:end|beginning|start|top)|first(?: of all)?|last|finally|in"
    r" the end)$",
    re.I,
)
_WHERE_FIRST = re.compile(
    rf"^(?:(?:right |just |directly )?(?P<w>before|after)\s+(?:the\s+|we\s+|you\s+|it\s+)?{_OTHER}|"
    r"(?P<end>at the (?:very )?(?:end|beginning|start)|first|finally|in the end))(?:,\s+|\s+(?=add\b"
    r"|also\b|ask\b|insert\b|send\b|tell\b|wait\b))",
    re.I,
)
_CASE = re.compile(
    r"^(?P<text>.+?),?\s+(?:in case|when|if|once|whenever|as soon as)\s+(?P<case>.+)$|^(?:in case|when|if"
    r"|once|whenever)\s+(?P<case2>[^,]+),\s+(?P<text2>.+)$",
    re.I,
)
_IN_BRANCH = re.compile(
    r"^(?P<text>.+?)\s+(?:in|into|inside|within|to)\s+(?P<branch>(?:the\s+)?(?:.*\b(?:branch|case|path"
    r"|arm|loop|block)\b.*|else\b.*))$",
    re.I,
)
_ASKS = re.compile(r"\b(?:approv|sign.?off|permission|authori[sz]|ask\b)", re.I)


def add(clause: str, existing: Existing) -> Found | None:
    """ "add a step that tells the customer after the refund", "also post to #ops", "before refunding, ask finance"."""
    spoken = bool(_ADD_STRICT.match(clause) or _ALSO.search(clause) or re.search(r"\balso\b", clause, re.I))
    text = _text(clause)
    where = _WHERE_FIRST.match(text)
    if where:
        text = _text(text[where.end() :])
    elif (where := _WHERE.search(text)) and _names_a_place(existing, where):
        text = text[: where.start()]
    else:
        where = None
    begins = starts_with_verb(text, verb_stems(())) or bool(re.match(r"^(?:wait|pause)\b", text, re.I))
    noun = bool(re.match(r"^(?:put|place|have)\s+(?:in\s+)?(?:an?|another|one more|new)\b", clause, re.I))
    if not spoken and not noun and not (where is not None and begins):
        return None
    if not _ADD_STRICT.match(clause) and re.match(r"^\w+[^s\W]s\b", text):
        # "refunds need ...": a noun that looks like a verb; an order says "refund".
        return None
    text = _as_action(text)
    if (asked := _ASK_ROLE.match(text)) and is_role(existing, asked["role"]):
        text = f"ask the {asked['role']} to approve"
    groups = where.groupdict() if where else {}
    if where is None and (inside := _IN_BRANCH.match(text)):
        found = branches(existing, inside["branch"])
        if found:
            return _one_of(found, lambda ref: into(existing, ref, inside["text"]), inside["branch"])
    if groups.get("other") or groups.get("to"):
        after = (groups.get("w") or "before").lower() in ("after", "behind")
        named = groups.get("other") or groups["to"]
        return existing.choose(named, lambda p: _beside(existing, p, text, after=after))
    if groups.get("end") and re.search(r"beginning|start|first|top", groups["end"], re.I):
        steps = existing.parsed.workflow.body.steps
        return put(text, existing, "", steps[0].id if steps else None)
    if not groups and _ASKS.search(text):
        return put(text, existing, "", _first_effect(existing) or end_of(existing))
    return put(text, existing, "", end_of(existing))


_ASK_ROLE = re.compile(r"^ask (?:the |an? |our )?(?P<role>[\w ]+?)(?: first)?$", re.I)
_OVER_NEEDS = re.compile(
    r"^(?:all |any )?(?P<noun>[\w ]+?)\s+(?P<op>(?:over|above|of more than|more than|below|under|from"
    r"|exceeding)\s+\S*\d.*?)\s+"
    r"(?:also |always )?(?:needs?|requires?|(?:must|should|has to|have to)(?: also)? be approved by|goes?"
    r" to|must go to)\s+"
    r"(?:the |an? )?(?:approval (?:of|by|from) (?:the )?)?(?P<role>[\w ]+?)(?:'s approval|'s ok| to"
    r" approve| approval)?(?: too| as well| also)?$",
    re.I,
)


def over_needs(clause: str, existing: Existing) -> Found | None:
    """ "refunds above 1000 need the finance manager too": one more approval, under a condition."""
    match = _OVER_NEEDS.match(clause)
    if match is None or not is_role(existing, match["role"]):
        return None
    before = _first_effect(existing) or end_of(existing)
    # "Refunds above 1000" are about what the refund moves, not about a field of that name.
    effect = any(existing.changes_something(p) for p in existing.meant(match["noun"]))
    subjects = [f"{match['noun']} {match['op']}", match["op"]]
    tests = [test_of(words, is_noun=True) for words in (reversed(subjects) if effect else subjects)]
    able = [t for t in tests if t is not None and isinstance(resolved(existing, "", before, t), Resolved)]
    test = next(iter(able), None)
    if test is None:
        return Said(
            f"I found no amount that {match['op']!r} could be about. Name it, for example “the order total”."
        )
    ask = Ask(clause, match["role"])
    return put_items((When(as_money(test), (ask,), (), clause),), clause, existing, "", before)


def when_so(clause: str, existing: Existing) -> Found | None:
    """ "if the total is over 500, ask the finance manager": a new step under a condition on what is known there."""
    match = re.match(
        r"^(?:also\s+)?(?P<word>if|when|unless)\s+(?P<test>[^,]+),\s+(?:then\s+|also\s+)?(?P<do>.+)$",
        clause,
        re.I,
    )
    if match is None or len(match["do"].split()) > 14 or not starts_with_verb(match["do"], verb_stems(())):
        return None
    test = read_test(match["test"])
    do = re.sub(r"\s+(?:first|too|as well|also)$", "", match["do"], flags=re.I)
    asks = bool(_ASKS.search(do))
    before = (_first_effect(existing) if asks else None) or end_of(existing)
    if test is None or isinstance(resolved(existing, "", before, test), Unresolved):
        return None
    held = negate(test) if match["word"].lower() == "unless" else test
    items = read_request(do, verb_stems(())).items
    return put_items((When(held, items, (), clause),), clause, existing, "", before)


def _text(clause: str) -> str:
    text = _ALSO.sub("", _ADD.sub("", clause.strip(" ,."))).strip(" ,.")
    return _BOTH_WAYS.sub(r"\g<head> \g<tail>", text) if re.search(r"\balso\b", text, re.I) else text


_NOUNS: tuple[tuple[str, str], ...] = (
    (r"(?:an? )?(?:wait|pause|delay|break) (?:of|for) (?P<rest>.+)", "wait {rest}"),
    (
        r"(?P<rest>\d+\w* (?:\w+ )?|[a-z]+ (?:seconds?|minutes?|hours?|days?|weeks?) )(?:wait|pause|delay"
        r"|break)",
        "wait {rest}",
    ),
    (
        r"(?:an? )?(?:message|notification|note|post) (?:to|in|into|for) (?P<rest>.*(?:#|channel).*)",
        "post a message to {rest}",
    ),
    (
        r"(?:an? )?(?:email|mail|message|notification|note|notice) (?:to|for) (?P<rest>.+)",
        "send an email to {rest}",
    ),
    (
        r"(?:an? )?(?:slack|chat)(?: message| post| notification)? (?:to|in|into|for) (?P<rest>.+)",
        "post a slack message to {rest}",
    ),
    (r"(?:an? )?(?:reminder) (?:to|for) (?P<rest>.+)", "remind {rest}"),
    (r"(?:an? )?(?:approval|sign-?off|permission) (?:by|from|of) (?P<rest>.+)", "ask {rest} to approve"),
    (r"(?:an? )?(?:approval|sign-?off)(?: step)?", "ask somebody to approve"),
    (r"(?:an? )?(?P<rest>[\w ]+?) approval(?: step)?", "ask {rest} to approve"),
    (r"(?:an? )?check (?:that|whether|if|for) (?P<rest>.+)", "check whether {rest}"),
)


def _as_action(text: str) -> str:
    """ "a wait of two days" as what it does: "wait two days"."""
    for pattern, action in _NOUNS:
        if match := re.fullmatch(pattern, text.strip(), re.I):
            return action.format(**match.groupdict()).strip()
    return text


def _names_a_place(existing: Existing, where: re.Match[str]) -> bool:
    """Whether "after two days" is a place among the steps, or part of what is to be done."""
    groups = where.groupdict()
    if groups.get("end"):
        return True
    named = groups.get("other") or groups.get("to") or ""
    return bool(existing.meant(named)) or not re.match(
        r"^(?:\d|an?\b|one|two|three|each|every)", named.strip(), re.I
    )


def _one_of(found: list[tuple[str, str]], then: Callable[[str], Found], words: str) -> Found:
    if len(found) == 1:
        return then(found[0][0])
    return Choice(
        f"Several branches can be meant by “{words}”. Which one?",
        tuple(Option(label, then(ref)) for ref, label in found),
    )


def _beside(existing: Existing, place: Place, text: str, *, after: bool) -> Found:
    place = _above_arms(existing, place)
    if after:
        place = companions(existing, place)[-1]
        if isinstance(place.step.kind, tree.Return | tree.Fail):
            return Said(f"Nothing can come after {place.step.id!r}, where the workflow ends.")
    container, before = at_step(existing, place, after=after)
    return put(text, existing, container, before)


def into(existing: Existing, reference: str, text: str, branch: str = "") -> Found:
    """New steps at the end of a block, before what ends the run there."""
    inside = [p for p in existing.steps if p.container == reference]
    end = inside[-1].step.id if inside and isinstance(inside[-1].step.kind, tree.Return | tree.Fail) else None
    return put(text, existing, reference, end, branch=branch)


def end_of(existing: Existing) -> str | None:
    """Before the return that ends the body, when there is one."""
    steps = existing.parsed.workflow.body.steps
    return steps[-1].id if steps and isinstance(steps[-1].kind, tree.Return | tree.Fail) else None


def _first_effect(existing: Existing) -> str | None:
    """The first step of the body that changes something: an approval belongs before it."""
    found = next((p for p in existing.steps if existing.changes_something(p)), None)
    return re.split(r"[.~]", found.path)[0] if found else None


def _above_arms(existing: Existing, place: Place) -> Place:
    """A step inside the reject arm of an approval stands for the approval."""
    while place.container.endswith(("/reject", "/timeout")):
        owner = existing.owner(place)
        assert owner is not None
        place = owner
    return place


# ---- when it is refused, when nobody answers ---------------------------------------------------------------


def when_refused(clause: str, existing: Existing) -> Found | None:
    """ "also tell the customer when it is refused", "if nobody answers, reject it": into the arms of approvals."""
    match = _CASE.match(clause)
    if match is None:
        return None
    case, text = match["case"] or match["case2"], match["text"] or match["text2"]
    arm = "timeout" if NOBODY.search(case) else "reject" if REFUSED.search(case) else ""
    if not arm or re.search(r"\bnot\s+(?:refus|reject|declin|denied)", case):
        return None
    if re.match(
        r"^(?:move|put|rename|remove|delete|don't|do not|skip|no longer|stop sending)\b", text, re.I
    ) and existing.meant(text):
        return None
    text = _text(text)
    found = approvals_of(existing)
    if not found:
        return Said(
            "Nothing in this workflow can be refused: it has no approval. Tell me who should approve first."
        )
    if len(found) > 1 and arm == "reject":
        changes = [_in_arm(existing, p, arm, text) for p in reversed(found)]
        kept = [c for c in changes if isinstance(c, Change)]
        if not kept:
            return changes[0]
        edits = tuple(e for c in kept for e in c.edits)
        return Change(
            edits, f"When it is refused: {text}.", kept[-1].assumptions, kept[-1].questions, kept[-1].about
        )
    if len(found) == 1:
        return _in_arm(existing, found[0], arm, text)
    return Choice(
        "There are several approvals. Which one do you mean?",
        tuple(Option(existing.label(p), _in_arm(existing, p, arm, text)) for p in found),
    )


_REJECTS = re.compile(
    r"^(?:(?:it|that|this)\s+)?(?:(?:should|must|is to|shall)\s+)?(?:(?:be|is|counts? as|treat (?:it|that"
    r"|this) as(?: a)?|take (?:it|that) as(?: a)?)\s+)?(?:automatically\s+)?"
    r"(?:refus|reject|declin|den(?:y|ied)|no\b|cancel)\w*(?:\s+(?:it|that|them|the \w+|automatically))*$",
    re.I,
)
_ENDS = re.compile(
    r"^(?:just\s+)?(?:stop|end|fail|give up|abort|cancel)(?:\s+(?:it|the \w+|with an error|here))*$", re.I
)


def _in_arm(existing: Existing, place: Place, arm: str, text: str) -> Found:
    kind = place.step.kind
    assert isinstance(kind, tree.Approve)
    block = kind.on_reject if arm == "reject" else kind.on_timeout
    if arm == "timeout" and _REJECTS.match(text):
        return _as_rejected(existing, place)
    hand = Hand(existing)
    if block is None:
        # Without a branch the run fails there; with one it goes on, so the end is written down.
        code, why = (
            ("rejected", "it was rejected") if arm == "reject" else ("expired", "nobody decided in time")
        )
        hand.make(
            dsl.AddStep(container=f"{place.path}/{arm}", text=f'step {code}: fail "{code}" with "{why}"')
        )
    if _ENDS.match(text):
        said = f"When {'it is refused' if arm == 'reject' else 'nobody answers'}, the workflow ends."
        return (
            hand.change(said, place.step.id)
            if hand.edits
            else Said(f"{place.step.id!r} ends the workflow then already.")
        )
    written = into(
        hand.existing, f"{place.path}/{arm}", text,
        "the request was refused" if arm == "reject" else "nobody decided in time",
    )  # fmt: skip
    if not isinstance(written, Change):
        return written
    hand.take(written)
    said = f"When {'it is refused' if arm == 'reject' else f'nobody answers {place.step.id!r}'}: {text}."
    return hand.change(said, place.step.id, written.assumptions, written.questions)


def _as_rejected(existing: Existing, place: Place) -> Found:
    """No answer counts as a no: the same steps as on a rejection, or the same failure."""
    kind = place.step.kind
    assert isinstance(kind, tree.Approve)
    if kind.on_timeout is not None and kind.on_timeout.steps:
        ends = kind.on_timeout.steps[-1]
        return Said(
            f"Something is said already of what happens when nobody answers {place.step.id!r} (`{ends.id}`). "
            "Remove that first, or tell me what should change there."
        )
    hand = Hand(existing)
    inside = [p for p in existing.steps if p.container == f"{place.path}/reject"]
    if not inside:
        text = 'step rejected: fail "rejected" with "nobody decided in time"'
        hand.make(dsl.AddStep(container=f"{place.path}/timeout", text=text))
    else:
        copied = dsl.copy_text(existing.parsed, tuple(p.path for p in inside))
        hand.make(dsl.Paste(container=f"{place.path}/timeout", text=copied.text, uses=copied.uses))
    return hand.change(f"When nobody answers {place.step.id!r}, it counts as refused.", place.step.id)


__all__ = ["add", "end_of", "into", "over_needs", "when_refused", "when_so"]
