from __future__ import annotations

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

import dsl
from dsl import Edit, EditError, apply, parse
from dsl.edits.ground import Ground
from tests.dsl.programs import program
from tests.dsl.texts import EXAMPLES, REFUND, meaning, step_ids

EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)
SHOP = dsl.UseLine(alias="shop", connector="shop")

PARALLEL = """\
workflow p {
  step all: parallel {
    step a: let 1
    step b: let 2 // bee
      after a
    // about c
    step c: let b + 1
      after b
  }
}
"""

SCOPES = """\
workflow s {
  step x: let [1]
  step each: foreach x in x {
    step inner: let x + 1
    yield inner
  }
  step kept: let x.filter(x, x > 1)
  step used: let "${x} ${x.map(y, y + (x)[0])}"
    catch as x {
      step told: let x.message
    }
}
"""


def changed(text: str, edit: Edit) -> str:
    """The text after an edit, having proved what holds for every edit."""
    edited = apply(text, edit)
    assert apply(edited.text, edited.inverse).text == text
    assert parse(edited.text).diagnostics == ()
    assert EDIT.validate_json(EDIT.dump_json(edit, by_alias=True)) == edit
    return edited.text


def lines(before: str, after: str) -> tuple[list[str], list[str]]:
    """The lines that went and the lines that came, in order, without those that stayed around them."""
    old, new = before.split("\n"), after.split("\n")
    while old and new and old[0] == new[0]:
        old, new = old[1:], new[1:]
    while old and new and old[-1] == new[-1]:
        old, new = old[:-1], new[:-1]
    return old, new


def test_a_step_is_put_before_another_with_the_use_line_it_lacks():
    edit = dsl.AddStep(
        before="refund",
        text='step check:call http.request(method:"GET",url:"x")\n timeout 3s',
        uses=(dsl.UseLine(alias="http", connector="http"),),
    )
    text = changed(REFUND, edit)
    assert '  use mail: mcp "mail"\n  use http: mcp "http"\n\n  input {' in text
    assert (
        '  }\n\n  step check: call http.request(method: "GET", url: "x")\n    timeout 3s\n\n  step refund:'
        in text
    )
    assert (
        text.replace('  use http: mcp "http"\n', "").replace(
            '  step check: call http.request(method: "GET", url: "x")\n    timeout 3s\n\n', ""
        )
        == REFUND
    )


def test_a_step_at_the_end_of_an_empty_workflow_gets_lines_of_its_own():
    text = changed("workflow a {}\n", dsl.AddStep(text="step o: call shop.get()", uses=(SHOP,)))
    assert text == 'workflow a {\n  use shop: mcp "shop"\n\n  step o: call shop.get()\n}\n'


def test_a_connector_that_is_used_under_another_name_keeps_that_name():
    text = changed(
        'workflow a {\n  use store: mcp "shop"\n}\n',
        dsl.AddStep(text="step o: call shop.get()", uses=(SHOP,)),
    )
    assert text == 'workflow a {\n  use store: mcp "shop"\n\n  step o: call store.get()\n}\n'


def test_names_of_a_new_step_that_are_taken_get_a_number_and_outer_names_stay():
    edit = dsl.AddStep(container="gate/then", text="step order: let order.total\nstep b: let order")
    text = changed(REFUND, edit)
    assert "    step order_2: let order.total\n    step b: let order_2\n  }\n" in text


@pytest.mark.parametrize(
    ("container", "expected"),
    [
        ("gate/else", "    }\n  } else {\n    step o: let 1\n  }\n"),
        (
            "gate.approval/reject",
            "      within 24h\n      on reject {\n        step o: let 1\n      }\n    }\n",
        ),
    ],
)
def test_a_slot_that_is_not_written_yet_is_made(container: str, expected: str):
    assert expected in changed(REFUND, dsl.AddStep(container=container, text="step o: let 1"))


def test_removing_a_step_takes_its_comments_and_one_empty_line():
    text = changed(REFUND, dsl.RemoveStep(path="gate"))
    start, end = REFUND.index("  // Everything above"), REFUND.index("  step refund:")
    assert text == REFUND[:start] + REFUND[end:]


def test_what_was_after_a_removed_step_is_after_what_that_was_after():
    assert changed(PARALLEL, dsl.RemoveStep(path="all.b")) == (
        "workflow p {\n  step all: parallel {\n    step a: let 1\n    // about c\n"
        "    step c: let b + 1\n      after a\n  }\n}\n"
    )


def test_a_moved_step_takes_its_comments_and_fits_its_new_depth():
    text = changed(REFUND, dsl.MoveStep(path="notify", container="gate/then"))
    assert "    step notify: call mail.send(\n      to: order.customer.email,\n" in text
    assert "        step notify_failed: let problem.message // a failed e-mail must not undo" in text
    before, after = Ground.of(REFUND).places["notify"].step, Ground.of(text).places["gate.notify"].step
    assert meaning(after) == meaning(before)


def test_a_step_that_moves_out_of_a_parallel_leaves_the_order_of_the_others_sound():
    assert changed(PARALLEL, dsl.MoveStep(path="all.b")) == (
        "workflow p {\n  step all: parallel {\n    step a: let 1\n    // about c\n    step c: let b + 1\n"
        "      after a\n  }\n\n  step b: let 2 // bee\n}\n"
    )


def test_moving_a_step_to_where_it_is_changes_nothing():
    assert changed(REFUND, dsl.MoveStep(path="order", before="eligibility")) == REFUND


def test_renaming_changes_every_reference_and_nothing_else():
    text = changed(REFUND, dsl.RenameStep(path="order", id="purchase"))
    assert text.replace("purchase", "order") == REFUND
    assert "order_id: order.id" not in text and "for order ${purchase.id}" in text


def test_renaming_leaves_names_that_mean_something_else():
    assert changed(SCOPES, dsl.RenameStep(path="x", id="z")) == (
        SCOPES.replace("step x: let [1]", "step z: let [1]")
        .replace("foreach x in x {", "foreach x in z {")
        .replace("let x.filter(x, x > 1)", "let z.filter(x, x > 1)")
        .replace('"${x} ${x.map(y, y + (x)[0])}"', '"${z} ${z.map(y, y + (z)[0])}"')
    )


def test_renaming_reaches_after():
    text = changed(PARALLEL, dsl.RenameStep(path="all.b", id="bee"))
    assert text == PARALLEL.replace("step b:", "step bee:").replace("let b + 1", "let bee + 1").replace(
        "after b", "after bee"
    )


@pytest.mark.parametrize(
    ("edit", "gone", "came"),
    [
        (
            dsl.SetArgument(path="order", name="order_id", value='"A"'),
            ["  step order: call shop.get_order(order_id: input.order_id)"],
            ['  step order: call shop.get_order(order_id: "A")'],
        ),
        (dsl.SetArgument(path="refund", name="note", value="1"), [], ["    note: 1,"]),
        (dsl.SetArgument(path="refund", name="amount", value=None), ["    amount: order.total,"], []),
        (dsl.SetClause(path="order", clause="timeout", text="20s"), ["    timeout 10s"], ["    timeout 20s"]),
        (dsl.SetClause(path="order", clause="timeout", text=None), ["    timeout 10s"], []),
        (dsl.SetClause(path="gate", clause="timeout", text="timeout 3d"), [], ["    timeout 3d"]),
        (dsl.SetClause(path="order", clause="key", text='"a"'), [], ['    key "a"']),
        (
            dsl.SetExpression(path="gate", field="arms[0].test", value="true"),
            ["  step gate: if order.total > config.threshold {"],
            ["  step gate: if true {"],
        ),
        (
            dsl.SetExpression(path="gate.approval", field="within", value=None),
            ["      within 24h"],
            [],
        ),
        (dsl.SetExpression(path="gate.approval", field="quorum", value="2"), [], ["      quorum 2"]),
        (
            dsl.SetExpression(path="gate.approval", field="approvers[0]", value='"boss"'),
            ['    step approval: approve by role "manager" {'],
            ['    step approval: approve by role "boss" {'],
        ),
        (dsl.SetDoc(path="order", doc="Get it.\nAll of it."), [], ["  /// Get it.", "  /// All of it."]),
        (
            dsl.SetDoc(path="", doc=""),
            ["/// Refund an order and tell the customer; above the threshold a manager decides first."],
            [],
        ),
    ],
    ids=lambda value: f"{value.kind}" if hasattr(value, "kind") else "",
)
def test_one_part_of_a_step_is_set_and_nothing_else(edit: Edit, gone: list[str], came: list[str]):
    assert lines(REFUND, changed(REFUND, edit)) == (gone, came)


FIELDS = {
    ('fail "a" with b', "code", '"c"'): 'fail "c" with b',
    ('fail "a"', "message", "b"): 'fail "a" with b',
    ('fail "a" with b', "message", None): 'fail "a"',
    ("wait 3d", "ms", "4d"): "wait 4d",
    ("wait until a", "until", "b"): "wait until b",
    ('wait event "a" when b', "event", '"c"'): 'wait event "c" when b',
    ('wait event "a"', "when", "b"): 'wait event "a" when b',
    ('wait event "a" when b', "when", None): 'wait event "a"',
    ("foreach i in a concurrency 2 {}", "concurrency", "5"): "foreach i in a concurrency 5 {}",
    ("foreach i in a {}", "concurrency", "5"): "foreach i in a concurrency 5 {}",
    ("foreach i in a concurrency 2 {}", "concurrency", None): "foreach i in a {}",
    ("foreach i in a {}", "items", "b"): "foreach i in b {}",
    ("loop until a max 3 {}", "max", "9"): "loop until a max 9 {}",
    ("loop until a max 3 {}", "test", "b"): "loop until b max 3 {}",
    ('switch a { case "b", "c" {} }', "arms[0].test", '"d"'): 'switch a { case "d" {} }',
    ("switch a {}", "subject", "b"): "switch b {}",
    ('agent "a" {}', "model", '"b"'): 'agent "b" {}',
    ('agent "a" {}', "prompt", '"b"'): 'agent "a" {\n    prompt "b"\n  }',
    ("let 1", "value", "2"): "let 2",
}


@pytest.mark.parametrize(("before", "field", "value"), FIELDS)
def test_every_field_of_a_kind_can_be_set(before: str, field: str, value: str | None):
    edit = dsl.SetExpression(path="x", field=field, value=value)
    text = f"workflow a {{\n  step x: {before}\n}}\n"
    assert changed(text, edit) == f"workflow a {{\n  step x: {FIELDS[before, field, value]}\n}}\n"


def test_steps_side_by_side_can_be_wrapped_and_the_block_waits_for_what_they_waited_for():
    text = changed(PARALLEL, dsl.Wrap(paths=("all.b", "all.c"), into="do"))
    assert text == (
        "workflow p {\n  step all: parallel {\n    step a: let 1\n    step group: do {\n      step b: let 2 // bee\n"
        "      // about c\n      step c: let b + 1\n    }\n      after a\n  }\n}\n"
    )


def test_a_sequence_is_one_edit_with_one_inverse():
    first = dsl.RenameStep(path="order", id="purchase")
    second = dsl.SetClause(path="purchase", clause="timeout", text=None)
    changed(REFUND, dsl.Sequence(edits=(first, second)))


REFUSED = {
    "no such step": dsl.RemoveStep(path="nowhere"),
    "no such block": dsl.AddStep(container="order/then", text="step a: let 1"),
    "no such follower": dsl.AddStep(before="nowhere", text="step a: let 1"),
    "no step": dsl.AddStep(text="let 1"),
    "into itself": dsl.MoveStep(path="gate", container="gate/then"),
    "a taken name": dsl.RenameStep(path="order", id="refund"),
    "a reserved name": dsl.RenameStep(path="order", id="input"),
    "no name": dsl.RenameStep(path="order", id="a b"),
    "no expression": dsl.SetArgument(path="order", name="a", value="1)"),
    "no arguments": dsl.SetArgument(path="gate", name="a", value="1"),
    "no duration": dsl.SetClause(path="order", clause="timeout", text="soon"),
    "no such clause": dsl.SetClause(path="order", clause="hurry", text="up"),
    "no such field": dsl.SetExpression(path="order", field="colour", value="1"),
    "a field that is needed": dsl.SetExpression(path="gate", field="test", value=None),
    "a condition that breaks out": dsl.SetExpression(
        path="gate", field="test", value="true { } step y: if a"
    ),
    "steps apart": dsl.Wrap(paths=("order", "gate"), into="do"),
    "beyond the end": dsl.ReplaceText(start=0, end=10**6, text=""),
}


@pytest.mark.parametrize("name", REFUSED)
def test_an_edit_that_cannot_be_made_says_why_and_what_to_do(name: str):
    with pytest.raises(EditError) as refused:
        apply(REFUND, REFUSED[name])
    assert refused.value.message and refused.value.help


def test_a_text_with_a_mistake_can_be_edited_elsewhere():
    text = REFUND.replace("timeout 30s", "timeout soon", 1)
    edited = apply(text, dsl.SetArgument(path="order", name="order_id", value='"A"'))
    assert len(parse(edited.text).diagnostics) == 1
    assert apply(edited.text, edited.inverse).text == text


@given(st.integers(0, 2**32))
@settings(max_examples=100, deadline=None)
def test_any_edit_of_any_program_is_undone_by_its_inverse_and_leaves_a_text_that_reads(seed: int):
    random = Random(seed)
    text = random.choice([*EXAMPLES.values(), program(seed), program(seed)])
    ground = Ground.of(text)
    paths, blocks = list(ground.places), list(ground.blocks)
    for _ in range(4):
        path, container = random.choice(paths), random.choice(blocks)
        inside = [step.id for step in ground.blocks[container].steps]
        before = random.choice([None, *inside])
        edit: Edit = random.choice(
            [
                dsl.AddStep(
                    container=container, before=before, text="step fresh: let 1\n  timeout 3s // note"
                ),
                dsl.RemoveStep(path=path),
                dsl.MoveStep(path=path, container=container, before=before),
                dsl.RenameStep(path=path, id="fresh"),
                dsl.SetClause(path=path, clause="timeout", text=random.choice(["3s", None])),
                dsl.SetClause(path=path, clause="after", text="a, b"),
                dsl.SetDoc(path=path, doc=random.choice(["", "One.\nTwo."])),
                dsl.SetArgument(path=path, name="note", value=random.choice(["1", None])),
                dsl.Wrap(paths=(path,), into=random.choice(["if", "do", "parallel"])),
            ]
        )
        try:
            edited = apply(text, edit)
        except EditError as refused:
            assert refused.help
            continue
        assert apply(edited.text, edited.inverse).text == text
        after = parse(edited.text)
        assert len(after.diagnostics) <= len(parse(text).diagnostics)
        if isinstance(edit, dsl.MoveStep):
            assert sorted(step_ids(after.workflow)) == sorted(step_ids(ground.workflow))
        if isinstance(edit, dsl.AddStep | dsl.RenameStep | dsl.Wrap):
            kept = [c.text for c in after.comments if c.text != "// note"]
            assert sorted(kept) == sorted(c.text for c in ground.parsed.comments)
