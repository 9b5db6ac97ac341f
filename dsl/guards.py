"""Which effects each approval stands before."""

from __future__ import annotations

from collections.abc import Iterator

from dsl import tree
from dsl.catalog import Catalog
from dsl.outline import kind_slots, predecessors, slots, uses


def guards_of(workflow: tree.Workflow, catalog: Catalog) -> dict[str, tuple[str, ...]]:
    """For the path of each approval, the paths of the effectful calls that follow it, in order of flow.

    They are those of the later siblings in its block and in each block around it, up to the nearest ``foreach``,
    ``loop``, ``catch`` or ``compensate``, or the whole workflow. In a ``parallel`` a sibling is later only when it is
    ``after`` the approval. What runs only when something failed is not looked at.
    """
    found: dict[str, tuple[str, ...]] = {}
    _visit(workflow.body, "", (), False, found, _Effects(workflow, catalog))
    return found


class _Effects:
    def __init__(self, workflow: tree.Workflow, catalog: Catalog) -> None:
        self._uses = uses(workflow)
        self._catalog = catalog
        self._below: dict[int, tuple[str, ...]] = {}
        self._gates: dict[int, bool] = {}

    def gates(self, step: tree.Step) -> bool:
        """Whether a step is an approval or has one inside."""
        known = self._gates.get(id(step))
        if known is None:
            inside = any(self.gated(slot.block) for slot in slots(step))
            known = self._gates[id(step)] = isinstance(step.kind, tree.Approve) or inside
        return known

    def gated(self, block: tree.Block) -> bool:
        return any(map(self.gates, block.steps))

    def below(self, step: tree.Step, path: str) -> tuple[str, ...]:
        """The paths of what does more than read, in a step and inside it: calls, runs, and models that may."""
        known = self._below.get(id(step))
        if known is None:
            known = self._below[id(step)] = tuple(self._found(step, path))
        return known

    def _found(self, step: tree.Step, path: str) -> Iterator[str]:
        if isinstance(step.kind, tree.Call):
            use = self._uses.get(step.kind.alias)
            if use is None or not self._catalog.nature(use.name, step.kind.tool).reads:
                yield path
        if isinstance(step.kind, tree.RunWorkflow):
            yield path
        if isinstance(step.kind, tree.Agent) and any(
            not self._catalog.nature(use.name, ref.tool).reads
            for ref in step.kind.tools
            if (use := self._uses.get(ref.alias)) is not None
        ):
            yield path
        for slot in kind_slots(step.kind):
            for inner in slot.block.steps:
                yield from self.below(inner, path + slot.infix + inner.id)


def _visit(
    block: tree.Block,
    prefix: str,
    beyond: tuple[str, ...],
    parallel: bool,
    found: dict[str, tuple[str, ...]],
    effects: _Effects,
) -> None:
    """``beyond`` are the calls that follow the whole block."""
    if not effects.gated(block):
        return
    before = predecessors(block) if parallel else {}
    calls = {id(step): effects.below(step, prefix + step.id) for step in block.steps}
    for index, step in enumerate(block.steps):
        if not effects.gates(step):
            continue
        path = prefix + step.id
        if parallel:
            later = [other for other in block.steps if step.id in before[other.id]]
        else:
            later = list(block.steps[index + 1 :])
        following = (*(call for other in later for call in calls[id(other)]), *beyond)
        if isinstance(step.kind, tree.Approve):
            found[path] = following
        for slot in slots(step):
            _visit(
                slot.block,
                path + slot.infix,
                () if slot.scope else following,
                isinstance(step.kind, tree.Parallel) and not slot.rescue,
                found,
                effects,
            )
