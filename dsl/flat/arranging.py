"""Where the steps of a flat program stand: each in its block, in the order they are listed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from dsl.flat import forms
from dsl.flat.flattening import unique

MAX_DEPTH = 50


@dataclass(slots=True)
class Arranged:
    """``steps`` by block, each with its node id; ``problems`` in sentences."""

    steps: dict[str, list[tuple[str, forms.Step]]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)


def slots_of(step: forms.Step) -> Iterator[tuple[str, str]]:
    """The blocks that a step has, each with what stands between the step's path and the ids inside it."""
    match step.do:
        case forms.If(branches=branches, otherwise=otherwise):
            names = ["then", *(f"elif{number}" for number in range(1, len(branches)))]
            yield from ((name, ".") for name in names)
            if otherwise is not None:
                yield "else", "."
        case forms.Switch(branches=branches, otherwise=otherwise):
            yield from ((f"case{number}", ".") for number in range(len(branches)))
            if otherwise is not None:
                yield "default", "."
        case forms.Parallel() | forms.Do() | forms.Foreach() | forms.Loop():
            yield "body", "."
        case forms.Approve(reject=reject, timeout=timeout):
            if reject is not None:
                yield "reject", "."
            if timeout is not None:
                yield "timeout", "."
    catches = 0
    for clause in step.clauses:
        match clause:
            case forms.Catch():
                yield f"catch{catches}", f"~catch{catches}."
                catches += 1
            case forms.Compensate():
                yield "compensate", "~comp."


def arranged(program: forms.Flat) -> Arranged:
    found = Arranged()
    listed: dict[str, list[forms.Step]] = defaultdict(list)
    for step in program.steps:
        listed[step.block].append(step)
    taken: set[str] = set()
    # (block, what the paths inside begin with, depth)
    waiting = [("", "", 0)]
    while waiting:
        block, prefix, depth = waiting.pop()
        inside = found.steps[block] = []
        opened: list[tuple[str, str, int]] = []
        for step in listed.pop(block, []):
            id_ = unique(prefix + step.id, taken)
            inside.append((id_, step))
            opened += [
                (unique(f"{id_}/{name}", taken), f"{prefix}{step.id}{infix}", depth + 1)
                for name, infix in slots_of(step)
            ]
        if opened and depth >= MAX_DEPTH:
            found.problems.append(f"the blocks inside `{block}` are nested too deeply: make them flatter")
            return found
        waiting += reversed(opened)
    for block, steps in listed.items():
        names = ", ".join(f"`{step.id}`" for step in steps)
        known = ", ".join(f"`{name}`" for name in sorted(found.steps) if name) or "none"
        found.problems.append(
            f"there is no block `{block}` for {names} to stand in; use `` for the body of the workflow, or one "
            f"of these: {known}"
        )
    return found
