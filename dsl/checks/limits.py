"""Whether a value that is written out keeps to the limits of its schema: how long, how large, of which form."""

from __future__ import annotations

import re

from dsl import plan
from dsl.catalog import Schema
from dsl.cel import ExpressionError, evaluate
from dsl.meaning.unions import members_of, values_of
from dsl.values import validate_input

_FORMATS = {
    "email": (re.compile(r"[^@\s]+@[^@\s]+"), "an e-mail address such as kim@example.com"),
    "uri": (re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+"), "an address such as https://example.com"),
    "uuid": (
        re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
        "a UUID such as 123e4567-e89b-12d3-a456-426614174000",
    ),
}
_MATCHES = plan.CelExpr(source="text.matches(pattern)", names=("text", "pattern"))


def limit_broken(value: str | int | float, schema: Schema) -> str | None:
    """What is wrong with a value of the right kind, as the end of a sentence; None when nothing is."""
    if values_of(schema) is not None:
        return None  # E203 says it better
    errors = validate_input(value, schema)
    if errors:
        return errors[0].message
    broken = [_broken(value, one) for one in members_of(schema)]
    return broken[0] if all(broken) else None


def _broken(value: str | int | float, schema: Schema) -> str | None:
    if not isinstance(value, str):
        step = schema.get("multipleOf")
        # Of a decimal, a remainder says nothing sure.
        if isinstance(step, int) and isinstance(value, int) and step > 0 and value % step:
            return f"must be a multiple of {step}"
        return None
    form = _FORMATS.get(str(schema.get("format")))
    if form is not None and not form[0].fullmatch(value):
        return f"must be {form[1]}"
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and not _matches(value, pattern):
        return f"must fit the pattern {pattern}"
    return None


def _matches(text: str, pattern: str) -> bool:
    """Through the CEL library, whose patterns take no longer than the text is long. One it cannot read fits all."""
    if "\0" in text or "\0" in pattern:
        return True
    try:
        return evaluate(_MATCHES, {"text": text, "pattern": pattern}) is not False
    except ExpressionError:
        return True
