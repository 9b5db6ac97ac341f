"""A draft in plain words: one sentence for the whole, and what remains open."""

from __future__ import annotations

from studio.designer.builtin.draft import (
    ApproveStep,
    CallStep,
    Draft,
    EachStep,
    WaitStep,
    walk,
)
from studio.designer.builtin.work import Work


def summary(draft: Draft) -> str:
    """ "Reads the order and the eligibility, asks a manager ..." as one sentence."""
    parts: list[str] = []
    for step in walk(draft.steps):
        match step:
            case CallStep():
                parts.append(step.says)
            case ApproveStep():
                parts.append(step.says)
            case EachStep():
                parts.append(f"go through each {step.variable.replace('_', ' ')}")
            case WaitStep(_, duration):
                parts.append(f"wait {duration}")
            case _:
                continue
    parts = list(dict.fromkeys(p for p in parts if p))
    if not parts:
        return f"A workflow named {draft.name}."
    listed = parts[0] if len(parts) == 1 else ", ".join(parts[:-1]) + f" and {parts[-1]}"
    return f"This workflow will {listed}."


def open_questions(work: Work) -> tuple[str, ...]:
    """What was not placed comes first, then what was guessed."""
    return (*(f"Not in the workflow: “{u.words}”. {u.need}" for u in work.unplaced), *work.questions)
