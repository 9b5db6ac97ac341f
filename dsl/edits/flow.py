"""Edges drawn and cut, as what they mean in the text: ``after``, and a ``parallel`` where there is none yet."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from dsl import tree
from dsl.catalog import Catalog
from dsl.edits.blocks import enclosed
from dsl.edits.clauses import with_after
from dsl.edits.ground import Ground
from dsl.edits.models import Connect, Disconnect, EditError, MoveStep, Splice, Wrap
from dsl.edits.names import free_name
from dsl.edits.order import doing, needed_by, read_by
from dsl.edits.steps import move_step
from dsl.outline import Place, after_of, predecessors


def connect(ground: Ground, edit: Connect, catalog: Catalog | None) -> tuple[Splice, ...]:
    source, target = _ends(ground, edit)
    steps = ground.block(source.container).steps
    if ground.beside(source.container):
        return _wait_for(ground, source, target)
    if target.index < source.index:
        raise _backwards(ground, source, target)
    if target.index == source.index + 1:
        return ()
    run = steps[source.index : target.index + 1]
    last = doing(target.step, ground.workflow, catalog)
    needed: str | None = None
    for number, step in reversed(list(enumerate(run[1:-1]))):
        why = needed_by(doing(step, ground.workflow, catalog), last)
        if why is not None and number == len(run) - 3:
            raise EditError(
                f"`{last.id}` cannot start before `{step.id}` is done: {why}",
                f"leave it behind `{step.id}`, or move `{step.id}` behind `{last.id}`",
            )
        if why is not None:
            needed = step.id
            break
    waits: dict[str, list[str]] = {run[0].id: []}
    for before, step in pairwise(run):
        waits[step.id] = [before.id]
    waits[last.id] = [run[0].id, *([needed] if needed else [])]
    return (_side_by_side(ground, run, waits),)


def disconnect(ground: Ground, edit: Disconnect, catalog: Catalog | None) -> tuple[Splice, ...]:
    source, target = _ends(ground, edit)
    earlier = doing(source.step, ground.workflow, catalog)
    later = doing(target.step, ground.workflow, catalog)
    beside = ground.beside(source.container)
    joined = source.step.id in after_of(target.step) if beside else target.index == source.index + 1
    if not joined:
        raise EditError(
            f"there is no edge from `{earlier.id}` to `{later.id}`", "choose two steps that are joined by one"
        )
    if (why := read_by(earlier, later)) is not None:
        raise EditError(
            f"`{later.id}` has to wait for `{earlier.id}`: {why}",
            f"let `{later.id}` read something else first",
        )
    if not beside and (earlier.decides or later.decides):
        word = earlier.id if earlier.decides else later.id
        raise EditError(
            f"`{word}` may end the workflow or asks a person, so nothing can run beside it",
            f"move `{later.id}` before `{earlier.id}` if it may come first",
        )
    if beside:
        kept: list[str] = []
        for id in after_of(target.step):
            kept += [id] if id != source.step.id else after_of(source.step)
        return with_after(ground, target.step, [id for id in kept if id != target.step.id])
    if _open_to_more(source.step):
        # The edge came from the whole of it, so the target may run beside each of its steps.
        return move_step(ground, MoveStep(path=target.path, container=f"{source.path}/body"))
    return (_side_by_side(ground, (source.step, target.step), {}),)


def _ends(ground: Ground, edit: Connect | Disconnect) -> tuple[Place, Place]:
    source, target = ground.place(edit.source), ground.place(edit.target)
    if source.path == target.path:
        raise EditError("a step cannot wait for itself", "to do it again, wrap it in a loop")
    if source.container != target.container:
        raise EditError(
            f"`{source.step.id}` and `{target.step.id}` stand in different blocks, so no edge can join them",
            "move one of them into the block of the other first",
        )
    return source, target


def _wait_for(ground: Ground, source: Place, target: Place) -> tuple[Splice, ...]:
    before = predecessors(ground.block(source.container))
    if target.step.id in before[source.step.id]:
        raise _backwards(ground, source, target)
    return with_after(ground, target.step, [*after_of(target.step), source.step.id])


def _side_by_side(ground: Ground, steps: Sequence[tree.Step], waits: dict[str, list[str]]) -> Splice:
    id = free_name("together", ground.names)
    return enclosed(ground, steps, id, ("parallel {",), (), waits)


def _open_to_more(step: tree.Step) -> bool:
    """Whether one more step in it changes nothing else."""
    match step.kind:
        case tree.Parallel(join="all", block=block):
            return bool(block.steps) and block.result is None and not step.clauses
        case _:
            return False


def _backwards(ground: Ground, source: Place, target: Place) -> EditError:
    return EditError(
        f"`{source.step.id}` comes behind `{target.step.id}`, so this edge would lead backwards",
        "to do these steps again, wrap them in a loop",
        loop_around(ground, source, target),
    )


def loop_around(ground: Ground, source: Place, target: Place) -> Wrap:
    """What an edge back from ``source`` to ``target`` means: all that lies on the way, in a loop."""
    steps = ground.block(source.container).steps
    prefix = source.path[: len(source.path) - len(source.step.id)]
    if not ground.beside(source.container):
        members = [step.id for step in steps[target.index : source.index + 1]]
    else:
        before = predecessors(ground.block(source.container))
        behind = before[source.step.id] | {source.step.id}
        members = [
            s.id for s in steps if s.id in behind and (s is target.step or target.step.id in before[s.id])
        ]
    return Wrap.model_validate({"paths": tuple(prefix + id for id in members), "in": "loop"})
