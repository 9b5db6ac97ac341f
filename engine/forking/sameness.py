"""Whether a step is provably the same on both sides, and what it gives on each. Pure."""

from __future__ import annotations

from typing import Any, TypeAlias

from dsl import plan as p
from dsl.plan import Plan, PlanStep
from engine.forking.pair import Pair
from engine.forking.record import Opaque, Record
from engine.forking.shape import expressions, own

Json: TypeAlias = Any


def same_step(step: PlanStep, old: PlanStep | None, before: Plan, now: Plan, pair: Pair) -> bool:
    """``old``: the step at this place of the plan ``before``."""
    if old is None or own(old, before) != own(step, now):
        return False
    return all(pair.agree(one) for one in expressions(step))


def same_choice(do: p.If | p.Switch, arm: int, pair: Pair) -> bool:
    """Whether the arm that was taken is taken again: what is tested up to it gives the same."""
    subject = [do.subject] if isinstance(do, p.Switch) else []
    tested = do.arms if arm < 0 else do.arms[: arm + 1]
    return all(pair.agree(one) for one in [*subject, *(test for each in tested for test in each.tests)])


def value(
    step: PlanStep, pair: Pair, path: str, record: Record, pinned: bool, differs: bool
) -> tuple[Json, Json]:
    """What a step that is taken over gives on both sides: the same, or two that equal nothing. ``pinned``: a test was
    given its result; ``differs``: a block of rounds does not give the same."""
    apart = (Opaque(), Opaque())
    match step.do:
        case p.Let(value=expression):
            return pair.values(expression)
        case p.If() | p.Switch() as do:
            arm = record.arms.get(path, -1)
            block = do.arms[arm].block if arm >= 0 else do.otherwise
            result = None if block is None else block.result
            return (None, None) if result is None else pair.values(result)
        case p.Do(block=block) | p.Parallel(block=block) if block.result is not None:
            return pair.values(block.result)
        case p.Foreach() | p.Loop() if differs:
            return apart
        case p.Parallel(block=block) if not all(pair.agrees_on(one.id) for one in block.steps):
            return apart
        case p.Wait() | p.RunWorkflow() if not pinned:
            answer = _answer(record, path)
            return (answer, answer)
        case _:
            recorded = record.result(path)
            return (recorded, recorded)


def _answer(record: Record, path: str) -> Json:
    answered = record.answered.get(path)
    return Opaque() if answered is None or "large" in answered.data else answered.data.get("value")
