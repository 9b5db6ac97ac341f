"""Edits in the words that people use, each in several, over six businesses, judged by what they mean."""

from __future__ import annotations

import pytest

from studio.designer.builtin import answer
from studio.designer.proving import proved_as_it_is
from studio.designer.writing import Written
from tests.designer.after import After
from tests.designer.open_workflows import ALL
from tests.designer.words_for_people import PEOPLE
from tests.designer.words_for_places import PLACES, Check
from tests.designer.words_for_the_rest import REST

TABLE = [*PLACES, *PEOPLE, *REST]
CASES = [(name, words, check) for name, all_words, check in TABLE for words in all_words]


@pytest.mark.parametrize(("name", "words", "check"), CASES, ids=[f"{n}: {w}" for n, w, _ in CASES])
def test_an_edit_in_words_means_what_it_says(name: str, words: str, check: Check) -> None:
    base = ALL[name]
    found = answer(words, base.catalog, base.text)
    assert isinstance(found, Written), found
    assert proved_as_it_is(found.text, base.catalog).sound
    assert check(After(base, found.text)), found.text


def test_there_are_enough_kinds_of_edits_in_enough_words() -> None:
    assert len(TABLE) >= 60
    assert all(len(words) >= 2 for _, words, _ in TABLE if words)
    assert {name for name, _, _ in TABLE} == set(ALL)
