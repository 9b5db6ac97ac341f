"""A change in pieces: all of them are the change, none is what was there, and any choice reads or says why not."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from random import Random

import pytest

import dsl
from dsl.changes import changes
from dsl.outline import places
from studio.designer.parts import NotApart, Part, parts, with_parts
from tests.dsl.amount import programs
from tests.dsl.programs import program

REFUND = (Path(__file__).parents[2] / "examples" / "refund.weft").read_text(encoding="utf-8")
TELL = '  step tell: call slack.post(text: "done")\n    timeout 5s\n\n'


def changed(*pairs: tuple[str, str]) -> str:
    text = REFUND
    for old, new in pairs:
        assert old in text, old
        text = text.replace(old, new, 1)
    return text


LIMIT = ("threshold: float = 100.0", "threshold: float = 250.0")
ROLE = ('role "manager"', 'role "finance_manager"')
TOLD = ("  step done: return", f"  // for the team\n{TELL}  step done: return")
SLACK = ('  use mail: mcp "mail"\n', '  use mail: mcp "mail"\n  use slack: mcp "slack"\n')
OTHERWISE = (
    "refund_id: null }\n  }\n",
    "refund_id: null }\n  } else {\n    step fine: let 1\n  }\n",
)


def sentences(base: str, text: str) -> tuple[str, ...]:
    return changes(dsl.parse(base), dsl.parse(text)).sentences()


def titles(text: str, base: str = REFUND) -> list[str]:
    return [part.title for part in parts(base, text)]


def test_what_happened_to_different_steps_can_be_taken_apart() -> None:
    text = changed(LIMIT, ROLE, TOLD, SLACK)
    assert titles(text) == [
        "`tell` is new, behind `notify`: post with Slack",
        "The threshold rises from 100.00 to 250.00",
        "`approval` now waits for `finance_manager` instead of `manager`",
    ]
    tell, limit, role = parts(REFUND, text)
    assert with_parts(REFUND, text, [limit.id]) == changed(LIMIT)
    assert with_parts(REFUND, text, [role.id, tell.id]) == changed(ROLE, TOLD, SLACK)


def test_a_part_says_what_it_lowers_and_how_much_it_is() -> None:
    assert parts(REFUND, changed(LIMIT)) == (
        Part(
            id="1",
            title="The threshold rises from 100.00 to 250.00",
            risks=("The approval `approval` is asked for less often",),
            added=1,
            removed=1,
        ),
    )


def test_a_connector_that_two_new_steps_use_is_a_part_of_its_own() -> None:
    more = ("  // Everything", "  step early: call slack.post(text: order.id)\n\n  // Everything")
    assert [title[:8] for title in titles(changed(TOLD, SLACK, more))] == ["The conn", "`early` ", "`tell` i"]


def test_a_new_branch_and_what_is_in_it_are_one_part() -> None:
    (part,) = parts(REFUND, changed(OTHERWISE))
    assert "ineligible.fine" in part.new
    both = ("step not_eligible", "step sorry: let 1\n    step not_eligible")
    assert len(parts(REFUND, changed(OTHERWISE, both))) == 2


@pytest.mark.parametrize(
    "edit",
    [
        dsl.MoveStep(path="notify", container="", before="gate"),
        dsl.RenameStep(path="order", id="purchase"),
        dsl.RemoveStep(path="notify"),
    ],
    ids=lambda edit: type(edit).__name__,
)
def test_a_move_a_rename_and_a_removal_are_one_part_each(edit: dsl.Edit) -> None:
    text = dsl.apply(REFUND, edit).text
    (part,) = parts(REFUND, text)
    assert (f"{part.title}.",) == sentences(REFUND, text)[:1]


def test_comments_and_layout_are_a_part_that_says_so() -> None:
    text = changed(("  // Everything above", "  // All above"), LIMIT)
    assert titles(text)[1:] == ["The comments changed"]


def test_a_block_of_the_header_that_is_written_anew_is_one_part() -> None:
    base = "workflow a {\n  config { limit: float = 1.0 }\n  step s: let config.limit\n}\n"
    text = base.replace("{ limit: float = 1.0 }", "{\n    limit: float = 2.0,\n  }")
    assert len(parts(base, text)) == 1


def test_a_new_workflow_and_a_text_that_cannot_be_read_are_taken_whole() -> None:
    assert [part.id for part in parts("", REFUND)] == ["1"]
    assert len(parts(REFUND.replace("within 24h", "within"), changed(LIMIT, ROLE))) == 1
    assert parts(REFUND, REFUND) == ()


def test_a_part_that_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="no part '9'"):
        with_parts(REFUND, changed(LIMIT), ["9"])


@pytest.mark.properties
def test_all_parts_are_the_text_none_is_the_base_and_any_choice_reads_or_is_refused_in_words() -> None:
    for seed in programs():
        random = Random(seed)
        base = text = program(seed)
        if dsl.parse(base).diagnostics:
            continue
        for _ in range(random.randrange(1, 5)):
            text = edited(random, text)
        found = parts(base, text)
        ids = [part.id for part in found]
        assert (text != base) == bool(found), f"seed {seed}"
        assert with_parts(base, text, ids) == text, f"seed {seed}"
        assert with_parts(base, text, []) == base, f"seed {seed}"
        assert all(part.title and part.added + part.removed for part in found), f"seed {seed}"
        choices = [list(c) for n in (1, 2) for c in combinations(ids, n)][:12]
        for chosen in choices:
            try:
                made = with_parts(base, text, chosen)
            except NotApart as refused:
                assert "without the others" in str(refused), f"seed {seed}"
                continue
            assert made != base or len(ids) == 0, f"seed {seed}"
            errors = [d for d in dsl.parse(made).diagnostics if d.severity == "error"]
            assert errors == [], f"seed {seed} {chosen}"


def edited(random: Random, text: str) -> str:
    found = list(places(dsl.parse(text).workflow.body))
    if not found:
        return text
    one, other = random.choice(found), random.choice(found)
    edits: list[dsl.Edit] = [
        dsl.RemoveStep(path=one.path),
        dsl.MoveStep(path=one.path, container=other.container, before=other.step.id),
        dsl.SetClause(path=one.path, clause="timeout", text="timeout 77s"),
        dsl.AddStep(container=other.container, before=other.step.id, text="step brand_new: wait 77m"),
        dsl.RenameStep(path=one.path, id=f"other_{random.randrange(100)}"),
    ]
    try:
        return dsl.apply(text, random.choice(edits)).text
    except dsl.EditError:
        return text
