"""Changes to an existing workflow, as edits of the language: what was not spoken of stays byte for byte as it is.

Each reader takes one clause and gives a :class:`Change` (edits and what was done), words for the person, or None when
the clause is not of its sort.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import dsl
from dsl.catalog import Catalog
from dsl.outline import places
from studio.designer.builtin.adding import add, when_refused
from studio.designer.builtin.approvals import approver, deadline
from studio.designer.builtin.change import Change
from studio.designer.builtin.finding import Existing
from studio.designer.builtin.limits import limit
from studio.designer.builtin.removing import remove_clause
from studio.designer.builtin.tuning import argument, clauses, move, rename
from studio.designer.builtin.yes_first import with_approvals
from studio.designer.proving import prove
from studio.designer.writing import Outcome, Said, Written

_READERS: tuple[Callable[[str, Existing], Change | Said | None], ...] = (
    rename,
    approver,
    argument,
    limit,
    deadline,
    clauses,
    move,
    remove_clause,
    when_refused,
    add,
)
_POLITE = re.compile(
    r"^(?:please|now|ok(?:ay)?|and|but|then|can you|could you|i want you to|i'd like you to)[, ]+",
    re.IGNORECASE,
)
_AND = re.compile(
    r"(?<=[a-z0-9)\"])[.!;]\s+|\n+|,?\s+and\s+(?:then\s+)?"
    r"(?=(?:rename|raise|lower|remove|delete|drop|move|change|set|add|also|make|increase|reduce|ask|retry)\b)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class _Done:
    text: str
    said: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    questions: tuple[str, ...] = ()


def change(request: str, base: str, catalog: Catalog) -> Outcome | None:
    """The base with the changes asked for; None when the request asks for none that is known."""
    done = _Done(base)
    for clause in _clauses(request):
        existing = Existing.of(done.text, catalog)
        found = _read(clause, existing)
        if isinstance(found, Said):
            return found if not done.said else _finished(base, done, catalog, (*done.questions, found.text))
        if found is None:
            if not done.said:
                return None
            unknown = f"Not done: “{clause}”. I did not understand this change."
            return _finished(base, done, catalog, (*done.questions, unknown))
        try:
            text = dsl.apply(done.text, dsl.Sequence(edits=found.edits)).text
        except dsl.EditError as error:
            return Said(f"I could not do that: {error.message}. {error.help}.")
        done = _Done(
            text,
            (*done.said, found.said),
            (*done.assumptions, *found.assumptions),
            (*done.questions, *found.questions),
        )
    return _finished(base, done, catalog, done.questions) if done.said else None


def _finished(base: str, done: _Done, catalog: Catalog, questions: tuple[str, ...]) -> Outcome:
    # What was there before may have lost its approval: that is for the person to say. What is new gets one.
    old = frozenset(place.path for place in places(dsl.parse(base).workflow.body))
    asked = with_approvals(prove(done.text, catalog), catalog, but=old)
    proved = asked.proved
    if not proved.sound:
        why = proved.errors[0].message if proved.errors else proved.refusal
        return Said(
            "I can do that, but then the workflow would not hold up any more: "
            f"{why.rstrip('.')}. Tell me how that should be solved."
        )
    text = proved.text if asked.assumptions else done.text
    return Written(text, " ".join(done.said), (*done.assumptions, *asked.assumptions), questions)


def _clauses(request: str) -> list[str]:
    parts = _AND.split(_POLITE.sub("", request.strip()))
    return [_POLITE.sub("", part.strip(" .!;")) for part in parts if part.strip(" .!;")]


def _read(clause: str, existing: Existing) -> Change | Said | None:
    for reader in _READERS:
        found = reader(clause, existing)
        if found is not None:
            return found
    return None
