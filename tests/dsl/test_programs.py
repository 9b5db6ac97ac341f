"""The random programs themselves: they are valid, and together they use the whole grammar."""

from __future__ import annotations

from collections import Counter
from copy import copy
from typing import Any

import pytest
from lark import Token
from lark.grammar import Rule

from dsl import parse
from dsl.grammar import grammar
from tests.dsl.amount import programs
from tests.dsl.programs import any_program


class Counting(dict[Rule, Any]):
    """In the place of the builder: which alternatives of which rules a text uses."""

    def __init__(self) -> None:
        super().__init__({rule: None for rule in grammar().rules})
        self.used: Counter[Rule] = Counter()

    def __getitem__(self, rule: Rule) -> Any:
        self.used[rule] += 1
        return lambda kids: None


def alternatives(text: str) -> Counter[Rule]:
    parser = grammar().parse_interactive(text, start="start")
    counting = Counting()
    parser.parser_state.parse_conf = copy(parser.parser_state.parse_conf)
    parser.parser_state.parse_conf.callbacks = counting
    for token in parser.lexer_thread.lex(parser.parser_state):  # type: ignore[no-untyped-call]
        parser.feed_token(token)
    parser.feed_token(Token("$END", ""))
    return counting.used


@pytest.mark.properties
def test_every_random_program_is_valid():
    assert {seed: parse(any_program(seed)).diagnostics for seed in programs()} == dict.fromkeys(
        programs(), ()
    )


def test_the_suite_s_programs_use_every_alternative_of_every_rule():
    used: Counter[Rule] = Counter()
    for seed in range(300):
        used += alternatives(any_program(seed))
    never = [
        f"{rule.origin.name}: {' '.join(symbol.name for symbol in rule.expansion)}"
        for rule in grammar().rules
        if not used[rule]
    ]
    assert never == []


def test_a_program_that_uses_little_is_told_from_one_that_uses_all():
    assert len(alternatives("workflow a {}")) == 1
