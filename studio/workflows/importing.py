"""What a file from elsewhere would become: read and checked before anything is made of it. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Literal

import dsl
from dsl import n8n
from dsl.catalog import Catalog

MOST_NOTES = 200


@dataclass(frozen=True, slots=True)
class Note:
    """Something that did not come over as it was: ``where`` it stood, what happened to it."""

    where: str
    words: str


@dataclass(frozen=True, slots=True)
class Found:
    """A workflow in a file. ``steps``, ``errors`` and ``warnings`` are counts of its text as it would be kept."""

    kind: Literal["weft", "n8n"]
    title: str
    text: str
    steps: int
    errors: int
    warnings: int
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Unreadable:
    message: str
    help: str


def read(name: str, text: str, catalog: Catalog) -> Found | Unreadable:
    """What the file ``name`` (may be "") holds. Nothing in it is ever carried out."""
    if not text.strip():
        return Unreadable("There is nothing in it.", "Choose another file, or paste a workflow.")
    if text.lstrip()[:1] in "{[":
        return _from_n8n(text, catalog)
    parsed = dsl.parse(text)
    if not parsed.workflow.name:
        return Unreadable(
            "This is no workflow.",
            "A Weft text begins with “workflow”, a name and “{”; an n8n export is JSON with “nodes” and “connections”.",
        )
    title = name.rpartition(".")[0] if name.endswith(".weft") else parsed.workflow.name
    return _found("weft", title.replace("_", " ").strip().capitalize(), text, catalog, ())


def _from_n8n(text: str, catalog: Catalog) -> Found | Unreadable:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return Unreadable("This is no readable JSON.", f"It breaks off or has a wrong sign: {error}.")
    try:
        made = n8n.read(value, catalog)
    except n8n.NotN8n as error:
        return Unreadable(error.message, error.help)
    notes = tuple(Note(note.where, note.words) for note in made.notes[:MOST_NOTES])
    return _found("n8n", made.title, made.text, catalog, notes)


def _found(
    kind: Literal["weft", "n8n"], title: str, text: str, catalog: Catalog, notes: tuple[Note, ...]
) -> Found:
    parsed = dsl.parse(text)
    severities = [found.severity for found in dsl.check(parsed, catalog)]
    graph = dsl.view(parsed)
    return Found(
        kind=kind,
        title=title[:200] or "Imported workflow",
        text=text,
        steps=sum(node.step is not None and node.kind not in ("lane", "empty") for node in graph.nodes),
        errors=severities.count("error"),
        warnings=severities.count("warning"),
        notes=notes,
    )
