"""What the inspector shows: the form of a step, or of the workflow itself, with what is wrong and what is known of its
tool. Pure; the fields come from :mod:`studio.editor.inspection`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

from dsl import tree
from dsl.catalog import Catalog
from dsl.diagnostic import Diagnostic
from dsl.outline import uses
from dsl.wording.sentences import connector_words, humanize, tool_title
from dsl.wording.telling import nature_words
from studio.editor.inspection.field import Section, section_shown
from studio.editor.inspection.form import step_sections
from studio.editor.inspection.start import START, start_sections
from studio.editor.reading import Reading

RANK: Final = {"error": 0, "warning": 1, "info": 2}


def inspect(reading: Reading, catalog: Catalog, path: str, now: datetime | None = None) -> dict[str, Any]:
    """The inspector's JSON for the step at ``path`` or for :data:`START`; empty when there is none. ``now`` is what the
    next moments of a schedule are counted from."""
    if path == START:
        return _workflow(reading, now or datetime.now(UTC))
    place = reading.steps.get(path)
    if place is None:
        return {}
    step = place.step
    node = next((node for node in reading.graph["nodes"] if node["id"] == path), {})
    return {
        "path": path,
        "id": step.id,
        "kind": str(node.get("kind", "")),
        "tool": str(node.get("tool") or ""),
        "title": str(node.get("title") or humanize(step.id)),
        "sentence": str(node.get("sentence") or ""),
        "doc": step.doc,
        "effect": str(node.get("effect") or ""),
        "facts": _facts(step.kind, reading, catalog),
        "sections": _shown(tuple(step_sections(place, reading, catalog))),
        "problems": _problems(reading, path),
    }


def _workflow(reading: Reading, now: datetime) -> dict[str, Any]:
    workflow = reading.parsed.workflow
    return {
        "path": START,
        "id": workflow.name,
        "kind": "start",
        "tool": "",
        "title": humanize(workflow.name),
        "sentence": "What starts it, what it takes and what it gives",
        "doc": workflow.doc,
        "effect": "",
        "facts": {},
        "sections": _shown(tuple(start_sections(reading, now))),
        "problems": _problems(reading, None),
    }


def _shown(sections: Sequence[Section]) -> list[dict[str, Any]]:
    return [section_shown(section) for section in sections]


def _problems(reading: Reading, path: str | None) -> list[dict[str, Any]]:
    """Each with its index among all, so that its fix can be asked for; the worst first."""
    mine = [(n, found) for n, found in enumerate(reading.diagnostics) if found.step == path]
    mine.sort(key=lambda one: RANK[one[1].severity])
    return [problem(found, n) for n, found in mine]


def _facts(kind: tree.Kind, reading: Reading, catalog: Catalog) -> dict[str, Any]:
    """What is known of the tool that a step calls, {} of others. ``about`` is Markdown that nobody vouches for."""
    if not isinstance(kind, tree.Call):
        return {}
    use = uses(reading.parsed.workflow).get(kind.alias)
    connector = kind.alias if use is None else use.name
    tool = catalog.tool(connector, kind.tool)
    if tool is None:
        return {}
    nature = catalog.nature(connector, kind.tool)
    known = catalog.connectors[connector]
    return {
        "title": tool_title(tool) or humanize(kind.tool),
        "about": tool.description,
        "says": nature_words(nature).replace("`", ""),
        "changes": not nature.reads,
        "asks": nature.dangerous,
        "connector": known.title or connector_words(connector),
        "address": "/connectors",
    }


def problem(found: Diagnostic, index: int) -> dict[str, Any]:
    """``way`` says the steps that prove it, where the message does not; ``shows`` whether a way can be painted."""
    told = " -> " in found.message or " -> " in found.help
    return {
        "index": index,
        "code": found.code,
        "severity": found.severity,
        "message": found.message,
        "help": found.help,
        "step": found.step or "",
        "fix": found.fix.title if found.fix else "",
        "way": "" if told or len(found.witness) < 2 else " → ".join(found.witness),
        "shows": len(found.witness) > 1,
    }
