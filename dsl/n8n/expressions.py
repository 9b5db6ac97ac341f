"""n8n's expressions (``={{ $json.total > 100 }}``) as Weft's, as far as both mean the same.

What a node gave is read by ``$json`` (the node before), ``$('Name').item.json`` and ``$node["Name"].json``. Everything
else that begins with ``$``, and everything that is a program rather than an expression, is not taken over.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from dsl.literals import spell_string
from dsl.parse import parse

_HOLE: Final = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
_TOKEN: Final = re.compile(
    r"""(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<node>\$node\[\s*(?P<q1>["'])(?P<n1>[^"'\]]+)(?P=q1)\s*\](?:\.json)?"""
    r"""|\$\(\s*(?P<q2>["'])(?P<n2>[^"')]+)(?P=q2)\s*\)(?:\.(?:item|first\(\)|last\(\)))?(?:\.json)?)"""
    r"""|(?P<json>\$json|\$input\.(?:item|first\(\)|last\(\))\.json)\b"""
    r"""|(?P<key>\[\s*(?P<q3>["'])(?P<k>[A-Za-z_][A-Za-z0-9_]*)(?P=q3)\s*\])"""
    r"""|(?P<same>===|!==)"""
    r"""|(?P<size>\.length\b)"""
    r"""|(?P<call>\.(?:toLowerCase|toUpperCase|includes|toString)\()"""
    r"""|(?P<safe>\?\.)"""
    r"""|(?P<odd>=>|`|\bfunction\b|\bnew\b|\$|;)""",
)
_CALLS: Final = {".toLowerCase(": ".lower(", ".toUpperCase(": ".upper(", ".includes(": ".contains("}


@dataclass(frozen=True, slots=True)
class NotTaken:
    """An expression that Weft has no equal of; ``source`` as it was."""

    source: str


class Values:
    """Turns parameters into expressions. ``json_of(name)`` gives the Weft expression of what a node gave, None for one
    that is not known here; the name "" is the node before."""

    def __init__(self, json_of: Callable[[str], str | None]) -> None:
        self._json_of = json_of

    def of(self, parameter: Any) -> str | NotTaken:
        """A parameter of any sort as an expression: a constant, a text with holes, an object or a list of these."""
        match parameter:
            case str():
                return self.text(parameter)
            case list():
                return self._each([self.of(one) for one in parameter], "[{}]")
            case dict():
                parts: list[str | NotTaken] = []
                for key, value in parameter.items():
                    made = self.of(value)
                    parts.append(made if isinstance(made, NotTaken) else f"{key_of(str(key))}: {made}")
                return self._each(parts, "{{ {} }}" if parts else "{{}}")
            case int() | float() | bool() | None:
                return constant(parameter)
            case _:
                return constant(str(parameter))

    def text(self, source: str) -> str | NotTaken:
        """A parameter that is a text: an expression begins with ``=``."""
        if not source.startswith("="):
            return spell_string(source)
        body = source[1:]
        whole = _HOLE.fullmatch(body.strip())
        if whole and "{{" not in whole[1]:
            return self.expression(whole[1])
        if "{{" not in body:
            return spell_string(body)
        woven, at = [], 0
        for hole in _HOLE.finditer(body):
            inner = self.expression(hole[1])
            if isinstance(inner, NotTaken):
                return NotTaken(source)
            woven += [spell_string(body[at : hole.start()])[1:-1], "${" + inner + "}"]
            at = hole.end()
        return '"' + "".join(woven) + spell_string(body[at:])[1:-1] + '"'

    def expression(self, source: str) -> str | NotTaken:
        """What stands inside ``{{ }}``."""
        made: list[str] = []
        at = 0
        for token in _TOKEN.finditer(source):
            made.append(source[at : token.start()])
            found = self._token(token)
            if found is None:
                return NotTaken(source.strip())
            made.append(found)
            at = token.end()
        made.append(source[at:])
        expression = " ".join("".join(made).split())
        return expression if expression and is_expression(expression) else NotTaken(source.strip())

    def _token(self, token: re.Match[str]) -> str | None:
        """A token as Weft spells it; None for what it has no equal of."""
        if token["text"]:
            return single(_unquoted(token["text"]))
        if token["node"]:
            return self._json_of(" ".join((token["n1"] or token["n2"]).split()))
        if token["json"]:
            return self._json_of("")
        if token["key"]:
            return f".{token['k']}"
        if token["same"]:
            return token["same"][:2]
        if token["size"]:
            return ".size()"
        if token["safe"]:
            return "."
        return _CALLS.get(token["call"] or "")

    @staticmethod
    def _each(parts: list[str | NotTaken], form: str) -> str | NotTaken:
        made = []
        for part in parts:
            if isinstance(part, NotTaken):
                return part
            made.append(part)
        return form.format(", ".join(made))


def constant(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case int():
            return str(value) if abs(value) < 2**53 else f"{float(value)!r}"
        case float():
            spelled = json.dumps(value)
            return spelled if re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", spelled) else f"{value:.6f}"
        case _:
            return spell_string(str(value))


def key_of(name: str) -> str:
    """A key of an object as Weft writes it."""
    return name if re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name) else spell_string(name)


def single(value: str) -> str:
    """A text in single quotes, which may stand inside a hole of a longer one."""
    escaped = value.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n").replace("\r", "\\r")
    return "'" + escaped.replace("\t", "\\t") + "'"


@lru_cache(maxsize=4_096)
def is_expression(source: str) -> bool:
    """Whether it stands by itself as an expression of Weft, and as nothing else."""
    if not source.strip() or len(source) > 5_000:
        return False
    parsed = parse(f"workflow w {{\n  step s: let ({source})\n}}\n")
    return not parsed.diagnostics and len(parsed.workflow.body.steps) == 1 and not parsed.workflow.heads


def _unquoted(literal: str) -> str:
    body = literal[1:-1]
    known = {"n": "\n", "t": "\t", "r": "\r"}
    return re.sub(r"\\(.)", lambda one: known.get(one[1], one[1]), body, flags=re.DOTALL)
