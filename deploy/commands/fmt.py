"""``weft fmt``: canonical layout, in place; standard input goes to standard output."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import dsl
from deploy.commands.check import render
from deploy.failure import Failure, tell
from deploy.texts import read_texts


def main(options: argparse.Namespace) -> int:
    status = 0
    texts, failures = read_texts(options.files)
    for name, text in texts:
        errors = [diagnostic for diagnostic in dsl.parse(text).diagnostics if diagnostic.severity == "error"]
        if errors:
            print(render(name, text, errors[0]), file=sys.stderr)
            status = 1
            continue
        formatted = dsl.format_text(text)
        if name == "-" and not options.check:
            sys.stdout.write(formatted)
        elif formatted != text and options.check:
            print(f"{name} would change")
            status = 1
        elif formatted != text:
            try:
                Path(name).write_text(formatted, encoding="utf-8")
            except OSError as error:
                failures.append(
                    Failure(f"{name!r} cannot be written: {error.strerror}.", "Look at its permissions.")
                )
                continue
            print(f"{name} formatted")
    return tell(failures) if failures else status
