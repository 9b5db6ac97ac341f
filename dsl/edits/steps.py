"""Steps put in, taken out, moved and wrapped."""

from __future__ import annotations

from dsl import tree
from dsl.edits.ground import INDENT, NAME, RESERVED, Ground, shifted, spliced
from dsl.edits.models import AddStep, EditError, MoveStep, RemoveStep, Splice, UseLine, Wrap
from dsl.edits.names import free_name, renamed
from dsl.formatter import format_text
from dsl.outline import Place, after_of, uses
from dsl.parse import parse
from dsl.tree import Block, Span
from dsl.walk import walk


def add_step(ground: Ground, edit: AddStep) -> tuple[Splice, ...]:
    text = canonical_steps(edit.text)
    text, heads = _with_uses(ground, text, edit.uses)
    text = _with_free_names(ground, text)
    if heads and not ground.workflow.heads and not ground.workflow.body.steps:
        text = "\n" + text
    return (*heads, *_insert(ground, edit.container, edit.before, text))


def remove_step(ground: Ground, edit: RemoveStep) -> tuple[Splice, ...]:
    place = ground.place(edit.path)
    span = ground.outer_region(place.step)
    return (Splice(span.start, span.end, ""), *_bridged(ground, place))


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
    text = _own_lines(ground, place.step)
    bridged: tuple[Splice, ...] = ()
    if edit.container != place.container:
        text = _without_after(ground, edit.container, text)
        bridged = _bridged(ground, place)
    into = _insert(ground, edit.container, edit.before, text, moving=place.step)
    return (Splice(out.start, out.end, ""), *bridged, *into)


def wrap(ground: Ground, edit: Wrap) -> tuple[Splice, ...]:
    found = sorted((ground.place(path) for path in edit.paths), key=lambda place: place.index)
    if not found or len({place.container for place in found}) > 1:
        raise EditError(
            "only steps of one block can be wrapped together", "choose steps that stand side by side"
        )
    if [place.index for place in found] != list(range(found[0].index, found[0].index + len(found))):
        raise EditError("there are other steps between these", "choose steps that stand side by side")
    first, last = ground.region(found[0].step), ground.region(found[-1].step)
    opening = {
        "if": ("check", "if true {"),
        "parallel": ("together", "parallel {"),
        "do": ("group", "do {"),
        "foreach": ("each", "foreach item in [] {"),
        "loop": ("rounds", "loop until true max 10 {"),
    }
    wish, begin = opening[edit.into]
    id = free_name(wish, ground.names)
    indent = ground.indent(found[0].step.span.start)
    body = ground.text[first.start : last.end]
    if not ground.first_on_line(found[0].step.span.start):
        body = indent + body.strip() + "\n"
    elif not body.endswith("\n"):
        body += "\n"
    inner = shifted(body, indent, indent + INDENT)
    lead = "" if ground.first_on_line(found[0].step.span.start) else "\n"
    text = f"{lead}{indent}step {id}: {begin}\n{inner}{indent}}}\n"
    if ground.text[last.end - 1 : last.end] != "\n":
        text += indent
    return (Splice(first.start, last.end, text), *_after_wrapped(ground, found, id))


# ---- insertion -----------------------------------------------------------------------------------


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


def _own_lines(ground: Ground, step: tree.Step) -> str:
    """A step's region without its indentation, as whole lines."""
    span = ground.region(step)
    text = ground.text[span.start : span.end]
    if not text.endswith("\n"):
        text += "\n"
    if ground.first_on_line(step.span.start):
        return shifted(text, ground.indent(step.span.start), "")
    return text


# ---- names ---------------------------------------------------------------------------------------


def _with_uses(ground: Ground, text: str, wanted: tuple[UseLine, ...]) -> tuple[str, tuple[Splice, ...]]:
    """The step's text with the aliases of this workflow, and the ``use`` lines that it lacks."""
    present = uses(ground.workflow)
    by_connector = {use.name: alias for alias, use in present.items() if use.source == "mcp"}
    lines = []
    for use in wanted:
        if not NAME.fullmatch(use.alias):
            raise EditError(f"{use.alias!r} is no name", "names have letters, digits and _")
        alias = by_connector.get(use.connector)
        if alias is None:
            alias = free_name(use.alias, frozenset(present) | set(by_connector.values()))
            by_connector[use.connector] = alias
            lines.append(f'use {alias}: mcp "{use.connector}"')
        if alias != use.alias:
            text = _with_alias(text, use.alias, alias)
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


def _with_alias(text: str, old: str, new: str) -> str:
    whole = f"workflow w {{\n{text}\n}}"
    splices = []
    for node in walk(parse(whole).workflow):
        match node:
            case tree.Call(alias=alias, target_span=span) if alias == old:
                splices.append(Splice(span.start, span.start + len(old), new))
            case tree.Agent(tools=tools):
                places = [ref.span.start for ref in tools if ref.alias == old]
                splices += [Splice(at, at + len(old), new) for at in places]
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


# ---- after ---------------------------------------------------------------------------------------


def _bridged(ground: Ground, place: Place) -> tuple[Splice, ...]:
    """Siblings that are ``after`` a step that goes away are then after what it was after."""
    through = after_of(place.step)
    splices: list[Splice] = []
    for sibling in ground.block(place.container).steps:
        for clause in sibling.clauses:
            if isinstance(clause, tree.After) and place.step.id in clause.ids and sibling is not place.step:
                ids: list[str] = []
                for id in clause.ids:
                    ids += [id] if id != place.step.id else list(through)
                splices.append(_after_clause(ground, clause, [id for id in ids if id != sibling.id]))
    return tuple(splices)


def _after_clause(ground: Ground, clause: tree.After, ids: list[str]) -> Splice:
    kept = list(dict.fromkeys(ids))
    if kept:
        return Splice(clause.span.start, clause.span.end, "after " + ", ".join(kept))
    return taken_out(ground, clause.span)


def taken_out(ground: Ground, span: Span) -> Splice:
    """A clause or a line gone, with its line where it has that alone; a comment behind it stays."""
    start, end = span.start, span.end
    if not ground.text[end : ground.line_end(end)].strip():
        begin = ground.line_start(start) - 1 if ground.first_on_line(start) else start
        while begin == start and start > 0 and ground.text[start - 1] in " \t":
            start = begin = start - 1
        return Splice(max(begin, 0), ground.line_end(end), "")
    while start > 0 and ground.text[start - 1] in " \t" and not ground.first_on_line(span.start):
        start -= 1
    return Splice(start, end, "")


def _without_after(ground: Ground, container: str, text: str) -> str:
    """The step's own ``after`` goes when it moves out of the block whose steps it names."""
    block = ground.blocks.get(container)
    siblings = {other.id for other in block.steps} if block is not None else set()
    whole = f"workflow w {{\n{text}\n}}"
    inner = Ground.of(whole)
    splices = []
    for clause in inner.workflow.body.steps[0].clauses if inner.workflow.body.steps else ():
        if isinstance(clause, tree.After):
            splices.append(_after_clause(inner, clause, [id for id in clause.ids if id in siblings]))
    return spliced(whole, splices)[len("workflow w {\n") : -len("\n}")]


def _after_wrapped(ground: Ground, members: list[Place], id: str) -> tuple[Splice, ...]:
    inside = {place.step.id for place in members}
    splices = []
    for sibling in ground.block(members[0].container).steps:
        for clause in sibling.clauses if sibling.id not in inside else ():
            if isinstance(clause, tree.After) and inside & set(clause.ids):
                ids = [id if name in inside else name for name in clause.ids]
                splices.append(_after_clause(ground, clause, ids))
    return tuple(splices)
