"""What an expression comes out as with the values that are known, or why that cannot be told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import dsl
from dsl import tree
from dsl.cel import ExpressionError, free_names, lower
from dsl.cel.source import children
from dsl.meaning.inference import Inference
from dsl.parse import expression_problem
from dsl.plan import Json
from dsl.wording.spelling import capital
from dsl.wording.telling import type_words
from studio.editor.inspection.field import Field
from studio.editor.inspection.part import read_expression
from studio.editor.inspection.readable import Names, shown
from studio.editor.spelling import quoted

LONGEST: Final = 20_000
MOST: Final = 60


def preview(source: str, names: Names, values: Mapping[str, Json], *, plain: bool = False) -> dict[str, Any]:
    """``{"ok", "text"}``; ``{}`` where there is nothing to tell: no expression, or one that says its own value."""
    if plain:
        if "${" not in source:
            return {}
        source = quoted(source)
    source = source.strip()
    if not source or len(source) > LONGEST:
        return {}
    problem = expression_problem(source)
    if problem is not None:
        return {"ok": False, "text": "This cannot be read yet." if not plain else problem}
    read = read_expression(source)
    if read is None:
        return {}
    if isinstance(read[0], tree.Constant | tree.Duration):
        return {}
    why = _unknown(read[0], names, values)
    if why:
        return why
    try:
        value = dsl.evaluate(lower(read[0]), values)
    except ExpressionError as error:
        return {"ok": False, "text": error.message}
    return {"ok": True, "text": shown(value)}


def _unknown(expression: tree.Expr, names: Names, values: Mapping[str, Json]) -> dict[str, Any]:
    for name in free_names(expression):
        if name == "secrets" and name in names:
            return {"ok": None, "text": "A secret is not shown."}
        if name not in names:
            return {"ok": False, "text": f"There is no {name} here."}
        if name not in values or _not_given(expression, name, names, values):
            kind = type_words(Inference(names).value(expression))
            return {
                "ok": None,
                "text": "No value yet" if kind == "anything" else f"{capital(kind)}; no value yet",
            }
    return {}


def _not_given(expression: tree.Expr, name: str, names: Names, values: Mapping[str, Json]) -> bool:
    """Whether it reads an input or a setting that is declared and that nothing has given a value: no run, no default.
    That is no mistake in the expression."""
    if name not in ("input", "config"):
        return False
    declared, given = names[name].get("properties", {}), values[name]
    return any(field in declared and field not in given for field in _read_of(expression, name))


def _read_of(expression: tree.Expr, name: str) -> Iterator[str]:
    match expression:
        case tree.Member(target=tree.Name(id=owner), name=field, optional=False) if owner == name:
            yield field
        case _:
            for part in children(expression):
                yield from _read_of(part, name)


def previews(fields: list[Field], names: Names, values: Mapping[str, Json]) -> dict[str, dict[str, Any]]:
    """Of every field that holds an expression, by its place."""
    found: dict[str, dict[str, Any]] = {}
    for field in fields:
        if not field.read or len(found) >= MOST or field.control in ("group", "rows", "choice"):
            continue
        plain = field.mode == "plain"
        told = preview(field.value if plain else field.source, names, values, plain=plain)
        if told:
            found[place_of(field.key, field.at)] = told
    return found


def place_of(key: str, at: tuple[str | int, ...]) -> str:
    return ".".join([key, *map(str, at)])
