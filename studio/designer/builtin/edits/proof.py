"""Whether a text holds as it is written: nothing is put into another form, so what nobody touched stays as it was."""

from __future__ import annotations

import dsl
from dsl.catalog import Catalog
from studio.designer.proving import Proved


def as_written(text: str, catalog: Catalog) -> Proved:
    """Parse, check and lower; never raises. The text is not formatted."""
    parsed = dsl.parse(text)
    diagnostics = dsl.check(parsed, catalog)
    refusal = ""
    if not any(d.severity == "error" for d in diagnostics):
        try:
            dsl.lower(parsed, catalog)
        except ValueError as error:
            refusal = str(error)
    return Proved(text, parsed, diagnostics, catalog, refusal)


def trouble(proved: Proved, but: frozenset[tuple[str, str]] = frozenset()) -> str:
    """The first error that was not there before, in words; "" when there is none."""
    for found in proved.errors:
        if (found.code, found.message) not in but:
            return found.message.rstrip(".")
    return proved.refusal.rstrip(".") if not but else ""


def known_errors(proved: Proved) -> frozenset[tuple[str, str]]:
    return frozenset((d.code, d.message) for d in proved.errors)


__all__ = ["as_written", "known_errors", "trouble"]
