"""Between what a person types in a field and how Weft spells it: text with ``${...}`` holes, numbers, yes or no."""

from __future__ import annotations

import re
from typing import Literal

from dsl import tree

Control = Literal["text", "number", "toggle", "select", "expression"]

_HOLE = re.compile(r"\$\{(?:[^{}\"']|\"[^\"]*\"|'[^']*')*\}")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_PROMPT_INDENT = " " * 8


def plain_of(expression: tree.Expr, text: str, control: Control) -> str | None:
    """What a plain field shows for an expression; None where only the expression itself can say it."""
    match expression, control:
        case tree.Constant(value=str() as value), "text" | "select":
            return value.replace("${", "\\${")
        case tree.Template(parts=parts), "text":
            return "".join(
                part.replace("${", "\\${") if isinstance(part, str) else "${" + source(part, text) + "}"
                for part in parts
            )
        case tree.Constant(value=bool() as value), "toggle":
            return "true" if value else "false"
        case tree.Constant(value=int() | float()), "number" if not isinstance(expression.value, bool):
            return source(expression, text)
        case tree.Unary(op="-", operand=tree.Constant(value=int() | float())), "number":
            return source(expression, text)
        case _:
            return None


def spelled(value: str, control: Control) -> str:
    """A plain field's value as a Weft expression."""
    match control:
        case "text" | "select":
            return quoted(value)
        case "number":
            return value.strip() if _NUMBER.fullmatch(value.strip()) else quoted(value)
        case "toggle":
            return "true" if value == "true" else "false"
        case "expression":
            return value.strip()


def quoted(value: str) -> str:
    """``value`` as a Weft string: holes stay holes, several lines become a prompt."""
    if "\n" in value and '"""' not in value:
        lines = "\n".join((_PROMPT_INDENT + line).rstrip() for line in value.rstrip("\n").split("\n"))
        return f'"""\n{lines}\n{_PROMPT_INDENT}"""'
    spelt = []
    at = 0
    for hole in _HOLE.finditer(value):
        if hole.start() > 0 and value[hole.start() - 1] == "\\":
            continue
        spelt += [_escaped(value[at : hole.start()]), hole.group()]
        at = hole.end()
    return '"' + "".join([*spelt, _escaped(value[at:])]) + '"'


def source(node: tree.Expr | tree.Step, text: str) -> str:
    return text[node.span.start : node.span.end]


def _escaped(piece: str) -> str:
    kept = piece.replace("\\${", "\0")
    kept = kept.replace("\\", "\\\\").replace('"', '\\"').replace("${", "\\${").replace("\0", "\\${")
    return kept.replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
