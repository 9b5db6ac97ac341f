"""The list of problems as the page shows it, and their fixes done. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dsl.diagnostic import Diagnostic, Replacement
from studio.editor.inspector import RANK, problem
from studio.editor.reading import Reading

Json = dict[str, Any]

PLACE = ("line", "start", "end", "edits")
"""What changes about a problem when the text before it does."""


def problems_of(reading: Reading) -> list[Json]:
    """Errors first, each as in the text. ``start`` and ``end`` count characters; ``edits`` do what ``fix`` says."""
    shown = [
        {
            **problem(found, n),
            "line": reading.text.count("\n", 0, found.span.start) + 1,
            "start": found.span.start,
            "end": found.span.end,
            "edits": [[one.span.start, one.span.end, one.text] for one in _replacements(found)],
        }
        for n, found in enumerate(reading.diagnostics)
    ]
    return sorted(shown, key=lambda found: (RANK[found["severity"]], found["index"]))


def of_this_kind(found: Diagnostic, diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Those that one click can mend together with ``found``: the same rule, each with a fix of its own."""
    return tuple(one for one in diagnostics if one.code == found.code and one.fix is not None)


def mended(text: str, found: Iterable[Diagnostic]) -> str:
    """The text with the fixes of these problems. A fix that touches what another one changes is left for later."""
    taken: list[Replacement] = []
    for one in found:
        fix = [part for part in _replacements(one) if part not in taken]
        if not any(_touch(part, other) for part in fix for other in taken):
            taken.extend(fix)
    for part in sorted(taken, key=lambda part: part.span.start, reverse=True):
        text = text[: part.span.start] + part.text + text[part.span.end :]
    return text


def _replacements(found: Diagnostic) -> tuple[Replacement, ...]:
    return found.fix.replacements if found.fix is not None else ()


def _touch(one: Replacement, other: Replacement) -> bool:
    return one.span.start <= other.span.end and other.span.start <= one.span.end
