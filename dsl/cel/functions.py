"""What an expression may call, and the functions of our own, written over plain values.

CEL's string library and its optional values are left out on purpose: the former has no limits on what it builds,
the latter cannot be handed to a function safely. What they are good for is here, bounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from dsl.cel.printing import show_timedelta, show_timestamp, show_value

MAX_TEXT = 1_000_000
MAX_ITEMS = 10_000

Kind: TypeAlias = Literal["dyn", "string", "int", "double", "list"]


@dataclass(frozen=True, slots=True)
class Overload:
    """One way to call a function; ``member`` means ``value.name(...)``, the value being the first parameter."""

    name: str
    parameters: tuple[Kind, ...]
    result: Kind
    run: Callable[..., Any]
    member: bool = False


def _bounded(text: str) -> str:
    if len(text) > MAX_TEXT:
        raise ValueError(f"the text would be longer than {MAX_TEXT} characters")
    return text


def plain(value: Any) -> Any:
    """What the library hands to a function, as JSON: times become texts, as they would in a result."""
    match value:
        case datetime():
            return show_timestamp(value)
        case timedelta():
            return show_timedelta(value)
        case list():
            return [plain(item) for item in value]
        case dict():
            return {
                key if isinstance(key, str) else show_value(key): plain(item) for key, item in value.items()
            }
        case None | bool() | int() | float() | str():
            return value
        case bytes() | bytearray():
            return bytes(value).decode("utf-8", "replace")
        case _:
            return str(value)


def _text(parts: list[Any]) -> str:
    return _bounded("".join(show_value(plain(part)) for part in parts))


def _get(target: Any, keys: list[Any]) -> Any:
    for key in keys:
        match target:
            case dict() if key in target:
                target = target[key]
            case list() if isinstance(key, int) and 0 <= key < len(target):
                target = target[key]
            case _:
                return None
    return target


def _default(value: Any, other: Any) -> Any:
    return other if value is None else value


def _replace(text: str, old: str, new: str) -> str:
    count = text.count(old)
    if len(text) + count * (len(new) - len(old)) > MAX_TEXT:
        raise ValueError(f"the text would be longer than {MAX_TEXT} characters")
    return text.replace(old, new)


def _split(text: str, separator: str) -> list[str]:
    parts = text.split(separator) if separator else list(text)
    if len(parts) > MAX_ITEMS:
        raise ValueError(f"the list would have more than {MAX_ITEMS} items")
    return parts


def _join(items: list[Any], separator: str) -> str:
    texts = [show_value(plain(item)) for item in items]
    if sum(map(len, texts)) + len(separator) * len(texts) > MAX_TEXT:
        raise ValueError(f"the text would be longer than {MAX_TEXT} characters")
    return separator.join(texts)


def _numbers(items: list[Any]) -> list[int | float]:
    for item in items:
        if isinstance(item, bool) or not isinstance(item, int | float):
            raise ValueError("every item of the list must be a number")
    return items


def _sum(items: list[Any]) -> int | float:
    numbers = _numbers(items)
    return math.fsum(numbers) if any(isinstance(item, float) for item in numbers) else sum(numbers)


def _extreme(choose: Callable[[list[Any]], Any]) -> Callable[[list[Any]], Any]:
    def run(items: list[Any]) -> Any:
        if not items:
            raise ValueError("the list is empty")
        return choose(items if all(isinstance(item, str) for item in items) else _numbers(items))

    return run


def _round(value: Any, digits: int = 0) -> Any:
    (number,) = _numbers([value])
    if isinstance(number, int):
        return number
    shifted = number * 10 ** max(-300, min(300, digits))
    # Half away from zero, as people round money; the nudge undoes the binary error of 1.005 * 100.
    whole = math.floor(abs(shifted) * (1 + 1e-15) + 0.5) if math.isfinite(shifted) else math.inf
    rounded = math.copysign(whole / 10 ** max(-300, min(300, digits)), number)
    return rounded


def _money(value: Any) -> str:
    """``249.9`` as "249.90"; nothing for null, as in a ``${}`` hole."""
    if value is None:
        return ""
    (number,) = _numbers([value])
    if isinstance(number, int):
        return f"{number}.00"
    if not math.isfinite(number) or abs(number) >= 1e15:
        raise ValueError("the amount is too large")
    # Without its sign a rounded zero would still be "-0.00".
    return f"{_round(number, 2) or 0.0:.2f}"


def _abs(value: Any) -> Any:
    return abs(_numbers([value])[0])


def _whole(choose: Callable[[Any], int]) -> Callable[[Any], int]:
    def run(value: Any) -> int:
        (number,) = _numbers([value])
        if not math.isfinite(number):
            raise ValueError("the number is too large")
        return choose(number)

    return run


def _substring(text: str, start: int, end: int | None = None) -> str:
    stop = len(text) if end is None else end
    if not 0 <= start <= stop <= len(text):
        raise ValueError(f"the text has {len(text)} characters only")
    return text[start:stop]


def _sort(items: list[Any]) -> list[Any]:
    return sorted(items) if all(isinstance(item, str) for item in items) else sorted(_numbers(items))


def _mixed(name: str, run: Callable[[Any, Any], Any]) -> tuple[Overload, ...]:
    return (
        Overload(name, ("int", "double"), "double", run),
        Overload(name, ("double", "int"), "double", run),
    )


OWN: tuple[Overload, ...] = (
    # CEL refuses to mix whole and decimal numbers; people do not.
    *_mixed("_+_", lambda a, b: a + b),
    *_mixed("_-_", lambda a, b: a - b),
    *_mixed("_*_", lambda a, b: a * b),
    *_mixed("_/_", lambda a, b: a / b),
    Overload("_text", ("list",), "string", _text),
    Overload("_get", ("dyn", "list"), "dyn", _get),
    Overload("_default", ("dyn", "dyn"), "dyn", _default),
    Overload("text", ("dyn",), "string", lambda value: _text([value])),
    Overload("money", ("dyn",), "string", _money),
    Overload("round", ("dyn",), "dyn", _round),
    Overload("round", ("dyn", "int"), "dyn", _round),
    Overload("abs", ("dyn",), "dyn", _abs),
    Overload("floor", ("dyn",), "int", _whole(math.floor)),
    Overload("ceil", ("dyn",), "int", _whole(math.ceil)),
    Overload("sum", ("list",), "dyn", _sum),
    Overload("min", ("list",), "dyn", _extreme(min)),
    Overload("max", ("list",), "dyn", _extreme(max)),
    Overload("min", ("dyn", "dyn"), "dyn", lambda a, b: _extreme(min)([a, b])),
    Overload("max", ("dyn", "dyn"), "dyn", lambda a, b: _extreme(max)([a, b])),
    Overload("sum", ("list",), "dyn", _sum, member=True),
    Overload("min", ("list",), "dyn", _extreme(min), member=True),
    Overload("max", ("list",), "dyn", _extreme(max), member=True),
    Overload("sort", ("list",), "list", _sort, member=True),
    Overload("join", ("list",), "string", lambda items: _join(items, ""), member=True),
    Overload("join", ("list", "string"), "string", _join, member=True),
    Overload("split", ("string", "string"), "list", _split, member=True),
    Overload("replace", ("string", "string", "string"), "string", _replace, member=True),
    Overload("trim", ("string",), "string", str.strip, member=True),
    Overload("upper", ("string",), "string", lambda text: _bounded(text.upper()), member=True),
    Overload("lower", ("string",), "string", lambda text: _bounded(text.lower()), member=True),
    Overload("upperAscii", ("string",), "string", lambda text: _bounded(text.upper()), member=True),
    Overload("lowerAscii", ("string",), "string", lambda text: _bounded(text.lower()), member=True),
    Overload("indexOf", ("string", "string"), "int", str.find, member=True),
    Overload("substring", ("string", "int"), "string", _substring, member=True),
    Overload("substring", ("string", "int", "int"), "string", _substring, member=True),
)

FUNCTIONS: dict[str, tuple[int, ...]] = {
    "has": (1,),
    "size": (1,),
    "string": (1,),
    "int": (1,),
    "double": (1,),
    "bool": (1,),
    "timestamp": (1,),
    "duration": (1,),
    "text": (1,),
    "money": (1,),
    "round": (1, 2),
    "abs": (1,),
    "floor": (1,),
    "ceil": (1,),
    "sum": (1,),
    "min": (1, 2),
    "max": (1, 2),
}
"""Functions by name, with how many arguments they take.

Of our own: ``text`` writes any value as a hole would, ``money`` an amount with two decimals ("249.90", nothing for
null, no currency), ``round(x, digits)`` rounds half away from zero; ``sum``, ``min`` and ``max`` take a list.
"""

MACROS = frozenset({"map", "filter", "all", "exists", "exists_one"})
"""Methods whose first argument names a variable for the others."""

METHODS: dict[str, tuple[int, ...]] = {
    "map": (2, 3),
    "filter": (2,),
    "all": (2,),
    "exists": (2,),
    "exists_one": (2,),
    "size": (0,),
    "contains": (1,),
    "startsWith": (1,),
    "endsWith": (1,),
    "matches": (1,),
    "upper": (0,),
    "lower": (0,),
    "upperAscii": (0,),
    "lowerAscii": (0,),
    "trim": (0,),
    "split": (1,),
    "join": (0, 1),
    "replace": (2,),
    "indexOf": (1,),
    "substring": (1, 2),
    "sum": (0,),
    "min": (0,),
    "max": (0,),
    "sort": (0,),
    "orValue": (1,),
    "hasValue": (0,),
    "getFullYear": (0, 1),
    "getMonth": (0, 1),
    "getDate": (0, 1),
    "getDayOfMonth": (0, 1),
    "getDayOfWeek": (0, 1),
    "getDayOfYear": (0, 1),
    "getHours": (0, 1),
    "getMinutes": (0, 1),
    "getSeconds": (0, 1),
    "getMilliseconds": (0, 1),
}
"""Methods by name, with how many arguments they take."""
