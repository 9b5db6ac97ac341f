"""What holds for every edit of every program, tried on random ones of each kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from random import Random
from typing import get_args

import pytest
from pydantic import TypeAdapter

import dsl
from dsl import Edit, EditError, apply, format_text, parse, tree
from dsl.outline import slots
from tests.dsl.amount import programs
from tests.dsl.programs import program
from tests.dsl.texts import EXAMPLES
from tests.dsl_graph.anyedit import Edits
from tests.dsl_meaning.programs import PROGRAMS

EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)
KINDS = sorted(model.model_fields["kind"].default for model in get_args(get_args(Edit)[0]))
SHARE = 5
"""Of how many programs each kind gets one: all together, each program is edited in three or four ways."""
WRITTEN = [*EXAMPLES.values(), *PROGRAMS.values()]


def text_of(seed: int) -> str:
    return WRITTEN[seed // 4 % len(WRITTEN)] if seed % 4 == 0 else program(seed)


def duplicates(block: tree.Block, taken: Counter[str]) -> Iterator[Counter[str]]:
    """How often each name is taken in each scope."""
    for step in block.steps:
        taken[step.id] += 1
        for slot in slots(step):
            if slot.scope:
                fresh: Counter[str] = Counter()
                yield from duplicates(slot.block, fresh)
                yield fresh
            else:
                yield from duplicates(slot.block, taken)


def doubled(workflow: tree.Workflow) -> int:
    whole: Counter[str] = Counter()
    scopes = [*duplicates(workflow.body, whole), whole]
    return sum(number - 1 for scope in scopes for number in scope.values())


def back(inverse: Edit) -> list[dsl.ReplaceText]:
    match inverse:
        case dsl.ReplaceText():
            return [inverse]
        case dsl.Sequence(edits=edits):
            return [one for edit in edits for one in back(edit)]
    raise AssertionError(inverse)


def test_every_kind_of_edit_is_tried():
    assert sorted(Edits(dsl.format_text(program(1)), Random(1)).kinds) == KINDS


def prove(text: str, edit: Edit) -> str | None:
    """The text after the edit, None when it is refused; everything that must hold is asserted."""
    assert EDIT.validate_json(EDIT.dump_json(edit, by_alias=True)) == edit
    before = parse(text)
    try:
        edited = apply(text, edit)
    except EditError as refused:
        assert refused.message and refused.help
        if refused.instead is not None:
            assert EDIT.validate_json(EDIT.dump_json(refused.instead, by_alias=True)) == refused.instead
        return None
    assert apply(edited.text, edited.inverse).text == text
    after = parse(edited.text)
    if not isinstance(edit, dsl.ReplaceText):
        assert len(after.diagnostics) <= len(before.diagnostics)
        assert doubled(after.workflow) <= doubled(before.workflow)
        assert bool(after.diagnostics) or format_text(edited.text)
    if not isinstance(edit, dsl.ReplaceText | dsl.Sequence):
        _outside_stays(text, edited)
        _comments_stay(edit, before, after)
    return edited.text


def _outside_stays(text: str, edited: dsl.Edited) -> None:
    """The places the inverse names are as small as can be, apart from each other, and all that differs."""
    spans = sorted(back(edited.inverse), key=lambda one: one.start)
    at, old = 0, 0
    for one in spans:
        assert one.start >= at
        kept = edited.text[at : one.start]
        assert text[old : old + len(kept)] == kept
        old += len(kept) + len(one.text)
        at = one.end
        new = edited.text[one.start : one.end]
        assert one.text != new
        if one.text and new:
            assert one.text[0] != new[0] and one.text[-1] != new[-1]
    assert edited.text[at:] == text[old:]


def _comments_stay(edit: Edit, before: dsl.Parsed, after: dsl.Parsed) -> None:
    match edit:
        case dsl.AddStep() | dsl.Paste():
            lost = Counter(c.text.strip() for c in before.comments) - Counter(
                c.text.strip() for c in after.comments
            )
            assert not lost
        case (
            dsl.RenameStep() | dsl.RenameName() | dsl.Wrap() | dsl.Unwrap() | dsl.Connect() | dsl.Disconnect()
        ):
            assert Counter(c.text.strip() for c in before.comments) == Counter(
                c.text.strip() for c in after.comments
            )
        case dsl.MoveStep() | dsl.SetDoc() | dsl.SetAnnotation():
            assert len(after.comments) == len(before.comments)


@pytest.mark.properties
@pytest.mark.parametrize("kind", KINDS)
def test_an_edit_and_its_inverse_give_the_same_bytes_and_nothing_else_changes(kind: str):
    done, tried = 0, programs()[KINDS.index(kind) % SHARE :: SHARE]
    for seed in tried:
        text = text_of(seed)
        random = Random(seed)
        try:
            done += prove(text, Edits(text, random).kinds[kind]()) is not None
        except AssertionError as wrong:
            raise AssertionError(f"seed {seed}") from wrong
    assert done > len(tried) // 20


@pytest.mark.properties
def test_edits_one_after_the_other_are_undone_one_after_the_other():
    for seed in programs():
        text = first = text_of(seed)
        random = Random(seed)
        undo: list[Edit] = []
        for _ in range(3):
            try:
                edited = apply(text, Edits(text, random).any())
            except EditError:
                continue
            undo.append(edited.inverse)
            text = edited.text
        for inverse in reversed(undo):
            text = apply(text, inverse).text
        assert text == first
