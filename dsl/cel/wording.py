"""What the CEL library says, in words for people."""

from __future__ import annotations

import re
from collections.abc import Mapping

from dsl.plan import Json

_CHAIN = re.compile(r"(?<![\w.\"])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*(?!\w*\())+")
_OVERLOAD = re.compile(r"No matching overloads found : (\S+?)(?:\((.*)\)|$)")
_MEMBER = re.compile(r"No matching overloads found : \((.*?)\)\.(\w+)\((.*)\)")
_INDEX = re.compile(r"Index error: index=(-?\d+) size=(\d+)")
_STATUS = re.compile(r"^[A-Z_]+ ?: ?")

_KINDS = {
    "int64": "a number",
    "uint64": "a number",
    "double": "a number",
    "string": "a text",
    "bool": "true or false",
    "null_type": "null",
    "list": "a list",
    "map": "an object",
    "timestamp": "a time",
    "duration": "a duration",
    "google.protobuf.Timestamp": "a time",
    "google.protobuf.Duration": "a duration",
    "bytes": "bytes",
}
_VERBS = {
    "_+_": "add {0} and {1}",
    "_-_": "subtract {1} from {0}",
    "_*_": "multiply {0} by {1}",
    "_/_": "divide {0} by {1}",
    "_%_": "take the remainder of {0} by {1}",
    "_<_": "compare {0} with {1}",
    "_<=_": "compare {0} with {1}",
    "_>_": "compare {0} with {1}",
    "_>=_": "compare {0} with {1}",
    "-_": "negate {0}",
    "!_": "apply `!` to {0}",
    "_[_]": "take an item of {0} by {1}",
}
_NEEDS = {
    "@in": "`in` needs a list or an object on its right",
    "!_": "`!` needs something that is true or false",
}


def missing(owner: str, field: str, value: Json) -> str:
    """``order.totl`` where ``order`` has no ``totl``."""
    match value:
        case None:
            return f"{owner}.{field}: {owner} is null"
        case dict():
            names = ", ".join(map(str, list(value)[:8])) + (", ..." if len(value) > 8 else "")
            return f"{owner}.{field}: no such field; {owner} has {names or 'no fields'}"
        case list():
            return f"{owner}.{field}: {owner} is a list; take one of its items, as in {owner}[0]"
        case _:
            return f"{owner}.{field}: {owner} is a plain value, it has no fields"


def explain_compile(problem: str) -> str:
    """Why a source does not compile."""
    if "recursion" in problem:
        return "the expression is nested too deeply; name a part of it with a `let` step"
    if "codepoint limit" in problem:
        return "the expression is too long; name a part of it with a `let` step"
    if "duplicate key" in problem:
        return "a field is given twice"
    return f"the expression cannot be read: {_short(problem)}"


def explain_failure(problem: str, source: str, data: Mapping[str, Json]) -> str:
    """Why an evaluation failed."""
    if "Key not found" in problem or "SELECT to non-message" in problem:
        return _walked(source, data) or _short(problem).replace("Key not found in map :", "no such field:")
    if found := _INDEX.search(problem):
        return f"there is no item {found[1]}: the list has {found[2]} (counting from 0)"
    if "Iteration budget" in problem:
        return "the expression loops too often; use a `foreach` step"
    if "divide by zero" in problem or "division by zero" in problem or "modulus by zero" in problem:
        return "division by zero"
    if "<jump_condition>" in problem or ": _&&_" in problem or ": _||_" in problem:
        return f"a condition must be true or false: {_cut(source)}"
    if found := _MEMBER.search(problem):
        return f"`{found[2]}` cannot be used on {_kind(found[1])}{_given(found[3])}"
    if found := _OVERLOAD.search(problem):
        return _overload(found[1], found[2] or "", source)
    if "String to Timestamp" in problem:
        return "`timestamp` needs a text such as 2026-01-31T09:00:00Z"
    if "String to Duration" in problem:
        return "`duration` needs a text such as 1h30m"
    if "cannot convert string to" in problem:
        return f"the text is not a number: {_cut(source)}"
    if "Integer value" in problem and "out of" in problem:
        return "a whole number is too large to compute with"
    return _short(problem)


def _overload(function: str, kinds: str, source: str) -> str:
    parts = [_kind(kind) for kind in kinds.split(", ")] if kinds else []
    verb = _VERBS.get(function)
    if verb is not None and len(parts) >= verb.count("{"):
        hint = ""
        if function == "_+_" and "a text" in parts and "a number" in parts:
            hint = '; write text with holes instead, as in "${a}${b}"'
        return f"cannot {verb.format(*parts)}: {_cut(source)}{hint}"
    if function in _NEEDS:
        return f"{_NEEDS[function]}: {_cut(source)}"
    if parts:
        return f"`{function}` cannot be used with {' and '.join(parts)}: {_cut(source)}"
    return f"wrong kinds of values for `{function}`: {_cut(source)}"


def _walked(source: str, data: Mapping[str, Json]) -> str | None:
    for found in _CHAIN.finditer(source):
        root, *fields = found[0].split(".")
        if root not in data:
            continue
        value, owner = data[root], root.removeprefix("__")
        for field in fields:
            if not isinstance(value, dict) or field not in value:
                return missing(owner, field, value)
            value, owner = value[field], f"{owner}.{field}"
    return None


def _given(kinds: str) -> str:
    return f" with {' and '.join(map(_kind, kinds.split(', ')))}" if kinds else ""


def _kind(name: str) -> str:
    return _KINDS.get(name.strip(), name.strip())


def _cut(source: str) -> str:
    return source if len(source) <= 80 else source[:77] + "..."


def _short(problem: str) -> str:
    return _STATUS.sub("", problem.splitlines()[0] if problem else "it failed")[:200]
