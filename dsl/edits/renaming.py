"""Renaming what is no step: aliases, types, fields, secrets, triggers and variables, with all that names them."""

from __future__ import annotations

from collections.abc import Iterator

from dsl import tree
from dsl.edits.ground import Ground
from dsl.edits.heads import name_of, part_of
from dsl.edits.models import EditError, RenameName, Splice
from dsl.edits.names import defines, must_be_free, must_be_name, references
from dsl.literals import spell_string
from dsl.outline import clause_slots
from dsl.schemas import BASIC
from dsl.tree import Span
from dsl.walk import walk

_ROOTS = {"input": "input", "config": "config", "secret": "secrets"}


def rename_name(ground: Ground, edit: RenameName) -> tuple[Splice, ...]:
    must_be_name(edit.new)
    if edit.new == edit.name:
        return ()
    match edit.sort:
        case "variable":
            must_be_free(ground, edit.new)
            spans = list(_variable(ground, edit))
        case "input" | "output" | "config":
            spans = [*_field(ground, edit), *_read(ground, edit)]
        case "use" | "type" | "secret" | "trigger":
            spans = [*_declared(ground, edit), *_read(ground, edit)]
    return tuple(
        Splice(span.start, span.end, spell_string(edit.new) if ground.text[span.start] in "\"'" else edit.new)
        for span in sorted(set(spans), key=lambda span: span.start)
    )


def _declared(ground: Ground, edit: RenameName) -> Iterator[Span]:
    heads = [head for head in ground.workflow.heads if part_of(head) == edit.sort]
    names = {name_of(head) for head in heads}
    if edit.name not in names:
        raise EditError(f"there is no {edit.sort} {edit.name!r}", "look at the text as it is now")
    if edit.new in names or (edit.sort == "type" and edit.new in BASIC):
        raise EditError(f"the name {edit.new!r} is taken", "choose another name")
    for head in heads:
        match head:
            case tree.Use(alias=name, alias_span=span) if name == edit.name:
                yield span
            case (
                tree.TypeDecl(name=name, name_span=span)
                | tree.Secret(name=name, name_span=span)
                | tree.Trigger(name=name, name_span=span)
            ) if name == edit.name:
                yield span


def _field(ground: Ground, edit: RenameName) -> Iterator[Span]:
    blocks = [head for head in ground.workflow.heads if isinstance(head, tree.Fields)]
    fields = [field for block in blocks if block.role == edit.sort for field in block.fields]
    names = {field.name for field in fields}
    if edit.name not in names:
        raise EditError(f"there is no {edit.sort} {edit.name!r}", "look at the text as it is now")
    if edit.new in names:
        raise EditError(f"the name {edit.new!r} is taken", "choose another name")
    for field in fields:
        if field.name == edit.name:
            yield field.name_span


def _read(ground: Ground, edit: RenameName) -> Iterator[Span]:
    """Where the text names it."""
    root, old = _ROOTS.get(edit.sort), edit.name
    for node in walk(ground.workflow):
        match node:
            case tree.Member(target=tree.Name(id=id), name=name, span=span) if id == root and name == old:
                yield ground.word(old, node.target.span.end, span.end)
            case tree.Index(target=tree.Name(id=id), index=tree.Constant(value=name, span=span)) if (
                id == root and name == old
            ):
                # Parentheses around it count to its place.
                yield _quoted(ground, span)
            case tree.Call(alias=alias, target_span=span) if edit.sort == "use" and alias == old:
                yield Span(span.start, span.start + len(old))
            case tree.RunWorkflow(alias=alias, target_span=span) if edit.sort == "use" and alias == old:
                yield span
            case tree.ToolRef(alias=alias, span=span) if edit.sort == "use" and alias == old:
                yield Span(span.start, span.start + len(old))
            case tree.NamedType(name=name, span=span) if edit.sort == "type" and name == old:
                yield ground.word(old, span.start, span.end)
            case tree.Trigger(args=args) if edit.sort == "input":
                yield from (arg.name_span for arg in args if arg.name == old)
            case tree.Return(value=tree.MapOf(entries=entries)) if edit.sort == "output":
                keys = (key for key, _ in entries if isinstance(key, tree.Constant) and key.value == old)
                yield from (_quoted(ground, key.span) for key in keys)


def _quoted(ground: Ground, span: Span) -> Span:
    """The place of a string without the parentheses around it; of a bare key the place as it is."""
    text = ground.bare[span.start : span.end]
    quote = min((at for at in (text.find('"'), text.find("'")) if at >= 0), default=-1)
    if quote < 0:
        return span
    end = text.rfind(text[quote])
    return Span(span.start + quote, span.start + end + 1)


def _variable(ground: Ground, edit: RenameName) -> Iterator[Span]:
    path, _, slot = edit.block.rpartition("/")
    step = ground.place(path).step
    old, kind = edit.name, step.kind
    match kind:
        case tree.Foreach(variable=name, items=items, block=block) if slot == "body" and name == old:
            yield ground.word(old, kind.span.start + len("foreach"), items.span.start)
            yield from _inside(ground, block, old)
            return
        case tree.Loop(carry=(name, first), test=test, block=block) if slot == "body" and name == old:
            yield ground.word(old, _behind_with(ground, kind), first.span.start)
            if not defines(block, old):
                yield from (ground.word(old, span.start, span.end) for span in references(test, old))
            yield from _inside(ground, block, old)
            return
    catches = [clause for clause in step.clauses if isinstance(clause, tree.Catch)]
    for found, clause in zip(clause_slots(step), catches, strict=False):
        if found.name == slot and clause.variable == old:
            keyword = ground.word("as", _behind_codes(ground, clause), clause.block.span.start)
            yield ground.word(old, keyword.end, clause.block.span.start)
            yield from _inside(ground, clause.block, old)
            return
    raise EditError(f"there is no variable {old!r} here", "look at the text as it is now")


def _inside(ground: Ground, block: tree.Block, name: str) -> Iterator[Span]:
    if not defines(block, name):
        yield from (ground.word(name, span.start, span.end) for span in references(block, name))


def _behind_with(ground: Ground, loop: tree.Loop) -> int:
    return ground.word("with", loop.span.start, loop.block.span.start).end


def _behind_codes(ground: Ground, clause: tree.Catch) -> int:
    """A code in quotes may hold any word."""
    head = ground.bare[clause.span.start : clause.block.span.start]
    return clause.span.start + head.rindex('"') + 1 if '"' in head else clause.span.start
