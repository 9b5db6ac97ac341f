"""W502: an approval that does not say how long it waits.

What: an approval has no `within`.
Why: it then waits three days before it counts as not given, which nobody can see in the text.
Fix: add `within 3d`, or the time that suits.

Bad:
    workflow decide {
      input { amount: float }
      step «gate»: approve by role "manager" {
        title "Spend ${money(input.amount)}?"
      }
      step done: return { by: gate.by }
    }
Good:
    workflow decide {
      input { amount: float }
      step gate: approve by role "manager" {
        title "Spend ${money(input.amount)}?"
        within 24h
      }
      step done: return { by: gate.by }
    }
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dsl import tree
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic, Fix, Replacement

_CLAUSE = "within 3d"
_NOTE = re.compile(r"[ \t]*//[^\n]*")


def check(subject: Subject) -> Iterator[Diagnostic]:
    for place in subject.places:
        kind = place.step.kind
        if isinstance(kind, tree.Approve) and kind.within_ms is None:
            yield Diagnostic(
                "W502",
                "warning",
                f"`{place.step.id}` does not say how long it waits for an answer, so 3 days are assumed",
                place.step.id_span,
                f"add `{_CLAUSE}` (or the time that suits) to it",
                place.path,
                Fix(f"Add `{_CLAUSE}`", (_addition(subject, place.step, kind),)),
            )


def _addition(subject: Subject, step: tree.Step, kind: tree.Approve) -> Replacement:
    """Behind the lines that say what is asked, before the branches."""
    plain = [line for line in kind.lines if not line.name.startswith("on_")]
    if plain:
        end = plain[-1].span.end
        note = _NOTE.match(subject.text, end)
        at = end if note is None else note.end()
        return _put(at, f"\n{subject.indent_of(plain[-1].span.start)}{_CLAUSE}")
    if kind.lines:
        start = kind.lines[0].span.start
        return _put(start, f"{_CLAUSE}\n{subject.indent_of(start)}")
    closing = kind.span.end - 1
    indent = subject.indent_of(step.id_span.start)
    before = subject.text[kind.span.start : closing]
    # A closing brace on a line of its own keeps it.
    own_line = before[len(before.rstrip(" \t")) - 1 :].startswith("\n")
    return _put(closing, f"  {_CLAUSE}\n{indent}" if own_line else f" {_CLAUSE} ")


def _put(at: int, text: str) -> Replacement:
    return Replacement(tree.Span(at, at), text)
