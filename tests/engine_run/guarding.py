"""What each approval of a plan stands before, as ``dsl.guards`` finds it in a text: the calls behind it, up to the
nearest block of rounds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dsl import plan as p
from engine.forking.shape import writes
from engine.runtime.outline import blocks_of


def guarded(made: p.Plan) -> p.Plan:
    found: dict[str, tuple[str, ...]] = {}
    _visit(made.body, (), False, found)

    def guard(step: p.PlanStep) -> p.PlanStep:
        if not isinstance(step.do, p.Approve):
            return step
        return step.model_copy(update={"do": step.do.model_copy(update={"guards": found[step.path]})})

    return rebuilt(made, guard)


def _below(step: p.PlanStep) -> list[str]:
    """The calls of a step and inside it; what undoes or catches is none of them."""
    own = [step.path] if writes(step) else []
    return own + [path for block in blocks_of(step) for inner in block.steps for path in _below(inner)]


def _visit(
    block: p.Block, beyond: tuple[str, ...], parallel: bool, found: dict[str, tuple[str, ...]]
) -> None:
    for place, step in enumerate(block.steps):
        later = block.steps[place + 1 :]
        if parallel:
            later = tuple(other for other in block.steps if _is_after(other, step.id, block))
        following = (*(path for other in later for path in _below(other)), *beyond)
        if isinstance(step.do, p.Approve):
            found[step.path] = following
        rounds = isinstance(step.do, p.Foreach | p.Loop)
        for inner in blocks_of(step):
            _visit(inner, () if rounds else following, isinstance(step.do, p.Parallel), found)
        for one in step.catches:
            _visit(one.block, (), False, found)
        if step.compensate is not None:
            _visit(step.compensate, (), False, found)


def _is_after(step: p.PlanStep, other: str, block: p.Block) -> bool:
    by_id = {one.id: one for one in block.steps}
    return other in step.after or any(_is_after(by_id[before], other, block) for before in step.after)


def rebuilt(made: p.Plan, change: Callable[[p.PlanStep], p.PlanStep]) -> p.Plan:
    """The plan with every step changed, the inner ones first."""
    return made.model_copy(update={"body": _rebuilt(made.body, change)})


def _rebuilt(block: p.Block, change: Callable[[p.PlanStep], p.PlanStep]) -> p.Block:
    return block.model_copy(update={"steps": tuple(_step_rebuilt(one, change) for one in block.steps)})


def _step_rebuilt(one: p.PlanStep, change: Callable[[p.PlanStep], p.PlanStep]) -> p.PlanStep:
    do: Any = one.do
    match do:
        case p.If() | p.Switch():
            arms = tuple(arm.model_copy(update={"block": _rebuilt(arm.block, change)}) for arm in do.arms)
            otherwise = None if do.otherwise is None else _rebuilt(do.otherwise, change)
            do = do.model_copy(update={"arms": arms, "otherwise": otherwise})
        case p.Approve():
            blocks = {"on_reject": do.on_reject, "on_timeout": do.on_timeout}
            do = do.model_copy(
                update={name: None if b is None else _rebuilt(b, change) for name, b in blocks.items()}
            )
        case p.Parallel() | p.Do() | p.Foreach() | p.Loop():
            do = do.model_copy(update={"block": _rebuilt(do.block, change)})
    catches = tuple(c.model_copy(update={"block": _rebuilt(c.block, change)}) for c in one.catches)
    undo = None if one.compensate is None else _rebuilt(one.compensate, change)
    return change(one.model_copy(update={"do": do, "catches": catches, "compensate": undo}))
