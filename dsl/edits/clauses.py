"""Clauses of a step: put in, taken out, and the ``after`` of its neighbours kept sound."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from dsl import tree
from dsl.edits.ground import INDENT, Ground
from dsl.edits.models import EditError, SetClause, Splice
from dsl.outline import Place, after_of
from dsl.tree import Span

_CLAUSES = ("after", "key", "timeout", "retry", "compensate", "catch")
_CLAUSE_OF = {
    tree.After: "after",
    tree.Key: "key",
    tree.Timeout: "timeout",
    tree.Retry: "retry",
    tree.Compensate: "compensate",
    tree.Catch: "catch",
}


def set_clause(ground: Ground, edit: SetClause) -> tuple[Splice, ...]:
    step = ground.place(edit.path).step
    match = re.fullmatch(r"(after|key|timeout|retry|compensate|catch)(\d*)", edit.clause)
    if match is None:
        raise EditError(f"there is no clause {edit.clause!r}", f"known are {', '.join(_CLAUSES)}")
    word, number = match.group(1), int(match.group(2)[:4] or 0)
    mine = [clause for clause in step.clauses if _CLAUSE_OF[type(clause)] == word]
    present = mine[number] if number < len(mine) else None
    if edit.text is None or not edit.text.strip():
        return () if present is None else (taken_out(ground, present.span),)
    text = edit.text.strip()
    if not re.match(rf"{word}\b", text) or (word == "key" and not re.match(r"key\s", text)):
        text = f"{word} {text}"
    if present is not None:
        return (Splice(present.span.start, present.span.end, text),)
    return (with_clause(ground, step, word, text),)


def with_clause(ground: Ground, step: tree.Step, word: str, text: str) -> Splice:
    """A new clause, behind those that come before it in the usual order."""
    rank = _CLAUSES.index(word)
    above: Any = step.kind
    for clause in step.clauses:
        if _CLAUSES.index(_CLAUSE_OF[type(clause)]) <= rank:
            above = clause
    end = ground.code_end(above.span.end)
    indent = ground.indent(step.span.start) + INDENT
    following = "" if ground.text[end : end + 1] in ("\n", "") else "\n" + ground.indent(step.span.start)
    return Splice(end, end, f"\n{indent}{text}{following}")


def taken_out(ground: Ground, span: Span) -> Splice:
    """A clause or a line gone, with its line where it has that alone; a comment behind it stays."""
    start, end = span.start, span.end
    if not ground.text[end : ground.line_end(end)].strip():
        begin = ground.line_start(start) - 1 if ground.first_on_line(start) else start
        while begin == start and start > 0 and ground.text[start - 1] in " \t":
            start = begin = start - 1
        return Splice(max(begin, 0), ground.line_end(end), "")
    while start > 0 and ground.text[start - 1] in " \t" and not ground.first_on_line(span.start):
        start -= 1
    return Splice(start, end, "")


def with_after(ground: Ground, step: tree.Step, ids: Sequence[str]) -> tuple[Splice, ...]:
    """The step waits for exactly these siblings: its first ``after`` is set, made or taken out, any other goes."""
    kept = list(dict.fromkeys(ids))
    if kept == list(after_of(step)):
        return ()
    clauses = [clause for clause in step.clauses if isinstance(clause, tree.After)]
    text = "after " + ", ".join(kept)
    if not clauses:
        return (with_clause(ground, step, "after", text),)
    first = [_in_place(ground, clauses[0].span, text)] if kept else []
    gone = clauses[1:] if kept else clauses
    return (*first, *(_in_place(ground, clause.span, "") for clause in gone))


def _in_place(ground: Ground, span: Span, text: str) -> Splice:
    """``text`` for a clause; the comments that stood inside it stand behind it."""
    comments = ground.comments(span)
    if not comments:
        return Splice(span.start, span.end, text) if text else taken_out(ground, span)
    between = "\n" + ground.indent(span.start)
    lines = between.join(comments)
    rest = ground.text[span.end : ground.line_end(span.end)].strip()
    return Splice(span.start, span.end, f"{text} {lines}".strip() + (between if rest else ""))


def bridged(ground: Ground, place: Place) -> tuple[Splice, ...]:
    """Siblings that are ``after`` a step that goes away are then after what it was after."""
    return replaced(ground, place, after_of(place.step))


def replaced(ground: Ground, place: Place, by: Sequence[str]) -> tuple[Splice, ...]:
    """Siblings that are ``after`` a step are after others in its stead."""
    splices: list[Splice] = []
    for sibling in ground.block(place.container).steps:
        waited = after_of(sibling)
        if sibling is place.step or place.step.id not in waited:
            continue
        ids: list[str] = []
        for id in waited:
            ids += [id] if id != place.step.id else list(by)
        splices += with_after(ground, sibling, [id for id in ids if id != sibling.id])
    return tuple(splices)
