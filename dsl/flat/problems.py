"""What is wrong with a flat program, in sentences that a person or a model can act on."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any, get_args, get_type_hints

from pydantic import BaseModel, ValidationError

from dsl.edits.ground import RESERVED
from dsl.flat import forms
from dsl.parse import expression_problem, parse

MAX_PROBLEMS = 20


class FlatError(ValueError):
    """``problems``: what is wrong, one sentence each."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems[:MAX_PROBLEMS]


def read_flat(value: Any) -> forms.Flat:
    """A flat program from plain JSON, as a model or a file gives it. Raises :class:`FlatError`."""
    try:
        return forms.Flat.model_validate(value)
    except ValidationError as error:
        found = (_sentence(value, one["loc"], one["msg"], one["type"]) for one in error.errors())
        raise FlatError(tuple(dict.fromkeys(found))) from None


def _sentence(value: Any, place: tuple[int | str, ...], message: str, sort: str) -> str:
    """One error of the schema, told with the name of the step it stands in."""
    names: list[str] = []
    at = value
    where = ""
    for index, part in enumerate(place):
        inside = at.get(part) if isinstance(at, dict) else None
        if isinstance(at, list) and isinstance(part, int) and part < len(at):
            inside = at[part]
            if names == ["steps"] and isinstance(inside, dict):
                where, names = f"step `{inside.get('id', part)}`", []
            else:
                names[-1:] = [f"{names[-1] if names else ''}[{part}]"]
        elif inside is not None or index == len(place) - 1:
            names.append(str(part))
        # What is left are the tags of a union, which are no place in the JSON.
        at = inside if inside is not None else at
    what = ".".join(names)
    told = ", ".join(part for part in (where, f"`{what}`" if what else "") if part) or "the program"
    return f"{told}: {_plain(message, sort)}"


def _plain(message: str, sort: str) -> str:
    match sort:
        case "missing":
            return "this is missing"
        case "extra_forbidden":
            return "there is no such field: leave it out"
        case "string_pattern_mismatch":
            return (
                "this is not written as it should be (names have letters, digits and _; times are like 30s)"
            )
        case _:
            return message[:1].lower() + message[1:]


def parts_problems(program: forms.Flat) -> Iterator[str]:
    """Names, expressions and types that cannot stand where they are."""
    for head in program.header:
        yield from _texts(head, f"the header's `{head.part}`")
    for step in program.steps:
        if step.id in RESERVED:
            yield f"step `{step.id}`: that name means something already, choose another"
        yield from _texts(step, f"step `{step.id}`")


def _texts(form: BaseModel, where: str, place: str = "") -> Iterator[str]:
    """What is wrong with the expressions and types in and below a form."""
    sorts = _sorts(type(form))
    for name in type(form).model_fields:
        value, sort = getattr(form, name), sorts.get(name)
        here = f"{place}.{name}" if place else name
        items = enumerate(value) if isinstance(value, tuple) else ((None, value),)
        for number, item in items:
            at = here if number is None else f"{here}[{number}]"
            if isinstance(item, BaseModel):
                yield from _texts(item, where, at)
            elif isinstance(item, str) and sort == "expression":
                if (why := expression_problem(item)) is not None:
                    yield f"{where}, `{at}`: {why}"
            elif isinstance(item, str) and sort == "type" and not _is_type(item):
                yield f"{where}, `{at}`: `{item}` is no type; types are like string, Order[] or {{ id: string }}"


@cache
def _sorts(form: type[BaseModel]) -> dict[str, str]:
    """Which fields of a form hold expressions or types."""
    hints = get_type_hints(form, include_extras=True)
    found = {name: _mark(hint) for name, hint in hints.items()}
    return {name: sort for name, sort in found.items() if sort is not None}


def _mark(hint: Any) -> str | None:
    for one in getattr(hint, "__metadata__", ()):
        if isinstance(one, forms.Holds):
            return one.sort
    return next((mark for inner in get_args(hint) if (mark := _mark(inner)) is not None), None)


def _is_type(source: str) -> bool:
    parsed = parse(f"workflow w {{\ntype T: {source}\n}}")
    return not parsed.diagnostics and len(parsed.workflow.heads) == 1 and not parsed.workflow.body.steps
