"""``weft check``: diagnostics of files, for people or as JSON."""

from __future__ import annotations

import argparse
import json
import sys

import dsl
from deploy.failure import tell
from deploy.texts import read_catalog, read_text, read_texts
from dsl.changes import breaking
from dsl.diagnostic import Diagnostic

_WIDTH = 160
"""Characters of a line that are shown."""


def main(options: argparse.Namespace) -> int:
    catalog = read_catalog(options.catalog)
    against = None if options.against is None else dsl.parse(read_text(options.against))
    waiting = None if "*" in options.waiting else options.waiting
    found: list[tuple[str, str, Diagnostic]] = []
    texts, failures = read_texts(options.files)
    for name, text in texts:
        parsed = dsl.parse(text)
        notes = dsl.notes(parsed, catalog) if options.notes else ()
        found += [(name, text, diagnostic) for diagnostic in (*dsl.check(parsed, catalog), *notes)]
        if against is not None:
            found += [(name, text, one) for one in breaking(against, parsed, catalog, waiting)]
    if options.json:
        print(json.dumps([_json(name, text, diagnostic) for name, text, diagnostic in found], indent=1))
    else:
        for name, text, diagnostic in found:
            print(render(name, text, diagnostic))
        if texts:
            print(_summary(len(texts), found), file=sys.stderr)
    if failures:
        return tell(failures)
    return 1 if any(diagnostic.severity == "error" for _, _, diagnostic in found) else 0


def render(name: str, text: str, diagnostic: Diagnostic) -> str:
    """One diagnostic for a person: place, message, the line with the span underlined, and what to do."""
    start = dsl.position(text, diagnostic.span.start)
    line = text.split("\n")[start.line - 1]
    width = max(1, min(diagnostic.span.end - diagnostic.span.start, len(line) - start.column + 1))
    shown, column = _clipped(line, start.column - 1)
    marker = " " * column + "^" * min(width, _WIDTH - column)
    return (
        f"{name}:{start.line}:{start.column}: {diagnostic.severity} {diagnostic.code}: {diagnostic.message}\n"
        f"    {shown}\n    {marker}\n    {diagnostic.help}"
    )


def _clipped(line: str, column: int) -> tuple[str, int]:
    """The part of a line around a column, without what a terminal would obey, and where the column is in it."""
    begin = max(0, column - _WIDTH // 2) if len(line) > _WIDTH else 0
    part = line[begin : begin + _WIDTH]
    return "".join(char if char.isprintable() else " " for char in part), column - begin


def _json(name: str, text: str, diagnostic: Diagnostic) -> dict:
    def place(offset: int) -> dict:
        position = dsl.position(text, offset)
        return {"offset": position.offset, "line": position.line, "column": position.column}

    fix = diagnostic.fix and {
        "title": diagnostic.fix.title,
        "replacements": [
            {"start": place(part.span.start), "end": place(part.span.end), "text": part.text}
            for part in diagnostic.fix.replacements
        ],
    }
    return {
        "file": name,
        "code": diagnostic.code,
        "severity": diagnostic.severity,
        "message": diagnostic.message,
        "start": place(diagnostic.span.start),
        "end": place(diagnostic.span.end),
        "help": diagnostic.help,
        "fix": fix,
    }


def _summary(files: int, found: list[tuple[str, str, Diagnostic]]) -> str:
    errors = sum(diagnostic.severity == "error" for _, _, diagnostic in found)
    warnings = sum(diagnostic.severity == "warning" for _, _, diagnostic in found)

    def count(number: int, word: str) -> str:
        return f"{number} {word}{'' if number == 1 else 's'}"

    return f"{count(files, 'file')}: {count(errors, 'error')}, {count(warnings, 'warning')}"
