"""A draft in plain words: one sentence for the whole, and what remains open."""

from __future__ import annotations

import re
from collections.abc import Iterator

from studio.designer.builtin.amounts import spoken_duration
from studio.designer.builtin.draft import (
    AgentStep,
    ApproveStep,
    CallStep,
    Draft,
    DraftStep,
    EachStep,
    FailStep,
    GuardedStep,
    IfStep,
    LetStep,
    LoopStep,
    ReturnStep,
    TogetherStep,
    WaitStep,
)
from studio.designer.builtin.work import Work


def summary(draft: Draft) -> str:
    """What it will do, in one sentence: "get the order, check that it is eligible, ask the manager to approve ..."."""
    parts = list(dict.fromkeys(part for part in _parts(draft.steps, "") if part))
    if not parts:
        return f"A workflow named {draft.name}."
    listed = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + f" and {parts[-1]}"
    return re.sub(r"\bemail\b", "e-mail", f"This workflow will {listed}.")


def _parts(steps: tuple[DraftStep, ...], when: str) -> Iterator[str]:
    for step in steps:
        match step:
            case CallStep():
                yield _lower(step.says) + when
            case ApproveStep():
                yield step.says + when
            case IfStep():
                spoken = step.says if step.says.startswith(("if ", "unless ")) else ""
                yield from _parts(step.then, f" {spoken}" if spoken else when)
                yield from _parts(step.other, " otherwise")
            case LoopStep():
                yield step.says + when
            case AgentStep():
                yield _lower(step.says) + when
            case EachStep():
                yield f"go through each {step.variable.replace('_', ' ')}"
                yield from _parts(step.body, "")
            case TogetherStep() | GuardedStep():
                yield from _parts(step.body, when)
            case WaitStep(_, duration):
                yield f"wait {_spoken_wait(duration)}{when}"
            case ReturnStep() | FailStep() | LetStep():
                continue


def _spoken_wait(duration: str) -> str:
    event = re.match(r'event "([^"]+)"', duration)
    return f"for the event {event[1]!r}" if event else spoken_duration(duration)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]


def open_questions(work: Work) -> tuple[str, ...]:
    """What was not placed comes first, then what was guessed."""
    return (*(f"Not in the workflow: “{u.words}”. {u.need}" for u in work.unplaced), *work.questions)
