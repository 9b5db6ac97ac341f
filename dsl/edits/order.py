"""Which steps of a sequence need which: what may run at once without anything happening in another order.

A later step needs an earlier one when

- it reads a name that the earlier one, or something inside it, gives;
- the earlier one decides whether it runs: it asks a person, ends the workflow, or has a step inside that does;
- the later one ends the workflow or asks a person: what came before it then comes before it still;
- both do something outside (a tool, another workflow, an agent), unless both only read. Without a catalog every tool
  is taken for one that changes something.

A ``wait`` holds up what comes behind it, so that is needed too. What only computes needs no more than what it reads.
This errs on the side of keeping the order: a name that only looks the same counts as read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from dsl import tree
from dsl.catalog import Catalog
from dsl.outline import kind_slots, uses
from dsl.walk import walk


@dataclass(frozen=True, slots=True)
class Doing:
    """What a step with all inside it reads (names), gives (names) and does outside."""

    id: str
    reads: frozenset[str]
    gives: frozenset[str]
    outside: Literal["nothing", "reads", "changes"]
    decides: bool
    holds: bool


def doing(step: tree.Step, workflow: tree.Workflow, catalog: Catalog | None = None) -> Doing:
    reads: set[str] = set()
    outside: set[str] = set()
    decides = holds = False
    aliases = uses(workflow)
    for node in walk(step):
        match node:
            case tree.Name(id=id):
                reads.add(id)
            case tree.Call(alias=alias, tool=tool):
                use = aliases.get(alias)
                known = None if use is None or catalog is None else catalog.nature(use.name, tool)
                outside.add("reads" if known is not None and known.reads else "changes")
            case tree.RunWorkflow() | tree.Agent():
                outside.add("changes")
            case tree.Return() | tree.Fail() | tree.Approve() | tree.Broken():
                decides = True
            case tree.Wait():
                holds = True
    worst: Literal["nothing", "reads", "changes"] = "nothing"
    if outside:
        worst = "changes" if "changes" in outside else "reads"
    return Doing(step.id, frozenset(reads), gives(step), worst, decides, holds)


def gives(step: tree.Step) -> frozenset[str]:
    """The names that can be read behind a step: its own, and those of the blocks that hide nothing."""
    found = {step.id}
    for slot in kind_slots(step.kind):
        if not slot.scope:
            for inner in slot.block.steps:
                found |= gives(inner)
    return frozenset(found)


def read_by(earlier: Doing, later: Doing) -> str | None:
    """Why the later one cannot do without the result of the earlier one."""
    if shared := sorted(earlier.gives & later.reads, key=lambda name: (name != earlier.id, name)):
        return f"`{later.id}` reads `{shared[0]}`"
    return None


def decided_by(earlier: Doing, later: Doing) -> str | None:
    """Why the earlier one says whether the later one runs at all, or the later one whether the earlier one counts."""
    if earlier.decides:
        return f"`{earlier.id}` may end the workflow or asks a person before `{later.id}`"
    if later.decides:
        return f"`{later.id}` may end the workflow or asks a person, which comes behind `{earlier.id}`"
    return None


def needed_by(earlier: Doing, later: Doing) -> str | None:
    """Why the later one must stay behind the earlier one, in one sentence; None when the two are independent."""
    if (why := read_by(earlier, later) or decided_by(earlier, later)) is not None:
        return why
    if earlier.holds or later.holds:
        return f"`{earlier.id if earlier.holds else later.id}` waits for a time or an event"
    if "changes" in (earlier.outside, later.outside) and "nothing" not in (earlier.outside, later.outside):
        return f"`{earlier.id}` and `{later.id}` both do something outside, so one cannot overtake the other"
    return None


def at_once(doings: Sequence[Doing]) -> dict[str, tuple[str, ...]]:
    """Which of the earlier ones each step waits for when all of them may start together, without what follows from
    the rest."""
    waits: dict[str, tuple[str, ...]] = {}
    behind: dict[str, set[str]] = {}
    for number, later in enumerate(doings):
        direct = [
            earlier.id for earlier in doings[:number] if read_by(earlier, later) or decided_by(earlier, later)
        ]
        covered = {id for other in direct for id in behind[other]}
        waits[later.id] = tuple(id for id in direct if id not in covered)
        behind[later.id] = covered | set(direct)
    return waits
