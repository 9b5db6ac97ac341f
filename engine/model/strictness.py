"""A JSON Schema in the narrow form that strict decoders take: every property required, nothing else allowed.

What a property may be left out for, its default, may always be said as well, so the narrow form allows a part of what
the wide one does. Defaults and titles go (they cost tokens, and strict servers refuse them); ``oneOf`` is ``anyOf``.
"""

from __future__ import annotations

from typing import Any, Final

_DROPPED: Final = ("default", "title", "discriminator", "examples", "$schema")


def strict(schema: dict[str, Any]) -> dict[str, Any] | None:
    """None where there is no such form: an object whose properties have no names, or anything goes."""
    try:
        found = _narrow(schema)
    except _Open:
        return None
    return found if found.get("type") == "object" else None


class _Open(Exception):
    """A schema that leaves open what may come."""


def _narrow(schema: Any) -> dict[str, Any]:
    if not isinstance(schema, dict) or not schema:
        raise _Open
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    if "allOf" in schema or "patternProperties" in schema:
        raise _Open
    found = {name: value for name, value in schema.items() if name not in _DROPPED}
    for name in ("anyOf", "oneOf"):
        if name in schema:
            found.pop(name)
            found["anyOf"] = [_narrow(one) for one in schema[name]]
    for name in ("$defs", "properties"):
        if name in schema:
            found[name] = {key: _narrow(one) for key, one in schema[name].items()}
    if "items" in schema:
        found["items"] = _narrow(schema["items"])
    elif schema.get("type") == "array":
        raise _Open
    if schema.get("type") == "object" or "properties" in schema:
        if schema.get("additionalProperties", False) is not False:
            raise _Open
        found["properties"] = found.get("properties", {})
        found["required"] = list(found["properties"])
        found["additionalProperties"] = False
    return found
