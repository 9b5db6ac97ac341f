"""Which steps and blocks always end the workflow, so that nothing comes behind them."""

from __future__ import annotations

from dsl import tree
from dsl.outline import kind_slots


def ends(step: tree.Step) -> bool:
    """Whether nothing can come behind a step."""
    if isinstance(step.kind, tree.Return):
        return True
    catches = [clause for clause in step.clauses if isinstance(clause, tree.Catch)]
    return all(ended(catch.block) for catch in catches) and _kind_ends(step.kind)


def _kind_ends(kind: tree.Kind) -> bool:
    match kind:
        case tree.Return() | tree.Fail():
            return True
        case tree.If(otherwise=otherwise) | tree.Switch(otherwise=otherwise):
            return otherwise is not None and all(ended(slot.block) for slot in kind_slots(kind))
        case tree.Do(block=block):
            return ended(block)
        case tree.Parallel(join="all", block=block):
            return ended(block)
        case tree.Parallel(join="any", block=block):
            # The first to be done lets the others go: none may be left that only gets done.
            return bool(block.steps) and all(map(ends, block.steps))
        case _:
            return False


def ended(block: tree.Block) -> bool:
    return any(map(ends, block.steps))
