"""Where steps stand: their blocks, their paths, and what lies in which scope."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import assert_never

from dsl import tree

MAX_STEPS = 2_000


@dataclass(frozen=True, slots=True)
class Slot:
    """One block of a step.

    ``name`` is as in a block reference ("then", "case0", "catch0"). ``infix`` stands between the step's path and
    the ids inside. ``scope``: names inside cannot be seen outside. ``rescue``: it runs only when something failed.
    """

    name: str
    block: tree.Block
    infix: str = "."
    scope: bool = False
    rescue: bool = False


_WITHOUT_BLOCKS = frozenset(
    {
        tree.Call,
        tree.RunWorkflow,
        tree.Agent,
        tree.Wait,
        tree.Let,
        tree.Return,
        tree.Fail,
        tree.Broken,
    }
)
"""Most steps, found out at once: what follows is asked of every step many times."""


def kind_slots(kind: tree.Kind) -> tuple[Slot, ...]:
    """The blocks that belong to a kind of step, in the order they are written."""
    if type(kind) in _WITHOUT_BLOCKS:
        return ()
    match kind:
        case tree.If(arms=arms, otherwise=otherwise):
            names = ("then", *(f"elif{n}" for n in range(1, len(arms))))
            slots = tuple(Slot(name, arm.block) for name, arm in zip(names, arms, strict=True))
            return slots if otherwise is None else (*slots, Slot("else", otherwise))
        case tree.Switch(arms=arms, otherwise=otherwise):
            slots = tuple(Slot(f"case{n}", arm.block) for n, arm in enumerate(arms))
            return slots if otherwise is None else (*slots, Slot("default", otherwise))
        case tree.Parallel(block=block) | tree.Do(block=block):
            return (Slot("body", block),)
        case tree.Foreach(block=block) | tree.Loop(block=block):
            return (Slot("body", block, scope=True),)
        case tree.Approve(on_reject=reject, on_timeout=timeout):
            pairs = (("reject", reject), ("timeout", timeout))
            return tuple(Slot(name, block) for name, block in pairs if block is not None)
        case (
            tree.Call()
            | tree.RunWorkflow()
            | tree.Agent()
            | tree.Wait()
            | tree.Let()
            | tree.Return()
            | tree.Fail()
            | tree.Broken()
        ):
            return ()
        case _:
            assert_never(kind)


def implied_slots(kind: tree.Kind) -> tuple[str, ...]:
    """The blocks that a kind of step has although the text leaves them out: empty, a step put there writes them.

    An approval without any branch has none: most need no more than a yes.
    """
    match kind:
        case tree.If(otherwise=None):
            return ("else",)
        case tree.Switch(otherwise=None):
            return ("default",)
        case tree.Approve(on_reject=None, on_timeout=tree.Block()):
            return ("reject",)
        case tree.Approve(on_reject=tree.Block(), on_timeout=None):
            return ("timeout",)
        case _:
            return ()


def clause_slots(step: tree.Step) -> tuple[Slot, ...]:
    """The blocks of a step's catches and of its compensation."""
    if not step.clauses:
        return ()
    catches = (clause for clause in step.clauses if isinstance(clause, tree.Catch))
    slots = [
        Slot(f"catch{n}", c.block, f"~catch{n}.", scope=True, rescue=True) for n, c in enumerate(catches)
    ]
    for clause in step.clauses:
        if isinstance(clause, tree.Compensate):
            slots.append(Slot("compensate", clause.block, "~comp.", scope=True, rescue=True))
    return tuple(slots)


def slots(step: tree.Step) -> tuple[Slot, ...]:
    return (*kind_slots(step.kind), *clause_slots(step))


@dataclass(frozen=True, slots=True)
class Place:
    """A step with its path and the reference of the block it stands in ("" is the workflow's body)."""

    step: tree.Step
    path: str
    container: str
    index: int


def places(block: tree.Block, prefix: str = "", container: str = "") -> Iterator[Place]:
    """Every step in and below a block, in the order it is written."""
    for index, step in enumerate(block.steps):
        path = prefix + step.id
        yield Place(step, path, container, index)
        for slot in slots(step):
            yield from places(slot.block, path + slot.infix, f"{path}/{slot.name}")


def too_many(workflow: tree.Workflow) -> bool:
    """Whether a workflow has more steps than are checked, drawn or run."""
    return sum(1 for _ in islice(places(workflow.body), MAX_STEPS + 1)) > MAX_STEPS


def after_of(step: tree.Step) -> tuple[str, ...]:
    return tuple(name for clause in step.clauses if isinstance(clause, tree.After) for name in clause.ids)


def in_order(block: tree.Block) -> tuple[tree.Step, ...]:
    """The steps of a ``parallel``, each behind those it is ``after``; the steps of a cycle come last, as written."""
    waiting = {step.id: {name for name in after_of(step)} for step in block.steps}
    followers: dict[str, list[str]] = {}
    for name, awaited in waiting.items():
        awaited &= waiting.keys()
        for other in awaited:
            followers.setdefault(other, []).append(name)
    ready = [step.id for step in reversed(block.steps) if not waiting[step.id]]
    numbers: dict[str, int] = {}
    while ready:
        name = ready.pop()
        if name in numbers:
            continue
        numbers[name] = len(numbers)
        for follower in reversed(followers.get(name, ())):
            waiting[follower].discard(name)
            if not waiting[follower]:
                ready.append(follower)
    return tuple(sorted(block.steps, key=lambda step: numbers.get(step.id, len(numbers))))


def predecessors(block: tree.Block) -> dict[str, frozenset[str]]:
    """For each step of a ``parallel``, the siblings it is ``after``, through any number of others."""
    direct = {step.id: set(after_of(step)) for step in block.steps}
    found: dict[str, frozenset[str]] = {}
    for step in in_order(block):
        before = direct[step.id] & direct.keys()
        if before <= found.keys():
            found[step.id] = frozenset(before.union(*(found[name] for name in before))) - {step.id}
        else:
            found[step.id] = _reached(step.id, direct)
    return found


def _reached(start: str, direct: dict[str, set[str]]) -> frozenset[str]:
    """What a step in a cycle, or behind one, is ``after``."""
    seen: set[str] = set()
    stack = list(direct[start])
    while stack:
        name = stack.pop()
        if name not in seen and name in direct:
            seen.add(name)
            stack.extend(direct[name])
    return frozenset(seen - {start})


def timeout_of(step: tree.Step) -> int | None:
    return next((clause.ms for clause in step.clauses if isinstance(clause, tree.Timeout)), None)


def uses(workflow: tree.Workflow) -> dict[str, tree.Use]:
    """What each alias of a text stands for; the first wins."""
    found: dict[str, tree.Use] = {}
    for head in workflow.heads:
        if isinstance(head, tree.Use):
            found.setdefault(head.alias, head)
    return found
