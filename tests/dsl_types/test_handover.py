"""What is handed over: arguments to any depth, the limits of written values, returns, triggers and defaults."""

from __future__ import annotations

import pytest

from dsl.catalog import Catalog
from dsl.checks import check
from dsl.diagnostic import Diagnostic
from dsl.parse import parse
from tests.dsl_types.ground import catalog_of
from tests.dsl_types.shapes import Schema

PERSON: Schema = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1},
        "email": {"type": "string", "format": "email"},
    },
    "required": ["name", "email"],
}
TAKES: Schema = {
    "type": "object",
    "properties": {
        "count": {"type": "integer", "minimum": 1, "maximum": 10},
        "amount": {"type": "number", "exclusiveMinimum": 0},
        "code": {"type": "string", "pattern": "^[A-Z]-[0-9]+$", "maxLength": 8},
        "day": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "link": {"type": "string", "format": "uri"},
        "odd": {"type": "string", "pattern": "(?=lookahead)"},
        "person": {"$ref": "#/$defs/Person"},
        "people": {"type": "array", "items": {"$ref": "#/$defs/Person"}, "minItems": 1},
        "tags": {"type": "array", "items": {"enum": ["red", "blue"]}},
        "maybe": {"anyOf": [{"$ref": "#/$defs/Person"}, {"type": "null"}]},
        "sizes": {"type": "object", "additionalProperties": {"type": "integer"}},
        "level": {"type": "string", "enum": ["low", "high"]},
        "either": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        "any": {},
    },
    "$defs": {"Person": PERSON},
}
GIVES: Schema = {
    "type": "object",
    "properties": {
        "person": PERSON,
        "half": {"type": "object", "properties": {"name": {"type": "string"}}, "required": ["name"]},
        "rows": {"type": "array", "items": {"type": "object", "properties": {"name": {"type": "integer"}}}},
        "color": {"enum": ["green", "yellow"]},
        "tags": {"type": "array", "items": {"type": "integer"}},
        "text": {"type": "string"},
        "whole": {"type": "integer"},
    },
}
HEAD = '  use x: mcp "x"\n'


def found(steps: str, head: str = "", *, gives: Schema = GIVES) -> list[tuple[str, str, str]]:
    """Code, underlined text and message of each E20x."""
    text = f"workflow t {{\n{HEAD}{head}\n  step s: call x.get() timeout 1s\n  {steps}\n}}\n"
    parsed = parse(text)
    assert not parsed.diagnostics, parsed.diagnostics
    return [
        (one.code, text[one.span.start : one.span.end], one.message)
        for one in check(parsed, catalog_of(gives, TAKES))
        if one.code.startswith("E")
    ]


WRONG: list[tuple[str, str, str, str]] = [
    # arguments, code, what is underlined, the message
    ("count: 0", "E201", "0", "`count` of x.get must be at least 1"),
    ("count: 11", "E201", "11", "`count` of x.get must be at most 10"),
    ("count: 1.5", "E201", "1.5", "`count` of x.get must be a whole number, but this is the number 1.5"),
    ("amount: 0.0", "E201", "0.0", "`amount` of x.get must be more than 0"),
    ('code: "a-1"', "E201", '"a-1"', "`code` of x.get must fit the pattern ^[A-Z]-[0-9]+$"),
    ('code: "A-1234567"', "E201", '"A-1234567"', "`code` of x.get may have at most 8 characters"),
    ('day: "31.1.2026"', "E201", '"31.1.2026"', "`day` of x.get must be a date such as 2026-01-31"),
    ('at: "soon"', "E201", '"soon"', "`at` of x.get must be a time such as 2026-01-31T09:00:00Z"),
    (
        'link: "example"',
        "E201",
        '"example"',
        "`link` of x.get must be an address such as https://example.com",
    ),
    (
        'person: { name: "Kim", email: 3 }',
        "E201",
        "3",
        "`person.email` of x.get must be a text, but this is a whole number",
    ),
    (
        'person: { name: "", email: "k@example.com" }',
        "E201",
        '""',
        "`person.name` of x.get must not be empty",
    ),
    (
        'person: { name: "Kim", email: "kim" }',
        "E201",
        '"kim"',
        "`person.email` of x.get must be an e-mail address such as kim@example.com",
    ),
    ('person: { name: "Kim" }', "E202", '{ name: "Kim" }', "`person` of x.get needs the field `email`"),
    (
        'person: { name: "Kim", emial: "k@example.com" }',
        "E202",
        "emial",
        "`person` of x.get has no field `emial`, did you mean `email`?",
    ),
    (
        'people: [s.person, { name: 1, email: "k@example.com" }]',
        "E201",
        "1",
        "`people[1].name` of x.get must be a text, but this is a whole number",
    ),
    ('tags: ["red", "gren"]', "E203", '"gren"', '`tags[1]` of x.get cannot be "gren"'),
    (
        'maybe: { name: "Kim", mail: "k" , email: "k@example.com"}',
        "E202",
        "mail",
        "`maybe` of x.get has no field `mail`",
    ),
    ('sizes: { a: "x" }', "E201", '"x"', "`sizes.a` of x.get must be a whole number, but this is a text"),
    (
        "person: s.half",
        "E201",
        "s.half",
        "`person` of x.get does not fit: `s.half` has no field `email`",
    ),
    (
        "people: s.rows",
        "E201",
        "s.rows",
        "`people` of x.get does not fit: `s.rows[0]` has no field `email`",
    ),
    (
        "tags: s.tags",
        "E201",
        "s.tags",
        '`tags` of x.get does not fit: `s.tags[0]` must be one of "red", "blue", but it is a whole number',
    ),
    (
        "level: s.color",
        "E203",
        "s.color",
        '`level` of x.get must be one of "low", "high", but this is one of "green", "yellow"',
    ),
    ('count: "3"', "E201", '"3"', "`count` of x.get must be a whole number, but this is a text"),
    ("code: 3", "E201", "3", "`code` of x.get must be a text, but this is a whole number"),
    ("either: 3", "E201", "3", "`either` of x.get must be a text or a list, but this is a whole number"),
]

RIGHT = [
    "count: 3",
    "count: s.whole",
    "amount: 5",
    'code: "A-1"',
    'odd: "what the library cannot read fits"',
    'day: "2026-01-31"',
    'at: "2026-01-31T09:00:00Z"',
    'link: "https://example.com/a?b=c"',
    'person: { name: "Kim", email: "kim@example.com" }',
    "person: s.person",
    "people: [s.person]",
    'people: [{ name: s.text, email: "k@${s.text}" }]',
    "maybe: null",
    "maybe: s.person",
    'sizes: { a: 1, "b c": s.whole }',
    'either: ["a"]',
    "either: s.text",
    "any: { a: [1, null] }",
    "level: s.text",
    'tags: ["red"]',
    "code: s.text",
]


@pytest.mark.parametrize(("arguments", "code", "place", "message"), WRONG)
def test_a_wrong_part_is_found_where_it_stands(arguments: str, code: str, place: str, message: str) -> None:
    (one,) = found(f"step a: call x.get({arguments}) timeout 1s")
    assert one == (code, place, message)


@pytest.mark.parametrize("arguments", RIGHT)
def test_what_fits_is_taken(arguments: str) -> None:
    assert found(f"step a: call x.get({arguments}) timeout 1s") == []


OUTPUT = "  output { name: string, count: int, person: { name: string, email: string }? }\n"


@pytest.mark.parametrize(
    ("value", "code", "place", "message"),
    [
        (
            "3",
            "E201",
            "3",
            "the output must be an object, but this is a whole number",
        ),
        ("s.text", "E201", "s.text", "the output must be an object, but this is a text"),
        ("s.person", "E201", "s.person", "the output does not fit: `s.person` has no field `count`"),
        (
            "{ name: s.whole, count: 1 }",
            "E201",
            "s.whole",
            "`name` of the output must be a text, but this is a whole number",
        ),
        ("{ name: s.text }", "E202", "{ name: s.text }", "the output needs the field `count`"),
        (
            '{ name: "x", count: 1, person: { name: "x" } }',
            "E202",
            '{ name: "x" }',
            "`person` of the output needs the field `email`",
        ),
        (
            '{ name: "x", count: 1, person: s.half }',
            "E201",
            "s.half",
            "`person` of the output does not fit: `s.half` has no field `email`",
        ),
    ],
)
def test_what_is_returned_fits_the_output(value: str, code: str, place: str, message: str) -> None:
    (one,) = found(f"step r: return {value}", OUTPUT)
    assert one == (code, place, message)


@pytest.mark.parametrize(
    "value", ['{ name: "x", count: 1 }', '{ name: "x", count: s.whole, person: s.person }', "s"]
)
def test_an_output_that_fits_is_taken(value: str) -> None:
    gives = {
        "type": "object",
        "properties": {**GIVES["properties"], "name": {"type": "string"}, "count": {"type": "integer"}},
    }
    assert found(f"step r: return {value}", OUTPUT, gives=gives) == []


HEADS: list[tuple[str, str, str, str]] = [
    (
        "input { n: int = 'x' }",
        "E201",
        "'x'",
        "the default of `n` must be a whole number, but this is a text",
    ),
    (
        'input { n: "a" | "b" = "c" }',
        "E203",
        '"c"',
        'the default of `n` cannot be "c"',
    ),
    (
        "config { p: { a: int, b: string } = { a: 1, b: 2 } }",
        "E201",
        "2",
        "`b` of the default of `p` must be a text, but this is a whole number",
    ),
    (
        'input { n: int, m: int? }\n  trigger t: schedule "0 8 * * *" timezone "Europe/Paris"',
        "E202",
        "t",
        "the trigger `t` does not give the input `n`",
    ),
    (
        'input { n: int }\n  trigger t: event "e" with (n: "x")',
        "E201",
        '"x"',
        "`n` of the input must be a whole number, but this is a text",
    ),
    (
        'input { n: int, text: string }\n  trigger t: event "e" with (n: 1)',
        "E202",
        "t",
        "the trigger `t` does not give the input `text`",
    ),
    (
        'input { number: int }\n  trigger t: event "e" with (numbr: 1)',
        "E202",
        "numbr",
        "the workflow has no input `numbr`, did you mean `number`?",
    ),
]


@pytest.mark.parametrize(("head", "code", "place", "message"), HEADS)
def test_the_header_is_checked_too(head: str, code: str, place: str, message: str) -> None:
    (one,) = found("step z: let s", f"  {head}\n")
    assert one == (code, place, message)


@pytest.mark.parametrize(
    "head",
    [
        "input { n: int = 3, m: float = 1, when: timestamp = '2026-01-31T09:00:00Z' }",
        "config { p: { a: int, b: string } = { a: 1, b: 'x' }, tags: string[] = [] }",
        'input { n: int = 1 }\n  trigger t: schedule "0 8 * * *" timezone "Europe/Paris"',
        'input { n: int }\n  trigger t: webhook POST "/x"',
        "input { n: int }\n  trigger t: manual",
        'input { n: int }\n  trigger t: event "e" with (n: event.body.n + 1)',
    ],
)
def test_a_header_that_is_right_is_taken(head: str) -> None:
    assert found("step z: let s", f"  {head}\n") == []


def test_times_and_budgets_are_what_they_must_be() -> None:
    steps = "step w: wait until s.whole\n  step v: wait until 3d\n  step a: agent 'm' { prompt 'x' budget 'much' }"
    assert [message for _, _, message in found(steps)] == [
        "`wait until` needs a time, but `s.whole` is a whole number",
        "`wait until` needs a time, but `72h` is a length of time",
        'a budget is a number of US dollars, but `"much"` is a text',
    ]
    right = "step w: wait until s.text\n  step a: agent 'm' { prompt 'x' budget 1 }"
    assert found(right) == []


def first_fix(arguments: str) -> Diagnostic:
    text = f"workflow t {{\n{HEAD}\n  step a: call x.get({arguments}) timeout 1s\n}}\n"
    return next(one for one in check(parse(text), catalog_of(None, TAKES)) if one.code == "E201")


@pytest.mark.parametrize(
    ("arguments", "mended"), [('count: "3"', "3"), ("code: 3", '"3"'), ('amount: "-1.5"', "-1.5")]
)
def test_quotes_too_many_or_too_few_are_mended(arguments: str, mended: str) -> None:
    fix = first_fix(arguments).fix
    assert fix is not None
    assert [change.text for change in fix.replacements] == [mended]


def test_nothing_is_said_of_arguments_without_a_catalog() -> None:
    text = f"workflow t {{\n{HEAD}\n  step a: call x.get(what: 1) timeout 1s\n}}\n"
    assert [one for one in check(parse(text), Catalog()) if one.code.startswith("E")] == []


def test_a_pattern_that_takes_long_elsewhere_takes_no_time() -> None:
    takes = {"type": "object", "properties": {"code": {"type": "string", "pattern": "^(a+)+$"}}}
    text = f'workflow t {{\n{HEAD}\n  step a: call x.get(code: "{"a" * 5000}b") timeout 1s\n}}\n'
    (one,) = [one for one in check(parse(text), catalog_of(None, takes)) if one.code.startswith("E")]
    assert one.message == "`code` of x.get must fit the pattern ^(a+)+$"
