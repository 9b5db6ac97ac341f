"""From when and until when: "from" and "to" of a look-up are the first and last day of what was read."""

from __future__ import annotations

from typing import Final

from studio.designer.builtin.scope import Scope, Thing
from studio.designer.builtin.shapes import Place, places, properties
from studio.designer.builtin.tools import Known
from studio.designer.builtin.words import name_stems, stem, word_list

_FIRST: Final = frozenset(
    map(
        stem,
        word_list(
            "from start starts started begin begins first since arrival arrive arrives opening earliest"
        ),
    )
)
_LAST: Final = frozenset(
    map(stem, word_list("to until till end ends ended last through departure depart departs latest closing"))
)


def bound(scope: Scope, known: Known, words: tuple[str, ...]) -> Place | None:
    """The end of a stretch of time that an argument means, where the tool takes both ends and one thing has both."""
    for thing in reversed(scope.things):
        if thing.step and (found := end_of(thing, known, words)) is not None:
            return found
    return None


def end_of(thing: Thing, known: Known, words: tuple[str, ...]) -> Place | None:
    """The same in one thing."""
    ends = (_FIRST, _LAST) if set(words) & _FIRST else (_LAST, _FIRST)
    takes = [name_stems(n) for n in properties(known.tool.input_schema) if name_stems(n) != words]
    if not set(words) & ends[0] or not any(set(n) & ends[1] for n in takes):
        return None
    fields = [
        p
        for p in places(thing.name, thing.words, thing.schema)
        if p.sort == "string" and p.path != thing.name
    ]
    here = [p for p in fields if set(p.leaf) & ends[0] and not set(p.leaf) & _NO_TIME]
    return here[0] if here and any(set(p.leaf) & ends[1] for p in fields) else None


_NO_TIME: Final = frozenset(map(stem, ["name", "email", "address"]))
