"""The checker against the evaluator, on random schemas, data and expressions."""

from __future__ import annotations

from random import Random

import pytest

from dsl.cel import ExpressionError, evaluate, lower
from dsl.meaning.inference import Inference
from dsl.schemas import kinds_of
from dsl.values import coerce, validate_input
from tests.dsl.amount import programs
from tests.dsl_meaning.sample import expression
from tests.dsl_types.expressions import Anyhow, Right
from tests.dsl_types.ground import computed, is_known, is_of_kinds, refused
from tests.dsl_types.shapes import paths, record, value

SAMPLES = 6
"""Conforming values that an expression is tried on."""

pytestmark = pytest.mark.properties


def test_an_expression_that_is_right_is_never_refused() -> None:
    for seed in programs():
        random = Random(seed)
        schema = record(random, loose=random.random() < 0.6)
        source = Right(random, paths("s", schema)).any()
        # What is never true is refused although it runs; nothing else that runs is.
        found = [one for one in refused(source, schema) if "never" not in one.message]
        assert found == [], (seed, source, schema)


def test_what_the_checks_let_pass_fails_by_no_wrong_kind() -> None:
    passed = 0
    for seed in programs():
        random = Random(seed)
        schema = record(random, loose=False)
        source = Anyhow(random, paths("s", schema)).any()
        if not is_known(source, schema) or refused(source, schema):
            continue
        passed += 1
        for _ in range(SAMPLES):
            data = value(random, schema, full=True)
            message = computed(source, schema, data)
            assert message is None or not is_of_kinds(message), (seed, source, schema, data, message)
    assert passed > len(programs()) // 10, passed


def test_what_works_on_all_data_is_not_refused() -> None:
    worked = 0
    for seed in programs():
        random = Random(seed)
        schema = record(random, loose=random.random() < 0.6)
        source = Anyhow(random, paths("s", schema)).any()
        if all(computed(source, schema, value(random, schema)) is None for _ in range(SAMPLES)):
            found = [one for one in refused(source, schema) if "never" not in one.message]
            assert found == [], (seed, source, schema)
            worked += 1
    assert worked > len(programs()) // 10, worked


@pytest.mark.parametrize("sort", [Right, Anyhow])
def test_a_value_is_what_it_is_said_to_be(sort: type[Right] | type[Anyhow]) -> None:
    """The schema that is told of an expression holds for its value: what later steps are checked with is true."""
    for seed in programs():
        random = Random(seed)
        schema = record(random, loose=random.random() < 0.6)
        written = sort(random, paths("s", schema)).any()
        told = Inference({"s": schema}).value(expression(written))
        for _ in range(SAMPLES):
            data = coerce(value(random, schema), schema)
            try:
                found = evaluate(lower(expression(written)), {"s": data})
            except ExpressionError:
                continue
            assert validate_input(found, told) == [], (seed, written, schema, data, told)
            # To the checker a number is a decimal one; one that may be whole has both kinds.
            exact = {frozenset({"number"}): float, frozenset({"integer"}): int}.get(kinds_of(told))
            assert exact is None or type(found) is exact, (seed, written, schema, data, told)
