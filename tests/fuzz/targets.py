"""What must hold for any text at all: each target raises when it does not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache
from random import Random
from typing import Any

import dsl
from dsl import Catalog, ExpressionError, PlanError, parse, tree
from dsl.catalog import WorkflowInterface
from dsl.cel.source import lower as lower_expression
from dsl.changes import breaking, changes
from dsl.parse import forget
from dsl.walk import walk
from tests.dsl.programs import Maker
from tests.dsl.texts import EXAMPLES, ROOT, meaning
from tests.dsl_decoding.matching import Acceptor
from tests.dsl_decoding.programs import program_over
from tests.dsl_graph.anyedit import Edits

CATALOG = Catalog.model_validate_json((ROOT / "examples" / "catalog.json").read_bytes())
OFFERED = CATALOG.model_copy(
    update={
        "roles": frozenset({"manager"}),
        "users": frozenset({"a@b.c"}),
        "secrets": frozenset({"key"}),
        "workflows": {"collect": WorkflowInterface(name="collect", input_schema={}, output_schema={})},
    }
)


def parsing(text: str, random: Random) -> None:
    assert parse(text).text == text


def reading(text: str, random: Random) -> None:
    """A tree, problems at places that exist, and the same again."""
    parsed = parse(text)
    assert parsed.text == text
    for found in parsed.diagnostics:
        assert 0 <= found.span.start <= found.span.end <= len(text), found
        assert found.message and found.help and "\n" not in found.message, found
    steps = [node for node in walk(parsed.workflow) if isinstance(node, tree.Step)]
    assert all(0 <= step.span.start <= step.span.end <= len(text) for step in steps)
    if not parsed.diagnostics:
        assert all(text[step.id_span.start : step.id_span.end] == step.id for step in steps)
    forget()
    assert parse(text) == parsed


def checking(text: str, random: Random) -> None:
    parsed = parse(text)
    found = dsl.check(parsed, random.choice([CATALOG, OFFERED, Catalog()]))
    assert all(0 <= one.span.start <= one.span.end <= len(text) for one in found)
    dsl.notes(parsed, CATALOG)


def formatting(text: str, random: Random) -> None:
    parsed, formatted = parse(text), dsl.format_text(text)
    if parsed.diagnostics:
        assert formatted == text
        return
    again = parse(formatted)
    assert again.diagnostics == ()
    assert meaning(again.workflow) == meaning(parsed.workflow)
    assert Counter(c.text for c in again.comments) == Counter(c.text for c in parsed.comments)
    assert dsl.format_text(formatted) == formatted


def drawing(text: str, random: Random) -> None:
    parsed = parse(text)
    graph = dsl.layout(dsl.view(parsed, dsl.check(parsed, CATALOG), CATALOG))
    assert dsl.svg(graph).startswith("<svg")
    assert dsl.mermaid(graph)
    assert dsl.graph_json(graph)


def flattening(text: str, random: Random) -> None:
    parsed = parse(text)
    if not parsed.diagnostics:
        again = parse(dsl.text_of(dsl.flatten(parsed)))
        assert again.diagnostics == ()
        assert meaning(again.workflow) == meaning(parsed.workflow)


def editing(text: str, random: Random) -> None:
    """Edits one after the other; each inverse gives the bytes back."""
    for _ in range(4):
        edits = Edits(text, random)
        if not edits.paths:
            return
        try:
            edited = dsl.apply(text, random.choice(list(edits.kinds.values()))())
        except dsl.EditError as refused:
            assert refused.message and refused.help
            continue
        assert dsl.apply(edited.text, edited.inverse).text == text
        if not parse(text).diagnostics:
            text = edited.text


def assisting(text: str, random: Random) -> None:
    for _ in range(3):
        offset = random.randrange(len(text) + 1)
        dsl.complete(text, offset, CATALOG)
        dsl.hover(text, offset, CATALOG)
        dsl.signature(text, offset, CATALOG)
        dsl.definition(text, offset, CATALOG)
        dsl.references(text, offset, CATALOG)
        if dsl.renameable(text, offset) is not None:
            with suppress(dsl.EditError):
                dsl.rename(text, offset, "fresh")
    dsl.symbols(text)
    dsl.folding(text)
    dsl.semantic_tokens(text)


def lowering(text: str, random: Random) -> None:
    """A plan or a reason; the same plan for the same text."""
    try:
        plan = dsl.lower(parse(text), CATALOG)
    except PlanError:
        return
    forget()
    again = dsl.lower(parse(text), CATALOG)
    assert again == plan
    assert dsl.content_hash(text, (), again) == dsl.content_hash(text, (), plan)


def comparing(text: str, random: Random) -> None:
    old, new = parse(random.choice(list(EXAMPLES.values()))), parse(text)
    for one, two in ((old, new), (new, old), (new, new)):
        changes(one, two, CATALOG)
        breaking(one, two, CATALOG)


def evaluating(text: str, random: Random) -> None:
    """A random expression over random values gives a value or an error with words."""
    source = " ".join(Maker(random).expression())
    (step,) = parse(f"workflow a {{\nstep x: let {source}\n}}").workflow.body.steps
    assert isinstance(step.kind, tree.Let)
    names = ("order", "items", "x", "step", "call", "in_", "a1", "output", "when", "timeout")
    try:
        dsl.evaluate(lower_expression(step.kind.value), {name: _value(random, 3) for name in names})
    except ExpressionError as error:
        assert str(error)


def _value(random: Random, depth: int) -> Any:
    simple = [None, True, 0, -1, 2**53, 1.5, -0.0, "", "paid", "2026-01-01T00:00:00Z", "\u00fc\U0001f642"]
    if depth == 0 or random.randrange(3):
        return random.choice(simple)
    if random.randrange(2):
        return [_value(random, depth - 1) for _ in range(random.randrange(4))]
    return {name: _value(random, depth - 1) for name in ("total", "order", "items", "x")}


@lru_cache(maxsize=1)
def _acceptor() -> Acceptor:
    return Acceptor(dsl.decoding_grammar(OFFERED))


def decoding(text: str, random: Random) -> None:
    """A decoder can write what the printer prints; and reading any text with it does not crash."""
    printed = dsl.format_text(program_over(OFFERED, random.randrange(2**32)))
    refused = _acceptor().refused_at(printed)
    assert refused is None, printed.encode()[:refused]
    _acceptor().refused_at(text.encode("utf-8", "replace").decode())


TARGETS: dict[str, Callable[[str, Random], None]] = {
    "parsing": parsing,
    "reading": reading,
    "checking": checking,
    "formatting": formatting,
    "drawing": drawing,
    "flattening": flattening,
    "editing": editing,
    "assisting": assisting,
    "lowering": lowering,
    "comparing": comparing,
    "evaluating": evaluating,
    "decoding": decoding,
}
