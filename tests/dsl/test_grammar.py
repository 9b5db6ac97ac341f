"""The rules of the grammar, proved over the parse table.

Overlap: a parser state takes two terminals that match one text, so one of them is read wrongly there. Munch: lark's
lexer takes the first match in its order where others take the longest, so in one state an earlier terminal must not
match the beginning of a later one.
"""

from __future__ import annotations

import re
from collections import deque
from functools import cache
from itertools import combinations
from typing import Any

import interegular
import pytest
from interegular.fsm import anything_else
from lark import Lark
from lark.exceptions import GrammarError, LexError

from dsl.grammar import GRAMMAR, grammar

TEXT = GRAMMAR.read_text(encoding="utf-8")
RULES = re.sub(r"(?m)^//.*$| // .*$", "", TEXT)

A_KEYWORD_BESIDE_A_NAME = """
start: "let" (ID | "call" ID)
ID: /[a-z]+/
%ignore " "
"""
A_SHORT_MATCH_BEFORE_A_LONG_ONE = """
start: (NUMBER_WITH_A_LONG_PATTERN | TIME)+
NUMBER_WITH_A_LONG_PATTERN: /[0123456789]+/
TIME: /[0-9]+s/
"""


def table(text: str) -> tuple[Lark, list[frozenset[str]], dict[str, Any]]:
    """The parser, the terminals that each state takes, and the automaton of each terminal."""
    parser = Lark(text, parser="lalr", start="start", maybe_placeholders=False)
    automata = {t.name: interegular.parse_pattern(t.pattern.to_regexp()).to_fsm() for t in parser.terminals}
    states = parser.parser.parser._parse_table.states.values()  # type: ignore[attr-defined]
    return parser, [frozenset(name for name in state if name in automata) for state in states], automata


def overlaps(text: str) -> set[tuple[str, str]]:
    _, states, automata = table(text)
    pairs = {pair for state in states for pair in combinations(sorted(state), 2)}
    return {(a, b) for a, b in pairs if not automata[a].isdisjoint(automata[b])}


def munches(text: str) -> set[tuple[str, str]]:
    """Pairs where the first is tried before the second and matches a proper beginning of what that could match."""
    parser, states, automata = table(text)
    order = sorted(
        parser.terminals, key=lambda t: (-t.priority, -t.pattern.max_width, -len(t.pattern.value), t.name)
    )
    rank = {terminal.name: place for place, terminal in enumerate(order)}
    ignored = set(parser.ignore_tokens)
    pairs = {
        (a, b)
        for state in states
        for a in state | ignored
        for b in state | ignored
        if a != b and rank[a] < rank[b]
    }

    @cache
    def alive(name: str) -> frozenset[int]:
        return frozenset(s for s in automata[name].states if automata[name].islive(s))

    return {(a, b) for a, b in pairs if _goes_on(automata[a], automata[b], alive(a), alive(b))}


def _goes_on(first: Any, second: Any, alive_first: frozenset[int], alive_second: frozenset[int]) -> bool:
    """Whether some text of ``first`` can be made longer into a text of ``second``."""
    signs = set(first.alphabet) | set(second.alphabet)

    def step(automaton: Any, state: int, sign: Any) -> int | None:
        key = automaton.alphabet[sign] if sign in automaton.alphabet else automaton.alphabet[anything_else]
        found: int | None = automaton.map.get(state, {}).get(key)
        return found

    seen = {(first.initial, second.initial)}
    waiting = deque([(first.initial, second.initial, 0)])
    while waiting:
        one, two, length = waiting.popleft()
        if length and one in first.finals and any(step(second, two, sign) in alive_second for sign in signs):
            return True
        for sign in signs:
            pair = (step(first, one, sign), step(second, two, sign))
            if pair[0] in alive_first and pair[1] in alive_second and pair not in seen:
                seen.add(pair)  # type: ignore[arg-type]
                waiting.append((*pair, length + 1))  # type: ignore[arg-type]
    return False


def test_no_state_takes_two_terminals_that_match_one_text():
    assert overlaps(TEXT) == set()


def test_no_terminal_matches_the_beginning_of_a_later_one():
    assert munches(TEXT) == set()


def test_the_lint_finds_what_it_is_for():
    assert ("CALL", "ID") in overlaps(A_KEYWORD_BESIDE_A_NAME)
    assert ("NUMBER_WITH_A_LONG_PATTERN", "TIME") in munches(A_SHORT_MATCH_BEFORE_A_LONG_ONE) or (
        "TIME",
        "NUMBER_WITH_A_LONG_PATTERN",
    ) in munches(A_SHORT_MATCH_BEFORE_A_LONG_ONE)


def test_the_grammar_is_strict():
    Lark(TEXT, parser="lalr", strict=True, maybe_placeholders=False)
    with pytest.raises((GrammarError, LexError)):
        Lark("start: A | B\nA: /a+/\nB: /a|b/", parser="lalr", strict=True)


FORBIDDEN = {
    "lookaround": r"\(\?[=!<]",
    "a lazy quantifier": r"[*+?}]\?/",
    "a priority": r"^[A-Za-z_]+\.\d",
    "%declare": r"%declare",
    "%import": r"%import",
    "a template": r"^[a-z_]+\{",
    r"\b \d \w \s": r"\\[bdwsBDWS]",
    "::=": r"::=",
}


@pytest.mark.parametrize("construct", FORBIDDEN)
def test_nothing_stands_in_the_grammar_that_a_constrained_decoder_cannot_read(construct: str):
    assert re.search(FORBIDDEN[construct], RULES, re.MULTILINE) is None


def test_an_unclosed_prompt_is_refused_in_linear_time():
    """Every quote can be matched in one way only; with two ways this would not end in a lifetime."""
    pattern = next(t.pattern for t in grammar().terminals if t.name == "TEXT")
    assert re.match(pattern.to_regexp(), '"""' + ' "a" ' * 5_000) is None


def test_a_constrained_decoder_reads_the_same_grammar():
    llguidance = pytest.importorskip("llguidance")
    grammar_of = llguidance.LLMatcher.grammar_from_lark(TEXT)
    assert llguidance.LLMatcher.validate_grammar(grammar_of) == ""
