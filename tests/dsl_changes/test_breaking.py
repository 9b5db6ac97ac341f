"""What a new text breaks for callers and for runs that wait; the pages' own examples are tested with the pages."""

from __future__ import annotations

import pytest

import dsl
from dsl.changes import breaking
from dsl.changes.fit import excess
from tests.dsl_changes.texts import CATALOG, CLAIMS, DUNNING


def broken(old: str, *pairs: tuple[str, str], waiting: tuple[str, ...] | None = ()) -> list[tuple[str, str]]:
    """Code and underlined text of each break."""
    new = old
    for words, now in pairs:
        assert words in new, words
        new = new.replace(words, now, 1)
    found = breaking(dsl.parse(old), dsl.parse(new), CATALOG, waiting)
    return [(one.code, new[one.span.start : one.span.end]) for one in found]


def test_a_text_breaks_nothing_of_itself() -> None:
    for text in (CLAIMS, DUNNING):
        assert broken(text, waiting=None) == []


def test_inputs_that_are_new_gone_or_needed_now() -> None:
    assert broken(CLAIMS, ("claim_id: string,", "claim_id: string, urgent: bool,")) == [("B701", "urgent")]
    assert broken(CLAIMS, ("claim_id: string,", "claim_id: string, urgent: bool = false,")) == []
    assert broken(CLAIMS, ('note: string = "travel costs"', "note: string")) == [("B701", "note")]
    assert broken(CLAIMS, ('note: string = "travel costs"', 'reason: string = "x"')) == [("B702", "reason")]
    assert broken(CLAIMS, ('note: string = "travel costs",', "")) == [("B702", "input")]
    assert broken(DUNNING, ("customer_id: string?", "customer_id: string")) == [("B701", "customer_id")]


def test_types_of_inputs_may_widen_and_those_of_outputs_may_narrow() -> None:
    assert broken(DUNNING, ("rounds: int = 3", "rounds: float = 3.0")) == []
    assert broken(DUNNING, ("rounds: int = 3", 'rounds: "1" | "2" = "1"')) == [("B703", '"1" | "2"')]
    assert broken(CLAIMS, ('"paid" | "refused" | "not_covered"', '"paid" | "refused"')) == []
    assert broken(CLAIMS, ('"paid" | "refused"', '"paid" | "held" | "refused"')) == [
        ("B704", '"paid" | "held" | "refused" | "not_covered"')
    ]
    assert broken(CLAIMS, ("payment_id: string?,", "")) == [("B704", "output")]
    assert broken(CLAIMS, ("payment_id: string?,", "payment_id: string?, when: string?,")) == []


def test_triggers_are_compared_by_what_starts_them() -> None:
    assert broken(DUNNING, ("trigger hook:", "trigger hooked:")) == []
    assert broken(DUNNING, ("0 9 * * MON-FRI", "0 8 * * MON-FRI")) == [("B705", "daily")]
    assert broken(DUNNING, ('event "invoice.overdue"', 'event "invoice.late"')) == [("B705", "overdue")]
    assert broken(DUNNING, ("trigger ui: manual", "")) == []


def test_only_the_steps_where_runs_wait_count() -> None:
    moved = (("step consent: approve", "step decision: approve"),)
    assert broken(CLAIMS, *moved) == []
    assert broken(CLAIMS, *moved, waiting=("gate.consent",)) == [("B711", "decision")]
    assert broken(CLAIMS, *moved, waiting=None) == [("B711", "decision")]
    assert broken(CLAIMS, ("step gate:", "step check:"), waiting=("gate.consent",)) == [("B713", "consent")]
    asked = ('by role "accountant"', 'by role "head_of_finance"')
    assert broken(CLAIMS, asked, waiting=("gate.consent",)) == [("B712", "consent")]


def test_a_path_of_a_run_names_its_step() -> None:
    gone = ("    step pause: wait 3d\n", "")
    assert broken(DUNNING, gone, waiting=("chase[2].pause",)) == [("B711", "chase")]
    assert broken(DUNNING, gone, waiting=("chase#2[0].pause", "nowhere")) == [("B711", "chase")]


@pytest.mark.parametrize(
    ("given", "wanted", "why"),
    [
        ({"type": "integer"}, {"type": "number"}, None),
        ({"type": "number"}, {"type": "integer"}, "`x` may be a number, and not a whole number"),
        ({"type": ["string", "null"]}, {"type": "string"}, "`x` may be null"),
        ({"type": "string", "enum": ["a"]}, {"type": "string"}, None),
        (
            {"type": "string"},
            {"type": "string", "enum": ["a", "b"]},
            '`x` may be a text, and not only one of "a", "b"',
        ),
        ({}, {"type": "string"}, "`x` can be anything, and only a text is taken"),
        ({"type": "array", "items": {"type": "string"}}, {"type": "array", "items": {}}, None),
        (
            {"type": "object", "properties": {"a": {"type": "string"}}},
            {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]},
            "`x.a` may be missing",
        ),
        ({"type": "string"}, {"anyOf": [{"type": "string"}, {"type": "object"}]}, None),
    ],
)
def test_whether_one_type_fits_another(given: dict, wanted: dict, why: str | None) -> None:
    assert excess(given, wanted, "x") == why
