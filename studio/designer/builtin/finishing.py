"""The last touches: what the workflow returns, what it is called, and its outputs."""

from __future__ import annotations

import re
from dataclasses import replace

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
    quote,
    step_text,
    walk,
)
from studio.designer.builtin.prose import past
from studio.designer.builtin.reading import Reading
from studio.designer.builtin.scope import Scope
from studio.designer.builtin.shapes import properties, sort_of
from studio.designer.builtin.work import Work, identifier


def finish(work: Work, reading: Reading, steps: list[DraftStep], scope: Scope) -> Draft:
    """A whole draft: one result shape for every end, and a name."""
    body = tuple(steps)
    status = _status(work, body)
    if not _ends(body):
        body = (*body, ReturnStep(work.fresh("done"), status))
    results = _results(work, tuple(steps))
    returns = [s for s in walk(body) if isinstance(s, ReturnStep)]
    statuses = list(dict.fromkeys([status, *(r.status for r in returns)]))
    statuses = [s for s in statuses if any(r.status == s for r in returns)]
    early = len(returns) > 1
    outputs = [("status", " | ".join(quote(s) for s in statuses))]
    outputs += [(name, kind + ("?" if early else "")) for name, kind, _ in results]
    final = returns[-1].id if returns else ""

    def fill(step: DraftStep) -> DraftStep:
        match step:
            case ReturnStep():
                fields = [f"status: {quote(step.status)}"]
                fields += [f"{name}: {value if step.id == final else 'null'}" for name, _, value in results]
                return replace(step, value="{ " + ", ".join(fields) + " }")
            case IfStep():
                return replace(step, then=tuple(map(fill, step.then)), other=tuple(map(fill, step.other)))
            case ApproveStep():
                return replace(
                    step, reject=tuple(map(fill, step.reject)), silent=tuple(map(fill, step.silent))
                )
            case LoopStep():
                return replace(step, spent=tuple(map(fill, step.spent)))
            case GuardedStep():
                return replace(step, body=tuple(map(fill, step.body)), failed=tuple(map(fill, step.failed)))
            case EachStep() | TogetherStep():
                return replace(step, body=tuple(map(fill, step.body)))
            case CallStep():
                return replace(step, failed=tuple(map(fill, step.failed)))
            case FailStep() | WaitStep() | LetStep() | AgentStep():
                return step

    written = "\n".join(step_text(step) for step in body)
    return Draft(
        _name(work, reading, body),
        _doc(reading),
        tuple(f for f in work.inputs.values() if f.name not in work.sent or f"input.{f.name}" in written),
        tuple(outputs),
        tuple(map(fill, body)),
    )


def _ends(steps: tuple[DraftStep, ...]) -> bool:
    if not steps:
        return False
    last = steps[-1]
    if isinstance(last, IfStep):
        return _ends(last.then) and _ends(last.other)
    return isinstance(last, ReturnStep | FailStep)


def _status(work: Work, steps: tuple[DraftStep, ...]) -> str:
    """Named after the last effect that every run to the end has had."""
    certain = set()
    for step in steps:
        certain.add(step.id)
        if isinstance(step, IfStep) and step.other and _ends(step.then) != _ends(step.other):
            certain |= {s.id for s in (step.other if _ends(step.then) else step.then)}
    effects = [e for e in work.effects if e.step in certain]
    return identifier(past(effects[-1].verb)) if effects else "done"


def _results(work: Work, steps: tuple[DraftStep, ...]) -> list[tuple[str, str, str]]:
    """The ids of what was made, from steps that every run to the end passes: (name, type, expression)."""
    found = []
    for step in steps:
        if (
            isinstance(step, CallStep)
            and step.writes
            and not step.sends
            and (not step.failed or _ends(step.failed))
        ):
            tool = work.catalog.tool(step.connector, step.tool)
            fields = properties(tool.output_schema) if tool and tool.output_schema else {}
            own = "id" if "id" in fields else next((n for n in fields if n.endswith("_id")), None)
            if own and sort_of(fields[own]) in ("string", "integer"):
                kind = "string" if sort_of(fields[own]) == "string" else "int"
                found.append((f"{step.id}_id" if own == "id" else own, kind, f"{step.id}.{own}"))
    return list({name: (name, kind, value) for name, kind, value in found}.values())


def _name(work: Work, reading: Reading, steps: tuple[DraftStep, ...]) -> str:
    if reading.name:
        return identifier(reading.name)
    if reading.heading:
        return identifier(re.split(r" (?:for|of) ", reading.heading, maxsplit=1)[0])
    if work.effects:
        first = work.effects[0]
        verb, noun = identifier(first.verb), identifier(first.noun)
        return noun if verb in noun or noun in verb else identifier(f"{verb} {noun}")
    first_call = next((s for s in walk(steps) if isinstance(s, CallStep)), None)
    return (
        identifier(re.sub(r"\b(?:the|an?|my|our|all)\b", "", first_call.says))
        if first_call
        else "new_workflow"
    )


def _doc(reading: Reading) -> str:
    said = f"When {reading.occasion}" if reading.occasion else ""
    return f"{said[0].upper()}{said[1:]}." if said else ""
