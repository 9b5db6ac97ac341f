"""Splices: the one way a text changes."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from studio.editor.splice import Splice, difference, rebase

texts = st.text(alphabet="ab\n é😀", max_size=30)


@given(texts, texts)
def test_a_difference_turns_one_text_into_the_other_and_its_inverse_turns_it_back(
    before: str, after: str
) -> None:
    splice = difference(before, after)
    assert splice.apply(before) == after
    assert splice.inverse.apply(after) == before


@given(texts)
def test_a_text_does_not_differ_from_itself(text: str) -> None:
    splice = difference(text, text)
    assert (splice.removed, splice.inserted) == ("", "")


def test_a_difference_is_as_small_as_one_splice_can_be() -> None:
    assert difference("one two three", "one 2 three") == Splice(4, "two", "2")


@given(texts, st.data())
def test_two_splices_that_do_not_touch_give_the_same_text_in_either_order(
    text: str, data: st.DataObject
) -> None:
    cuts = sorted(data.draw(st.lists(st.integers(0, len(text)), min_size=4, max_size=4)))
    if cuts[1] == cuts[2]:
        return
    left = Splice(cuts[0], text[cuts[0] : cuts[1]], data.draw(texts))
    right = Splice(cuts[2], text[cuts[2] : cuts[3]], data.draw(texts))
    moved = rebase(right, left)
    kept = rebase(left, right)
    assert moved is not None and kept == left
    assert moved.apply(left.apply(text)) == left.apply(right.apply(text))


def test_splices_that_touch_one_place_cannot_be_carried_over_each_other() -> None:
    assert rebase(Splice(2, "cd", "x"), Splice(3, "de", "y")) is None
