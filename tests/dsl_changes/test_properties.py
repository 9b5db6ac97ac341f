"""Over random programs and edits: nothing where nothing changed, and the edited step by name where something did."""

from __future__ import annotations

from random import Random

import pytest

import dsl
from dsl.changes import changes
from dsl.outline import Place, places
from tests.dsl.amount import programs
from tests.dsl.programs import program


def steps_of(text: str) -> list[Place]:
    return list(places(dsl.parse(text).workflow.body))


def edit_of(random: Random, found: list[Place]) -> tuple[str, dsl.Edit]:
    """A random edit, and the name of the step it is about."""
    one, other = random.choice(found), random.choice(found)
    edits: list[dsl.Edit] = [
        dsl.RemoveStep(path=one.path),
        dsl.MoveStep(path=one.path, container=other.container, before=other.step.id),
        dsl.SetClause(path=one.path, clause="timeout", text="timeout 77s"),
        dsl.SetClause(path=one.path, clause="key", text='key "a key that is nowhere else"'),
        dsl.AddStep(container=other.container, before=other.step.id, text="step brand_new: wait 77m"),
    ]
    edit = random.choice(edits)
    return ("brand_new" if isinstance(edit, dsl.AddStep) else one.step.id), edit


@pytest.mark.properties
def test_a_program_is_the_same_as_itself_and_as_itself_formatted() -> None:
    for seed in programs():
        parsed = dsl.parse(program(seed))
        assert changes(parsed, parsed).changes == (), f"seed {seed}"
        assert changes(parsed, dsl.parse(dsl.format_text(parsed.text))).changes == (), f"seed {seed}"


@pytest.mark.properties
def test_a_rename_is_exactly_one_change() -> None:
    for seed in programs():
        text = program(seed)
        found = steps_of(text)
        if not found:
            continue
        one = Random(seed).choice(found)
        try:
            edited = dsl.apply(text, dsl.RenameStep(path=one.path, id="fresh_name")).text
        except dsl.EditError:
            continue
        assert [(c.kind, c.old) for c in changes(dsl.parse(text), dsl.parse(edited)).changes] == [
            ("step_renamed", one.path)
        ], f"seed {seed}"


@pytest.mark.properties
def test_an_edit_that_changes_the_meaning_is_told_with_the_name_of_its_step() -> None:
    for seed in programs():
        text = program(seed)
        found = steps_of(text)
        if not found:
            continue
        name, edit = edit_of(Random(seed), found)
        try:
            edited = dsl.apply(text, edit).text
        except dsl.EditError:
            continue
        told = changes(dsl.parse(text), dsl.parse(edited))
        if not told.meaning:
            # Steps side by side have no order; a move to where a step stands already is none.
            assert isinstance(edit, dsl.MoveStep | dsl.SetClause), f"seed {seed}"
            continue
        assert any(f"`{name}`" in change.sentence for change in told.meaning), f"seed {seed}"
        if isinstance(edit, dsl.MoveStep):
            assert len([change for change in told.changes if change.kind == "step_moved"]) == 1, (
                f"seed {seed}"
            )


@pytest.mark.properties
def test_two_programs_that_have_nothing_to_do_with_each_other_are_compared_all_the_same() -> None:
    for seed in programs():
        one, other = dsl.parse(program(seed)), dsl.parse(program(seed + 1))
        forth, back = changes(one, other), changes(other, one)
        assert forth.same == back.same, f"seed {seed}"
        for change in (*forth.changes, *back.changes):
            assert change.sentence and not change.sentence.endswith("."), f"seed {seed}"
