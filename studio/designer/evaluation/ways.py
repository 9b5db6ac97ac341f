"""What surely happened before a step, on every way to it: which steps were tried, and which approvals gave a yes.

The same must-analysis as :mod:`dsl.flow`, over plans and with other facts. ``None`` is "no run comes here". A
``foreach`` or ``loop`` counts as entered for what was tried ("each order is checked, then the list is sent"), not for a
yes.
"""

from __future__ import annotations

from functools import reduce
from typing import TypeAlias

from dsl import plan as p

Sure: TypeAlias = frozenset[str] | None
TRIED, YES = "tried ", "yes "


def before(plan: p.Plan) -> dict[str, frozenset[str]]:
    """By path: "tried <path>" and "yes <path>"."""
    walk = _Walk()
    walk.block(plan.body, frozenset())
    return walk.found


def _both(one: Sure, other: Sure) -> Sure:
    if one is None:
        return other
    return one if other is None else one & other


class _Walk:
    def __init__(self) -> None:
        self.found: dict[str, frozenset[str]] = {}

    def block(self, block: p.Block, sure: Sure) -> Sure:
        for step in block.steps:
            sure = self.step(step, sure)
        return sure

    def step(self, step: p.PlanStep, sure: Sure) -> Sure:
        if sure is None:
            return None
        self.found[step.path] = sure
        tried = sure | {TRIED + step.path}
        done = self.kind(step, sure)
        done = None if done is None else done | tried
        if step.compensate is not None:
            self.block(step.compensate, done)
        for catch in step.catches:
            done = _both(done, self.block(catch.block, tried))
        return done

    def kind(self, step: p.PlanStep, sure: frozenset[str]) -> Sure:
        match step.do:
            case p.Approve(on_reject=reject, on_timeout=timeout):
                after: Sure = sure | {YES + step.path}
                for other in (reject, timeout):
                    if other is not None:
                        after = _both(after, self.block(other, sure))
                return after
            case p.If(arms=arms, otherwise=otherwise) | p.Switch(arms=arms, otherwise=otherwise):
                ways = [self.block(arm.block, sure) for arm in arms]
                last = sure if otherwise is None else self.block(otherwise, sure)
                return reduce(_both, ways, last)
            case p.Parallel(join=join, block=block):
                return self._beside(block, join, sure)
            case p.Do(block=block):
                return self.block(block, sure)
            case p.Foreach(block=block) | p.Loop(block=block):
                inside = self.block(block, sure)
                return sure | {fact for fact in inside or () if fact.startswith(TRIED)}
            case p.Return() | p.Fail():
                return None
            case _:
                return sure

    def _beside(self, block: p.Block, join: str, sure: frozenset[str]) -> Sure:
        ends: dict[str, Sure] = {}
        waiting = list(block.steps)
        known = {step.id for step in waiting}
        while waiting:
            ready = next(
                (s for s in waiting if all(o in ends or o not in known for o in s.after)), waiting[0]
            )
            waiting.remove(ready)
            start = sure.union(*(ends.get(other) or frozenset() for other in ready.after))
            ends[ready.id] = self.step(ready, start)
        if join == "settle":
            return sure
        if join == "any":
            awaited = {other for step in block.steps for other in step.after}
            return reduce(_both, (end for name, end in ends.items() if name not in awaited), None) or sure
        if any(end is None for end in ends.values()):
            return None
        return sure.union(*(end for end in ends.values() if end is not None))
