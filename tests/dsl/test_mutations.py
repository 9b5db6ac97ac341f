from __future__ import annotations

from collections import Counter

import pytest

from tests.dsl.amount import SUITE, programs
from tests.dsl.mutations import CHANGES, COUNT, measure, mutants


@pytest.mark.properties
def test_a_single_wrong_token_costs_about_one_message_and_hardly_a_step():
    """400 mutants at a time; one round in the suite, more in the deep command."""
    for seed in range(1, 1 + max(1, len(programs()) // SUITE)):
        found = measure(seed)
        assert found.mutants == COUNT and found.wrong > COUNT * 0.8
        assert found.messages <= 1.6, seed
        assert found.kept >= 0.95, seed


def test_the_mutants_are_of_all_sorts_and_the_same_every_time():
    found = list(mutants(7))
    assert found == list(mutants(7))
    assert Counter(mutant.change for mutant in found).keys() == set(CHANGES)
    assert all(mutant.text != mutant.original for mutant in found if mutant.change in ("delete", "insert"))
