"""What a waiting run waits for, in words and with the place where a person can do something about it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from engine.history import StepRun
from studio.runs.steps import Known, written


@dataclass(frozen=True, slots=True)
class Gate:
    """One open gate. ``until`` is ISO or ""; ``href`` and ``link`` lead to where it is answered, "" for nowhere."""

    path: str
    title: str
    note: str
    until: str = ""
    href: str = ""
    link: str = ""


def gates(steps: Iterable[StepRun], paths: Iterable[str], known: Mapping[str, Known]) -> list[dict[str, Any]]:
    """The open gates at these paths, as JSON, each once."""
    found = {step.path: step for step in steps}
    return [asdict(_gate(path, found.get(path), known)) for path in dict.fromkeys(paths)]


def _gate(path: str, step: StepRun | None, known: Mapping[str, Known]) -> Gate:
    told = known.get(written(path))
    title = told.label if told else path
    wait = step.waits[-1] if step is not None and step.waits else None
    if wait is None:
        return Gate(path, title, "It goes on by itself.")
    until = wait.due_at or ""
    if wait.approval_id is not None:
        note = "A person has to decide before it goes on."
        return Gate(path, title, note, until, "/approvals", "Open approvals")
    if wait.run_id is not None:
        note = "It goes on when the run that it started is over."
        return Gate(path, title, note, until, f"/runs/{wait.run_id}", "Open that run")
    if wait.event is not None:
        return Gate(path, title, f"It goes on when a fitting event “{wait.event}” comes in.", until)
    return Gate(path, title, "It goes on by itself when the time has come.", until)
