"""A draft in plain words: one sentence for the whole, one for each step."""

from __future__ import annotations

from typing import assert_never

from studio.designer.builtin.draft import (
    ApproveStep,
    CallStep,
    Draft,
    DraftStep,
    EachStep,
    FailStep,
    GuardedStep,
    IfStep,
    ReturnStep,
    TogetherStep,
    WaitStep,
    walk,
)
from studio.designer.builtin.work import Work
from studio.designer.events import StepLine


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


def explanation(draft: Draft) -> tuple[StepLine, ...]:
    lines: list[StepLine] = []
    _explain(draft.steps, 0, lines)
    return tuple(lines)


def _explain(steps: tuple[DraftStep, ...], depth: int, lines: list[StepLine]) -> None:
    def say(kind: str, sentence: str, tool: str = "") -> None:
        sentence = sentence[:1].upper() + sentence[1:]
        lines.append(StepLine(depth=depth, kind=kind, sentence=sentence, tool=tool))

    for step in steps:
        match step:
            case CallStep():
                say("call", step.says, f"{step.connector}.{step.tool}")
            case IfStep():
                say("if", step.says or f"if {step.test}")
                _explain(step.then, depth + 1, lines)
                if step.other:
                    say("if", "otherwise")
                    _explain(step.other, depth + 1, lines)
            case ApproveStep():
                say("approve", f"{step.says} (within {step.within})")
            case ReturnStep():
                say("return", f"end with status {step.status!r}")
            case FailStep():
                say("fail", step.message)
            case EachStep():
                limit = f", {step.concurrency} at once" if step.concurrency else ""
                say("foreach", (step.says or f"for each {step.variable}") + limit)
                _explain(step.body, depth + 1, lines)
            case TogetherStep():
                say("parallel", "at the same time")
                _explain(step.body, depth + 1, lines)
            case GuardedStep():
                _explain(step.body, depth, lines)
            case WaitStep():
                say("wait", f"wait {step.duration}")
            case _:
                assert_never(step)


def open_questions(work: Work) -> tuple[str, ...]:
    """What was not placed comes first, then what was guessed."""
    return (*(f"Not in the workflow: “{u.words}”. {u.need}" for u in work.unplaced), *work.questions)
