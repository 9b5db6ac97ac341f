"""``weft docs``: makes docs/diagnostics.md from the rules, and says what the examples in it are told."""

from __future__ import annotations

import argparse
import sys

import dsl
from deploy.failure import Failure
from deploy.home import ROOT
from deploy.texts import SHIPPED_CATALOG, read_catalog
from dsl.changes import breaking
from dsl.checks.pages import Page, markdown, pages
from dsl.diagnostic import Diagnostic

DIAGNOSTICS = ROOT / "docs" / "diagnostics.md"


def main(options: argparse.Namespace) -> int:
    text = diagnostics_page()
    if DIAGNOSTICS.exists() and DIAGNOSTICS.read_text(encoding="utf-8") == text:
        return 0
    if options.check:
        print(f"{DIAGNOSTICS} is not up to date: run `./weft docs`", file=sys.stderr)
        return 1
    try:
        DIAGNOSTICS.write_text(text, encoding="utf-8")
    except OSError as error:
        raise Failure(
            f"{str(DIAGNOSTICS)!r} cannot be written: {error.strerror}.", "Look at its permissions."
        ) from None
    print(f"{DIAGNOSTICS} written")
    return 0


def diagnostics_page() -> str:
    """What docs/diagnostics.md has to be."""
    catalog = read_catalog(str(SHIPPED_CATALOG))
    every = pages()
    told = {page.code: found for page in every if (found := _told(page, catalog)) is not None}
    return markdown(every, told)


def _told(page: Page, catalog: dsl.Catalog) -> Diagnostic | None:
    """What the rule says of its bad example."""
    if page.bad is None:
        return None
    parsed = dsl.parse(page.bad.text)
    if page.before is not None:
        found = breaking(dsl.parse(page.before.text), parsed, catalog)
    else:
        found = (*dsl.check(parsed, catalog), *dsl.notes(parsed, catalog))
    return next((one for one in found if one.code == page.code), None)
