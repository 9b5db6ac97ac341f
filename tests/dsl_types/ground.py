"""One tool whose output schema is the question, and a text that reads it."""

from __future__ import annotations

from typing import Any

from dsl.catalog import Catalog, Connector, Tool
from dsl.cel import ExpressionError, evaluate, lower
from dsl.cel.shadow import shadow_of, units
from dsl.cel.shapes import shape_of
from dsl.cel.typing import typed
from dsl.checks import check
from dsl.diagnostic import Diagnostic
from dsl.parse import parse
from dsl.values import coerce
from tests.dsl_meaning.sample import expression
from tests.dsl_types.shapes import Schema

TYPE_CODES = ("E201", "E203", "E204")


def catalog_of(schema: Schema | None, takes: Schema | None = None) -> Catalog:
    tool = Tool(
        name="get",
        input_schema=takes or {"type": "object"},
        output_schema=schema,
        effect="read",
        idempotent=True,
    )
    return Catalog(connectors={"x": Connector(name="x", tools={"get": tool})})


def text_of(source: str, head: str = "") -> str:
    return f"""workflow t {{
  use x: mcp "x"
{head}
  step s: call x.get()
    timeout 1s
  step e: let {source}
}}
"""


def refused(source: str, schema: Schema | None, codes: tuple[str, ...] = TYPE_CODES) -> list[Diagnostic]:
    """What the checks have against an expression over ``s``, which has this schema."""
    parsed = parse(text_of(source))
    assert not parsed.diagnostics, (source, parsed.diagnostics)
    return [one for one in check(parsed, catalog_of(schema)) if one.code in codes]


def underlined(source: str, one: Diagnostic) -> str:
    return text_of(source)[one.span.start : one.span.end]


def computed(source: str, schema: Schema, data: Any) -> str | None:
    """The message of the error, None when it could be computed. Data comes in as the engine lets it in."""
    try:
        evaluate(lower(expression(source)), {"s": coerce(data, schema)})
    except ExpressionError as error:
        return error.message
    return None


def is_known(source: str, schema: Schema) -> bool:
    """Whether the checker knows the type of every part of an expression over ``s``, and let nothing pass."""
    found = [shadow_of(unit, lambda _: shape_of(schema)) for unit in units(expression(source))]
    return all(one.result != "DYN" and not one.clashes for one in typed(found)) and ".?" not in source


_OF_VALUES = (
    "division by zero",
    "there is no item",
    "the text is not a number",
    "too large",
    "overflow",
    "the list is empty",
    "characters only",
    "`timestamp` needs a text such as",
    "`duration` needs a text such as",
    "is the result not a number",
    "the result is not a number",
    "out of range",
    "a field is given twice",
    # A field whose name was computed, or one of an object that may have any.
    'no such field: "',
    "Integer value",
    "too long",
    "Type conversion error",
)


def is_of_kinds(message: str) -> bool:
    """Whether an error comes from kinds of values, not from the values themselves."""
    return not any(words in message for words in _OF_VALUES)
