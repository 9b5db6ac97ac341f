"""E402 against the truth: it fires exactly when some way through the program reaches the call without a yes."""

from __future__ import annotations

from collections import Counter

import pytest

from dsl.outline import places as places_of
from dsl.parse import parse
from tests.dsl.amount import programs
from tests.dsl_proofs.programs import text_of, told
from tests.dsl_proofs.random_ways import TooMany, pays_unapproved, program, weft


@pytest.mark.properties
def test_it_fires_exactly_when_a_way_reaches_the_call_without_a_yes() -> None:
    seen = Counter[str]()
    for seed in programs():
        body = program(seed)
        try:
            truth = pays_unapproved(body)
        except TooMany:
            seen["too many ways"] += 1
            continue
        found = told("E402", weft(body))
        assert bool(found) == truth, (seed, text_of(weft(body)), [one.message for one in found])
        seen["fires" if truth else "is proved"] += 1
    assert seen["fires"] > seen.total() / 10 and seen["is proved"] > seen.total() / 10, seen


@pytest.mark.properties
def test_the_way_that_is_named_is_one_of_steps_that_are_there_and_ends_at_the_call() -> None:
    named = 0
    for seed in programs():
        text = text_of(weft(program(seed)))
        known = {place.path for place in places_of(parse(text).workflow.body)}
        for one in told("E402", weft(program(seed))):
            assert one.witness[-1] == one.step and set(one.witness) <= known, (seed, text, one)
            assert len(set(one.witness)) == len(one.witness), (seed, text, one)
            named += 1
    assert named > len(programs()) // 10, named


def test_to_look_for_an_approval_earlier_in_the_text_would_be_wrong_both_ways() -> None:
    """The negative control: what a proof by reading down the text would say."""
    wrong = Counter[bool]()
    for seed in range(300):
        body = program(seed)
        text = weft(body)
        guessed = 'by role "manager"' not in text[: text.index("shop.pay")]
        try:
            wrong[guessed] += guessed != pays_unapproved(body)
        except TooMany:
            continue
    assert wrong[True] > 5 and wrong[False] > 5
