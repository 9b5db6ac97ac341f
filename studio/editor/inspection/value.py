"""A value of a step as a field: the control that fits its schema, filled with what is written. Objects and lists become
fields of fields, as deep as a person can follow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dsl import tree
from dsl.catalog import Schema
from dsl.diagnostic import Diagnostic
from dsl.schemas import kind_of, kinds_of
from studio.editor.inspection.field import At, Field
from studio.editor.inspection.shape import (
    Shape,
    default_of,
    help_of,
    label_of,
    placeholder_of,
    shape_of,
)
from studio.editor.spelling import plain_of, source

MOST_ROWS = 50


@dataclass(frozen=True, slots=True)
class Around:
    """What a field needs to know of the text it stands in."""

    text: str
    diagnostics: tuple[Diagnostic, ...] = ()

    def problem(self, span: tree.Span) -> str:
        """The first error inside a span."""
        inside = (
            found.message
            for found in self.diagnostics
            if found.severity == "error" and span.start <= found.span.start and found.span.end <= span.end
        )
        return next(inside, "")


def value_field(
    key: str,
    name: str,
    schema: Schema,
    given: tree.Expr | None,
    around: Around,
    *,
    at: At = (),
    label: str = "",
    required: bool = False,
    depth: int = 0,
) -> Field:
    """The field for one value. ``given`` is None where nothing is written."""
    shape = shape_of(schema, name, depth)
    base = Field(
        key,
        label or label_of(name, shape.schema),
        control=shape.control,
        mode="plain",
        at=at,
        source="" if given is None else source(given, around.text),
        options=shape.options,
        quoted=shape.quoted,
        help=help_of(shape.schema),
        placeholder=placeholder_of(shape.schema, shape.control),
        default=default_of(shape.schema),
        sort=shape.sort,
        required=required,
        lines=3 if shape.long else 1,
        problem="" if given is None else around.problem(given.span),
        read=True,
        fixed=shape.constant if required or at else "",
        can=("fx",) if shape.control != "expression" else (),
    )
    if required and given is None and not base.fixed:
        argument = key.startswith("arg:") and not at
        base = replace(base, problem=f"This {'argument ' if argument else ''}is required.")
    filled = _filled(base, shape, given, around, depth)
    return filled if filled is not None else replace(base, mode="expression", value=base.source)


def _filled(base: Field, shape: Shape, given: tree.Expr | None, around: Around, depth: int) -> Field | None:
    """The field with its plain value; None where only an expression can say it."""
    match shape.control:
        case "group":
            return _group(base, shape, given, around, depth)
        case "rows":
            return _rows(base, shape, given, around, depth)
        case "chips" | "picks":
            return _chips(base, shape, given, around)
        case "choice":
            return _choice(base, shape, given, around, depth)
        case "expression":
            return None
    if given is None:
        return base
    plain = plain_of(given, around.text, shape.control)
    if plain is None or (shape.control == "select" and plain not in shape.options):
        return None
    return replace(base, value=plain, lines=max(base.lines, 3 if "\n" in plain else 1))


def _group(base: Field, shape: Shape, given: tree.Expr | None, around: Around, depth: int) -> Field | None:
    written: dict[str, tree.Expr] = {}
    if given is not None:
        if not isinstance(given, tree.MapOf):
            return replace(
                base, mode="expression", value=base.source, fields=_inside(base, shape, {}, around, depth)
            )
        for name, value in given.entries:
            if not (isinstance(name, tree.Constant) and isinstance(name.value, str)):
                return None
            written.setdefault(name.value, value)
    problem = base.problem if given is None else ""
    return replace(base, problem=problem, fields=_inside(base, shape, written, around, depth))


def _inside(
    base: Field, shape: Shape, written: Mapping[str, tree.Expr], around: Around, depth: int
) -> tuple[Field, ...]:
    properties = shape.properties or {}
    needed = shape.required
    names = sorted(properties, key=lambda name: needed.index(name) if name in needed else len(needed))
    fields = [
        value_field(
            base.key,
            name,
            properties[name],
            written.get(name),
            around,
            at=(*base.at, name),
            required=name in needed and (base.required or bool(written) or depth == 0),
            depth=depth + 1,
        )
        for name in names
    ]
    fields += [
        value_field(base.key, name, {}, value, around, at=(*base.at, name), label=name, depth=depth + 1)
        for name, value in written.items()
        if name not in properties
    ]
    return tuple(fields)


def _rows(base: Field, shape: Shape, given: tree.Expr | None, around: Around, depth: int) -> Field | None:
    if given is not None and not isinstance(given, tree.ListOf):
        return replace(base, mode="expression", value=base.source)
    items = given.items if given is not None else ()
    if len(items) > MOST_ROWS:
        return None
    rows = []
    for index, item in enumerate(items):
        row = value_field(
            base.key,
            "",
            shape.item or {},
            item,
            around,
            at=(*base.at, index),
            label=f"{index + 1}",
            required=True,
            depth=depth + 1,
        )
        moves = [word for word, there in (("up", index > 0), ("down", index + 1 < len(items))) if there]
        rows.append(replace(row, can=(*row.can, "drop", *moves)))
    title = (shape.item or {}).get("title")
    adds = f"Add {str(title).lower()}" if isinstance(title, str) and title else "Add an item"
    return replace(base, fields=tuple(rows), can=(*base.can, "add"), adds=adds)


def _chips(base: Field, shape: Shape, given: tree.Expr | None, around: Around) -> Field | None:
    if given is None:
        return base
    if not isinstance(given, tree.ListOf):
        return None
    control = "text" if shape.quoted else "number"
    values = [plain_of(item, around.text, control) for item in given.items]
    constant = all(isinstance(item, tree.Constant | tree.Unary) for item in given.items)
    if not constant or any(value is None for value in values):
        return None
    texts = tuple(value for value in values if value is not None)
    if shape.control == "picks" and not set(texts) <= set(shape.options):
        return None
    return replace(base, values=texts)


def _choice(base: Field, shape: Shape, given: tree.Expr | None, around: Around, depth: int) -> Field:
    """A field for each shape; the one that what is written fits best is shown."""
    chosen = _fitting(given, [schema for _, schema in shape.choices])
    fields = tuple(
        value_field(
            base.key,
            "",
            {**schema, "description": ""} if base.help == schema.get("description") else schema,
            given if index == chosen else None,
            around,
            at=base.at,
            label=name,
            required=base.required and index == chosen,
            depth=depth + 1,
        )
        for index, (name, schema) in enumerate(shape.choices)
    )
    labels = tuple(name for name, _ in shape.choices)
    return replace(
        base,
        value=str(chosen),
        options=tuple(str(index) for index in range(len(fields))),
        labels=labels,
        fields=fields,
        can=(),
        problem="",
    )


_EXPRESSION_KINDS = {
    tree.Template: "string",
    tree.Duration: "string",
    tree.ListOf: "array",
    tree.MapOf: "object",
}


def _fitting(given: tree.Expr | None, schemas: list[Schema]) -> int:
    if given is None:
        return 0
    kind = (
        kind_of(given.value) if isinstance(given, tree.Constant) else _EXPRESSION_KINDS.get(type(given), "")
    )
    scores = [_score(given, kind, schema) for schema in schemas]
    return scores.index(max(scores))


def _score(given: tree.Expr, kind: str, schema: Schema) -> int:
    kinds = kinds_of(schema)
    if not kind or not kinds:
        return 0
    if kind not in kinds and not (kind == "integer" and "number" in kinds):
        return -10
    score = 1
    properties = schema.get("properties")
    if isinstance(given, tree.MapOf) and isinstance(properties, dict):
        for name, value in given.entries:
            key = name.value if isinstance(name, tree.Constant) else None
            if key not in properties:
                score -= 2
                continue
            expected = properties[key]
            if isinstance(expected, dict) and "const" in expected and isinstance(value, tree.Constant):
                score += 20 if value.value == expected["const"] else -20
            score += 1
    return score
