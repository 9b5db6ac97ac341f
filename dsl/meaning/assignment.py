"""Which names may have no value where they can be read: a must-analysis over the tree.

Where branches come together again, a name is sure only when every branch that goes on gives it a value (an
intersection; a branch that always ends the workflow does not count). Where the steps of a ``parallel`` come together,
all of them have run (a union), except under ``any``, which waits for one, and ``settle``, which lets them fail. What
is kept is the complement, the names that are not sure, each with one way on which it is missing: that set is small, and
empty in most texts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dsl import tree
from dsl.meaning.endings import ended
from dsl.outline import Slot, after_of, implied_slots, in_order, kind_slots


@dataclass(frozen=True, slots=True)
class Way:
    """A way on which a name is missing: a branch of ``step`` by its slot ("else" also where none is written).

    Other ways through a step: "approved" (neither branch of an approval), "caught" (it failed), "first" (another
    step of a ``parallel any`` was done first), "failed" (a step of a ``parallel settle`` has failed).
    """

    step: tree.Step
    slot: str


Missing = Mapping[str, Way]


@dataclass(frozen=True, slots=True)
class Assignment:
    """``before``: by a step's path, what may be missing where it begins; ``results``: the same for a block's ``yield``,
    by the identity of the expression."""

    before: Mapping[str, Missing]
    results: Mapping[int, Missing]


def assignment_of(workflow: tree.Workflow) -> Assignment:
    walk = _Walk()
    walk.block(workflow.body, "", {})
    return Assignment(walk.before, walk.results)


@dataclass(frozen=True, slots=True)
class _Given:
    """What running something surely gives a value, and what it may give one."""

    sure: frozenset[str]
    maybe: Missing

    def after(self, before: Missing) -> Missing:
        if not self.maybe and before.keys().isdisjoint(self.sure):
            return before
        return {name: way for name, way in {**before, **self.maybe}.items() if name not in self.sure}


_NOTHING = _Given(frozenset(), {})


@dataclass(slots=True)
class _Walk:
    before: dict[str, Missing] = field(default_factory=dict)
    results: dict[int, Missing] = field(default_factory=dict)

    def block(self, block: tree.Block, prefix: str, missing: Missing) -> _Given:
        given = []
        for step in block.steps:
            given.append(self.step(step, prefix, missing))
            missing = given[-1].after(missing)
        if block.result is not None:
            self.results[id(block.result)] = missing
        return _all(given)

    def beside(self, parallel: tree.Step, kind: tree.Parallel, prefix: str, missing: Missing) -> _Given:
        """The steps of a ``parallel``."""
        block = kind.block
        given: dict[str, _Given] = {}
        through: dict[str, _Given] = {}
        for step in in_order(block):
            # What is in a cycle comes in some order; another rule says so.
            done = _all([through[other] for other in after_of(step) if other in through])
            given[step.id] = self.step(step, prefix, done.after(missing))
            through[step.id] = _all([done, given[step.id]])
        whole = _all(list(given.values()))
        if kind.join != "all":
            way = Way(parallel, "first" if kind.join == "any" else "failed")
            whole = _Given(frozenset(), {**whole.maybe, **dict.fromkeys(whole.sure, way)})
        if block.result is not None:
            self.results[id(block.result)] = whole.after(missing)
        return whole

    def step(self, step: tree.Step, prefix: str, missing: Missing) -> _Given:
        path = prefix + step.id
        self.before[path] = missing
        inside = self._kind(step, path, missing)
        given = _Given(inside.sure | {step.id}, {n: way for n, way in inside.maybe.items() if n != step.id})
        goes_on = False
        number = 0
        for clause in step.clauses:
            match clause:
                case tree.Catch(block=block, variable=variable):
                    known = {name: way for name, way in missing.items() if name != variable}
                    self.block(block, f"{path}~catch{number}.", known)
                    goes_on, number = goes_on or not ended(block), number + 1
                case tree.Compensate(block=block):
                    self.block(block, f"{path}~comp.", given.after(missing))
        if goes_on:
            # The step itself has the value of the catch then; what is inside it may not have come to its end.
            lost = given.sure - {step.id}
            way = Way(step, "caught")
            return _Given(frozenset({step.id}), {**given.maybe, **dict.fromkeys(lost, way)})
        return given

    def _kind(self, step: tree.Step, path: str, missing: Missing) -> _Given:
        inside = f"{path}."
        match step.kind:
            case tree.If() | tree.Switch():
                return self._branches(step, inside, missing, implied_slots(step.kind))
            case tree.Approve():
                return self._branches(step, inside, missing, ("approved",))
            case tree.Parallel():
                return self.beside(step, step.kind, inside, missing)
            case tree.Do(block=block):
                return self.block(block, inside, missing)
            case tree.Foreach(variable=name, block=block):
                self.block(block, inside, {n: way for n, way in missing.items() if n != name})
                return _NOTHING
            case tree.Loop(carry=carry, block=block):
                own = {step.id, carry[0]} if carry else {step.id}
                self.block(block, inside, {n: way for n, way in missing.items() if n not in own})
                return _NOTHING
            case _:
                return _NOTHING

    def _branches(self, step: tree.Step, inside: str, missing: Missing, unwritten: tuple[str, ...]) -> _Given:
        """``unwritten`` are ways through the step that give nothing a value."""
        found: list[tuple[Slot, _Given]] = []
        for slot in kind_slots(step.kind):
            found.append((slot, self.block(slot.block, inside, missing)))
        open_ways = [(slot.name, given) for slot, given in found if not ended(slot.block)]
        open_ways += [(name, _NOTHING) for name in unwritten]
        if not open_ways:
            return _NOTHING
        sure = frozenset.intersection(*(given.sure for _, given in open_ways))
        maybe: dict[str, Way] = {}
        for _, given in found:
            for name in (given.sure | given.maybe.keys()) - sure:
                without = (n for n, other in open_ways if name not in other.sure and name not in other.maybe)
                slot_name = next(without, None)
                if slot_name is not None:
                    maybe[name] = Way(step, slot_name)
                elif name in given.maybe:
                    maybe.setdefault(name, given.maybe[name])
        return _Given(sure, maybe)


def _all(given: list[_Given]) -> _Given:
    sure = frozenset().union(*(one.sure for one in given))
    maybe = {name: way for one in given for name, way in one.maybe.items() if name not in sure}
    return _Given(sure, maybe)


__all__ = ["Assignment", "Way", "assignment_of"]
