"""Which steps and blocks always end the workflow, so that nothing comes behind them."""

from __future__ import annotations

from dsl import tree
from dsl.outline import kind_slots


def ends(step: tree.Step) -> bool:
    """Whether nothing can come behind a step."""
    if any(isinstance(clause, tree.Catch) for clause in step.clauses):
        return isinstance(step.kind, tree.Return)
    match step.kind:
        case tree.Return() | tree.Fail():
            return True
        case tree.If(otherwise=otherwise) | tree.Switch(otherwise=otherwise):
            return otherwise is not None and all(ended(slot.block) for slot in kind_slots(step.kind))
        case tree.Do(block=block):
            return ended(block)
        case _:
            return False


def ended(block: tree.Block) -> bool:
    return any(map(ends, block.steps))
