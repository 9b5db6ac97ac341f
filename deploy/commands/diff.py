"""``weft diff``: what is different between two texts in what they mean, in sentences or as JSON.

Exit code 0 when both mean the same, 1 when they differ.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from typing import Any

import dsl
from deploy.texts import read_catalog, read_text
from dsl.changes import Change, changes
from dsl.tree import Span


def main(options: argparse.Namespace) -> int:
    old, new = dsl.parse(read_text(options.old)), dsl.parse(read_text(options.new))
    found = changes(old, new, read_catalog(options.catalog))
    if options.json:
        listed = [as_json(change, old.text, new.text) for change in found.changes]
        print(json.dumps({"same": found.same, "changes": listed}, indent=1, ensure_ascii=False))
    else:
        print("\n".join(found.sentences()))
    return 0 if found.same else 1


def as_json(change: Change, old: str, new: str) -> dict[str, Any]:
    """A change with its places in lines and columns."""
    told = {
        field.name: getattr(change, field.name)
        for field in dataclasses.fields(change)
        if field.name not in ("old_span", "new_span")
    }
    return {
        "kind": change.kind,
        **told,
        "old_place": _place(old, change.old_span),
        "new_place": _place(new, change.new_span),
    }


def _place(text: str, span: Span | None) -> dict[str, Any] | None:
    if span is None:
        return None
    ends = {"start": dsl.position(text, span.start), "end": dsl.position(text, span.end)}
    return {name: dataclasses.asdict(place) for name, place in ends.items()}
