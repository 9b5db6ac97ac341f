"""The walk that finds what is sure at every place of a workflow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import reduce
from operator import and_, or_
from typing import Protocol, assert_never

from dsl import tree
from dsl.outline import after_of, in_order, kind_slots

NEVER = -1
"""What is sure where no run comes: all of it."""


class Facts(Protocol):
    """Where facts come from; each answers with a set of bits."""

    def approved(self, step: tree.Step, path: str) -> int:
        """What a yes to this approval makes sure."""
        ...

    def tested(self, test: tree.Expr, path: str, outcome: bool) -> int:
        """What is sure when the condition of the step at ``path`` came out like this."""
        ...

    def chosen(self, subject: tree.Expr, value: tree.Expr, path: str, outcome: bool) -> int:
        """What is sure when the subject of the ``switch`` at ``path`` is, or is not, this value."""
        ...

    def rounds(self, test: tree.Expr, path: str, outcome: bool) -> int:
        """What is sure when the test of the loop at ``path``, which sees what its rounds see, came out like this."""
        ...

    def undoing(self, step: tree.Step, path: str, before: int, after: int) -> int:
        """What is sure where the compensation of a step begins that went from ``before`` to ``after``."""
        ...


@dataclass(frozen=True, slots=True)
class Sure:
    """``before``: what is sure where the step at a path begins. ``behind``: by a step's path and a way through it,
    what is sure at its end: "done" (the step itself), "catch0", or the name of a slot, "else", "default" and
    "approved" also where none is written; of the steps of a ``parallel``, the path of each is such a way."""

    before: Mapping[str, int]
    behind: Mapping[str, Mapping[str, int]]


def sure_of(workflow: tree.Workflow, facts: Facts) -> Sure:
    walk = _Walk(facts)
    walk.block(workflow.body, "", 0)
    return Sure(walk.before, walk.behind)


@dataclass(slots=True)
class _Walk:
    facts: Facts
    before: dict[str, int] = field(default_factory=dict)
    behind: dict[str, dict[str, int]] = field(default_factory=dict)

    def block(self, block: tree.Block, prefix: str, sure: int) -> int:
        for step in block.steps:
            sure = self.step(step, prefix, sure)
        return sure

    def step(self, step: tree.Step, prefix: str, sure: int) -> int:
        path = prefix + step.id
        self.before[path] = sure
        after = done = self._way(path, "done", self.kind(step, path, sure))
        number = 0
        for clause in step.clauses:
            match clause:
                case tree.Catch(block=block):
                    slot = f"catch{number}"
                    number += 1
                    after &= self._way(path, slot, self.block(block, f"{path}~{slot}.", sure))
                case tree.Compensate(block=block):
                    self.block(block, f"{path}~comp.", self.facts.undoing(step, path, sure, done))
        return after

    def _way(self, path: str, slot: str, sure: int) -> int:
        self.behind.setdefault(path, {})[slot] = sure
        return sure

    def kind(self, step: tree.Step, path: str, sure: int) -> int:
        """What is sure when the step came to its end, its catches left out."""
        kind, inside, facts = step.kind, f"{path}.", self.facts
        match kind:
            case tree.If(arms=arms, otherwise=otherwise):
                ways, left = [], sure
                names = (slot.name for slot in kind_slots(kind))
                for arm, name in zip(arms, names, strict=False):
                    held = reduce(and_, (facts.tested(test, path, True) for test in arm.tests), NEVER)
                    ways.append(
                        self._way(
                            path, name, self.block(arm.block, inside, left | (held if arm.tests else 0))
                        )
                    )
                    left |= reduce(or_, (facts.tested(test, path, False) for test in arm.tests), 0)
                last = left if otherwise is None else self.block(otherwise, inside, left)
                return reduce(and_, ways, self._way(path, "else", last))
            case tree.Switch(subject=subject, arms=arms, otherwise=otherwise):
                ways, left = [], sure
                for number, arm in enumerate(arms):
                    held = reduce(and_, (facts.chosen(subject, t, path, True) for t in arm.tests), NEVER)
                    entered = left | (held if arm.tests else 0)
                    ways.append(self._way(path, f"case{number}", self.block(arm.block, inside, entered)))
                    left |= reduce(or_, (facts.chosen(subject, t, path, False) for t in arm.tests), 0)
                last = left if otherwise is None else self.block(otherwise, inside, left)
                return reduce(and_, ways, self._way(path, "default", last))
            case tree.Approve():
                after = self._way(path, "approved", sure | facts.approved(step, path))
                for slot in kind_slots(kind):
                    after &= self._way(path, slot.name, self.block(slot.block, inside, sure))
                return after
            case tree.Parallel():
                return self._beside(kind, path, sure)
            case tree.Do(block=block):
                return self._way(path, "body", self.block(block, inside, sure))
            case tree.Foreach(block=block):
                self._way(path, "body", self.block(block, inside, sure))
                return sure
            case tree.Loop(block=block, mode=mode, test=test):
                held = facts.rounds(test, path, True) if mode == "while" else 0
                self._way(path, "body", self.block(block, inside, sure | held))
                # It is left only by its test; with no round left to run it fails.
                return sure | facts.rounds(test, path, mode == "until")
            case tree.Return() | tree.Fail():
                return NEVER
            case tree.Broken():
                # What cannot be read may have been what makes it sure; that it cannot be read is said already.
                return NEVER
            case tree.Call() | tree.RunWorkflow() | tree.Agent() | tree.Wait() | tree.Let():
                return sure
            case _:
                assert_never(kind)

    def _beside(self, kind: tree.Parallel, path: str, sure: int) -> int:
        after: dict[str, int] = {}
        for step in in_order(kind.block):
            # What is sure behind a step includes what it waited for. In a cycle some order is taken.
            done = reduce(or_, (after[other] for other in after_of(step) if other in after), sure)
            end = self.step(step, f"{path}.", done)
            after[step.id] = self._way(path, f"{path}.{step.id}", done | end)
        match kind.join:
            case "all":
                return reduce(or_, after.values(), sure)
            case "any":
                awaited = {other for step in kind.block.steps for other in after_of(step)}
                lasts = [after[name] for name in after if name not in awaited]
                return reduce(and_, lasts) if lasts else sure
            case "settle":
                return sure
            case _:
                assert_never(kind.join)
