"""What is done when a step fails: told to somebody, taken back, or passed over."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final, cast

from studio.designer.builtin.calls import Wish, write_call
from studio.designer.builtin.draft import (
    AgentStep,
    CallStep,
    DraftStep,
    EachStep,
    FailStep,
    GuardedStep,
    IfStep,
    LetStep,
    LoopStep,
    ReturnStep,
    TogetherStep,
    blocks,
    walk,
)
from studio.designer.builtin.reading import Act, Item, Trouble
from studio.designer.builtin.scope import Scope
from studio.designer.builtin.shapes import properties, required
from studio.designer.builtin.tools import Known
from studio.designer.builtin.words import likeness, name_stems, stem, stems, word_list
from studio.designer.builtin.work import identifier

if TYPE_CHECKING:
    from studio.designer.builtin.composing import Composer, Place

_UNDOES: Final = frozenset(
    stem(word)
    for word in word_list(
        "release cancel reverse recall refund void delete remove undo revert free withdraw unblock rollback"
        " unreserve "
        "abort revoke"
    )
)


def trouble(composer: Composer, item: Trouble, steps: list[DraftStep], scope: Scope, place: Place) -> None:
    found = _target(item.what, steps)
    if item.what and found is None:
        composer.work.miss(item.words, f"I found no step that {item.what!r} could mean.")
        return
    rest = item.items
    if not item.on:
        rest = tuple(one for one in item.items if not _undone(composer, one, found, steps, scope))
        if not rest and item.items:
            return
    failed = _handler(composer, replace(item, items=rest), found, scope, place)
    if found is None:
        body = tuple(steps)
        composer.work.assume(
            "Whatever fails, what was asked for then is done, and the run fails with that error."
        )
        steps[:] = [GuardedStep(composer.work.fresh("work"), body, (), "", failed)]
        return
    put_in_place(steps, found.id, lambda step: replace(step, failed=failed, caught=""))


def _handler(
    composer: Composer, item: Trouble, found: CallStep | AgentStep | None, scope: Scope, place: Place
) -> tuple[DraftStep, ...]:
    what = (found.id if isinstance(found, CallStep) else item.what or "something").replace("_", " ")
    inner = scope.inner()
    if found is not None:
        inner.things = [t for t in inner.things if t.name != found.id]
    effects = list(composer.work.effects)
    inside = replace(place, branch=f"{what} has failed", ending=f"{what} failed", ahead=())
    steps = composer.compose(item.items, inner, inside)
    composer.work.effects[:] = effects
    if item.on:
        return tuple(steps) or (_note(composer, what),)
    if steps and isinstance(steps[-1], ReturnStep | FailStep):
        return tuple(steps)
    code = "skipped" if place.loop else identifier(f"{what} failed")
    return (*steps, FailStep(composer.work.fresh(f"{identifier(what)}_gave_up"), code, f"{what} has failed"))


def _note(composer: Composer, what: str) -> DraftStep:
    return LetStep(composer.work.fresh(f"{identifier(what)}_failed"), "problem.message")


def _target(what: str, steps: list[DraftStep]) -> CallStep | None:
    """The call that is meant: the one whose words fit best; the last that writes for "it"."""
    calls = [s for s in walk(tuple(steps)) if isinstance(s, CallStep)]
    said = [s for s in stems(what)]
    if what == "it" or not said:
        return next((c for c in reversed(calls) if c.writes), calls[-1] if calls else None) if what else None
    scored = []
    for index, call in enumerate(calls):
        words = {*name_stems(call.tool), *name_stems(call.id), *stems(call.says), *name_stems(call.connector)}
        score = sum(max((likeness(s, w) for w in words), default=0.0) for s in said)
        scored.append((score + (0.3 if call.writes else 0.0), index, call))
    best = max(scored, key=lambda s: s[:2], default=None)
    return best[2] if best and best[0] >= 0.6 + 0.3 * best[2].writes else None


def meant(words: str, steps: list[DraftStep]) -> CallStep | None:
    """The call that "try the pick three times" speaks of; the last one where nothing is named."""
    named = re.match(
        r"^(?:re)?tr(?:y|ying)(?: again)?\s+(?:the |its |that |to )?(?P<what>[a-z][\w \-]*?)\s+(?:again |up to "
        r"|at most |for "
        r"(?:up to )?)*(?:\d+|once|twice|three|four|five|two|ten)\b",
        words,
        re.IGNORECASE,
    )
    if named and named["what"].lower() not in ("it", "that", "this", "again", "up", "at", "them", "for"):
        found = _target(named["what"], steps)
        if found is not None:
            return found
    calls = [s for s in walk(tuple(steps)) if isinstance(s, CallStep)]
    return calls[-1] if calls else None


def _undone(
    composer: Composer, item: Item, found: CallStep | None, steps: list[DraftStep], scope: Scope
) -> bool:
    """Whether an action takes an earlier step back; it is then said there, and done whatever fails later."""
    if not isinstance(item, Act):
        return False
    known = composer.match(item, scope)
    if known is None or known.reads or not _takes_something_back(known):
        known = _reverse_of(composer, item, steps)
    if known is None:
        return False
    for step in reversed([s for s in walk(tuple(steps)) if isinstance(s, CallStep) and s.writes]):
        if found is not None and step.id == found.id:
            continue
        if not _takes_back(composer, known, step):
            continue
        own = Scope([t for t in scope.things if not t.step or t.name == step.id], [])
        if not own.things:
            continue
        undo = write_call(composer.work, own, known, Wish(item.verb, item.rest))
        composer.work.effects = [e for e in composer.work.effects if e.step != undo.id]
        undo = replace(undo, caught="", says=item.words)
        put_in_place(steps, step.id, _undone_by(undo))
        composer.work.assume(
            f"{item.words[:1].upper()}{item.words[1:]}: this is done when any later step fails."
        )
        return True
    return False


def _takes_something_back(known: Known) -> bool:
    return bool({known.verb, known.says} & _UNDOES)


def _reverse_of(composer: Composer, item: Act, steps: list[DraftStep]) -> Known | None:
    """The tool that takes back what "undo the reservation" or "give the stock back" names."""
    if stem(item.verb) not in _UNDOES | _GIVES_BACK:
        return None
    said = [s for s in stems(item.rest) if s not in ("back", "again")]
    for step in reversed([s for s in walk(tuple(steps)) if isinstance(s, CallStep) and s.writes]):
        about = {*name_stems(step.tool), *stems(step.says), *name_stems(step.connector)}
        if said and not any(likeness(s, w) or (len(w) > 4 and s[:5] == w[:5]) for s in said for w in about):
            continue
        for known in composer.work.toolbox.tools:
            if not known.reads and _takes_something_back(known) and _takes_back(composer, known, step):
                return known
    return None


_GIVES_BACK: Final = frozenset(
    map(stem, ["give", "take", "put", "return", "roll", "rollback", "restore", "let", "clean"])
)


def _undone_by(undo: CallStep) -> Callable[[Any], Any]:
    return lambda step: replace(step, undo=(*step.undo, undo))


def _takes_back(composer: Composer, known: Known, step: CallStep) -> bool:
    """Whether a tool needs just what a step gave: the id of a reservation that it made."""
    tool = composer.work.catalog.tool(step.connector, step.tool)
    given = {name_stems(n) for n in properties((tool.output_schema if tool else None) or {})}
    wanted = [name_stems(n) for n in required(known.tool.input_schema)]
    if wanted and all(
        any(w == g or (w[-1:] == g[-1:] == ("id",) and len(g) == 1) for g in given) for w in wanted
    ):
        return True
    passed = {name_stems(name) for name, _ in step.args}
    return (
        bool(wanted)
        and all(w in passed for w in wanted)
        and bool(set(known.noun) & set(step.tool.split("_")))
    )


def put_in_place(steps: list[DraftStep], id: str, change: Callable[[Any], Any]) -> None:
    steps[:] = [_changed(step, id, change) for step in steps]


def _changed(step: DraftStep, id: str, change: Callable[[Any], Any]) -> DraftStep:
    if step.id == id:
        return cast(DraftStep, change(step))
    if not any(s.id == id for block in blocks(step) for s in walk(block)):
        return step
    inside = lambda block: tuple(_changed(s, id, change) for s in block)  # noqa: E731
    match step:
        case IfStep():
            return replace(step, then=inside(step.then), other=inside(step.other))
        case EachStep() | TogetherStep() | GuardedStep() | LoopStep():
            return replace(step, body=inside(step.body))
        case _:
            return step
