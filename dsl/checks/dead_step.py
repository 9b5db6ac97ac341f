"""W301: a step that never runs.

What: it stands behind a step that always ends the workflow.
Why: somebody probably expects it to happen.
Example: a step behind `return`.
Fix: move it before, put the end under a condition, or remove it.
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl import tree
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic
from dsl.outline import Place, kind_slots, slots


def check(subject: Subject) -> Iterator[Diagnostic]:
    paths = {id(place.step): place for place in subject.places}
    yield from _block(subject.workflow.body, False, paths)


def _block(block: tree.Block, parallel: bool, paths: dict[int, Place]) -> Iterator[Diagnostic]:
    ended: str | None = None
    for step in block.steps:
        if ended is not None:
            yield Diagnostic(
                "W301",
                "warning",
                f"`{step.id}` never runs: `{ended}` always ends the workflow before it",
                step.id_span,
                f"move `{step.id}` before `{ended}`, or remove it",
                paths[id(step)].path,
            )
            return
        for slot in slots(step):
            inner = isinstance(step.kind, tree.Parallel) and not slot.rescue
            yield from _block(slot.block, inner, paths)
        if not parallel and _ends(step):
            ended = step.id


def _ends(step: tree.Step) -> bool:
    """Whether nothing can come behind a step."""
    if any(isinstance(clause, tree.Catch) for clause in step.clauses):
        return isinstance(step.kind, tree.Return)
    match step.kind:
        case tree.Return() | tree.Fail():
            return True
        case tree.If(otherwise=otherwise) | tree.Switch(otherwise=otherwise):
            return otherwise is not None and all(_ended(slot.block) for slot in kind_slots(step.kind))
        case tree.Do(block=block):
            return _ended(block)
        case _:
            return False


def _ended(block: tree.Block) -> bool:
    return any(_ends(step) for step in block.steps)
