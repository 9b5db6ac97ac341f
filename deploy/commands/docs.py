"""``weft docs``: makes docs/diagnostics.md from the rules, and the editors' highlighting from the grammar."""

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
from dsl.highlighting import browser_module, textmate_text

DIAGNOSTICS = ROOT / "docs" / "diagnostics.md"
TEXTMATE = ROOT / "docs" / "editors" / "vscode" / "weft.tmLanguage.json"
BROWSER_WORDS = ROOT / "studio" / "editor" / "browser" / "weft_words.js"


def main(options: argparse.Namespace) -> int:
    status = 0
    made = {DIAGNOSTICS: diagnostics_page, TEXTMATE: textmate_text, BROWSER_WORDS: browser_module}
    for path, make in made.items():
        text = make()
        if path.exists() and path.read_text(encoding="utf-8") == text:
            continue
        if options.check:
            print(f"{path} is not up to date: run `./weft docs`", file=sys.stderr)
            status = 1
            continue
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise Failure(
                f"{str(path)!r} cannot be written: {error.strerror}.", "Look at its permissions."
            ) from None
        print(f"{path} written")
    return status


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
