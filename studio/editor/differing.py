"""Two texts compared, as the page shows it: changes by weight, what breaks, what is painted on both graphs. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import dsl
from dsl import tree
from dsl.catalog import Catalog
from dsl.changes import Change, Changes, Weight, breaking, changes
from dsl.changes.change import HeadChanged, StepAdded, StepMoved, StepRemoved, StepsUnwrapped, StepsWrapped
from dsl.changes.header import trigger_words
from dsl.graph import END, START
from dsl.outline import places
from dsl.tree import Span
from dsl.wording.sentences import title_of
from engine.inflight import InFlight
from studio.editor.inspector import problem

Json = dict[str, Any]

WEIGHTS: Final[dict[Weight, str]] = {
    "safety": "Lowers safety",
    "behaviour": "Does something else",
    "interface": "For those who start it or use its result",
    "words": "Means the same",
}
_STATES: Final = {
    "running": "running",
    "waiting": "waiting",
    "queued": "still to begin",
    "needs_review": "to be looked at",
}
_ROUND: Final = re.compile(r"\[\d+\]|#\d+")
_SUGGESTED: Final = 200
"""Characters of a message that is made from the changes."""


@dataclass(frozen=True, slots=True)
class Difference:
    """From one text to another. ``breaks`` are for those who use the old one, with spans in the new one."""

    old: dsl.Parsed
    new: dsl.Parsed
    changes: Changes
    breaks: tuple[dsl.Diagnostic, ...]

    @property
    def lowering(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes.changes if change.weight == "safety")


def differ(old: str, new: str, catalog: Catalog, waiting: Mapping[str, int]) -> Difference:
    """``waiting``: at which steps of the old text runs wait now."""
    before, after = dsl.parse(old), dsl.parse(new)
    return Difference(
        before, after, changes(before, after, catalog), breaking(before, after, catalog, tuple(waiting))
    )


def shown(difference: Difference) -> Json:
    """For the lists: ``groups`` by weight, gravest first, their changes numbered through; ``breaks``; ``same``."""
    found, old, new = difference.changes, difference.old.text, difference.new.text
    groups: list[Json] = []
    number = 0
    for weight, title in WEIGHTS.items():
        rows = []
        for change in found.changes:
            if change.weight == weight:
                rows.append(_row(change, number, old, new))
                number += 1
        if rows:
            groups.append({"weight": weight, "title": title, "changes": rows})
    return {
        "groups": groups,
        "breaks": [
            {**problem(one, n), "line": _line(new, one.span)} for n, one in enumerate(difference.breaks)
        ],
        "count": number,
        "same": not found.changes,
        "layout": found.layout and not found.changes and old != new,
    }


def _row(change: Change, number: int, old: str, new: str) -> Json:
    before, after = _nodes(change)
    return {
        "index": number,
        "weight": change.weight,
        "kind": change.kind,
        "sentence": change.sentence,
        "risks": list(change.risks),
        "old": before,
        "new": after,
        "oldLine": _line(old, change.old_span),
        "newLine": _line(new, change.new_span),
    }


def _nodes(change: Change) -> tuple[str, str]:
    """The nodes of both graphs at which a change is seen, "" for none."""
    match change:
        case HeadChanged(part="output"):
            return END, END
        case HeadChanged():
            return START, START
        case StepsWrapped(steps=steps):
            return steps[0], change.new or ""
        case StepsUnwrapped(steps=steps):
            return change.old or "", steps[0]
        case _:
            return change.old or "", change.new or ""


def _line(text: str, span: Span | None) -> int:
    return 0 if span is None else text.count("\n", 0, span.start) + 1


def marks(difference: Difference) -> dict[str, dict[str, str]]:
    """What is painted on the graphs: by side ("old", "new") and node, "added", "removed", "moved" or "changed"."""
    painted: dict[str, dict[str, str]] = {"old": {}, "new": {}}
    below: dict[str, dict[str, str]] = {"old": {}, "new": {}}
    for change in difference.changes.changes:
        match change:
            case StepAdded(new=str() as path):
                painted["new"][path] = "added"
                below["new"].update(_inside(difference.new, path, "added"))
            case StepRemoved(old=str() as path):
                painted["old"][path] = "removed"
                below["old"].update(_inside(difference.old, path, "removed"))
            case StepsWrapped(new=str() as path):
                painted["new"][path] = "added"
            case StepsUnwrapped(old=str() as path):
                painted["old"][path] = "removed"
            case _:
                sign = "moved" if isinstance(change, StepMoved) else "changed"
                for side, node in zip(("old", "new"), _nodes(change), strict=True):
                    if node and painted[side].get(node, "moved") == "moved":
                        painted[side][node] = sign
    return {side: {**below[side], **painted[side]} for side in painted}


def _inside(parsed: dsl.Parsed, path: str, mark: str) -> dict[str, str]:
    return {
        place.path: mark
        for place in places(parsed.workflow.body)
        if place.path.startswith((f"{path}.", f"{path}/", f"{path}~"))
    }


def graph_of(parsed: dsl.Parsed, catalog: Catalog) -> Json:
    """The graph as the layout places it, without problems."""
    return dsl.graph_json(dsl.layout(dsl.view(parsed, (), catalog)))


# ---- in few words -----------------------------------------------------------------------------------------------


def briefly(found: Changes) -> Json:
    """For a list of versions: the first two sentences, how many more there are, and whether safety was lowered."""
    sentences = [change.sentence for change in found.changes] or list(found.sentences())
    return {
        "words": ". ".join(sentences[:2]).rstrip(".") + ".",
        "more": max(0, len(sentences) - 2),
        "all": [
            {"sentence": change.sentence, "weight": change.weight, "risks": list(change.risks)}
            for change in found.changes
        ],
        "lowers": any(change.weight == "safety" for change in found.changes),
    }


def suggested(found: Changes) -> str:
    """A message for a version, from what changed: one line, "" when nothing did."""
    sentences = [one.sentence.replace("`", "") for one in (found.meaning or found.changes)]
    if not sentences:
        return "Only the layout of the text" if found.layout else ""
    told = sentences[0]
    if len(sentences) > 1 and len(told) + len(sentences[1]) + 2 <= _SUGGESTED - 30:
        told = f"{told}; {sentences[1]}"
        sentences = sentences[1:]
    if len(told) > _SUGGESTED - 30:
        told = told[: _SUGGESTED - 31].rsplit(" ", 1)[0] + "…"
    more = len(sentences) - 1
    return told if not more else f"{told}; and {more} more {'change' if more == 1 else 'changes'}"


def in_flight(runs: InFlight, parsed: dsl.Parsed) -> Json:
    """Runs on their way: ``words`` for all, ``waiting`` for each step where some wait."""
    parts = [f"{runs.states[state]} {words}" for state, words in _STATES.items() if runs.states.get(state)]
    steps = {place.path: place.step for place in places(parsed.workflow.body)}
    waits: dict[str, int] = {}
    for path, count in runs.waiting.items():
        plain = _ROUND.sub("", path)
        waits[plain] = waits.get(plain, 0) + count
    return {
        "count": runs.count,
        "words": ", ".join(parts),
        "waiting": [
            {"path": path, "title": title_of(steps[path]) if path in steps else path, "count": count}
            for path, count in waits.items()
        ],
    }


def starts(parsed: dsl.Parsed) -> list[str]:
    """What the text says starts it, besides a person: "by the schedule ...", a line each."""
    return list(_starts(parsed))


def _starts(parsed: dsl.Parsed) -> Iterator[str]:
    for head in parsed.workflow.heads:
        if isinstance(head, tree.Trigger) and not isinstance(head.on, tree.Manual):
            yield trigger_words(head)
