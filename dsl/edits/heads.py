"""The header, one declaration at a time."""

from __future__ import annotations

import re

from dsl import tree
from dsl.edits.entries import with_entry, without_entry
from dsl.edits.ground import INDENT, Ground
from dsl.edits.models import EditError, SetHeader, Splice
from dsl.edits.names import must_be_name
from dsl.parse import parse

_ORDER = ("use", "type", "input", "output", "config", "secret", "trigger")
_FIELDS = frozenset({"input", "output", "config"})
_EXAMPLES = {
    "use": 'mcp "shop"',
    "type": "{ id: string }",
    "input": 'string = "none"',
    "output": "string",
    "config": "float = 100",
    "secret": "nothing at all",
    "trigger": 'schedule "0 9 * * *" timezone "Europe/Paris"',
}

Declared = tree.Use | tree.TypeDecl | tree.Secret | tree.Trigger


def set_header(ground: Ground, edit: SetHeader) -> tuple[Splice, ...]:
    must_be_name(edit.name)
    if edit.text is not None:
        _must_be_one(edit)
    if edit.part in _FIELDS:
        return _set_field(ground, edit)
    present = next((head for head in ground.workflow.heads if _is(head, edit)), None)
    if edit.text is None:
        return () if present is None else _without(ground, present)
    if isinstance(present, Declared):
        return _changed(ground, present, edit)
    return (_with(ground, edit.part, _declaration(edit)),)


def part_of(head: tree.Head) -> str:
    match head:
        case tree.Use():
            return "use"
        case tree.TypeDecl():
            return "type"
        case tree.Fields(role=role):
            return role
        case tree.Secret():
            return "secret"
        case tree.Trigger():
            return "trigger"


def name_of(head: tree.Head) -> str | None:
    match head:
        case (
            tree.Use(alias=name) | tree.TypeDecl(name=name) | tree.Secret(name=name) | tree.Trigger(name=name)
        ):
            return name
        case tree.Fields():
            return None


def _is(head: tree.Head, edit: SetHeader) -> bool:
    return part_of(head) == edit.part and name_of(head) == edit.name


def _must_be_one(edit: SetHeader) -> None:
    """The text is this declaration and nothing else."""
    whole = _declaration(edit)
    if edit.part in _FIELDS:
        whole = f"{edit.part} {{\n{whole}\n}}"
    parsed = parse(f"workflow w {{\n{whole}\n}}\n")
    heads = parsed.workflow.heads
    alone = len(heads) == 1 and not parsed.workflow.body.steps and not parsed.diagnostics
    found = heads[0] if alone else None
    names = [field.name for field in found.fields] if isinstance(found, tree.Fields) else []
    same = found is not None and (_is(found, edit) or (part_of(found) == edit.part and names == [edit.name]))
    comments = bool(parsed.comments)
    if not same or comments or (edit.part == "secret" and (edit.text or "").strip()):
        why = parsed.diagnostics[0].message if parsed.diagnostics else "it says something else"
        raise EditError(
            f"this is no {edit.part} {edit.name!r}: {why}", f"write it like: {_EXAMPLES[edit.part]}"
        )


def _declaration(edit: SetHeader) -> str:
    docs = _doc_lines(edit.doc or "") if edit.part not in ("use", "secret") else []
    text = (edit.text or "").strip()
    match edit.part:
        case "secret":
            # What stands behind it is refused by `_must_be_one`.
            line = f"secret {edit.name} {text}".rstrip()
        case "use" | "type" | "trigger":
            line = f"{edit.part} {edit.name}: {text}"
        case "input" | "output" | "config":
            line = f"{edit.name}: {text}"
    return "\n".join([*docs, line])


def _doc_lines(doc: str) -> list[str]:
    return [f"/// {line}".rstrip() for line in doc.strip().splitlines()] if doc.strip() else []


def _with(ground: Ground, part: str, text: str) -> Splice:
    """A new declaration, behind those that usually come before it."""
    rank = _ORDER.index(part)
    above = [head for head in ground.workflow.heads if _ORDER.index(part_of(head)) <= rank]
    body = ground.workflow.body
    at = ground.code_end(above[-1].span.end if above else body.inner.start)
    own = above[-1] if above else next(iter(ground.workflow.heads), None)
    lined = own is not None and ground.first_on_line(own.span.start)
    indent = ground.indent(own.span.start) if own is not None and lined else INDENT
    lines = "\n".join(indent + line for line in text.split("\n"))
    apart = "\n" if above and part_of(above[-1]) != part and "\n" in text else ""
    behind = ground.text[at : at + 1]
    if behind == "\n":
        empty = ground.blank_line(at + 1) or not (ground.workflow.body.steps or ground.workflow.heads)
        below = "" if empty or ground.workflow.heads else "\n"
        return Splice(at, at, f"{apart}\n{lines}{below}")
    return Splice(at, at, f"\n{lines}\n{indent if behind.strip() != '}' else ''}")


def _without(ground: Ground, head: tree.Head) -> tuple[Splice, ...]:
    span = ground.outer_region(head)
    return (Splice(span.start, span.end, ""),)


def _changed(ground: Ground, head: Declared, edit: SetHeader) -> tuple[Splice, ...]:
    text = (edit.text or "").strip()
    splices: list[Splice] = []
    if not isinstance(head, tree.Use | tree.Secret) and edit.doc is not None:
        splices += _with_doc(ground, head.span.start, edit.doc)
    match head:
        case tree.Secret():
            return ()
        case tree.Use(alias_span=name):
            splices.append(Splice(_behind_colon(ground, name.end), head.span.end, text))
        case tree.TypeDecl(name_span=name) | tree.Trigger(name_span=name):
            splices.append(Splice(_behind_colon(ground, name.end), head.span.end, text))
    return tuple(splices)


def _behind_colon(ground: Ground, at: int) -> int:
    found = re.compile(r"\s*:\s*").match(ground.bare, at)
    return found.end() if found else at


def _with_doc(ground: Ground, start: int, doc: str) -> list[Splice]:
    """The documentation that begins at ``start``, set anew."""
    written = re.compile(r"(?:///[^\n]*\n[ \t]*)*").match(ground.text, start)
    end = written.end() if written else start
    own_line = ground.first_on_line(start)
    indent = ground.indent(start) + ("" if own_line else INDENT)
    lines = _doc_lines(doc)
    text = "".join(f"{line}\n{indent}" for line in lines)
    if text and not own_line:
        text = f"\n{indent}{text}"
    return [Splice(start, end, text)] if text or end > start else []


def _set_field(ground: Ground, edit: SetHeader) -> tuple[Splice, ...]:
    blocks = [h for h in ground.workflow.heads if isinstance(h, tree.Fields) and h.role == edit.part]
    block = next((b for b in blocks if any(field.name == edit.name for field in b.fields)), None)
    if block is not None:
        index = next(n for n, field in enumerate(block.fields) if field.name == edit.name)
        if edit.text is None:
            return (
                _without(ground, block)
                if len(block.fields) == 1
                else (without_entry(ground, block.fields, index),)
            )
        field = block.fields[index]
        doc = _with_doc(ground, field.span.start, edit.doc) if edit.doc is not None else []
        return (*doc, Splice(_behind_colon(ground, field.name_span.end), field.span.end, edit.text.strip()))
    if edit.text is None:
        return ()
    if blocks:
        last = blocks[-1]
        opening = ground.bare.index("{", last.span.start) + 1
        return (with_entry(ground, last.fields, opening, _declaration(edit)),)
    lines = "".join(f"{INDENT}{line}\n" for line in _declaration(edit).split("\n"))
    return (_with(ground, edit.part, f"{edit.part} {{\n{lines.rstrip()},\n}}"),)
