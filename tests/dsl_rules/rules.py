"""The pages of the rules, and ways to ask what a code says of a text."""

from __future__ import annotations

from pathlib import Path

import dsl
from dsl.checks.pages import Page, pages
from dsl.diagnostic import Diagnostic, Fix

ROOT = Path(__file__).parents[2]
CATALOG = dsl.Catalog.model_validate_json((ROOT / "examples" / "catalog.json").read_text(encoding="utf-8"))
PAGES: tuple[Page, ...] = pages()
SHOWN = tuple(page for page in PAGES if page.bad is not None)
ALONE = tuple(page for page in SHOWN if page.before is None)
"""The pages about one text; the others compare two."""


def found(text: str, catalog: dsl.Catalog = CATALOG) -> tuple[Diagnostic, ...]:
    """All that can be said of one text, notes included."""
    parsed = dsl.parse(text)
    return (*dsl.check(parsed, catalog), *dsl.notes(parsed, catalog))


def said(page: Page, text: str) -> list[Diagnostic]:
    """What the page's rule says of a text: of the text alone, or beside the page's older one."""
    if page.before is None:
        return [one for one in found(text) if one.code == page.code]
    from dsl.changes import breaking

    told = breaking(dsl.parse(page.before.text), dsl.parse(text), CATALOG)
    return [one for one in told if one.code == page.code]


def applied(text: str, fix: Fix) -> str:
    for part in sorted(fix.replacements, key=lambda part: part.span.start, reverse=True):
        text = text[: part.span.start] + part.text + text[part.span.end :]
    return text


def errors(text: str, catalog: dsl.Catalog = CATALOG) -> list[tuple[str, str]]:
    return [(one.code, one.message) for one in found(text, catalog) if one.severity == "error"]


__all__ = ["ALONE", "CATALOG", "PAGES", "ROOT", "SHOWN", "applied", "errors", "found", "said"]
