"""What a page may send with an event: the handler's own arguments, in their own types, and nothing else.

A socket can send anything. What does not fit never reaches a handler or the framework's conversions, which would write
it to the log.
"""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError


def fits(handler: Callable[..., Any], payload: Mapping[str, Any]) -> bool:
    """Whether `payload` has the handler's arguments, by name and type."""
    known, needed = _arguments(handler)
    if not needed <= payload.keys() <= known.keys():
        return False
    try:
        for name, value in payload.items():
            known[name].validate_python(value, strict=True)
        # Half a character can neither be kept nor sent back: the answer would break the socket.
        json.dumps(payload, ensure_ascii=False, allow_nan=False).encode()
    except (ValidationError, RecursionError, ValueError, TypeError):
        return False
    return True


@cache
def _arguments(handler: Callable[..., Any]) -> tuple[dict[str, TypeAdapter[Any]], frozenset[str]]:
    """Each argument's type, and the names of those that have no default."""
    parameters = list(inspect.signature(handler).parameters.values())[1:]
    hints = get_type_hints(handler)
    known = {each.name: TypeAdapter(hints.get(each.name, Any)) for each in parameters}
    needed = frozenset(each.name for each in parameters if each.default is inspect.Parameter.empty)
    return known, needed
