"""Workflows as their list shows them, and a name for one that was only described. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from engine.workflows import WorkflowSummary
from studio.shell.moments import iso

TITLE_WORDS: Final = 6
_LEAD: Final = re.compile(
    r"^(please\s+|i (want|need|would like)( you)?( to have)?( to)?\s+|(when|whenever|if|every time|as soon as)\s+)+",
    re.I,
)
_FILLER: Final = frozenset({"a", "an", "the"})


@dataclass(frozen=True, slots=True)
class LastRun:
    """The latest run of a workflow."""

    id: UUID
    state: str
    queued_at: datetime


@dataclass(frozen=True, slots=True)
class WorkflowRow:
    """One workflow. `live` is "v3" or ""; `changed` says that the draft differs from what is live."""

    id: str
    name: str
    title: str
    live: str
    changed: bool
    updated: str
    run_id: str
    run_state: str
    run_at: str


def row(workflow: WorkflowSummary, last: Mapping[UUID, LastRun]) -> WorkflowRow:
    """The row of a workflow, with its latest run if there was one."""
    run = last.get(workflow.id)
    return WorkflowRow(
        id=str(workflow.id),
        name=workflow.name,
        title=workflow.title or workflow.name,
        live=f"v{workflow.live_version}" if workflow.live_version is not None else "",
        changed=workflow.changed,
        updated=iso(workflow.updated_at),
        run_id=str(run.id) if run else "",
        run_state=run.state if run else "",
        run_at=iso(run.queued_at) if run else "",
    )


def fitting(rows: list[WorkflowRow], words: str) -> list[WorkflowRow]:
    """Rows that hold every one of the words in their title or name."""
    wanted = words.lower().split()
    return [each for each in rows if all(word in f"{each.title} {each.name}".lower() for word in wanted)]


def title_from(sentence: str) -> str:
    """A short title from a description: its first words, without "when" and "a"."""
    first = re.split(r"[.;:,!?\n]", sentence.strip(), maxsplit=1)[0]
    words = [word for word in _LEAD.sub("", first).split() if word.lower() not in _FILLER]
    title = " ".join(words[:TITLE_WORDS])[:60].strip()
    return title[:1].upper() + title[1:] if title else "New workflow"


def another(title: str, number: int) -> str:
    """The title to try next when one is taken: "Refunds 2"."""
    return title if number <= 1 else f"{title} {number}"
