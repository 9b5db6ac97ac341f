"""What a call would do, in plain words made of its name and its exact arguments alone. Pure.

Whoever must say yes reads this: nothing in it comes from a model's prose, and what is not known yet is said to be so.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

LONGEST: Final = 80
"""Characters of one value."""
MOST: Final = 6
"""Arguments that are named in a sentence; all of them are shown below it."""
_MONEY: Final = ("amount", "total", "sum", "price", "refund_amount", "value")
_CURRENCY: Final = ("currency", "currency_code", "amount_currency")
_PLAIN: Final = re.compile(r"[\w.@:/+#€$£%-]+")
_TAKEN: Final = frozenset({"nothing", "empty", "yes", "no"})
_EMPTY_VERBS: Final = frozenset(
    {"process", "create", "make", "issue", "do", "post", "add", "send", "submit", "place"}
)


def humanised(name: str) -> str:
    """ "process_refund" and "processRefund" as "Process refund"."""
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").replace("-", " ").split()
    return " ".join(words).lower().capitalize() or name


def deed(effect: Mapping[str, Any]) -> str:
    """ "Process refund", "Run the workflow pay"."""
    connector, tool = str(effect.get("connector", "")), str(effect.get("tool", ""))
    return f"Run the workflow {tool}" if connector == "workflow" else humanised(tool)


def sentence(effect: Mapping[str, Any]) -> str:
    """ "Process refund in shop: order id A-1001, amount 249.9"."""
    connector = str(effect.get("connector", ""))
    where = "" if connector in ("workflow", "") else f" in {connector}"
    arguments = effect.get("arguments")
    if not isinstance(arguments, Mapping):
        return f"{deed(effect)}{where}, with what is not known yet"
    named = [f"{humanised(name).lower()} {value(one)}" for name, one in _ordered(arguments)[:MOST]]
    more = len(arguments) - MOST
    said = ", ".join([*named, f"and {more} more"] if more > 0 else named)
    return f"{deed(effect)}{where}: {said}" if said else f"{deed(effect)}{where}"


def _ordered(arguments: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """Stored JSON has no order of its own: what names the thing comes first, long and deep values last."""

    def rank(pair: tuple[str, Any]) -> tuple[int, str]:
        name, one = pair
        if isinstance(one, Mapping | list):
            return 4, name
        if isinstance(one, str) and len(one) > LONGEST:
            return 3, name
        return (0 if re.fullmatch(r"(.*_)?id|to|name|title", name) else 1 if name in _MONEY else 2), name

    return sorted(((str(name), one) for name, one in arguments.items()), key=rank)


def value(one: Any) -> str:
    """One argument, on one line, shortened."""
    match one:
        case None:
            return "nothing"
        case bool():
            return "yes" if one else "no"
        case str():
            return _quoted(one)
        case int():
            return str(one)
        case float():
            return json.dumps(int(one) if one.is_integer() and abs(one) < 1e15 else one)
        case Mapping():
            return f"{len(one)} fields" if len(one) != 1 else "1 field"
        case Sequence():
            return f"{len(one)} items" if len(one) != 1 else "1 item"
        case _:
            return str(one)[:LONGEST]


def _quoted(text: str) -> str:
    """Bare where it can only be what it is: else a text of somebody's could pass for a second argument. Without what
    is not seen, or turns what is seen around."""
    words = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    words = words.replace("“", "'").replace("”", "'")
    if len(words) > LONGEST:
        return f"“{words[:LONGEST].rstrip()}…”"
    if not words:
        return "empty"
    return words if _PLAIN.fullmatch(words) and words not in _TAKEN else f"“{words}”"


def summed(effects: Sequence[Mapping[str, Any]]) -> str:
    """Several calls in one line: "3 refunds, EUR 412.00 in all". The sum is said only where every call is of one tool,
    really happens, and says an amount of money under one name and in one currency."""
    if not effects:
        return "nothing is called"
    kinds: dict[tuple[str, str], int] = {}
    for effect in effects:
        kind = (str(effect.get("connector", "")), str(effect.get("tool", "")))
        kinds[kind] = kinds.get(kind, 0) + 1
    counted = ", ".join(_counted(tool, connector, number) for (connector, tool), number in kinds.items())
    money = _money(effects) if len(kinds) == 1 else ""
    return f"{counted}, {money} in all" if money else counted


def _counted(tool: str, connector: str, number: int) -> str:
    words = humanised(tool).lower().split()
    if connector == "workflow":
        return f"{number} {'run' if number == 1 else 'runs'} of {tool}"
    if len(words) == 2 and words[0] in _EMPTY_VERBS:
        noun = words[1]
        return f"{number} {noun if number == 1 or noun.endswith('s') else noun + 's'}"
    return f"{number} × {humanised(tool)}"


def _money(effects: Sequence[Mapping[str, Any]]) -> str:
    total, names, currencies = Decimal(0), set[str](), set[str]()
    for effect in effects:
        arguments = effect.get("arguments")
        if not isinstance(arguments, Mapping) or effect.get("stubbed"):
            return ""
        found = [name for name in _MONEY if _is_number(arguments.get(name))]
        if len(found) != 1:
            return ""
        names.add(found[0])
        total += Decimal(str(arguments[found[0]]))
        currencies.add(next((str(arguments[name]) for name in _CURRENCY if arguments.get(name)), ""))
    if len(names) != 1 or len(currencies) != 1:
        return ""
    currency = currencies.pop()
    return f"{currency} {total:,.2f}".strip()


def _is_number(one: Any) -> bool:
    return isinstance(one, int | float) and not isinstance(one, bool)
