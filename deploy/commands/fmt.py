"""``weft fmt``: canonical layout, in place."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import dsl
from deploy.commands.check import render
from deploy.failure import Failure
from deploy.texts import read_text


def main(options: argparse.Namespace) -> int:
    status = 0
    for name in options.files:
        text = read_text(name)
        errors = [diagnostic for diagnostic in dsl.parse(text).diagnostics if diagnostic.severity == "error"]
        if errors:
            print(render(name, text, errors[0]), file=sys.stderr)
            status = 1
            continue
        formatted = dsl.format_text(text)
        if name == "-":
            print(formatted, end="")
        elif formatted != text and options.check:
            print(f"{name} would change")
            status = 1
        elif formatted != text:
            try:
                Path(name).write_text(formatted, encoding="utf-8")
            except OSError as error:
                raise Failure(
                    f"{name!r} cannot be written: {error.strerror}.", "Look at its permissions."
                ) from None
            print(f"{name} formatted")
    return status
