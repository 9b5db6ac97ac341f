"""Evaluation: with ``typing``, the one module that touches the CEL library.

An expression is compiled once and kept. A path such as ``order.total`` is walked without the library: it is what
most expressions are, and a walked object keeps the order of its fields. A hostile expression is held by the
library's own limits (nesting, iterations, size of the source) and by ``bounds`` on what goes in and what comes out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, assert_never

from cel_expr_python import cel

from dsl import plan
from dsl.cel.bounds import Room, Work, check, measure
from dsl.cel.errors import ExpressionError
from dsl.cel.functions import OWN, Kind
from dsl.cel.printing import show_value
from dsl.cel.results import result
from dsl.cel.source import root_name
from dsl.cel.wording import explain_compile, explain_failure, missing
from dsl.plan import Json

_PATH = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


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
    """``path`` is set where the library is not needed."""

    expression: Any
    path: tuple[str, ...]
    names: tuple[tuple[str, str], ...]
    work: Work


@lru_cache(maxsize=8192)
def _compiled(source: str, names: tuple[str, ...]) -> _Program:
    if len(names) == 1 and _PATH.fullmatch(source) and source.split(".")[0] == root_name(names[0]):
        return _Program(None, (names[0], *source.split(".")[1:]), (), Work())
    try:
        expression = _ENVIRONMENT.compile(source, disable_check=True)
    except (RuntimeError, ValueError) as error:
        raise ExpressionError(explain_compile(str(error))) from None
    spelled = tuple((name, root_name(name)) for name in names)
    return _Program(expression, (), spelled, Work.of(source))


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
            room = Room()
            texts = (p if isinstance(p, str) else show_value(evaluate(p, env)) for p in parts)
            return "".join(map(room.take_text, texts))
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
    check(measure(data), program.work)
    try:
        value = program.expression.eval(data=data)
        made = result(value, Room())
        failed = isinstance(made, str) and value.type() == cel.Type.ERROR
    except ExpressionError:
        raise
    except RecursionError:
        raise ExpressionError("a value is nested too deeply") from None
    except (RuntimeError, TypeError, ValueError) as error:
        raise ExpressionError(explain_failure(str(error), source, data)) from None
    if failed:
        raise ExpressionError(explain_failure(made, source, data))
    return made


def _walk(path: tuple[str, ...], env: Mapping[str, Json]) -> Json:
    if path[0] not in env:
        raise ExpressionError(f"`{path[0]}` has no value here: the step did not run")
    value = env[path[0]]
    for depth, key in enumerate(path[1:], start=1):
        if not isinstance(value, dict) or key not in value:
            raise ExpressionError(missing(".".join(path[:depth]), key, value))
        value = value[key]
    return value
