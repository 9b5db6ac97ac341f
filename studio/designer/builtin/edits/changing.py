"""A message as changes to an existing workflow: clause by clause, each proved by itself, each done or said why not."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import dsl
from dsl.catalog import Catalog
from dsl.changes import changes
from dsl.outline import places
from studio.designer.builtin.edits.adding import add, over_needs, when_refused, when_so
from studio.designer.builtin.edits.appending import append
from studio.designer.builtin.edits.approving import approver
from studio.designer.builtin.edits.change import Change, Choice, Found
from studio.designer.builtin.edits.days import other_days
from studio.designer.builtin.edits.declaring import declare
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.edits.guarding import guard
from studio.designer.builtin.edits.lengths import length
from studio.designer.builtin.edits.mentioning import mentioned
from studio.designer.builtin.edits.moving import move
from studio.designer.builtin.edits.naming import describe, rename
from studio.designer.builtin.edits.numbers import limit
from studio.designer.builtin.edits.picking import Pick
from studio.designer.builtin.edits.proof import known_errors, trouble
from studio.designer.builtin.edits.removing import remove_clause
from studio.designer.builtin.edits.request import Piece, joined, pieces_of
from studio.designer.builtin.edits.retargeting import retarget
from studio.designer.builtin.edits.settings import setting
from studio.designer.builtin.edits.showing import shown
from studio.designer.builtin.edits.spelling import mended
from studio.designer.builtin.edits.starting import trigger
from studio.designer.builtin.edits.swapping import swap
from studio.designer.builtin.edits.texts import argument, recipient
from studio.designer.builtin.edits.timing import duration
from studio.designer.builtin.edits.together import side_by_side
from studio.designer.builtin.edits.trying import again, if_it_fails
from studio.designer.builtin.yes_first import with_approvals
from studio.designer.proving import Proved, proved_as_it_is
from studio.designer.writing import Outcome, Said, Written

_READERS: tuple[Callable[[str, Existing], Found | None], ...] = (
    rename,
    describe,
    other_days,
    trigger,
    setting,
    declare,
    over_needs,
    approver,
    when_refused,
    if_it_fails,
    length,
    append,
    argument,
    recipient,
    shown,
    mentioned,
    again,
    duration,
    side_by_side,
    guard,
    limit,
    move,
    swap,
    retarget,
    remove_clause,
    add,
    when_so,
)


_HEAR_ALSO = frozenset(
    (other_days, trigger, declare, over_needs, approver, when_refused, if_it_fails, add, when_so)
)
"""To these "also" says something: beside what is there, not instead of it."""


@dataclass(frozen=True, slots=True)
class _Done:
    """``left`` is what was asked for and not done, with why; ``open`` whether one of those is a question."""

    text: str
    proved: Proved
    focus: str = ""
    said: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    unknown: int = 0
    picks: tuple[Pick, ...] = field(default=())


def change(
    request: str, base: str, catalog: Catalog, *, focus: str = "", picks: Sequence[Pick] = ()
) -> Outcome | None:
    """The base with the changes asked for; None when the request asks for none that is known.

    ``focus`` is the id of the step that was spoken of last, ``picks`` what was answered to the questions that the same
    request led to before, in order.
    """
    done = _Done(base, proved_as_it_is(base, catalog), focus, picks=tuple(picks))
    sentences = pieces_of(request)
    for pieces in sentences:
        done = _sentence(done, pieces)
    if not done.said:
        if done.left and not (done.unknown and done.unknown == len(done.left)):
            return Said("\n\n".join(dict.fromkeys(done.left)))
        return None
    return _finished(base, done, catalog)


def _sentence(done: _Done, pieces: list[Piece]) -> _Done:
    """As many pieces at a time as make a change; "add X and Y" is one where the second half is none by itself."""
    at = 0
    while at < len(pieces):
        step, taken = done, 1
        for count in range(1, len(pieces) - at + 1):
            step, taken = _clause(done, joined(pieces[at : at + count])), count
            if step.unknown == done.unknown:
                # What follows may belong to it when it is no change of its own.
                following = pieces[at + count : at + count + 1]
                if following and _clause(step, following[0].text).unknown > step.unknown:
                    longer = _clause(done, joined(pieces[at : at + count + 1]))
                    if longer.unknown == done.unknown and longer.said != done.said:
                        step, taken = longer, count + 1
                break
        if step.unknown > done.unknown:
            step, taken = _halves(done, pieces[at].text), 1
        done = step
        at += taken
    return done


def _halves(done: _Done, clause: str) -> _Done:
    """What can be done of a clause with an "and" in it; the rest is said."""
    for cut in re.finditer(r"\s*,?\s+(?:and|but)\s+(?:also\s+|then\s+)?", clause, re.I):
        first = _clause(done, clause[: cut.start()])
        if len(first.said) > len(done.said) and first.unknown == done.unknown:
            return _halves(first, clause[cut.end() :])
    return _clause(done, clause)


def _clause(done: _Done, clause: str) -> _Done:
    existing = Existing.of(done.text, done.proved.catalog, done.focus)
    try:
        found = _read(mended(clause, existing), existing)
        while isinstance(found, Choice) and done.picks:
            chosen = done.picks[0](found)
            if chosen is None:
                break
            found, done = chosen, replace(done, picks=done.picks[1:])
        match found:
            case None:
                if _only_says(clause):
                    return _spoken_of(done, existing, clause)
                words = f"Not done: “{clause}”. I did not understand this change."
                return replace(done, left=(*done.left, words), unknown=done.unknown + 1)
            case Said(text):
                return replace(done, left=(*done.left, text))
            case Choice():
                return replace(done, left=(*done.left, found.asked()))
            case Change():
                return _made(done, found, clause)
    except dsl.EditError as error:
        words = f"I could not do “{clause}”: {error.message}. {error.help[:1].upper()}{error.help[1:]}."
        return replace(done, left=(*done.left, words))
    return done


def _spoken_of(done: _Done, existing: Existing, clause: str) -> _Done:
    """After a remark about one step, "that step" is it."""
    match = _COMPLAINT.match(mended(clause, existing))
    about = existing.meant(match["what"]) if match else []
    return replace(done, focus=about[0].step.id) if len(about) == 1 else done


def _made(done: _Done, change: Change, clause: str) -> _Done:
    catalog = done.proved.catalog
    text = dsl.apply(done.text, dsl.Sequence(edits=change.edits), catalog).text
    if text == done.text:
        return replace(done, left=(*done.left, f"“{clause}”: that is so already."))
    proved = proved_as_it_is(text, catalog)
    if not changes(done.proved.parsed, proved.parsed, catalog).changes:
        return replace(done, left=(*done.left, f"“{clause}” would change nothing in what it does."))
    assumptions = change.assumptions
    if not proved.sound:
        # What was there before may have lost its approval: that is for the person to say. What is new gets one.
        old = frozenset(place.path for place in places(done.proved.parsed.workflow.body))
        asked = with_approvals(proved, catalog, but=old)
        if asked.assumptions:
            proved = proved_as_it_is(asked.proved.text, catalog)
            assumptions = (*assumptions, *asked.assumptions)
    why = trouble(proved, known_errors(done.proved))
    if why or (proved.refusal and not done.proved.refusal and not proved.errors):
        why = why or proved.refusal.rstrip(".")
        words = (
            f"I can do that (“{clause}”), but then the workflow would not hold up any more: {why}. "
            "Tell me how that should be solved."
        )
        return replace(done, left=(*done.left, words))
    return replace(
        done,
        text=proved.text,
        proved=proved,
        focus=change.about or done.focus,
        said=(*done.said, change.said),
        assumptions=(*done.assumptions, *assumptions),
        questions=(*done.questions, *change.questions),
    )


def _finished(base: str, done: _Done, catalog: Catalog) -> Outcome:
    if not done.proved.sound:
        first = done.proved.errors[0].message if done.proved.errors else done.proved.refusal
        return Said(
            f"The workflow has an error of its own, which was there before: {first.rstrip('.')}. "
            "I propose only what holds up, so this has to be mended first."
        )
    questions = (*done.left, *done.questions)
    return Written(
        done.text,
        " ".join(done.said),
        tuple(dict.fromkeys(done.assumptions)),
        tuple(dict.fromkeys(questions)),
    )


_SAYS = re.compile(
    r"^(?:(?:hi|hello|hey|thanks?|thank you|great|good|cheers|sorry|ok|okay|a lot)(?:\s+(?:a lot|so much"
    r"|there|very much))?$|it'?s|it is|a lot|that'?s|that is|this is|there (?:is|are)|they|people|we "
    r"(?:have|had|get|got|are|were)|our|because|since|thanks?|"
    r"i (?:think|guess|know|hope|find|am|have)|i'm|the (?:reason|others?)|all the others|you know|right"
    r" now|at the moment|so far|"
    r"customers|somebody|someone|nobody|everyone|otherwise it|this way|then we|sorry)(?:\b|(?=,))",
    re.IGNORECASE,
)


_COMPLAINT = re.compile(
    r"^(?:the |our |this |that )?(?P<what>[\w ]{2,40}?) (?:is|are|was|were|keeps?|often|sometimes|always)"
    r" (?:\w+ )?(?:unreliable|flaky|slow|moody|down|broken|unstable|shaky|busy|late|failing|fails?|timing"
    r" out|times out|bad|wrong|annoying|stubborn|too \w+)\b(?:\s+(?:lately|again|sometimes|often|a lot"
    r"|these days|at times|all the time|at the moment|now))*$",
    re.IGNORECASE,
)


def _only_says(clause: str) -> bool:
    """A reason or a remark beside a request asks for nothing."""
    return bool(_SAYS.match(clause) or _COMPLAINT.match(clause)) and not re.search(
        r"\b(?:should|must|needs? to|has to|please|shall)\b", clause, re.I
    )


def _read(clause: str, existing: Existing) -> Found | None:
    bare = re.sub(r"^also\s+", "", clause, flags=re.I)
    for reader in _READERS:
        found = reader(clause if reader in _HEAR_ALSO else bare, existing)
        if found is not None:
            return found
    return None


__all__ = ["change"]
