"""A table of what is refused and what is not, over all shapes a schema can have."""

from __future__ import annotations

from typing import Any

import pytest

from dsl.checks import check
from dsl.diagnostic import Diagnostic
from dsl.parse import parse
from tests.dsl_types.ground import catalog_of, computed, refused, text_of, underlined
from tests.dsl_types.shapes import Schema

ROW: Schema = {
    "type": "object",
    "properties": {"sku": {"type": "string"}, "price": {"type": "number"}, "count": {"type": "integer"}},
    "required": ["sku", "price", "count"],
}
S: Schema = {
    "type": "object",
    "required": ["text", "whole", "number", "truth", "rows", "names", "row", "map", "in", "when", "grade"],
    "properties": {
        "text": {"type": "string"},
        "whole": {"type": "integer"},
        "number": {"type": "number"},
        "truth": {"type": "boolean"},
        "grade": {"enum": ["low", "high"]},
        "when": {"type": "string", "format": "date-time"},
        "names": {"type": "array", "items": {"type": "string"}},
        "rows": {"type": "array", "items": ROW},
        "grid": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
        "row": ROW,
        "map": {"type": "object", "additionalProperties": {"type": "integer"}},
        "lists": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}},
        "open": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": True},
        "in": {"type": "string"},
        "two words": {"type": "integer"},
        "maybe": {"type": ["string", "null"]},
        "maybe_row": {"anyOf": [ROW, {"type": "null"}]},
        "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "some_number": {"type": ["integer", "number"]},
        "any": {},
        "all": {"allOf": [{"type": "string"}]},
        "anything": True,
        "tuple": {"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]},
    },
}
DATA: dict[str, Any] = {
    "text": "A-1",
    "whole": 3,
    "number": 2,
    "truth": True,
    "grade": "low",
    "when": "2026-01-31T09:00:00Z",
    "names": ["a", "b"],
    "rows": [{"sku": "x", "price": 5, "count": 2}],
    "grid": [[1, 2]],
    "row": {"sku": "x", "price": 1.5, "count": 1},
    "map": {"a": 1},
    "lists": {"a": ["x"]},
    "open": {"a": "x", "b": 2},
    "in": "x",
    "two words": 7,
    "maybe": "x",
    "maybe_row": {"sku": "x", "price": 1.5, "count": 1},
    "either": "x",
    "some_number": 3,
    "any": {"x": {"y": [1]}},
    "all": "x",
    "anything": 5,
    "tuple": ["x", 1],
}

REFUSED: list[tuple[str, str, str]] = [
    # expression, what is underlined, how the message begins
    ("s.text + 1", "s.text + 1", "cannot compute `+` of a text and a whole number"),
    ("s.number - s.text", "s.number - s.text", "cannot compute `-` of a number and a text"),
    ("s.text - s.in", "s.text - s.in", "cannot compute `-` of a text and a text"),
    ("s.truth * 2", "s.truth * 2", "cannot compute `*` of true or false and a whole number"),
    (
        "s.number % 2",
        "s.number % 2",
        "`%` needs whole numbers on both sides, not a number and a whole number",
    ),
    ("s.row + s.row", "s.row + s.row", "cannot compute `+` of an object and an object"),
    ("s.names + s.text", "s.names + s.text", "cannot compute `+` of a list and a text"),
    ("s.when + 24h", "s.when + 24h", "cannot compute `+` of a text and a duration"),
    (
        "timestamp(s.when) + s.whole",
        "timestamp(s.when) + s.whole",
        "cannot compute `+` of a time and a whole number",
    ),
    ("s.text < 3", "s.text < 3", "cannot compare a text with a whole number"),
    ("s.number > '100'", "s.number > '100'", "cannot compare a number with a text"),
    ("timestamp(s.when) > s.text", "timestamp(s.when) > s.text", "cannot compare a time with a text"),
    ("s.row < s.row", "s.row < s.row", "cannot compare an object with an object"),
    ("s.names > s.names", "s.names > s.names", "cannot compare a list with a list"),
    ("s.whole == s.text", "s.whole == s.text", "a whole number and a text are never the same"),
    ("s.truth != 'true'", "s.truth != 'true'", "true or false and a text are never the same"),
    ("s.grade == 'hihg'", "'hihg'", 'this can never be "hihg", did you mean "high"?'),
    ("'top' != s.grade", "'top'", 'this can never be "top"'),
    ("s.whole && s.truth", "s.whole", "the condition must be true or false, but `s.whole` is a whole number"),
    ("s.truth || s.text", "s.text", "the condition must be true or false, but `s.text` is a text"),
    ("s.truth && s.text.size()", "s.text.size()", "the condition must be true or false"),
    ("!s.number", "!s.number", "`!` needs true or false, but `s.number` is a number"),
    ("!s.text.indexOf('a')", "!s.text.indexOf('a')", "`!` needs true or false"),
    ("-s.text", "-s.text", "`-` needs a number, but `s.text` is a text"),
    ("-s.names.join('')", "-s.names.join('')", "`-` needs a number"),
    ("s.whole ? 1 : 2", "s.whole", "the condition must be true or false, but `s.whole` is a whole number"),
    ("s.txt", "txt", "`s` has no field `txt`, did you mean `text`?"),
    ("s.text.length", "s.text.length", "`s.text` is a text, it has no field `length`"),
    ("s.rows.sku", "s.rows.sku", "`s.rows` is a list, it has no field `sku`"),
    ("s.rows[0].prise", "prise", "`s.rows[0]` has no field `prise`, did you mean `price`?"),
    ("s.rows.map(r, r.prise)", "prise", "`r` has no field `prise`"),
    ("s.rows.filter(r, r.price)", "r.price", "`filter` needs a condition, but `r.price` is a number"),
    ("s.rows.all(r, r.sku)", "r.sku", "`all` needs a condition, but `r.sku` is a text"),
    ("s.rows.exists(r, r.count)", "r.count", "`exists` needs a condition, but `r.count` is a whole number"),
    ("s.rows.exists_one(r, r.count)", "r.count", "`exists_one` needs a condition"),
    ("s.rows.map(r, r.count, r.sku)", "r.count", "`map` needs a condition"),
    ("s.rows.map(r, r.sku * 2)", "r.sku * 2", "cannot compute `*` of a text and a whole number"),
    ("s.text.map(c, c)", "s.text", "`map` needs a list, but `s.text` is a text"),
    ("s.rows.map(r, r.sku.map(c, c))", "r.sku", "`map` needs a list, but `r.sku` is a text"),
    ("s.grid.map(g, g.map(n, n + 'x'))", "n + 'x'", "cannot compute `+` of a whole number and a text"),
    ("'a' in s.text", "'a' in s.text", "`in` needs a list or an object on its right"),
    ("s.rows in s.map", "s.rows in s.map", "`in` looks for the name of a field in `s.map`, not for a list"),
    ("s.names['a']", "s.names['a']", "`s.names` is a list, it has no fields"),
    ("s.names[s.text]", "s.text", "an item of a list is taken by its number, but `s.text` is a text"),
    ("s.text[0]", "s.text[0]", "`s.text` is a text, it has no items"),
    ("s.map[3]", "3", "a field of an object is taken by its name, but `3` is a whole number"),
    ("s.map.a + 'x'", "s.map.a + 'x'", "cannot compute `+` of a whole number and a text"),
    ("s.lists.a + 1", "s.lists.a + 1", "cannot compute `+` of a list and a whole number"),
    ("s['two words'] + 'x'", "s['two words'] + 'x'", "cannot compute `+` of a whole number and a text"),
    ("s.in * 2", "s.in * 2", "cannot compute `*` of a text and a whole number"),
    ("s.number.upper()", "s.number.upper()", "`upper` cannot be used on a number"),
    ("s.text.contains(3)", "s.text.contains(3)", "`contains` cannot be used on a text with a whole number"),
    ("s.names.contains('a')", "s.names.contains('a')", "`contains` cannot be used on a list with a text"),
    ("s.text.substring(1.5)", "s.text.substring(1.5)", "`substring` cannot be used on a text with a number"),
    ("s.text.join(', ')", "s.text.join(', ')", "`join` cannot be used on a text with a text"),
    ("s.rows.sort()", "s.rows.sort()", "`sort` cannot be used on a list"),
    ("s.names.sum()", "s.names.sum()", "`sum` cannot be used on a list"),
    ("sum(s.whole)", "sum(s.whole)", "`sum` cannot be used with a whole number"),
    ("round(s.text)", "round(s.text)", "`round` cannot be used with a text"),
    ("money(s.row)", "money(s.row)", "`money` cannot be used with an object"),
    ("max(s.text, s.whole)", "max(s.text, s.whole)", "`max` cannot be used with a text and a whole number"),
    ("size(s.whole)", "size(s.whole)", "`size` cannot be used with a whole number"),
    ("timestamp(s.truth)", "timestamp(s.truth)", "`timestamp` cannot be used with true or false"),
    ("duration(s.whole)", "duration(s.whole)", "`duration` cannot be used with a whole number"),
    ("int(s.names)", "int(s.names)", "`int` cannot be used with a list"),
    ("s.when.getFullYear()", "s.when.getFullYear()", "`getFullYear` cannot be used on a text"),
    ("has(s.text.x)", "s.text.x", "`s.text` is a text, it has no field `x`"),
    ('"${s.number + s.text}"', "s.number + s.text", "cannot compute `+` of a number and a text"),
    ("[1, s.text - 1]", "s.text - 1", "cannot compute `-` of a text and a whole number"),
    ("{ a: { b: s.text - 1 } }", "s.text - 1", "cannot compute `-` of a text and a whole number"),
    ("{ a: s.text }.b", "b", "`{ a: s.text }` has no field `b`"),
    ("s.maybe + 1", "s.maybe + 1", "cannot compute `+` of a text and a whole number"),
    ("s.maybe_row.skuu", "skuu", "`s.maybe_row` has no field `skuu`, did you mean `sku`?"),
]

TAKEN = [
    "s.text + s.in",
    "s.whole + s.number * 2 - 0.5",
    "s.number > 100",
    "s.number == 100",
    "s.whole < s.number",
    "s.whole in [1.0, 2.0]",
    "s.number in [1, 2]",
    "s.whole % 2 == 1",
    "floor(s.number) % 2",
    "s.text == null",
    "null != s.row",
    "s.grade == 'low' && s.grade != s.text",
    "s.grade in ['low', 'middle']",
    "s.truth ? 1 : 'a'",
    "(s.truth ? 1 : 'a') == 1",
    "[1, 'a', s.row]",
    "[1] + ['a'] + s.names",
    "s.row['sku'] + s.row[s.in == 'x' ? 'sku' : 'sku']",
    "'sku' in s.row",
    "s.row.map(k, k.upper())",
    "size(s.row) + s.row.size()",
    "s.map.a + s.map['a'] + 1",
    "s.map.map(k, s.map[k] + 1).sum() > 2",
    "s.lists.map(k, s.lists[k].join(',')).join(';')",
    "s.grid[0][1] + 1",
    "s.grid.map(g, g.sum()).max()",
    "s.open.a + 'x'",
    "s.open.b + 2",
    "s.open.b",
    "has(s.open.c)",
    "has(s.row.nothing)",
    "has(s.maybe)",
    "s.?maybe.orValue('x') + 'y'",
    "s.?nothing.?deeper == null",
    "s.?nothing.hasValue()",
    "s.maybe + 'x'",
    "s.maybe_row.price * 2",
    "s.maybe_row == null || s.maybe_row.price > 1",
    "s.either == 'x' || s.either == 3",
    "s.either + 'x'",
    "s.some_number % 2",
    "s.some_number + 0.5 > 1",
    "s.any.x.y[0] + 1 > 1.5",
    "s.all + 'x'",
    "s.anything + 1 > 2",
    "s.tuple[0] + 'x'",
    "s.tuple[1] + 1",
    "s['two words'] + 1",
    "timestamp(s.when) + 24h > timestamp('2026-01-01T00:00:00Z')",
    "timestamp(s.when) - timestamp(s.when) < 1h",
    "timestamp(s.when).getFullYear() == 2026",
    "duration('1h') + 30m > 1h",
    "s.rows.map(r, r.price * r.count).sum() * 1.2",
    "s.rows.filter(r, r.price > 3 && r.sku != '').size()",
    "s.rows.exists(r, r.sku == s.text)",
    "s.rows.map(r, r.count > 1, r.sku).join(', ')",
    "max(s.whole, s.number) + min([1.5, 2]) + abs(-s.whole)",
    "round(s.number, 2) == s.number",
    "text(s.row) + money(s.whole) + money(null) + string(s.truth)",
    "int(s.number) + int('7') + double('1.5')",
    "s.text.replace('A', s.in).split('-').sort().join('')",
    '"${s.row} ${s.rows} ${s.maybe}"',
    "{ (s.text): 1 }['A-1'] == 1",
    "{ a: s.row }.a.price + 1",
    "-(s.whole - 1) + -1",
]


@pytest.mark.parametrize(("source", "place", "message"), REFUSED)
def test_what_cannot_work_is_refused_where_it_stands(source: str, place: str, message: str) -> None:
    (one,) = refused(source, S)
    assert (underlined(source, one), one.message[: len(message)]) == (place, message)
    assert one.help and one.help[-1] != "." and one.severity == "error"


# What is never true runs, and so does a condition whose second part is not looked at.
RUNS = {"s.truth || s.text", *(source for source, _, message in REFUSED if "never" in message)}


@pytest.mark.parametrize("source", [source for source, _, _ in REFUSED if source not in RUNS])
def test_what_is_refused_fails_when_it_is_computed(source: str) -> None:
    assert computed(source, S, DATA) is not None


@pytest.mark.parametrize("source", TAKEN)
def test_what_works_is_taken(source: str) -> None:
    assert refused(source, S) == []
    assert computed(source, S, DATA) is None


# Wrong whatever the tool returns.
WRONG_ALONE = (
    "timestamp(",
    "contains(3)",
    "substring(1.5)",
    ".size()",
    ".indexOf(",
    ".join(",
    "{ a: s.text }",
)


@pytest.mark.parametrize(
    "source", [source for source, _, _ in REFUSED if not any(word in source for word in WRONG_ALONE)]
)
def test_nothing_is_refused_of_a_result_that_is_not_known(source: str) -> None:
    assert refused(source, None) == []


def problem(source: str) -> Diagnostic:
    (one,) = refused(source, S)
    return one


@pytest.mark.parametrize(
    ("source", "mended"),
    [
        ("s.number > '100'", "s.number > 100"),
        ("s.whole == '3'", "s.whole == 3"),
        ("s.grade == 'hihg'", 's.grade == "high"'),
        ("s.txt", "s.text"),
        ("s.rows[0].prise", "s.rows[0].price"),
    ],
)
def test_a_plain_mistake_can_be_mended_by_machine(source: str, mended: str) -> None:
    fix = problem(source).fix
    assert fix is not None
    text = text_of(source)
    for change in fix.replacements:
        text = text[: change.span.start] + change.text + text[change.span.end :]
    assert text == text_of(mended)
    assert [one for one in check(parse(text), catalog_of(S)) if one.severity == "error"] == []


def test_each_mistake_of_an_expression_is_told_once() -> None:
    source = "s.rows.map(r, r.sku * 2).size() > s.txt && s.number.upper() == 'x' && s.whole"
    assert sorted(underlined(source, one) for one in refused(source, S)) == sorted(
        ["r.sku * 2", "txt", "s.number.upper()", "s.whole"]
    )
