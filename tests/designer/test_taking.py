"""What accepting makes of the text as it is now: others' changes stay, clashes are a person's, errors are refused."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID

import pytest

from engine.proposals import Proposal
from studio.chat.taking import Clashing, Taken, Unfit, take
from studio.designer.choosing import Needs
from studio.designer.parts import parts
from tests.designer.catalogs import SHOP
from tests.designer.test_choosing import BASE, NEW

NOBODY = UUID(int=0)
LIMIT = ("limit: float = 100.0", "limit: float = 250.0")


def proposal(text: str = NEW, base: str = BASE) -> Proposal:
    return Proposal(
        NOBODY, NOBODY, NOBODY, None, base, None, text, None, "open", (), None, None,
        datetime(2026, 1, 1, tzinfo=UTC), {},
    )  # fmt: skip


def part(words: str, of: Proposal) -> str:
    return next(one.id for one in parts(of.start, of.text, SHOP) if words in one.title)


def test_all_of_it_over_the_text_it_was_made_from_is_its_text() -> None:
    made = take(proposal(), BASE, SHOP)
    assert isinstance(made, Taken)
    assert (made.text, made.state, made.applied, made.fitted) == (NEW, "accepted", None, False)
    assert len(made.titles) == len(parts(BASE, NEW, SHOP)) and made.safety


def test_a_part_leaves_the_rest_to_be_taken_later() -> None:
    whole = proposal()
    made = take(whole, BASE, SHOP, [part("limit", whole)])
    assert isinstance(made, Taken)
    assert (made.text, made.state) == (BASE.replace(*LIMIT), "partly")
    rest = replace(whole, applied=made.applied, state="partly")
    assert not any("limit" in one.title for one in parts(rest.start, rest.text, SHOP))
    assert take(rest, made.text, SHOP).text == NEW  # type: ignore[union-attr]


def test_a_part_that_needs_another_is_not_taken() -> None:
    whole = proposal()
    assert isinstance(take(whole, BASE, SHOP, [part("`done`", whole)]), Needs)


def test_what_others_changed_meanwhile_stays() -> None:
    mine = BASE.replace("within 24h", "within 48h")
    made = take(proposal(), mine, SHOP)
    assert isinstance(made, Taken)
    assert made.text == NEW.replace("within 24h", "within 48h") and made.fitted


def test_where_both_changed_the_same_a_person_chooses() -> None:
    mine = BASE.replace("limit: float = 100.0", "limit: float = 50.0")
    both = proposal(BASE.replace(*LIMIT).replace("  step done", "  step large: let 1\n\n  step done"))
    clash = take(both, mine, SHOP)
    assert isinstance(clash, Clashing) and len(clash.clashes) == 1
    kept, taken = (take(both, mine, SHOP, None, [side]) for side in ("mine", "theirs"))
    assert isinstance(kept, Taken) and "limit: float = 50.0" in kept.text and "step large" in kept.text
    assert isinstance(taken, Taken) and taken.text == both.text


def test_what_does_not_go_with_the_changes_meanwhile_is_refused_with_the_reason() -> None:
    adds = proposal(BASE.replace("  step done", "  step large: let config.limit * 2.0\n\n  step done"))
    made = take(adds, BASE.replace("limit", "threshold"), SHOP)
    assert isinstance(made, Unfit) and "limit" in made.message


def test_a_first_workflow_takes_the_place_of_an_empty_one() -> None:
    made = take(proposal(base=""), "workflow refunds {\n}\n", SHOP)
    assert isinstance(made, Taken) and made.text == NEW and made.safety == ()


def test_a_part_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no part"):
        take(proposal(), BASE, SHOP, ["99"])
