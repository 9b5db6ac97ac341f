"""Notes and long sentences become plain clauses before a request is read."""

from __future__ import annotations

import pytest

from studio.designer.builtin.amounts import quantity
from studio.designer.builtin.saying import with_inputs, with_plain_notes


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("Score it.\nAbove 70 -> tell sales", "Score it.\nif it is Above 70, tell sales"),
        ("paid = no -> remind them", "if this is not paid, remind them"),
        ("Pay it, except when it is late; then ask me", "if it is late, ask me. otherwise, Pay it"),
        (
            "Ship with the carrier quoted0text, unless it is big, in which case the carrier quoted1text must be used",
            "if it is big, Ship with the carrier quoted1text. otherwise, Ship with the carrier quoted0text",
        ),
        ("The link is then mailed to him", "The link is mailed to him"),
        ("more than two hundred euros", "more than 200 euros"),
        ("delete it, only with ok from the owner (3 days)", "ask the owner to approve within 3 days, then delete it"),
        ("Send it to the owner, then stop.", "Send it to the owner, then stop."),
    ],
)  # fmt: skip
def test_a_manner_of_speaking_becomes_the_plain_one(said: str, plain: str) -> None:
    assert with_plain_notes(said) == plain


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("The nurse enters a bed number.", "I enter a bed number."),
        ("Whoever starts it fills in host and days.", "I enter host and days."),
        ("The nurse calls the doctor.", "The nurse calls the doctor."),
    ],
)
def test_what_somebody_types_in_is_told_in_one_way(said: str, plain: str) -> None:
    assert with_inputs(said) == plain


def test_kilograms_are_no_thousands_of_grams() -> None:
    assert (found := quantity("30 kg")) is not None
    assert (found.value, found.unit) == (30.0, "kg")
    assert (found := quantity("5k euros")) is not None
    assert found.value == 5000.0
