"""What an ``if`` or a ``switch`` of n8n asks, as expressions that are true or false."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dsl.n8n.export import Node, dig, rows, words
from dsl.n8n.expressions import NotTaken, Values

# The value on the left and on the right of each operation's name.
_FORMS: Final = {
    "equals": "{0} == {1}",
    "equal": "{0} == {1}",
    "notEquals": "{0} != {1}",
    "notEqual": "{0} != {1}",
    "larger": "{0} > {1}",
    "gt": "{0} > {1}",
    "after": "{0} > {1}",
    "largerEqual": "{0} >= {1}",
    "gte": "{0} >= {1}",
    "afterOrEquals": "{0} >= {1}",
    "smaller": "{0} < {1}",
    "lt": "{0} < {1}",
    "before": "{0} < {1}",
    "smallerEqual": "{0} <= {1}",
    "lte": "{0} <= {1}",
    "beforeOrEquals": "{0} <= {1}",
    "contains": "{0}.contains({1})",
    "notContains": "!{0}.contains({1})",
    "startsWith": "{0}.startsWith({1})",
    "notStartsWith": "!{0}.startsWith({1})",
    "endsWith": "{0}.endsWith({1})",
    "notEndsWith": "!{0}.endsWith({1})",
    "regex": "{0}.matches({1})",
    "notRegex": "!{0}.matches({1})",
    "isEmpty": "{0}.size() == 0",
    "empty": "{0}.size() == 0",
    "isNotEmpty": "{0}.size() > 0",
    "notEmpty": "{0}.size() > 0",
    "true": "{0}",
    "false": "!{0}",
    "exists": "{0} != null",
    "notExists": "{0} == null",
    "lengthEquals": "{0}.size() == {1}",
    "lengthGt": "{0}.size() > {1}",
    "lengthLt": "{0}.size() < {1}",
}


def condition_of(node: Node, values: Values) -> str | NotTaken:
    """The one condition of an ``if`` or a ``filter``."""
    given = dig(node.parameters, "conditions")
    if isinstance(dig(given, "conditions"), list):
        return _joined(
            [_newer(one, values) for one in rows(given, "conditions")], words(given.get("combinator")) == "or"
        )
    if not isinstance(given, dict):
        return NotTaken("no condition")
    parts = [
        _older(one, kind, values)
        for kind in ("boolean", "number", "string", "dateTime")
        for one in rows(given, kind)
    ]
    return _joined(parts, words(node.parameters.get("combineOperation")) == "any")


def arms_of(node: Node, values: Values) -> list[tuple[int, str | NotTaken]]:
    """The outputs of a ``switch`` with what leads to each."""
    return list(_newer_arms(node, values) or _older_arms(node, values))


def fallback_of(node: Node, arms: int) -> int | None:
    """The number of the output for what fits none, None when that ends there."""
    wanted = dig(node.parameters, "options", "fallbackOutput")
    if wanted == "extra":
        return arms
    if isinstance(wanted, int) and not isinstance(wanted, bool):
        return wanted
    old = node.parameters.get("fallbackOutput")
    return old if isinstance(old, int) and not isinstance(old, bool) and old >= 0 else None


def _newer_arms(node: Node, values: Values) -> Iterator[tuple[int, str | NotTaken]]:
    for number, rule in enumerate(
        [
            *rows(node.parameters, "rules", "values"),
            *(rows(node.parameters, "rules", "rules") if node.version >= 3 else ()),
        ]
    ):
        given = rule.get("conditions")
        if isinstance(given, dict):
            parts = [_newer(one, values) for one in rows(given, "conditions")]
            yield number, _joined(parts, words(given.get("combinator")) == "or")


def _older_arms(node: Node, values: Values) -> Iterator[tuple[int, str | NotTaken]]:
    left = values.of(node.parameters.get("value1"))
    for number, rule in enumerate(rows(node.parameters, "rules", "rules")):
        output = rule.get("output")
        chosen = output if isinstance(output, int) and not isinstance(output, bool) else number
        yield chosen, _made(words(rule.get("operation")) or "equal", left, values.of(rule.get("value2")))


def _newer(one: dict[str, Any], values: Values) -> str | NotTaken:
    operation = words(dig(one, "operator", "operation"))
    return _made(operation, values.of(one.get("leftValue")), values.of(one.get("rightValue")))


def _older(one: dict[str, Any], kind: str, values: Values) -> str | NotTaken:
    operation = words(one.get("operation")) or ("smaller" if kind == "number" else "equal")
    return _made(operation, values.of(one.get("value1")), values.of(one.get("value2")))


def _made(operation: str, left: str | NotTaken, right: str | NotTaken) -> str | NotTaken:
    form = _FORMS.get(operation)
    if form is None:
        return NotTaken(f"the operation {operation or 'of no name'!r}")
    if isinstance(left, NotTaken):
        return left
    if "{1}" in form and isinstance(right, NotTaken):
        return right
    return form.format(_tight(left), right if isinstance(right, NotTaken) else _tight(right))


def _tight(expression: str) -> str:
    return (
        expression
        if all(sign not in expression for sign in (" ? ", " || ", " && ", " == ", " + ", " - ", " > ", " < "))
        else f"({expression})"
    )


def _joined(parts: list[str | NotTaken], either: bool) -> str | NotTaken:
    made = []
    for part in parts:
        if isinstance(part, NotTaken):
            return part
        made.append(part)
    if not made:
        return NotTaken("no condition")
    return (" || " if either else " && ").join(f"({one})" if len(made) > 1 else one for one in made)
