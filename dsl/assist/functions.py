"""What the functions and methods of expressions do: signature, one line, an example."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Target: TypeAlias = Literal["list", "text", "time", "any", "object"]


@dataclass(frozen=True, slots=True)
class Function:
    """``parameters`` by name, those behind ``required`` may be left out; ``on``: what a method is called on."""

    name: str
    parameters: tuple[str, ...]
    result: str
    line: str
    example: str
    required: int
    on: Target | None = None

    @property
    def signature(self) -> str:
        return f"{self.name}({', '.join(self.shown)}): {self.result}"

    @property
    def shown(self) -> tuple[str, ...]:
        return tuple(
            name if number < self.required else f"{name}?" for number, name in enumerate(self.parameters)
        )


def _f(
    name: str,
    parameters: str,
    result: str,
    line: str,
    example: str,
    on: Target | None = None,
    optional: int = 0,
) -> Function:
    names = tuple(parameters.split())
    return Function(name, names, result, line, example, len(names) - optional, on)


_FUNCTIONS = (
    _f("size", "value", "int", "How many items, fields or characters there are.", "size(order.items) > 0"),
    _f("money", "amount", "string", "An amount with two decimals.", 'money(order.total) == "249.90"'),
    _f("text", "value", "string", "Any value as a text, as a `${}` hole writes it.", "text(order.items)"),
    _f("has", "field", "bool", "Whether an object has a field.", "has(order.customer)"),
    _f(
        "round",
        "number digits",
        "number",
        "A rounded number, half away from zero.",
        "round(2.345, 2)",
        optional=1,
    ),
    _f("sum", "numbers", "number", "The sum of a list of numbers.", "sum([1, 2, 3])"),
    _f(
        "min", "values other", "any", "The least of a list, or of two.", "min(order.total, 100.0)", optional=1
    ),
    _f("max", "values other", "any", "The greatest of a list, or of two.", "max([1, 2, 3])", optional=1),
    _f("abs", "number", "number", "A number without its sign.", "abs(order.total)"),
    _f("floor", "number", "int", "The whole number below.", "floor(2.7)"),
    _f("ceil", "number", "int", "The whole number above.", "ceil(2.1)"),
    _f("string", "value", "string", "A plain value as a text.", "string(3)"),
    _f("int", "value", "int", "A text or a number as a whole number.", 'int("3")'),
    _f("double", "value", "float", "A text or a number as a decimal number.", 'double("2.5")'),
    _f("bool", "value", "bool", 'A text ("true", "false") as true or false.', 'bool("true")'),
    _f("timestamp", "text", "timestamp", "A text as a time.", 'timestamp("2026-01-31T09:00:00Z")'),
    _f("duration", "text", "duration", "A text as a length of time.", 'duration("90s")'),
)

_METHODS = (
    _f(
        "filter",
        "item condition",
        "list",
        "The items for which a condition is true.",
        "order.items.filter(item, item.price > 10.0)",
        "list",
    ),
    _f("map", "item value", "list", "A value for each item.", "order.items.map(item, item.title)", "list"),
    _f("size", "", "int", "How many items or characters there are.", "order.items.size()", "any"),
    _f(
        "all",
        "item condition",
        "bool",
        "Whether a condition is true for every item.",
        "order.items.all(item, item.quantity > 0)",
        "list",
    ),
    _f(
        "exists",
        "item condition",
        "bool",
        "Whether a condition is true for some item.",
        "order.items.exists(item, item.price > 10.0)",
        "list",
    ),
    _f(
        "exists_one",
        "item condition",
        "bool",
        "Whether a condition is true for exactly one item.",
        "order.items.exists_one(item, item.quantity > 1)",
        "list",
    ),
    _f("join", "separator", "string", "The items as one text.", 'names.join(", ")', "list", 1),
    _f("sum", "", "number", "The sum of the items.", "order.items.map(item, item.price).sum()", "list"),
    _f("min", "", "any", "The least item.", "[1, 2, 3].min()", "list"),
    _f("max", "", "any", "The greatest item.", "[1, 2, 3].max()", "list"),
    _f("sort", "", "list", "The items in order.", "[3, 1, 2].sort()", "list"),
    _f(
        "contains",
        "text",
        "bool",
        "Whether the text has another one in it.",
        'input.reason.contains("late")',
        "text",
    ),
    _f(
        "startsWith",
        "text",
        "bool",
        "Whether the text begins with another one.",
        'order.id.startsWith("A-")',
        "text",
    ),
    _f(
        "endsWith",
        "text",
        "bool",
        "Whether the text ends with another one.",
        'order.id.endsWith("1")',
        "text",
    ),
    _f("lower", "", "string", "The text in small letters.", "input.reason.lower()", "text"),
    _f("upper", "", "string", "The text in capitals.", "order.currency.upper()", "text"),
    _f("trim", "", "string", "The text without white space around it.", "input.reason.trim()", "text"),
    _f(
        "split",
        "separator",
        "list",
        "The parts of the text between separators.",
        'input.reason.split(" ")',
        "text",
    ),
    _f(
        "replace",
        "old new",
        "string",
        "The text with every `old` replaced.",
        'order.id.replace("-", "")',
        "text",
    ),
    _f(
        "substring",
        "start end",
        "string",
        "The characters from one place up to another, counted from 0.",
        "order.id.substring(0, 2)",
        "text",
        1,
    ),
    _f(
        "indexOf",
        "text",
        "int",
        "Where another text begins, counted from 0; -1 if nowhere.",
        'order.id.indexOf("-")',
        "text",
    ),
    _f(
        "matches",
        "pattern",
        "bool",
        "Whether the text has a part that fits a pattern (RE2).",
        "order.id.matches('^A-[0-9]+$')",
        "text",
    ),
    _f(
        "lowerAscii",
        "",
        "string",
        "The text in small letters; the same as `lower`.",
        "order.id.lowerAscii()",
        "text",
    ),
    _f(
        "upperAscii",
        "",
        "string",
        "The text in capitals; the same as `upper`.",
        "order.id.upperAscii()",
        "text",
    ),
    _f(
        "orValue",
        "other",
        "any",
        "The value, or another one where it is missing.",
        'order.?note.orValue("")',
        "any",
    ),
    _f("hasValue", "", "bool", "Whether there is a value.", "order.?note.hasValue()", "any"),
    _f("getFullYear", "timezone", "int", "The year.", "timestamp(order.placed_at).getFullYear()", "time", 1),
    _f(
        "getMonth",
        "timezone",
        "int",
        "The month, counted from 0.",
        "timestamp(order.placed_at).getMonth()",
        "time",
        1,
    ),
    _f(
        "getDate",
        "timezone",
        "int",
        "The day of the month, counted from 1.",
        "timestamp(order.placed_at).getDate()",
        "time",
        1,
    ),
    _f(
        "getDayOfMonth",
        "timezone",
        "int",
        "The day of the month, counted from 0.",
        "timestamp(order.placed_at).getDayOfMonth()",
        "time",
        1,
    ),
    _f(
        "getDayOfWeek",
        "timezone",
        "int",
        "The day of the week, 0 is Sunday.",
        "timestamp(order.placed_at).getDayOfWeek()",
        "time",
        1,
    ),
    _f(
        "getDayOfYear",
        "timezone",
        "int",
        "The day of the year, counted from 0.",
        "timestamp(order.placed_at).getDayOfYear()",
        "time",
        1,
    ),
    _f("getHours", "timezone", "int", "The hour.", "timestamp(order.placed_at).getHours()", "time", 1),
    _f("getMinutes", "timezone", "int", "The minute.", "timestamp(order.placed_at).getMinutes()", "time", 1),
    _f("getSeconds", "timezone", "int", "The second.", "timestamp(order.placed_at).getSeconds()", "time", 1),
    _f(
        "getMilliseconds",
        "timezone",
        "int",
        "The millisecond.",
        "timestamp(order.placed_at).getMilliseconds()",
        "time",
        1,
    ),
)

FUNCTION_DOCS: Final = {one.name: one for one in _FUNCTIONS}
METHOD_DOCS: Final = {one.name: one for one in _METHODS}
"""The documentation of everything in :mod:`dsl.cel.functions`, in the order it is offered."""
