"""The steps of a plan, one after the other, where each lives, and which of them shape a spine."""

from __future__ import annotations

from collections.abc import Iterator

from dsl import plan as p
from dsl.plan import Block, PlanStep


def walk(block: Block, room: str) -> Iterator[tuple[PlanStep, str]]:
    """Every step of a block, with the room it lives in: the block whose names nobody outside sees."""
    for step in block.steps:
        yield step, room
        opens = isinstance(step.do, p.Foreach | p.Loop)
        for inner in blocks_of(step):
            yield from walk(inner, step.path if opens else room)
        for number, one in enumerate(step.catches):
            yield from walk(one.block, f"{step.path}~catch{number}")
        if step.compensate is not None:
            yield from walk(step.compensate, f"{step.path}~comp")


def blocks_of(step: PlanStep) -> tuple[Block, ...]:
    match step.do:
        case p.If(arms=arms, otherwise=otherwise) | p.Switch(arms=arms, otherwise=otherwise):
            return (*(arm.block for arm in arms), *(() if otherwise is None else (otherwise,)))
        case p.Approve(on_reject=reject, on_timeout=timeout):
            return tuple(block for block in (reject, timeout) if block is not None)
        case p.Parallel(block=block) | p.Do(block=block) | p.Foreach(block=block) | p.Loop(block=block):
            return (block,)
        case _:
            return ()


def is_fork(step: PlanStep) -> bool:
    """A choice whose arms belong to the spine: one without clauses."""
    plain = step.timeout_ms is None and step.retry is None and step.compensate is None and not step.catches
    return plain and isinstance(step.do, p.If | p.Switch)


def is_wide(step: PlanStep) -> bool:
    """A step with branches of its own side by side."""
    return isinstance(step.do, p.Parallel | p.Foreach)


def is_straight(steps: tuple[PlanStep, ...]) -> bool:
    """Whether the spine is a single node: nothing to choose, and nothing wide beside anything else."""
    if len(steps) == 1:
        return not is_fork(steps[0])
    return not any(is_fork(step) or is_wide(step) for step in steps)
