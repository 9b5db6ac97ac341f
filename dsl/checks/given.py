"""Arguments beside the schema they are for: what the rules about arguments share."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dsl import tree
from dsl.catalog import Schema
from dsl.checks.subject import Subject
from dsl.outline import Place
from dsl.schemas import declared_types, fields_of, resolved, schema_of_fields


@dataclass(frozen=True, slots=True)
class Given:
    """The arguments of a call, or the fields of a returned object. ``where`` names the whole for people."""

    place: Place
    where: str
    schema: Schema
    entries: tuple[tuple[str, tree.Expr, tree.Span], ...]
    span: tree.Span
    sort: str


def givens(subject: Subject) -> Iterator[Given]:
    """Everything in a text that is handed over against a known schema."""
    output = fields_of(subject.workflow, "output")
    result = schema_of_fields(output, declared_types(subject.workflow)) if output else None
    for place in subject.places:
        match place.step.kind:
            case tree.Call(alias=alias, tool=tool, args=args, args_span=span):
                found = subject.tool(alias, tool)
                if found is not None:
                    schema = resolved(found.input_schema)
                    yield Given(place, f"{alias}.{tool}", schema, _entries(args), span, "argument")
            case tree.RunWorkflow(alias=alias, args=args, args_span=span):
                use = subject.uses.get(alias)
                other = None if use is None else subject.catalog.workflows.get(use.name)
                if other is not None:
                    schema = resolved(other.input_schema)
                    yield Given(place, alias, schema, _entries(args), span, "argument")
            case tree.Return(value=tree.MapOf(entries=entries, span=span)) if result is not None:
                fields = tuple(
                    (key.value, value, key.span)
                    for key, value in entries
                    if isinstance(key, tree.Constant) and isinstance(key.value, str)
                )
                if len(fields) == len(entries):
                    yield Given(place, "the output", result, fields, span, "field")


def _entries(args: tuple[tree.Arg, ...]) -> tuple[tuple[str, tree.Expr, tree.Span], ...]:
    return tuple((arg.name, arg.value, arg.name_span) for arg in args)


def properties_of(schema: Schema) -> dict[str, Schema]:
    found = schema.get("properties")
    if not isinstance(found, dict):
        return {}
    return {name: one for name, one in found.items() if isinstance(one, dict)}
