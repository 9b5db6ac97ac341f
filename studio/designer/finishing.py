"""From a sound text to the proposal that people see, with what its writer did not announce said plainly."""

from __future__ import annotations

import re

import dsl
from dsl.simulation import Simulation
from studio.designer.comparing import change_lines, in_one_sentence
from studio.designer.events import ChangeLine, Proposal
from studio.designer.keeping import kept
from studio.designer.pasting import own_words
from studio.designer.proving import Proved, propose
from studio.designer.safety import losses
from studio.designer.writing import Brief, Written

_TOLD = 4
"""Unannounced changes that the summary names; all of them are in the list of changes."""


def as_kept(base: str, written: Written) -> str:
    """The text of a change. One that was made by edits is as it should be already."""
    if written.trail.edited:
        return written.text
    return kept(base, dsl.format_text(written.text))


def proposal_of(
    brief: Brief, written: Written, proved: Proved, simulation: Simulation | None, by: str
) -> Proposal:
    """What is proposed. Changes, risks and ways are found by comparing and walking, never taken from the writer."""
    task = brief.task
    lines = change_lines(task.base, proved)
    if written.way != "rules":
        told = f"{written.summary} {' '.join(written.assumptions)} {own_words(task.request)}"
        lines = tuple(_marked(line, told, written.trail.touched) for line in lines)
    summary = written.summary or _summary_of(lines, proved)
    said = own_words(task.request), *(own_words(turn.content) for turn in task.turns if turn.role == "user")
    found = propose(
        proved,
        task.base,
        summary + _also(lines),
        written.assumptions,
        written.questions,
        losses(task.base, proved, task.catalog, "\n".join(said)),
    )
    more = {"changes": lines, "simulated": in_one_sentence(simulation), "by": by, "way": written.way}
    return found.model_copy(update=more)


def _summary_of(lines: tuple[ChangeLine, ...], proved: Proved) -> str:
    if lines:
        return " ".join(line.sentence for line in lines[:_TOLD])
    return f"A workflow named {proved.parsed.workflow.name}."


def _marked(line: ChangeLine, told: str, touched: frozenset[str]) -> ChangeLine:
    return line.model_copy(update={"announced": _announced(line, told.casefold(), touched)})


def _announced(line: ChangeLine, told: str, touched: frozenset[str]) -> bool:
    """Whether the writer spoke of the changed step (or named it in an edit). What only follows from such a change, in a
    step around or inside of it, counts too. Changes of the words alone and of the header's lists need no announcement.
    """
    paths = [path for path in (line.old, line.new) if path]
    if not paths:
        return line.weight == "words" or line.sort != "head_changed" or not line.risks
    return any(_near(path, one) for path in paths for one in touched) or any(
        _names(path, told) for path in paths
    )


def _near(path: str, touched: str) -> bool:
    return (
        path == touched or path.startswith((f"{touched}.", f"{touched}~")) or touched.startswith(f"{path}.")
    )


def _names(path: str, told: str) -> bool:
    """Whether some words name a step: by its id, or by the words of its id."""
    own = path.rpartition(".")[2].partition("#")[0].casefold()
    words = own.replace("_", " ")
    return any(re.search(rf"(?<!\w){re.escape(one)}(?!\w)", told) for one in {own, words})


def _also(lines: tuple[ChangeLine, ...]) -> str:
    quiet = [line.sentence for line in lines if not line.announced]
    if not quiet:
        return ""
    more = f" And {len(quiet) - _TOLD} more, see the changes." if len(quiet) > _TOLD else ""
    return f"\n\nIt also changes what was not announced: {' '.join(quiet[:_TOLD])}{more}"


__all__ = ["as_kept", "proposal_of"]
