"""The steps of a plan, one after the other, and where each lives."""

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
