"""Checks and conditions as `if` steps: what is known is tested, what is not is looked up or asked for first."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from studio.designer.builtin.asks import next_effect
from studio.designer.builtin.draft import DraftStep, FailStep, IfStep, ReturnStep
from studio.designer.builtin.grounded.sources import call_for
from studio.designer.builtin.lookups import ask_for_number, fetch_for_test
from studio.designer.builtin.reading import (
    Act,
    Ask,
    Both,
    Check,
    Compare,
    CompareTo,
    Is,
    Item,
    Same,
    Test,
    When,
)
from studio.designer.builtin.scope import Scope
from studio.designer.builtin.shapes import places
from studio.designer.builtin.testing import Resolved, Unresolved, inverted, opposite, resolve
from studio.designer.builtin.tools import Known
from studio.designer.builtin.words import name_stems, raw_tokens, stem, stems
from studio.designer.builtin.work import identifier

if TYPE_CHECKING:
    from studio.designer.builtin.composing import Composer, Place


def check(composer: Composer, item: Check, steps: list[DraftStep], scope: Scope, place: Place) -> None:
    found = resolve(item.test, scope, composer.last) if item.test else None
    known = checker(composer, item)
    if (
        not isinstance(found, Resolved)
        or isinstance(item.test, Same)
        or (found.weak and known and not composer.has(steps, known))
    ):
        if known is None:
            need = f"nothing tells {found.wanted}" if isinstance(found, Unresolved) else "no tool checks that"
            composer.work.miss(item.words, f"I could not check this: {need}.")
            return
        step = composer.call(known, item.verb, item.rest, steps, scope, place)
        steps[-1] = step = replace(step, says=item.words)
        own = Scope([t for t in scope.things if t.name == step.id])
        found = resolve(item.test, own, None) if item.test else None
        if not isinstance(found, Resolved):
            found = _only_answer(own, item)
        if found is None:
            return
    composer.last = found
    scope.favoured += [p.path for p in found.about if p.sort in ("number", "integer")]
    if (
        _asked_again(item, place.ahead)
        or _same_asked(found, scope, place.ahead)
        or _only_told(item, _told_by(found, scope), place.ahead)
    ):
        return
    failing = inverted(found)
    status = f"not_{identifier(found.name)}" if not found.name.startswith("not_") else identifier(found.name)
    test_id = composer.work.fresh(f"unless_{identifier(found.name)}")
    composer.work.assume(
        f"When {failing.spoken}, this one is left out."
        if place.loop
        else f"When {failing.spoken}, the workflow ends with status {status!r} and does nothing more."
    )
    steps.append(
        IfStep(test_id, failing.test, (composer.end(status, place),), says=f"stop unless {found.spoken}")
    )


def when(composer: Composer, item: When, steps: list[DraftStep], scope: Scope, place: Place) -> None:
    for source in sources_of(item.test):
        teller = next((k for k in composer.work.toolbox.tools if k.id == source[0]), None)
        if teller is not None and not any(p.leaf == name_stems(source[1]) for _, p in scope.places()):
            call_for(composer, teller, steps, scope, "the condition needs it")
    found = resolve(item.test, scope, composer.last)
    if isinstance(found, Unresolved) or found.weak:
        known = (
            checker(composer, Check(item.words, "check", item.test, item.test.predicate))
            if isinstance(item.test, Is)
            else None
        )
        if known is not None and isinstance(item.test, Is):
            composer.call(known, "check", item.test.predicate, steps, scope, place)
        elif isinstance(found, Unresolved) and not fetch_for_test(composer, found, item, steps, scope):
            ask_for_number(composer, found, item, scope)
        found = resolve(item.test, scope, composer.last)
    if isinstance(found, Unresolved):
        composer.work.miss(
            item.words,
            f"I found nothing among the data that tells {found.wanted!r}, so this part is left "
            f"out, with what depends on it.",
        )
        return
    for note in found.notes:
        composer.work.assume(note)
    composer.last = found
    scope.favoured += [p.path for p in found.about if p.sort in ("number", "integer")]
    gate = any(isinstance(i, Ask) for i in item.then)
    if gate or any(isinstance(i, Ask) for i in item.other):
        # What the deed behind both answers needs is looked up in front of them.
        next_effect(composer, place.ahead, steps, scope)
    if_id = composer.work.fresh(
        "gate" if gate else found.name if found.name.startswith("when_") else f"if_{identifier(found.name)}"
    )
    branch = found.spoken
    before = list(composer.work.effects)
    then = composer.compose(
        item.then, scope.inner(), replace(place, branch="" if gate else branch, ending=found.name)
    )
    after_then = composer.work.effects[len(before) :]
    composer.work.effects[:] = before
    composer.last = found
    other_place = replace(place, branch=opposite(branch), ending=inverted(found).name)
    other = composer.compose(item.other, scope.inner(), other_place)
    after_other = composer.work.effects[len(before) :]
    kept = [*([] if _ends(tuple(then)) else after_then), *([] if _ends(tuple(other)) else after_other)]
    composer.work.effects[:] = before + kept
    composer.last = found
    if not then and not other:
        return
    if not then:
        steps.append(IfStep(if_id, inverted(found).test, tuple(other), says=f"unless {branch}"))
    else:
        steps.append(IfStep(if_id, found.test, tuple(then), tuple(other), says=f"if {branch}"))


def sources_of(test: Test) -> list[tuple[str, str]]:
    """The tools that tell a condition, where the reader knew them, each with the field's name in words."""
    match test:
        case Both(_, left, right):
            return [*sources_of(left), *sources_of(right)]
        case Compare(subject, source=source) | CompareTo(subject, source=source) if source:
            return [(source, subject)]
        case Is(subject, predicate, source=source) if source:
            return [(source, subject or predicate)]
        case _:
            return []


def checker(composer: Composer, item: Check) -> Known | None:
    """The tool that answers a check."""
    words = item.rest
    if isinstance(item.test, Is):
        words = f"{item.test.predicate} {item.test.subject}"
    for match in composer.work.toolbox.rank(item.verb, words, composer.work.topic):
        known = match.known
        if known.reads and (not isinstance(item.test, Is) or _knows(known, item.test.predicate)):
            return known
    return None


def _only_answer(own: Scope, item: Check) -> Resolved | None:
    answers = [
        p for t in own.things for p in places(t.name, t.words, t.schema, depth=1) if p.sort == "boolean"
    ]
    if len(answers) != 1:
        return None
    name = "_".join(raw_tokens(answers[0].path.rpartition(".")[2]))
    return Resolved(answers[0].path, f"it is {name.replace('_', ' ')}", (answers[0],), name=name)


def _asked_again(item: Check, ahead: tuple[Item, ...]) -> bool:
    """Whether the next intent handles the outcome itself, so that no early end is needed."""
    if not ahead or not isinstance(ahead[0], When):
        return False
    test = ahead[0].test
    if isinstance(test, Same):
        return True
    return isinstance(test, Is) and (
        (isinstance(item.test, Is) and stems(test.predicate) == stems(item.test.predicate))
        or bool(set(stems(test.predicate)) & set(stems(item.rest)))
    )


def _same_asked(found: Resolved, scope: Scope, ahead: tuple[Item, ...]) -> bool:
    """Whether the next intent is a condition on the very field that was checked: "check it. If it is down, ..."."""
    if not ahead or not isinstance(ahead[0], When):
        return False
    told = resolve(ahead[0].test, scope, found)
    return isinstance(told, Resolved) and bool(
        {p.path.partition(".")[0] for p in told.about} & {p.path.partition(".")[0] for p in found.about}
    )


_WHAT_IT_SAID = re.compile(
    r"\bwhat (?:it|this|that|the)\b.{0,20}\b(?:said|says|found|finds|gave|gives|told|tells|reported|was)\b"
    r"|\b(?:the|its|that) (?:outcome|result|answer|finding|verdict)\b",
    re.I,
)


def _only_told(item: Check, told: set[str], ahead: tuple[Item, ...]) -> bool:
    """Whether the outcome, whatever it is, is what a later step tells somebody."""
    asked = re.search(r"\b(?:whether|if)\b", item.words, re.I)
    return any(
        isinstance(later, Act)
        and ((asked and _WHAT_IT_SAID.search(later.words)) or told & set(stems(later.words)))
        for later in ahead
    )


def _told_by(found: Resolved, scope: Scope) -> set[str]:
    """The texts beside the answer, by their names: the reason, the explanation."""
    step = found.about[0].path.partition(".")[0] if found.about else ""
    return {
        p.leaf[0]
        for t in scope.things
        if t.name == step and any(p.sort == "boolean" for p in places(t.name, t.words, t.schema, depth=1))
        for p in places(t.name, t.words, t.schema, depth=1)
        if p.sort == "string" and len(p.leaf) == 1 and p.leaf[0] in _TELLING
    }


_TELLING = frozenset(map(stem, ["reason", "explanation", "detail", "cause", "finding", "comment"]))


def _knows(known: Known, predicate: str) -> bool:
    words = stems(predicate)
    return any(w in field for w in words for field in known.fields.values())


def _ends(steps: tuple[DraftStep, ...]) -> bool:
    return bool(steps) and isinstance(steps[-1], ReturnStep | FailStep)
