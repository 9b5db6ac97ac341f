"""Changes to an existing workflow, as edits of the language: what was not spoken of stays byte for byte as it is.

Each reader takes one clause and gives a :class:`Change` (edits and what was done), words for the person, or None when the
clause is not of its sort.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import dsl
from dsl import tree
from dsl.catalog import Catalog, Schema
from dsl.outline import Place
from studio.designer.builtin.adding import add, at_step, when_refused
from studio.designer.builtin.amounts import DURATION, QUANTITY, duration_text, number_text, quantity
from studio.designer.builtin.asking import read_shape
from studio.designer.builtin.change import Change
from studio.designer.builtin.draft import quote
from studio.designer.builtin.finding import Existing
from studio.designer.builtin.gates import find_role
from studio.designer.builtin.reading import Ask
from studio.designer.builtin.removing import remove
from studio.designer.builtin.shapes import properties, sort_of
from studio.designer.builtin.words import raw_tokens, stem, stems
from studio.designer.builtin.work import identifier
from studio.designer.proving import prove
from studio.designer.writing import Outcome, Said, Written


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
            return found if not done.said else _finished(done, catalog, (*done.questions, found.text))
        if found is None:
            if not done.said:
                return None
            return _finished(
                done, catalog, (*done.questions, f"Not done: “{clause}”. I did not understand this change.")
            )
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
    return _finished(done, catalog, done.questions) if done.said else None


def _finished(done: _Done, catalog: Catalog, questions: tuple[str, ...]) -> Outcome:
    proved = prove(done.text, catalog)
    if not proved.sound:
        why = proved.errors[0].message if proved.errors else proved.refusal
        return Said(
            f"I can do that, but then the workflow would not hold up any more: {why} Tell me how that should be solved."
        )
    return Written(done.text, " ".join(done.said), done.assumptions, questions)


def _clauses(request: str) -> list[str]:
    text = re.sub(
        r"^(?:please|now|ok(?:ay)?|and|but|can you|could you|i want you to|i'd like you to)[, ]+",
        "",
        request.strip(),
        flags=re.I,
    )
    parts = re.split(
        r"(?<=[a-z0-9)\"])[.!;]\s+|\n+|,?\s+and\s+(?:then\s+)?(?=(?:rename|raise|lower|remove|delete|drop|move|change|set|add|also|make|increase|reduce|ask|retry)\b)",
        text,
        flags=re.I,
    )
    return [
        re.sub(r"^(?:please|now|and|then)[, ]+", "", p.strip(" .!;"), flags=re.I)
        for p in parts
        if p.strip(" .!;")
    ]


def _read(clause: str, existing: Existing) -> Change | Said | None:
    for reader in _READERS:
        tuple[Callable[[str, Existing], Change | Said | None], ...] = (
            _rename,
            _approver,
            _argument,
            _limit,
            _deadline,
            _clause,
            _move,
            _remove,
            _add,
        )
