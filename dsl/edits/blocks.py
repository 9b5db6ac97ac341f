"""Steps put into a block of their own, and taken out of it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dsl import tree
from dsl.edits.clauses import replaced, with_after, with_clause
from dsl.edits.ground import INDENT, Ground, shifted, spliced
from dsl.edits.models import EditError, Splice, Unwrap, Wrap
from dsl.edits.names import free_name, readings, references, scope_names
from dsl.edits.order import at_once, doing, gives
from dsl.outline import Place, Slot, after_of, kind_slots, predecessors, slots

Waits = Mapping[str, Sequence[str]]
"""By a step's id, what it is ``after``."""

_OPENING = {
    "if": ("check", ("if true {",)),
    "switch": ("choice", ("switch true {", "case true {")),
    "parallel": ("together", ("parallel {",)),
    "do": ("group", ("do {",)),
    "catch": ("attempt", ("do {",)),
    "foreach": ("each", ("foreach item in [] {",)),
    "loop": ("rounds", ("loop until true max 10 {",)),
}


def wrap(ground: Ground, edit: Wrap) -> tuple[Splice, ...]:
    found = side_by_side(ground, edit.paths)
    if edit.into == "catch" and len(found) == 1:
        return (_caught(ground, found[0].step),)
    steps = [place.step for place in found]
    inside = {step.id for step in steps}
    beside = ground.beside(found[0].container)
    if beside:
        _no_step_between(ground, found[0].container, inside)
    waits = {step.id: [id for id in after_of(step) if id in inside] for step in steps}
    if edit.into == "parallel":
        if not beside:
            order = at_once([doing(step, ground.workflow) for step in steps])
            waits = {id: [*order[id], *(name for name in waits[id] if name not in order[id])] for id in waits}
    else:
        _in_order(steps, waits)
        waits = {id: [] if beside else ids for id, ids in waits.items()}
    outside = [id for step in steps for id in after_of(step) if id not in inside] if beside else []
    wish, opening = _OPENING[edit.into]
    if edit.into == "foreach":
        opening = (f"foreach {free_name('item', ground.names)} in [] {{",)
    id = free_name(wish, ground.names)
    clauses = ["after " + ", ".join(dict.fromkeys(outside))] if outside else []
    if edit.into == "catch":
        clauses.append(f"catch as {free_name('problem', ground.names)} {{}}")
    around = enclosed(ground, steps, id, opening, clauses, waits)
    return (around, *_waiting_for_the_whole(ground, found, id))


def enclosed(
    ground: Ground,
    steps: Sequence[tree.Step],
    id: str,
    opening: Sequence[str],
    clauses: Sequence[str],
    waits: Waits,
) -> Splice:
    """Neighbours inside ``step id: opening ... }`` with its clauses; inside, each waits for what ``waits`` says."""
    first, last = steps[0], steps[-1]
    start, end = ground.region(first).start, ground.region(last).end
    inner = [
        Splice(splice.start - start, splice.end - start, splice.text)
        for step in steps
        for splice in with_after(ground, step, waits.get(step.id, ()))
    ]
    body = spliced(ground.text[start:end], inner)
    indent = ground.indent(first.span.start)
    own_line = ground.first_on_line(first.span.start)
    if not own_line:
        body = indent + body.strip() + "\n"
    elif not body.endswith("\n"):
        body += "\n"
    lines = ["" if own_line else "\n"]
    for depth, text in enumerate(opening):
        lines.append(f"{indent}{INDENT * depth}{f'step {id}: ' if depth == 0 else ''}{text}\n")
    lines.append(shifted(body, indent, indent + INDENT * len(opening)))
    lines += [f"{indent}{INDENT * depth}}}\n" for depth in reversed(range(len(opening)))]
    lines += [f"{indent}{INDENT}{clause}\n" for clause in clauses]
    if ground.text[end - 1 : end] != "\n":
        lines.append(indent)
    return Splice(start, end, "".join(lines))


def side_by_side(ground: Ground, paths: Sequence[str]) -> list[Place]:
    """The places of neighbours, in the order they are written."""
    found = sorted({path: ground.place(path) for path in paths}.values(), key=lambda place: place.index)
    if not found or len({place.container for place in found}) > 1:
        raise EditError(
            "only steps of one block can be wrapped together", "choose steps that stand side by side"
        )
    if [place.index for place in found] != list(range(found[0].index, found[0].index + len(found))):
        raise EditError("there are other steps between these", "choose steps that stand side by side")
    return found


def _caught(ground: Ground, step: tree.Step) -> Splice:
    if any(isinstance(clause, tree.Catch) and not clause.codes for clause in step.clauses):
        raise EditError(f"`{step.id}` catches every error already", "put steps into that catch")
    variable = free_name("problem", ground.names)
    return with_clause(ground, step, "catch", f"catch as {variable} {{}}")


def _no_step_between(ground: Ground, container: str, inside: set[str]) -> None:
    """In a ``parallel``, nobody outside may wait for one of these while another of them waits for it."""
    before = predecessors(ground.block(container))
    for name, behind in before.items():
        waited = next((id for id in before if id in inside and name in before[id]), None)
        if name not in inside and waited is not None and (first := sorted(behind & inside)):
            raise EditError(
                f"`{name}` stands between these steps: it waits for `{first[0]}`, and `{waited}` waits for it",
                f"take `{name}` in too",
            )


def _in_order(steps: Sequence[tree.Step], waits: Waits) -> None:
    """Steps that are to follow each other are written in an order that their ``after`` allows."""
    seen: set[str] = set()
    for step in steps:
        if early := [id for id in waits[step.id] if id not in seen]:
            raise EditError(
                f"`{step.id}` waits for `{early[0]}`, which is written below it",
                f"move `{step.id}` behind `{early[0]}` first",
            )
        seen.add(step.id)


def _waiting_for_the_whole(ground: Ground, members: Sequence[Place], id: str) -> tuple[Splice, ...]:
    inside = {place.step.id for place in members}
    splices: list[Splice] = []
    for sibling in ground.block(members[0].container).steps:
        waited = after_of(sibling)
        if sibling.id not in inside and inside & set(waited):
            splices += with_after(ground, sibling, [id if name in inside else name for name in waited])
    return tuple(splices)


def unwrap(ground: Ground, edit: Unwrap) -> tuple[Splice, ...]:
    place = ground.place(edit.path)
    step = place.step
    slot = _only_slot(step)
    inner = slot.block.steps
    _nothing_lost(ground, place, slot)
    beside, was_beside = ground.beside(place.container), isinstance(step.kind, tree.Parallel)
    waits: dict[str, Sequence[str]] = {one.id: after_of(one) for one in inner}
    sinks = [inner[-1].id]
    if was_beside:
        ids = {one.id for one in inner}
        waits = {id: [name for name in waited if name in ids] for id, waited in waits.items()}
        sinks = [id for id in waits if not any(id in waited for waited in waits.values())]
    if beside and was_beside:
        waits = {id: waited or after_of(step) for id, waited in waits.items()}
    elif beside:
        chain = [after_of(step), *([one.id] for one in inner)]
        waits = {one.id: before for one, before in zip(inner, chain, strict=False)}
    elif was_beside:
        _in_order(inner, waits)
        waits = {id: () for id in waits}
    around = _released(ground, step, slot.block, waits)
    return (around, *(replaced(ground, place, sinks) if beside else ()))


def _only_slot(step: tree.Step) -> Slot:
    if isinstance(step.kind, tree.Approve):
        raise EditError(f"`{step.id}` asks a person", "move the steps out of its branches one by one")
    full = [slot for slot in kind_slots(step.kind) if slot.block.steps]
    if not full:
        raise EditError(f"there are no steps in `{step.id}`", "remove it")
    if len(full) > 1:
        raise EditError(
            f"`{step.id}` has steps in several branches", "move them out one by one, or remove one branch"
        )
    return full[0]


def _nothing_lost(ground: Ground, place: Place, slot: Slot) -> None:
    step, block = place.step, slot.block
    for other in slots(step):
        if other.rescue and other.block.steps:
            word = "compensation" if other.name == "compensate" else "catch"
            raise EditError(
                f"`{step.id}` has a {word} with steps in it", "move those steps or remove it first"
            )
    if readings(ground, place):
        raise EditError(
            f"the result of `{step.id}` is read", "let what reads it read one of the steps inside instead"
        )
    variable = None
    match step.kind:
        case tree.Foreach(variable=name):
            variable = name
        case tree.Loop(carry=(name, _)):
            variable = name
    if variable is not None and any(True for _ in references(block.steps, variable)):
        raise EditError(
            f"the steps inside read `{variable}`, which exists only there",
            "let them read something else first",
        )
    if slot.scope:
        taken = {name for one in block.steps for name in gives(one)} & scope_names(ground, place.container)
        if taken:
            raise EditError(f"the name {min(taken)!r} is taken outside", "rename one of the two first")


def _released(ground: Ground, step: tree.Step, block: tree.Block, waits: Waits) -> Splice:
    """The steps of the block at the place and the depth of the step, with every comment of it above them."""
    region, inner = ground.region(step), block.inner
    indent = ground.indent(step.span.start)
    own_line = ground.first_on_line(step.span.start)
    above = ground.text[region.start : ground.line_start(step.span.start)] if own_line else ""
    first, last = ground.region(block.steps[0]), ground.region(block.steps[-1])
    # A comment behind the opening brace is no line of the first step.
    start = max(first.start, inner.start)
    inside = [
        Splice(splice.start - start, splice.end - start, splice.text)
        for one in block.steps
        for splice in with_after(ground, one, waits.get(one.id, ()))
    ]
    body = spliced(ground.text[start : last.end], inside)
    depth = ground.indent(block.steps[0].span.start)
    if ground.first_on_line(block.steps[0].span.start):
        body = shifted(body if body.endswith("\n") else body + "\n", depth, indent)
    else:
        body = indent + body.strip() + "\n"
    loose = [
        comment.text.strip()
        for comment in ground.parsed.comments
        if step.span.start <= comment.span.start < region.end and not start <= comment.span.start < last.end
    ]
    lead = "" if own_line else "\n"
    tail = "" if ground.text[region.end - 1 : region.end] == "\n" else indent
    lines = "".join(f"{indent}{text}\n" for text in loose)
    return Splice(region.start, region.end, lead + above + lines + body + tail)
