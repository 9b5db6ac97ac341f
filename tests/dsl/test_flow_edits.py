"""Edges drawn and cut, blocks put around steps and taken away, steps copied, the header edited, names renamed."""

from __future__ import annotations

import pytest
from pydantic import TypeAdapter

import dsl
from dsl import Edit, EditError, apply, parse
from dsl.catalog import Catalog, Connector, Tool
from tests.dsl.texts import REFUND

EDIT: TypeAdapter[Edit] = TypeAdapter(Edit)
READS = Catalog(
    connectors={
        "shop": Connector(
            name="shop", tools={n: Tool(name=n, effect="read") for n in ("get", "list", "look", "read")}
        )
    }
)


def body(*lines: str, head: str = '  use shop: mcp "shop"\n') -> str:
    return f"workflow w {{\n{head}" + "".join(f"  {line}\n" for line in lines) + "}\n"


CHAIN = body(
    "step a: let 1",
    "step b: let 2 // bee",
    "// about c",
    "step c: let b + 1",
    "step d: let a",
)


def changed(text: str, edit: Edit, catalog: Catalog | None = None) -> str:
    edited = apply(text, edit, catalog)
    assert apply(edited.text, edited.inverse).text == text
    assert parse(edited.text).diagnostics == ()
    assert EDIT.validate_json(EDIT.dump_json(edit, by_alias=True)) == edit
    return edited.text


def refused(text: str, edit: Edit, catalog: Catalog | None = None) -> EditError:
    with pytest.raises(EditError) as found:
        apply(text, edit, catalog)
    return found.value


# ---- edges ---------------------------------------------------------------------------------------


def test_an_edge_over_others_puts_the_run_of_steps_into_a_parallel_in_which_the_others_keep_their_order():
    assert changed(CHAIN, dsl.Connect(source="a", target="d")) == body(
        "step together: parallel {",
        "  step a: let 1",
        "  step b: let 2 // bee",
        "    after a",
        "  // about c",
        "  step c: let b + 1",
        "    after b",
        "  step d: let a",
        "    after a",
        "}",
    )


def test_the_target_of_an_edge_still_waits_for_the_last_step_that_it_needs():
    text = body("step a: let 1", "step b: let 2", "step c: let 3", "step d: let a + b")
    assert "  step d: let a + b\n      after a, b\n" in changed(text, dsl.Connect(source="a", target="d"))


def test_a_step_that_needs_the_one_before_it_cannot_pass_it():
    wrong = refused(
        body("step a: let 1", "step b: let 2", "step c: let b"), dsl.Connect(source="a", target="c")
    )
    assert wrong.message == "`c` cannot start before `b` is done: `c` reads `b`"


CALLS = body("step a: call shop.get()", "step b: call shop.list()", "step c: call shop.look()")


def test_calls_keep_their_order_unless_all_of_them_only_read():
    wrong = refused(CALLS, dsl.Connect(source="a", target="c"))
    assert "`b` and `c` both do something outside" in wrong.message
    text = changed(CALLS, dsl.Connect(source="a", target="c"), READS)
    assert "step c: call shop.look()\n      after a\n" in text


@pytest.mark.parametrize(
    "between",
    [
        'step b: if a > 1 { step stop: fail "no" }',
        'step b: approve by role "manager" { }',
        "step b: wait 3d",
        "step b: do { step x: return 1 }",
    ],
)
def test_nothing_passes_a_step_that_may_end_the_workflow_asks_a_person_or_waits(between: str):
    text = body("step a: let 1", between, "step c: let a")
    assert "cannot start before `b` is done" in refused(text, dsl.Connect(source="a", target="c")).message


def test_an_edge_between_neighbours_is_there_already():
    assert changed(CHAIN, dsl.Connect(source="a", target="b")) == CHAIN


def test_an_edge_backwards_is_refused_and_the_loop_that_it_means_is_offered():
    wrong = refused(CHAIN, dsl.Connect(source="c", target="a"))
    assert "wrap them in a loop" in wrong.help
    assert isinstance(wrong.instead, dsl.Wrap)
    assert wrong.instead == dsl.Wrap(paths=("a", "b", "c"), into="loop")
    assert "step rounds: loop until true max 10 {\n    step a:" in changed(CHAIN, wrong.instead)


PARALLEL = body(
    "step all: parallel {",
    "  step a: let 1",
    "  step b: let 2",
    "  step c: let 3",
    "    after b",
    "  step d: let b",
    "    after a, b",
    "}",
)


def test_in_a_parallel_an_edge_is_an_after():
    assert changed(PARALLEL, dsl.Connect(source="all.a", target="all.b")) == PARALLEL.replace(
        "let 2\n", "let 2\n      after a\n"
    )
    assert changed(PARALLEL, dsl.Connect(source="all.a", target="all.c")) == PARALLEL.replace(
        "      after b\n", "      after b, a\n", 1
    )
    assert changed(PARALLEL, dsl.Connect(source="all.b", target="all.c")) == PARALLEL


def test_in_a_parallel_an_edge_that_closes_a_circle_offers_the_loop():
    wrong = refused(PARALLEL, dsl.Connect(source="all.c", target="all.b"))
    assert wrong.instead == dsl.Wrap(paths=("all.b", "all.c"), into="loop")


def test_in_a_parallel_cutting_an_edge_leaves_what_the_source_waited_for():
    text = PARALLEL.replace("let 2\n", "let 2\n      after a\n")
    assert changed(text, dsl.Disconnect(source="all.b", target="all.c")) == text.replace(
        "let 3\n      after b", "let 3\n      after a"
    )
    wrong = refused(text, dsl.Disconnect(source="all.b", target="all.d"))
    assert wrong.message == "`d` has to wait for `b`: `d` reads `b`"
    assert "no edge" in refused(text, dsl.Disconnect(source="all.a", target="all.c")).message


def test_cutting_an_edge_in_a_sequence_lets_both_run_at_once():
    one = changed(CALLS, dsl.Disconnect(source="a", target="b"))
    assert one == body(
        "step together: parallel {",
        "  step a: call shop.get()",
        "  step b: call shop.list()",
        "}",
        "step c: call shop.look()",
    )
    assert changed(one, dsl.Disconnect(source="together", target="c")) == body(
        "step together: parallel {",
        "  step a: call shop.get()",
        "  step b: call shop.list()",
        "  step c: call shop.look()",
        "}",
    )


def test_an_edge_that_carries_a_result_or_a_decision_cannot_be_cut():
    assert "reads `b`" in refused(CHAIN, dsl.Disconnect(source="b", target="c")).message
    wrong = refused(REFUND, dsl.Disconnect(source="gate", target="refund"))
    assert "`gate` may end the workflow or asks a person" in wrong.message


def test_steps_of_different_blocks_have_no_edge():
    wrong = refused(REFUND, dsl.Connect(source="order", target="gate.approval"))
    assert "different blocks" in wrong.message


# ---- blocks --------------------------------------------------------------------------------------


def test_wrapping_in_a_parallel_keeps_every_step_behind_what_it_reads():
    assert changed(CHAIN, dsl.Wrap(paths=("a", "b", "c", "d"), into="parallel")) == body(
        "step together: parallel {",
        "  step a: let 1",
        "  step b: let 2 // bee",
        "  // about c",
        "  step c: let b + 1",
        "    after b",
        "  step d: let a",
        "    after a",
        "}",
    )


@pytest.mark.parametrize("into", ["if", "switch", "parallel", "do", "foreach", "loop", "catch"])
def test_what_was_wrapped_can_be_unwrapped(into: str):
    wrapped = changed(CHAIN, dsl.Wrap.model_validate({"paths": ["a", "b"], "in": into}))
    block = next(step for step in parse(wrapped).workflow.body.steps if step.id not in "abcd")
    assert changed(wrapped, dsl.Unwrap(path=block.id)) == CHAIN


def test_a_connection_is_taken_back_by_unwrapping():
    text = changed(CHAIN, dsl.Connect(source="a", target="d"))
    assert changed(text, dsl.Unwrap(path="together")) == CHAIN


def test_errors_of_one_step_or_of_several_are_caught():
    one = changed(REFUND, dsl.Wrap(paths=("order",), into="catch"))
    assert one.replace("    catch as problem_2 {}\n", "") == REFUND
    assert one.index("catch as problem_2 {}\n\n  step eligibility:") > one.index("step order:")
    text = changed(CHAIN, dsl.Wrap(paths=("a", "b"), into="catch"))
    assert text == body(
        "step attempt: do {",
        "  step a: let 1",
        "  step b: let 2 // bee",
        "}",
        "  catch as problem {}",
        "// about c",
        "step c: let b + 1",
        "step d: let a",
    )


def test_unwrapping_inside_a_parallel_keeps_the_order_of_the_steps():
    text = body(
        "step all: parallel {",
        "  step a: let 1",
        "  step g: do { // first",
        "    step b: let 2",
        "    step c: let 3",
        "  }",
        "    after a",
        "  step d: let 4",
        "    after g",
        "}",
    )
    assert changed(text, dsl.Unwrap(path="all.g")) == body(
        "step all: parallel {",
        "  step a: let 1",
        "  // first",
        "  step b: let 2",
        "    after a",
        "  step c: let 3",
        "    after b",
        "  step d: let 4",
        "    after c",
        "}",
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (body("step x: do { step a: let 1 yield a }", "step b: let x"), "the result of `x` is read"),
        (body("step x: foreach i in [1] { step a: let i }"), "read `i`"),
        (body("step x: if true { step a: let 1 } else { step b: let 2 }"), "several branches"),
        (body("step x: do { step a: let 1 } catch { step b: let 2 }"), "has a catch"),
        (body("step x: do { }"), "no steps"),
        (body("step x: parallel { step a: let 1 after b step b: let 2 }"), "written below"),
        (body("step x: let 1"), "no steps"),
        (body("step a: let 1", "step x: foreach i in [1] { step a: let 2 }"), "taken outside"),
    ],
)
def test_a_block_that_something_depends_on_cannot_be_taken_away(text: str, why: str):
    assert why in refused(text, dsl.Unwrap(path="x")).message


def test_a_name_that_is_taken_where_a_step_moves_is_refused():
    text = body("step a: let 1", "step x: foreach i in [1] { step a: let 2 }")
    assert "is taken there" in refused(text, dsl.MoveStep(path="x.a")).message


# ---- copies --------------------------------------------------------------------------------------


def test_steps_are_copied_with_what_they_use_and_pasted_under_free_names():
    copied = dsl.copy_text(parse(REFUND), ["refund", "gate", "gate.approval"])
    assert copied.text.startswith("// Everything above") and "step approval: approve" in copied.text
    assert copied.uses == (dsl.UseLine(alias="shop", connector="shop"),)
    text = changed('workflow b {\n  use shop: mcp "other"\n}\n', copied.paste())
    assert 'use shop_2: mcp "shop"' in text and "call shop_2.process_refund(" in text
    twice = changed(REFUND, copied.paste("", "done"))
    assert "step gate_2: if" in twice and "step refund_2: call shop.process_refund(" in twice


def test_aliases_that_changed_places_are_pasted_right():
    here = 'workflow b {\n  use one: mcp "two"\n  use two: mcp "one"\n}\n'
    there = body(
        "step a: call one.x()", "step b: run two()", head='  use one: mcp "one"\n  use two: mcp "two"\n'
    )
    text = changed(here, dsl.copy_text(parse(there), ["a", "b"]).paste())
    assert "step a: call two.x()" in text and "step b: run one()" in text


# ---- the header ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("edit", "gone", "came"),
    [
        (dsl.SetHeader(part="input", name="note", text='string = "x"'), "", '    note: string = "x",\n'),
        (
            dsl.SetHeader(part="input", name="reason", text="string?"),
            'reason: string = "requested by the customer"',
            "reason: string?",
        ),
        (dsl.SetHeader(part="secret", name="hook", text=""), "", "  secret hook\n"),
        (dsl.SetHeader(part="use", name="shop", text='mcp "store"'), 'mcp "shop"', 'mcp "store"'),
        (dsl.SetHeader(part="use", name="http", text='mcp "http"'), "", '  use http: mcp "http"\n'),
        (dsl.SetHeader(part="use", name="mail", text=None), '  use mail: mcp "mail"\n', ""),
        (
            dsl.SetHeader(part="type", name="T", text="{ a: int }", doc="What."),
            "",
            "\n  /// What.\n  type T: { a: int }\n",
        ),
    ],
)
def test_one_declaration_of_the_header_is_set_and_nothing_else(edit: Edit, gone: str, came: str):
    text = changed(REFUND, edit)
    assert came in text and gone in REFUND
    assert text.replace(came, gone, 1) == REFUND if came else REFUND.replace(gone, "", 1) == text


def test_a_header_that_says_more_than_one_thing_is_refused():
    for part, text in [
        ("secret", "x"),
        ("input", "string, b: int"),
        ("use", 'mcp "a" use b: mcp "c"'),
        ("type", "{"),
    ]:
        wrong = refused(REFUND, dsl.SetHeader.model_validate({"part": part, "name": "n", "text": text}))
        assert "write it like" in wrong.help


def test_a_workflow_without_a_header_gets_one_field_by_field():
    text = "workflow a {\n  step x: let 1\n}\n"
    text = changed(text, dsl.SetHeader(part="input", name="id", text="string", doc="Whose."))
    text = changed(text, dsl.SetHeader(part="use", name="shop", text='mcp "shop"'))
    assert parse(dsl.format_text(text)).diagnostics == ()
    text = changed(text, dsl.SetHeader(part="input", name="id", text=None))
    assert "input" not in text


NAMED = """\
workflow n {
  use shop: mcp "shop"
  type Order: { id: string, next: Order? }
  input { order: Order, id: string, }
  output { total: float }
  config { limit: float = 1.0 }
  secret key
  trigger hook: webhook POST "/x" verify hmac_sha256(event, secrets.key)
    with (id: event.body.id)

  step a: call shop.get(id: input.id, other: "${(input).id} input.id", k: input["id"])
  step each: foreach item in [a] {
    step inner: let item.id + [1].map(item, item)[0]
  }
  step loop: loop with acc = 1 while acc < config.limit max 3 {
    step more: let acc + 1 // acc
    yield more
  }
    catch "as" as e {
      step told: let e.message
    }
  step done: return { total: 1.0 }
}
"""


@pytest.mark.parametrize(
    ("edit", "places"),
    [
        (dsl.RenameName(sort="use", name="shop", new="store"), ["use shop:", "call shop."]),
        (
            dsl.RenameName(sort="type", name="Order", new="Purchase"),
            ["type Order:", "next: Order?", "order: Order,"],
        ),
        (
            dsl.RenameName(sort="input", name="id", new="number"),
            [" id: string, }", "with (id:", "input.id,", "(input).id}", 'input["id"]'],
        ),
        (dsl.RenameName(sort="output", name="total", new="sum"), ["output { total", "return { total"]),
        (dsl.RenameName(sort="config", name="limit", new="most"), ["config { limit", "config.limit"]),
        (dsl.RenameName(sort="secret", name="key", new="sign"), ["secret key", "secrets.key"]),
        (dsl.RenameName(sort="trigger", name="hook", new="web"), ["trigger hook"]),
        (
            dsl.RenameName(sort="variable", name="item", new="one", block="each/body"),
            ["foreach item in", "let item.id"],
        ),
        (
            dsl.RenameName(sort="variable", name="acc", new="sum", block="loop/body"),
            ["with acc =", "while acc <", "let acc +"],
        ),
        (
            dsl.RenameName(sort="variable", name="e", new="err", block="loop/catch0"),
            ["as e {", "let e.message"],
        ),
    ],
)
def test_a_name_of_the_header_or_a_variable_is_renamed_wherever_it_is_named(
    edit: dsl.RenameName, places: list[str]
):
    import re

    expected = NAMED
    for place in places:
        assert expected.count(place) == 1
        expected = expected.replace(place, re.sub(rf"(?<!\w){edit.name}(?!\w)", edit.new, place))
    assert changed(NAMED, edit) == expected


def test_a_name_that_is_taken_is_refused_for_what_is_no_step_too():
    for sort, name, new in [("input", "id", "order"), ("type", "Order", "string"), ("use", "none", "x")]:
        assert refused(NAMED, dsl.RenameName.model_validate({"sort": sort, "name": name, "new": new})).help
    assert refused(NAMED, dsl.RenameName(sort="variable", name="item", new="a", block="each/body")).help


def test_annotations_and_comments_of_a_step_are_set():
    text = changed(CHAIN, dsl.SetAnnotation(path="c", name="cost", text="usd: 0.02"))
    assert "  // about c\n  @cost(usd: 0.02)\n  step c:" in text
    assert "@cost(usd: 1)\n" in changed(text, dsl.SetAnnotation(path="c", name="cost", text="usd: 1"))
    assert changed(text, dsl.SetAnnotation(path="c", name="cost", text=None)) == CHAIN
    assert changed(CHAIN, dsl.SetComment(path="c", comment="one\ntwo")) == CHAIN.replace(
        "  // about c\n", "  // one\n  // two\n"
    )
    assert changed(CHAIN, dsl.SetComment(path="c", comment="")) == CHAIN.replace("  // about c\n", "")


def test_wrapping_steps_of_a_parallel_that_another_stands_between_is_refused():
    text = body(
        "step p: parallel {",
        "  step a: let 1",
        "  step b: let 1",
        "    after c",
        "  step c: let 1",
        "    after a",
        "}",
    )
    assert "`c` stands between" in refused(text, dsl.Wrap(paths=("p.a", "p.b"), into="do")).message
    assert "written below" in refused(text, dsl.Wrap(paths=("p.b", "p.c"), into="do")).message
