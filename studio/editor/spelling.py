"""Between what a person types in a field and how Weft spells it: text with ``${...}`` holes, numbers, yes or no."""

from __future__ import annotations

import re
from collections.abc import Callable

from dsl import tree
from dsl.literals import duration_ms, spell_duration
from studio.editor.inspection.field import Control

_HOLE = re.compile(r"\$\{(?:[^{}\"']|\"[^\"]*\"|'[^']*')*\}")
_NUMBER = re.compile(r"-?\d+(\.\d+)?([eE][+-]?\d+)?")
_DURATION = re.compile(r"(?:[0-9]+(?:ms|s|m|h|d|w))+")
_PROMPT_INDENT = " " * 8


def plain_of(expression: tree.Expr, text: str, control: Control) -> str | None:
    """What a plain field shows for an expression; None where only the expression itself can say it."""
    match expression, control:
        case tree.Constant(value=str() as value), "text" | "select" | "date" | "moment":
            return value.replace("${", "\\${")
        case tree.Constant(value=int() | float()), "select" if not isinstance(expression.value, bool):
            return source(expression, text)
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
        case "text" | "select" | "date" | "moment":
            return quoted(value)
        case "number":
            return value.strip() if _NUMBER.fullmatch(value.strip()) else quoted(value)
        case "toggle":
            return "true" if value == "true" else "false"
        case _:
            return value.strip()


def quoted(value: str) -> str:
    """``value`` as a Weft string: holes stay holes, several lines become a prompt."""
    if "\n" not in value:
        return '"' + _woven(value, _in_string) + '"'
    woven = _woven(value.rstrip("\n"), _in_prompt)
    lines = "\n".join((_PROMPT_INDENT + line).rstrip() for line in woven.split("\n"))
    return f'"""\n{lines}\n{_PROMPT_INDENT}"""'


def duration_in(written: str, ms: int | None) -> str:
    """How a length of time is spelled in a piece of text: 24h stays 24h. "" for None."""
    if ms is None:
        return ""
    found = (word for word in _DURATION.findall(written) if duration_ms(word) == ms)
    return next(found, spell_duration(ms))


def source(node: tree.Expr | tree.Step | tree.Type, text: str) -> str:
    return text[node.span.start : node.span.end]


def _woven(value: str, escape: Callable[[str], str]) -> str:
    """The value with what stands outside its holes escaped; ``\\${`` is no hole."""
    woven = []
    at = 0
    for hole in _HOLE.finditer(value):
        if hole.start() > 0 and value[hole.start() - 1] == "\\":
            continue
        woven += [escape(value[at : hole.start()]), hole.group()]
        at = hole.end()
    return "".join([*woven, escape(value[at:])])


def _in_string(piece: str) -> str:
    kept = _in_prompt(piece.replace('"', "\1")).replace("\1", '\\"')
    return kept.replace("\r", "\\r").replace("\t", "\\t")


def _in_prompt(piece: str) -> str:
    kept = piece.replace("\\${", "\0").replace("\\", "\\\\").replace("${", "\\${").replace("\0", "\\${")
    return kept.replace('"""', '\\"\\"\\"')
