"""Workflows as their list shows them, and a name for one that was only described. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from engine.triggers.register import TriggerSummary
from engine.workflows import WorkflowSummary
from studio.shell.moments import iso
from studio.triggers.words import brief

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
    tags: list[str]
    archived: bool
    starts: str = ""
    starts_href: str = ""


def row(
    workflow: WorkflowSummary, last: Mapping[UUID, LastRun], triggers: Sequence[TriggerSummary] = ()
) -> WorkflowRow:
    """The row of a workflow, with its latest run if there was one, and what starts it by itself. ``triggers``: of all
    workflows."""
    run = last.get(workflow.id)
    own = [
        one
        for one in triggers
        if one.workflow_id == workflow.id and one.state != "off" and brief(one.trigger)
    ]
    words = [brief(one.trigger) + (" (paused)" if one.state == "paused" else "") for one in own[:2]]
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
        tags=list(workflow.tags),
        archived=workflow.archived,
        starts=", ".join(words) + (f" and {len(own) - 2} more" if len(own) > 2 else ""),
        starts_href=f"/triggers?trigger={own[0].id}" if own else "",
    )


def fitting(rows: list[WorkflowRow], words: str, shown: str = "all", tag: str = "") -> list[WorkflowRow]:
    """Rows that hold every one of the words in their title, name or tags, have the tag (any when ""), and are `shown`:
    "all" but the archived, "live", "unpublished" (what is drafted is not what is live) or "archived"."""
    wanted = words.lower().split()
    return [
        each
        for each in rows
        if _is(each, shown)
        and (not tag or tag in each.tags)
        and all(word in f"{each.title} {each.name} {' '.join(each.tags)}".lower() for word in wanted)
    ]


def _is(each: WorkflowRow, shown: str) -> bool:
    match shown:
        case "archived":
            return each.archived
        case "live":
            return not each.archived and each.live != ""
        case "unpublished":
            return not each.archived and each.changed
        case _:
            return not each.archived


def tags_of(rows: list[WorkflowRow]) -> list[str]:
    """The tags of all rows that are not archived, those most used first."""
    counts = Counter(tag for each in rows if not each.archived for tag in each.tags)
    return [tag for tag, _ in sorted(counts.items(), key=lambda one: (-one[1], one[0].casefold()))]


def tags_in(words: str) -> list[str]:
    """What was written into the field for tags: parted by commas."""
    return [tag for part in words.split(",") if (tag := " ".join(part.split()))]


def title_from(sentence: str) -> str:
    """A short title from a description: its first words, without "when" and "a"."""
    first = re.split(r"[.;:,!?\n]", sentence.strip(), maxsplit=1)[0]
    words = [word for word in _LEAD.sub("", first).split() if word.lower() not in _FILLER]
    title = " ".join(words[:TITLE_WORDS])[:60].strip()
    return title[:1].upper() + title[1:] if title else "New workflow"


def another(title: str, number: int) -> str:
    """The title to try next when one is taken: "Refunds 2"."""
    return title if number <= 1 else f"{title} {number}"
