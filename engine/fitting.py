"""A run's input, fitted to the version that takes it: defaults filled in, numbers of the right kind.

Services, and the firing of triggers in a runner, fit alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import dsl
from dsl.plan import Expression
from engine.errors import BadInput
from engine.strict import NotJson, encode

LARGEST_INPUT = 256 * 1024
"""Bytes of JSON that a run's input may have."""


@dataclass(frozen=True, slots=True)
class Interface:
    """What starting a run needs of a version."""

    content_hash: str
    input_schema: dict[str, Any]
    defaults: dict[str, Expression]


def fitted(value: Any, interface: Interface) -> dict[str, Any]:
    """The input as the workflow sees it: defaults filled in, numbers of the right kind. Raises ``BadInput``."""
    if not isinstance(value, dict):
        raise BadInput("The input does not fit.", [("", "must be an object with a field for each input")])
    try:
        if len(encode(value)) > LARGEST_INPUT:
            raise BadInput("The input is too large.", [("", f"has more than {LARGEST_INPUT} bytes")])
    except NotJson as error:
        raise BadInput("The input does not fit.", [("", f"holds {error}")]) from error
    defaults = {
        name: dsl.evaluate(expression, {})
        for name, expression in interface.defaults.items()
        if name not in value
    }
    whole = dsl.coerce(value | defaults, interface.input_schema)
    problems = dsl.validate_input(whole, interface.input_schema)
    if problems:
        raise BadInput(
            "The input does not fit: " + "; ".join(str(problem) for problem in problems[:5]) + ".",
            [(problem.path, problem.message) for problem in problems],
            "Correct these fields and start again.",
        )
    return cast("dict[str, Any]", whole)
