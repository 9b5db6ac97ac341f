from __future__ import annotations

import time

import pytest

from dsl import parse, position, tree
from dsl.tree import Comment, Span
from dsl.walk import walk
from tests.dsl.texts import EXAMPLES, REFUND, step_ids

HOSTILE = {
    "nothing": "",
    "a word": "x",
    "only a keyword": "workflow",
    "an open brace": "workflow a {",
    "braces": "{" * 10_000,
    "open parentheses": "workflow a { step x: let " + "(" * 100_000,
    "many nots": "workflow a { step x: let " + "!" * 50_000 + "a }",
    "a long sum": "workflow a { step x: let " + "a+" * 5_000 + "a }",
    "deep blocks": "workflow a {" + " step x: do {" * 3_000,
    "quotes": '"' * 300_000,
    "an open prompt before many quotes": 'workflow a { step x: let """\n'
    + 'step y: let "a" + "b"\n' * 400
    + "}",
    "NUL and a lone surrogate": "workflow a { step x: let \x00\ud800 }",
    "many mistakes": "workflow a {\n" + "step x let 1\n" * 300 + "}",
    "many workflows": "workflow a {step x: let 1}\n" * 1_000,
    "too much text": "workflow a {" + " " * 600_000 + "}",
}


def test_a_tree_has_the_exact_place_of_every_node():
    parsed = parse(REFUND)
    order = parsed.workflow.body.steps[0]
    assert isinstance(order.kind, tree.Call)
    written = {
        "step": order.span,
        "id": order.id_span,
        "target": order.kind.target_span,
        "args": order.kind.args_span,
        "value": order.kind.args[0].value.span,
        "timeout": order.clauses[0].span,
    }
    assert {name: REFUND[span.start : span.end] for name, span in written.items()} == {
        "step": REFUND[REFUND.index("step order") : REFUND.index("\n\n  step eligibility")],
        "id": "order",
        "target": "shop.get_order",
        "args": "(order_id: input.order_id)",
        "value": "input.order_id",
        "timeout": "timeout 10s",
    }


def test_names_in_templates_have_their_place_in_the_whole_text():
    names = [node for node in walk(parse(REFUND).workflow) if isinstance(node, tree.Name)]
    assert names and all(REFUND[name.span.start : name.span.end] == name.id for name in names)


def test_parentheses_count_to_the_place_of_what_they_hold():
    text = "workflow a { step x: let (1 + 2) * 3 }"
    kind = parse(text).workflow.body.steps[0].kind
    assert isinstance(kind, tree.Let) and isinstance(kind.value, tree.Binary)
    assert text[kind.value.left.span.start : kind.value.left.span.end] == "(1 + 2)"


def test_nothing_is_reserved():
    text = "workflow step { step timeout: let call step after: let timeout.step + { if: 1, in: 2 }.in }"
    parsed = parse(text)
    assert parsed.diagnostics == ()
    assert step_ids(parsed.workflow) == ["timeout", "after"]


def test_true_false_and_null_are_constants():
    steps = parse("workflow a { step x: let true step y: let null step z: let nullable }").workflow.body.steps
    values = [step.kind.value for step in steps if isinstance(step.kind, tree.Let)]
    assert values == [
        tree.Constant(True, Span(25, 29)),
        tree.Constant(None, Span(42, 46)),
        tree.Name("nullable", Span(59, 67)),
    ]


def test_a_prompt_loses_the_indentation_its_lines_share():
    text = 'workflow a { step x: let """\n    Hello ${who},\n\n      deeper\n    """ }'
    kind = parse(text).workflow.body.steps[0].kind
    assert isinstance(kind, tree.Let)
    at = text.index("who")
    assert kind.value == tree.Template(
        ("Hello ", tree.Name("who", Span(at, at + 3)), ",\n\n  deeper"), True, Span(25, len(text) - 2)
    )


def test_comments_are_kept_with_their_places_and_lines_ends_do_not_matter():
    text = "\ufeffworkflow a { // one\r\n  // two\r\n  step x: let 1 // three\r\n}\r\n// four"
    parsed = parse(text)
    assert parsed.diagnostics == ()
    assert [(c.text, c.trailing) for c in parsed.comments] == [
        ("// one", True),
        ("// two", False),
        ("// three", True),
        ("// four", False),
    ]
    assert all(isinstance(c, Comment) and text[c.span.start : c.span.end] == c.text for c in parsed.comments)


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_have_no_mistakes(name: str):
    assert parse(EXAMPLES[name]).diagnostics == ()


@pytest.mark.parametrize("name", HOSTILE)
def test_no_text_makes_it_raise_or_take_long(name: str):
    begun = time.perf_counter()
    parsed = parse(HOSTILE[name])
    assert time.perf_counter() - begun < 5
    assert 1 <= len(parsed.diagnostics) <= 41
    assert all(0 <= d.span.start <= d.span.end <= len(parsed.text) for d in parsed.diagnostics)


MISTAKES = [
    ("step x: call\n", "expected a tool call like shop.get_order(...) after `call`"),
    ("step x: call shop.\n", "expected the name of a tool after `shop.`"),
    ("step : let 1\n", "expected a name for the step after `step`"),
    ("step x let 1\n", "expected `:` after `step x`"),
    ("step x:\n", "expected what the step does after `step x:`"),
    ("stpe x: let 1\n", "`stpe` is not a word that fits here; did you mean `step`?"),
    ("step x: if a and b { }\n", "`and` is not a word of Weft"),
    ('step x: let "abc\n', "this text is never closed"),
    ("step x: let 1\n    timeout soon\n", "expected a time after `timeout`"),
    ("step x: let a[1\n", "expected `]` after `1`"),
    ("step x: call a.b(c: 1 d: 2)\n", "expected `,` between `1` and `d`"),
    ('step x: call a.b(c: """\n d""" e: 2)\n', 'expected `,` between `"""` and `e`'),
    ("step x: let { a: }\n", "expected a value after `:`"),
    ("step x: let 99999999999999999999\n", "this number is too large"),
    ('step x: let "${}"\n', "`${}` holds no expression that can be read"),
    ('step x: let "${a b}"\n', "`${a b}` holds no expression that can be read"),
    ('step x: let """${a\n\n  /// b\n}"""\n', "`${a /// b }` holds no expression that can be read"),
    ('step x: let "${a"\n', "this `${` is never closed"),
    ('step x: let "\\q"\n', "`\\q` means nothing in a string"),
    ("step x: let 1\n  }\n", "`step` does not fit here: the workflow is already closed"),
]


@pytest.mark.parametrize(("line", "message"), MISTAKES, ids=[line.strip()[:30] for line, _ in MISTAKES])
def test_one_mistake_is_told_once_in_plain_words_and_the_next_step_is_kept(line: str, message: str):
    parsed = parse(f"workflow a {{\n  {line}  step after_it: let 1\n}}\n")
    assert [found.message for found in parsed.diagnostics] == [message]
    assert parsed.diagnostics[0].help
    assert "after_it" in step_ids(parsed.workflow)


def test_documentation_of_nothing_is_told():
    (found,) = parse("workflow a {\n  step x: let 1\n  /// nothing below\n}\n").diagnostics
    assert found.message.startswith("a `///` comment describes the step, type or field below it")


def test_a_brace_that_is_never_closed_is_told_where_it_opens():
    text = "workflow a {\n  step x: if b {\n    step y: let 1\n  step z: let 2\n}\n"
    (found,) = parse(text).diagnostics
    assert (found.message, position(text, found.span.start).line) == ("the `{` on line 2 is never closed", 2)


def test_a_step_that_cannot_be_read_keeps_its_name():
    parsed = parse("workflow a {\n  step x: call shop.\n    timeout 3s\n  step y: let x\n}\n")
    assert [(s.id, type(s.kind).__name__) for s in parsed.workflow.body.steps] == [
        ("x", "Broken"),
        ("y", "Let"),
    ]


def test_fifty_steps_are_read_in_a_few_milliseconds():
    step = '  step s{n}: call shop.get_order(order_id: input.id, note: "${{input.a}} and {n}")\n    timeout 10s\n'
    text = "workflow a {\n" + "".join(step.format(n=n) for n in range(50)) + "}\n"
    times = []
    for n in range(5):
        another = f"{text}// {n}\n"  # a text that was read before is remembered
        begun = time.perf_counter()
        parse(another)
        times.append(time.perf_counter() - begun)
    assert min(times) < 0.05
