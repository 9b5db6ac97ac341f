"""One workflow that the tests change, its catalog, and ways to ask what is different."""

from __future__ import annotations

from pathlib import Path

import dsl
from dsl.changes import Change, Changes, changes

ROOT = Path(__file__).parents[2]
FORMS = ROOT / "examples" / "forms"
CATALOG = dsl.Catalog.model_validate_json((FORMS / "catalog.json").read_text(encoding="utf-8"))
CLAIMS = (FORMS / "approvals.weft").read_text(encoding="utf-8")
INVOICES = (FORMS / "invoices.weft").read_text(encoding="utf-8")
DUNNING = (FORMS / "dunning.weft").read_text(encoding="utf-8")


def between(old: str, new: str) -> Changes:
    return changes(dsl.parse(old), dsl.parse(new), CATALOG)


def replaced(text: str, *pairs: tuple[str, str]) -> Changes:
    """What is different after some words of a text were replaced; each must be there."""
    new = text
    for old_words, new_words in pairs:
        assert old_words in new, old_words
        new = new.replace(old_words, new_words, 1)
    return between(text, new)


def edited(text: str, *edits: dsl.Edit) -> Changes:
    new = text
    for edit in edits:
        new = dsl.apply(new, edit).text
    return between(text, new)


def only(found: Changes) -> Change:
    assert len(found.changes) == 1, found.sentences()
    return found.changes[0]


def said(found: Changes) -> list[str]:
    return list(found.sentences())
