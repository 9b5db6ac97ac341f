"""What functions and methods give, as JSON Schemas."""

from __future__ import annotations

from dsl.catalog import Schema
from dsl.meaning.unions import members_of, union
from dsl.schemas import kinds_of

ANYTHING: Schema = {}
TEXT: Schema = {"type": "string"}
TRUTH: Schema = {"type": "boolean"}
WHOLE: Schema = {"type": "integer"}
NUMBER: Schema = {"type": "number"}
NUMBERS = frozenset({"integer", "number"})

EITHER: Schema = {"type": ["integer", "number"]}
"""A number that may be whole or not: what is computed from one is as open."""
_TIME_PARTS = (
    *("getFullYear", "getMonth", "getDate", "getDayOfMonth", "getDayOfWeek", "getDayOfYear"),
    *("getHours", "getMinutes", "getSeconds", "getMilliseconds"),
)

_RESULTS: dict[str, Schema] = {
    **dict.fromkeys(_TIME_PARTS, WHOLE),
    "has": TRUTH,
    "size": WHOLE,
    "string": TEXT,
    "text": TEXT,
    "money": TEXT,
    "int": WHOLE,
    "double": NUMBER,
    "bool": TRUTH,
    "contains": TRUTH,
    "startsWith": TRUTH,
    "endsWith": TRUTH,
    "matches": TRUTH,
    "all": TRUTH,
    "exists": TRUTH,
    "exists_one": TRUTH,
    "hasValue": TRUTH,
    "upper": TEXT,
    "lower": TEXT,
    "upperAscii": TEXT,
    "lowerAscii": TEXT,
    "trim": TEXT,
    "replace": TEXT,
    "substring": TEXT,
    "join": TEXT,
    "indexOf": WHOLE,
    "split": {"type": "array", "items": TEXT},
    "floor": WHOLE,
    "ceil": WHOLE,
}


def result_of(name: str, given: list[Schema]) -> Schema:
    """What a function or a method gives; a method's target is the first of ``given``."""
    first = given[0] if given else ANYTHING
    match name:
        case "round" | "abs":
            return number_of(kinds_of(first))
        case "sum":
            return number_of(kinds_of(items_of(first)))
        case "sort":
            return {"type": "array", "items": items_of(first)}
        case "min" | "max":
            return _extreme(items_of(first) if len(given) == 1 else union(given))
    return _RESULTS.get(name, ANYTHING)


def items_of(target: Schema) -> Schema:
    """What a loop over a value goes through: the items of a list, the names of an object's fields."""
    found: list[Schema] = []
    for one in members_of(target):
        kinds = kinds_of(one) - {"null"}
        if kinds == {"object"}:
            found.append(TEXT)
        elif kinds:
            items = one.get("items")
            found.append(items if isinstance(items, dict) and "prefixItems" not in one else ANYTHING)
        elif not kinds_of(one):
            return ANYTHING
    return union(found) if found else ANYTHING


def number_of(kinds: frozenset[str]) -> Schema:
    """A number computed from one of these kinds."""
    numbers = kinds & NUMBERS
    if len(numbers) == 1 and kinds <= NUMBERS | {"null"}:
        return WHOLE if "integer" in numbers else NUMBER
    return EITHER


def _extreme(item: Schema) -> Schema:
    kinds = kinds_of(item)
    return TEXT if kinds == {"string"} else number_of(kinds) if kinds and kinds <= NUMBERS else ANYTHING
