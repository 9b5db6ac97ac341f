"""One way to a place on which a fact is missing: the witness of a proof that failed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsl import tree
from dsl.flow.sure import NEVER, Sure
from dsl.outline import kind_slots, predecessors, slots


@dataclass(frozen=True, slots=True)
class Stop:
    """A step on the way. ``slot`` is the way through it: "done", or as in :class:`dsl.flow.sure.Sure`, "body" for a
    block that the way goes into. ``decides``: another way through it would have made the fact sure."""

    step: tree.Step
    path: str
    slot: str
    decides: bool


def way_to(workflow: tree.Workflow, sure: Sure, target: str, bit: int) -> tuple[Stop, ...]:
    """In order of flow, the target last. ``bit`` must be missing in ``sure.before[target]``."""
    return tuple(_Finder(sure, bit).into(workflow.body, "", target, beside=False))


@dataclass(frozen=True, slots=True)
class _Finder:
    sure: Sure
    bit: int

    def into(self, block: tree.Block, prefix: str, target: str, *, beside: bool) -> list[Stop]:
        """From the beginning of a block to the target inside it."""
        stops: list[Stop] = []
        holder = next((step for step in block.steps if _inside(step, prefix + step.id, target)), None)
        if holder is None:
            return stops
        before = predecessors(block)[holder.id] if beside else None
        for step in block.steps:
            if step is holder and before is None:
                break
            if before is None or step.id in before:
                stops += self.past(step, prefix + step.id)
        path = prefix + holder.id
        if path == target:
            return [*stops, Stop(holder, path, "done", False)]
        slot = next(slot for slot in slots(holder) if _within(path + slot.infix, target, slot.block))
        if slot.name == "compensate":
            stops += self.past(holder, path)
        else:
            stops.append(Stop(holder, path, slot.name, self._decides(path, slot.name)))
        inside = isinstance(holder.kind, tree.Parallel) and not slot.rescue
        return stops + self.into(slot.block, path + slot.infix, target, beside=inside)

    def past(self, step: tree.Step, path: str) -> list[Stop]:
        """Through a step and on."""
        ways = self.sure.behind[path]
        if len(ways) == 1:
            return [Stop(step, path, "done", False)]
        slot = self._missing(step, ways)
        if isinstance(step.kind, tree.Do) and slot == "done":
            stops = [Stop(step, path, "body", False)]
            for inner in step.kind.block.steps:
                stops += self.past(inner, f"{path}.{inner.id}")
            return stops
        if not self._decides(path, slot):
            return [Stop(step, path, slot, False)]
        stops = [Stop(step, path, slot, True)]
        found = next((one for one in slots(step) if one.name == slot), None)
        if found is not None and not isinstance(step.kind, tree.Parallel | tree.Foreach | tree.Loop):
            for inner in found.block.steps:
                stops += self.past(inner, path + found.infix + inner.id)
        return stops

    def _missing(self, step: tree.Step, ways: Mapping[str, int]) -> str:
        """A way through the step on which the fact is missing."""
        if ways["done"] & self.bit:
            return next((name for name, end in ways.items() if not end & self.bit), "done")
        match step.kind:
            case tree.If():
                names: tuple[str, ...] = ("else", *(slot.name for slot in kind_slots(step.kind)))
            case tree.Switch():
                names = ("default", *(slot.name for slot in kind_slots(step.kind)))
            case tree.Approve():
                names = ("approved", *(slot.name for slot in kind_slots(step.kind)))
            case _:
                return "done"
        return next((name for name in names if not ways[name] & self.bit), "done")

    def _decides(self, path: str, slot: str) -> bool:
        ways = self.sure.behind[path].items()
        return any(end & self.bit and end != NEVER for name, end in ways if name != slot)


def _inside(step: tree.Step, path: str, target: str) -> bool:
    if not _holds(path, target):
        return False
    return path == target or any(_within(path + slot.infix, target, slot.block) for slot in slots(step))


def _holds(path: str, target: str) -> bool:
    return target == path or (target.startswith(path) and target[len(path)] in ".~")


def _within(prefix: str, target: str, block: tree.Block) -> bool:
    return any(_holds(prefix + step.id, target) for step in block.steps)
