"""One part of an expression set anew: a field of an object, an item of a list, at any depth. The rest stays."""

from __future__ import annotations

import re

from dsl import tree
from dsl.literals import spell_string
from dsl.parse import parse
from studio.editor.inspection.field import At

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_BEFORE = "workflow w {\n  step it: let "


def read_expression(source: str) -> tuple[tree.Expr, str] | None:
    """The tree of an expression that stands alone, and the text that its spans count in; None for what is none."""
    if not source.strip():
        return None
    text = f"{_BEFORE}{source}\n}}\n"
    parsed = parse(text)
    steps = parsed.workflow.body.steps
    if parsed.diagnostics or len(steps) != 1 or steps[0].clauses or not isinstance(steps[0].kind, tree.Let):
        return None
    return steps[0].kind.value, text


def with_part(source: str, at: At, new: str | None) -> str | None:
    """``source`` with the part at ``at`` written as ``new``; None takes it out. None when nothing is left.

    Where there is no object or list to hold the part, one is made.
    """
    if not at:
        return new
    read = read_expression(source)
    if read is None:
        return _fresh(at, new)
    return _with(*read, at, new)


def moved_item(source: str, at: At, index: int, to: int) -> str:
    """Two neighbours of the list at ``at`` change places. ``source`` itself when they are not there."""
    read = read_expression(source)
    node = None if read is None else _found(read[0], at)
    if read is None or not isinstance(node, tree.ListOf):
        return source
    first, second = sorted((index, to))
    if not 0 <= first < second < len(node.items):
        return source
    text = read[1]
    a, b = node.items[first].span, node.items[second].span
    swapped = text[b.start : b.end] + text[a.end : b.start] + text[a.start : a.end]
    whole = read[0].span
    return text[whole.start : a.start] + swapped + text[b.end : whole.end]


def _found(node: tree.Expr, at: At) -> tree.Expr | None:
    for key in at:
        match node, key:
            case tree.ListOf(items=items), int() if 0 <= key < len(items):
                node = items[key]
            case tree.MapOf(entries=entries), str():
                inner = next((value for name, value in entries if _key(name) == key), None)
                if inner is None:
                    return None
                node = inner
            case _:
                return None
    return node


def _key(node: tree.Expr) -> str | None:
    return node.value if isinstance(node, tree.Constant) and isinstance(node.value, str) else None


def _with(node: tree.Expr, text: str, at: At, new: str | None) -> str | None:
    head, rest = at[0], at[1:]
    match node, head:
        case tree.MapOf(entries=entries), str():
            spans = [(name.span.start, value.span.end) for name, value in entries]
            index = next((n for n, (name, _) in enumerate(entries) if _key(name) == head), None)
            inner = None if index is None else entries[index][1]
            prefix = f"{_spelled(head)}: "
        case tree.ListOf(items=items), int():
            spans = [(item.span.start, item.span.end) for item in items]
            index = head if 0 <= head < len(items) else None
            inner = None if index is None else items[index]
            prefix = ""
        case _:
            return _fresh(at, new)
    start, end = node.span.start, node.span.end
    if inner is None or index is None:
        made = _fresh(rest, new) if rest else new
        if made is None:
            return text[start:end]
        return _appended(text, start, end, spans, prefix + made)
    changed = _with(inner, text, rest, new) if rest else new
    if changed is not None:
        return text[start : inner.span.start] + changed + text[inner.span.end : end]
    if len(spans) == 1:
        return None
    if index + 1 < len(spans):
        return text[start : spans[index][0]] + text[spans[index + 1][0] : end]
    return text[start : spans[index - 1][1]] + text[spans[index][1] : end]


def _appended(text: str, start: int, end: int, spans: list[tuple[int, int]], entry: str) -> str:
    if not spans:
        opening, closing = text[start], text[end - 1]
        return f"{{ {entry} }}" if opening == "{" else f"{opening}{entry}{closing}"
    last = spans[-1]
    line = text.rfind("\n", 0, last[0]) + 1
    own_line = line > start and not text[line : last[0]].strip()
    between = f",\n{text[line : last[0]]}" if own_line else ", "
    return text[start : last[1]] + between + entry + text[last[1] : end]


def _fresh(at: At, new: str | None) -> str | None:
    """The object or list that holds nothing but this part."""
    if new is None:
        return None
    for key in reversed(at):
        new = f"[{new}]" if isinstance(key, int) else f"{{ {_spelled(key)}: {new} }}"
    return new


def _spelled(name: str) -> str:
    return name if _NAME.fullmatch(name) else spell_string(name)
