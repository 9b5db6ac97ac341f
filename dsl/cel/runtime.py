"""Evaluation: with ``typing``, the one module that touches the CEL library.

An expression is compiled once and kept. A path such as ``order.total`` is walked without the library: it is what
most expressions are, and a walked object keeps the order of its fields. A hostile expression is held by the
library's own limits (nesting, iterations, size of the source) and, where it loops over lists or builds texts, by
bounds on what goes in and what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any, assert_never

from cel_expr_python import cel

from dsl import plan
from dsl.cel.errors import ExpressionError
from dsl.cel.functions import MACROS, OWN, Kind, plain
from dsl.cel.printing import show_value
from dsl.cel.source import root_name
from dsl.cel.wording import explain_compile, explain_failure, missing
from dsl.plan import Json

MAX_LIST = 4_000
"""Items of the longest list an expression may loop over; a loop within a loop gets a quarter."""
MAX_WORK = 64_000_000
"""Characters a loop may touch: rounds times the longest text times the additions in the source."""
MAX_NODES = 200_000
"""Values in the result of a loop."""

_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
_LOOP = re.compile(rf"\.({'|'.join(sorted(MACROS))})\(")


def _kind(kind: Kind) -> Any:
    match kind:
        case "dyn":
            return cel.Type.DYN
        case "string":
            return cel.Type.STRING
        case "int":
            return cel.Type.INT
        case "double":
            return cel.Type.DOUBLE
        case "list":
            return cel.Type.List(cel.Type.DYN)
        case _:
            assert_never(kind)


def _environment() -> Any:
    functions: dict[str, list[Any]] = {}
    for number, own in enumerate(OWN):
        functions.setdefault(own.name, []).append(
            cel.Overload(
                f"weft_{number}",
                _kind(own.result),
                [_kind(kind) for kind in own.parameters],
                is_member=own.member,
                impl=own.run,
            )
        )
    declarations = [cel.FunctionDecl(name, overloads) for name, overloads in functions.items()]
    extension = cel.CelExtension("weft", declarations)
    return cel.NewEnv(variables={}, extensions=[extension])


_ENVIRONMENT = _environment()


@dataclass(frozen=True, slots=True)
class _Program:
    """``path`` is set where the library is not needed; ``loops`` and ``additions`` are counted in the source."""

    expression: Any
    path: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    loops: int
    additions: int


@lru_cache(maxsize=8192)
def _compiled(source: str, names: tuple[str, ...]) -> _Program:
    if len(names) == 1 and _PATH.fullmatch(source) and source.split(".")[0] == root_name(names[0]):
        return _Program(None, (names[0], *source.split(".")[1:]), (), 0, 0)
    try:
        expression = _ENVIRONMENT.compile(source, disable_check=True)
    except (RuntimeError, ValueError) as error:
        raise ExpressionError(explain_compile(str(error))) from None
    spelled = tuple((name, root_name(name)) for name in names)
    return _Program(expression, (), spelled, len(_LOOP.findall(source)), source.count(" + "))


def problem_of(expression: plan.Expression) -> str | None:
    """Why an expression could never be computed, or None. Looks at its form only, at no values."""
    match expression:
        case plan.ConstantExpr():
            return None
        case plan.CelExpr(source=source, names=names):
            try:
                _compiled(source, names)
            except ExpressionError as error:
                return error.message
            return None
        case plan.TemplateExpr(parts=parts):
            return next((p for p in (problem_of(e) for e in parts if not isinstance(e, str)) if p), None)
        case plan.ListExpr(items=items):
            return next((p for p in map(problem_of, items) if p), None)
        case plan.MapExpr(entries=entries):
            return next((p for entry in entries for p in map(problem_of, entry) if p), None)
        case _:
            assert_never(expression)


def evaluate(expression: plan.Expression, env: Mapping[str, Json]) -> Json:
    """The value of an expression, as plain JSON; times and durations come out as texts.

    ``env`` holds the root names as plain JSON values, texts without NUL characters (the library cuts a text there;
    Postgres refuses them, so a journal has none). Raises ExpressionError, with a message that names fields and
    kinds but never shows a value.
    """
    match expression:
        case plan.ConstantExpr(value=value):
            return value
        case plan.CelExpr(source=source, names=names):
            return _run(source, names, env)
        case plan.TemplateExpr(parts=parts):
            return "".join(p if isinstance(p, str) else show_value(evaluate(p, env)) for p in parts)
        case plan.ListExpr(items=items):
            return [evaluate(item, env) for item in items]
        case plan.MapExpr(entries=entries):
            return {_field(evaluate(key, env)): evaluate(value, env) for key, value in entries}
        case _:
            assert_never(expression)


def truth(expression: plan.Expression, env: Mapping[str, Json]) -> bool:
    """The value of a condition. Raises ExpressionError where it is neither true nor false."""
    value = evaluate(expression, env)
    if not isinstance(value, bool):
        what = f"`{expression.source}`" if isinstance(expression, plan.CelExpr) else "the condition"
        raise ExpressionError(f"{what} must be true or false, but it is {_sort_of(value)}")
    return value


def _sort_of(value: Json) -> str:
    match value:
        case None:
            return "null"
        case str():
            return "a text"
        case int() | float():
            return "a number"
        case list():
            return "a list"
        case _:
            return "an object"


def _field(key: Json) -> str:
    if isinstance(key, list | dict) or key is None:
        raise ExpressionError(f"{_sort_of(key)} cannot be the name of a field")
    return show_value(key)


def _run(source: str, names: tuple[str, ...], env: Mapping[str, Json]) -> Json:
    program = _compiled(source, names)
    if program.expression is None:
        return _walk(program.path, env)
    data: dict[str, Json] = {}
    for name, spelled in program.names:
        if name not in env:
            raise ExpressionError(f"`{name}` has no value here: the step did not run")
        data[spelled] = env[name]
    if program.loops:
        _bound(program, data)
    try:
        value = program.expression.eval(data=data)
        result = _bounded_value(value, [MAX_NODES]) if program.loops else value.plain_value()
        failed = isinstance(result, str) and value.type() == cel.Type.ERROR
    except ExpressionError:
        raise
    except RecursionError:
        raise ExpressionError("a value is nested too deeply") from None
    except (RuntimeError, TypeError, ValueError) as error:
        raise ExpressionError(explain_failure(str(error), source, data)) from None
    if failed:
        raise ExpressionError(explain_failure(result, source, data))
    return _json(result)


def _walk(path: tuple[str, ...], env: Mapping[str, Json]) -> Json:
    if path[0] not in env:
        raise ExpressionError(f"`{path[0]}` has no value here: the step did not run")
    value = env[path[0]]
    for depth, key in enumerate(path[1:], start=1):
        if not isinstance(value, dict) or key not in value:
            raise ExpressionError(missing(".".join(path[:depth]), key, value))
        value = value[key]
    return value


def _json(value: Any) -> Json:
    match value:
        case None | bool() | int() | str():
            return value
        case float():
            if value != value or value in (float("inf"), float("-inf")):
                raise ExpressionError("the result is not a number: was something divided by zero?")
            return value
        case list():
            return [_json(item) for item in value]
        case dict():
            # The library returns fields in an order that differs from process to process.
            pairs = ((k if isinstance(k, str) else show_value(plain(k)), _json(v)) for k, v in value.items())
            return dict(sorted(pairs))
        case datetime() | timedelta() | bytes() | bytearray():
            return plain(value)
        case _:
            return str(value)


def _bounded_value(value: Any, left: list[int]) -> Any:
    """A value of the library as plain Python, giving up when it is larger than any sensible result."""
    inner = value.value()
    left[0] -= 1 + (len(inner) >> 6 if isinstance(inner, str) else 0)
    if left[0] < 0:
        raise ExpressionError("the result is too large; use a `foreach` step")
    if isinstance(inner, list):
        return [_bounded_value(item, left) for item in inner]
    if isinstance(inner, dict):
        return {key: _bounded_value(item, left) for key, item in inner.items()}
    return inner


def _bound(program: _Program, data: Mapping[str, Json]) -> None:
    items, text = _largest(data)
    longest = items * (1 + program.additions)
    limit = MAX_LIST if program.loops == 1 else MAX_LIST // 4
    if longest > limit:
        raise ExpressionError(
            f"a list of {items} items is too long for `map` and `filter` here (the limit is {limit}); "
            "use a `foreach` step"
        )
    rounds = longest if program.loops == 1 else 10_000
    if rounds * text * (1 + program.additions) > MAX_WORK:
        raise ExpressionError("the texts are too long to loop over here; use a `foreach` step")


def _largest(value: Json) -> tuple[int, int]:
    """The length of the longest list or object below ``value`` and of the longest text."""
    items = text = 0
    stack = [value]
    while stack:
        match stack.pop():
            case str() as found:
                text = max(text, len(found))
            case list() as found:
                items = max(items, len(found))
                stack.extend(found)
            case dict() as found:
                items = max(items, len(found))
                stack.extend(found.values())
    return items, text
