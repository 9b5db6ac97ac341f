"""Steps put in, taken out and moved."""

from __future__ import annotations

from collections.abc import Mapping

from dsl import tree
from dsl.edits.clauses import bridged, with_after
from dsl.edits.ground import INDENT, NAME, RESERVED, Ground, shifted, spliced
from dsl.edits.models import AddStep, EditError, MoveStep, Paste, RemoveStep, Splice, UseLine
from dsl.edits.names import free_name, renamed, scope_names
from dsl.edits.order import gives
from dsl.formatter import format_text
from dsl.literals import spell_string
from dsl.outline import after_of, uses
from dsl.parse import parse
from dsl.tree import Block
from dsl.walk import walk


def add_step(ground: Ground, edit: AddStep | Paste) -> tuple[Splice, ...]:
    text = canonical_steps(edit.text)
    text, heads = _with_uses(ground, text, edit.uses)
    text = _with_free_names(ground, text)
    if heads and not ground.workflow.heads and not ground.workflow.body.steps:
        text = "\n" + text
    return (*heads, *_insert(ground, edit.container, edit.before, text))


def remove_step(ground: Ground, edit: RemoveStep) -> tuple[Splice, ...]:
    place = ground.place(edit.path)
    span = ground.outer_region(place.step)
    return (Splice(span.start, span.end, ""), *bridged(ground, place))


def move_step(ground: Ground, edit: MoveStep) -> tuple[Splice, ...]:
    place = ground.place(edit.path)
    inside = f"{edit.path}/"
    if edit.container.startswith((inside, f"{edit.path}.", f"{edit.path}~")):
        raise EditError("a step cannot be moved into itself", "move it somewhere else")
    if edit.container == place.container:
        ids = [step.id for step in ground.block(place.container).steps]
        following = ids[place.index + 1] if place.index + 1 < len(ids) else None
        if edit.before in (place.step.id, following):
            return ()
    out = ground.outer_region(place.step)
    text = own_lines(ground, place.step)
    bridges: tuple[Splice, ...] = ()
    if edit.container != place.container:
        if edit.container in ground.blocks:
            here, there = scope_names(ground, place.container), scope_names(ground, edit.container)
            taken = gives(place.step) & there if here != there else frozenset()
            if taken:
                raise EditError(f"the name {min(taken)!r} is taken there", "rename one of the two first")
        text = _without_after(ground, edit.container, text)
        bridges = bridged(ground, place)
    into = _insert(ground, edit.container, edit.before, text, moving=place.step)
    return (Splice(out.start, out.end, ""), *bridges, *into)


def _insert(
    ground: Ground, reference: str, before: str | None, text: str, moving: tree.Step | None = None
) -> tuple[Splice, ...]:
    """``text``, whole lines without indentation, into a block."""
    if reference not in ground.blocks and (made := _made_block(ground, reference, text)) is not None:
        return (made,)
    block = ground.block(reference)
    steps = [step for step in block.steps if step is not moving]
    indent = ground.inner_indent(block)
    lines = shifted(text, "", indent)
    blank = "\n" if ground.spaced(reference, block) else ""
    if before is not None:
        follower = next((step for step in steps if step.id == before), None)
        if follower is None:
            raise EditError(f"there is no step {before!r} in this block", "look at the text as it is now")
        at = ground.region(follower).start
        if ground.first_on_line(follower.span.start):
            return (Splice(at, at, lines + blank),)
        return (Splice(at, at, f"\n{lines}{indent}"),)
    if steps:
        return (_behind(ground, steps[-1], lines, blank, block),)
    if reference == "" and ground.workflow.heads:
        end = ground.code_end(ground.workflow.heads[-1].span.end)
        return (_below(ground, end, "\n" + lines, block),)
    return (_into_empty(ground, block, lines, moving),)


def _behind(ground: Ground, last: tree.Step, lines: str, blank: str, block: Block) -> Splice:
    return _below(ground, ground.code_end(last.span.end), blank + lines, block)


def _below(ground: Ground, end: int, lines: str, block: Block) -> Splice:
    """Whole lines below the line that ends at ``end``."""
    if ground.text[end : end + 1] == "\n":
        return Splice(end + 1, end + 1, lines)
    rest = block.inner.end
    if ground.text[end:rest].strip() == "":
        return Splice(end, rest, "\n" + lines + ground.indent(block.span.start))
    return Splice(end, end, "\n" + lines + ground.indent(block.span.start) + INDENT)


def _into_empty(ground: Ground, block: Block, lines: str, moving: tree.Step | None) -> Splice:
    """Into a block without (other) steps; comments and a ``yield`` stay."""
    if moving is not None and moving in block.steps:
        raise EditError("this step is alone in its block already", "nothing needs to be moved")
    inner = ground.text[block.inner.start : block.inner.end]
    outer = ground.indent(block.span.start)
    if not inner.strip():
        return Splice(block.inner.start, block.inner.end, "\n" + lines + outer)
    if block.result is None:
        end = block.inner.start + len(inner.rstrip())
        return Splice(end, block.inner.end, "\n" + lines + outer)
    at = ground.code_end(block.inner.start)
    if ground.text[at : at + 1] == "\n":
        return Splice(at + 1, at + 1, lines)
    return Splice(at, at, "\n" + lines + outer + INDENT)


def _made_block(ground: Ground, reference: str, text: str) -> Splice | None:
    """A slot that is not written yet, with ``text`` in it."""
    path, _, slot = reference.rpartition("/")
    if path not in ground.places:
        return None
    step = ground.places[path].step
    outer = ground.indent(step.kind.span.end - 1)
    inner = shifted(text, "", outer + INDENT)
    end = step.kind.span.end
    match step.kind, slot:
        case tree.If(otherwise=None), "else":
            return Splice(end, end, f" else {{\n{inner}{outer}}}")
        case tree.Switch(otherwise=None), "default":
            block, name = shifted(text, "", outer + INDENT * 2), "default"
        case tree.Approve(), "reject" | "timeout":
            block, name = shifted(text, "", outer + INDENT * 2), f"on {slot}"
        case _:
            return None
    lines = f"{outer}{INDENT}{name} {{\n{block}{outer}{INDENT}}}\n"
    closing = end - 1
    if ground.first_on_line(closing):
        at = ground.line_start(closing)
        return Splice(at, at, lines)
    return Splice(closing, closing, "\n" + lines + outer)


def canonical_steps(text: str) -> str:
    """One or more steps as they should look, without indentation, ending with a line break."""
    whole = f"workflow w {{\n{text}\n}}\n"
    parsed = parse(whole)
    errors = [found for found in parsed.diagnostics if found.severity == "error"]
    if errors or not parsed.workflow.body.steps or parsed.workflow.heads:
        why = errors[0].message if errors else "there is no step in it"
        raise EditError(
            f"this is no step: {why}", errors[0].help if errors else "write it like: step a: let 1"
        )
    lines = format_text(whole).split("\n")[1:-2]
    return shifted("\n".join(lines) + "\n", INDENT, "")


def own_lines(ground: Ground, step: tree.Step) -> str:
    """A step's region without its indentation, as whole lines."""
    span = ground.region(step)
    text = ground.text[span.start : span.end]
    if not text.endswith("\n"):
        text += "\n"
    if ground.first_on_line(step.span.start):
        return shifted(text, ground.indent(step.span.start), "")
    return text


def _with_uses(ground: Ground, text: str, wanted: tuple[UseLine, ...]) -> tuple[str, tuple[Splice, ...]]:
    """The step's text with the aliases of this workflow, and the ``use`` lines that it lacks."""
    present = {alias: (use.source, use.name) for alias, use in uses(ground.workflow).items()}
    known = {used: alias for alias, used in reversed(present.items())}
    aliases: dict[str, str] = {}
    lines = []
    for use in wanted:
        if not NAME.fullmatch(use.alias):
            raise EditError(f"{use.alias!r} is no name", "names have letters, digits and _")
        alias = known.get((use.source, use.connector))
        if alias is None:
            alias = free_name(use.alias, frozenset(present) | frozenset(known.values()))
            known[use.source, use.connector] = alias
            lines.append(f"use {alias}: {use.source} {spell_string(use.connector)}")
        aliases[use.alias] = alias
    text = _with_aliases(text, {old: new for old, new in aliases.items() if old != new})
    if not lines:
        return text, ()
    heads = [head for head in ground.workflow.heads if isinstance(head, tree.Use)]
    opening = ground.workflow.body.inner.start
    at = ground.code_end(heads[-1].span.end if heads else opening)
    indent = (
        ground.indent(heads[-1].span.start)
        if heads and ground.first_on_line(heads[-1].span.start)
        else INDENT
    )
    new = "".join(f"\n{indent}{line}" for line in lines)
    if not heads and ground.workflow.body.steps and not ground.blank_line(at + 1):
        new += "\n"
    return text, (Splice(at, at, new),)


def _with_aliases(text: str, renamed: Mapping[str, str]) -> str:
    """All at once, for two of them may change places."""
    if not renamed:
        return text
    whole = f"workflow w {{\n{text}\n}}"
    splices = []
    for node in walk(parse(whole).workflow):
        match node:
            case (
                tree.Call(alias=alias, target_span=span)
                | tree.RunWorkflow(alias=alias, target_span=span)
                | tree.ToolRef(alias=alias, span=span)
            ) if alias in renamed:
                splices.append(Splice(span.start, span.start + len(alias), renamed[alias]))
    return spliced(whole, splices)[len("workflow w {\n") : -len("\n}")]


def _with_free_names(ground: Ground, text: str) -> str:
    taken = set(ground.names) - RESERVED
    before, behind = "workflow w {\n", "\n}"
    for path in list(Ground.of(before + text + behind).places):
        inner = Ground.of(before + text + behind)
        # Outer steps come first, and renaming one changes the paths below it.
        place = inner.places.get(path) or next((p for p in inner.places.values() if p.step.id in taken), None)
        if place is None or place.step.id not in taken:
            continue
        new = free_name(place.step.id, ground.names | inner.names)
        text = spliced(inner.text, renamed(inner, place, new))[len(before) : -len(behind)]
    return text


def _without_after(ground: Ground, container: str, text: str) -> str:
    """The step's own ``after`` goes when it moves out of the block whose steps it names."""
    block = ground.blocks.get(container)
    siblings = {other.id for other in block.steps} if block is not None else set()
    whole = f"workflow w {{\n{text}\n}}"
    inner = Ground.of(whole)
    splices: list[Splice] = []
    for step in inner.workflow.body.steps[:1]:
        splices += with_after(inner, step, [id for id in after_of(step) if id in siblings])
    return spliced(whole, splices)[len("workflow w {\n") : -len("\n}")]
