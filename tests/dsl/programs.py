"""Random programs, derived from the grammar itself: whatever a rule allows is written sooner or later.

A program is a random walk through the rules of ``grammar.lark``, so a form that is added there is tried without a
word here; what is known here are the spellings of the terminals and the few things the grammar cannot say (a line of
an agent or an approval stands once, steps have names of their own). The tokens are then spaced out with all sorts
of white space and comments.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from random import Random

from lark.grammar import Rule

from dsl.grammar import grammar
from dsl.recovery import grammar_word

DEEPEST = 60
"""Rules inside each other above which the shortest way out is taken; an expression alone is some ten of them."""

_IDS = ["order", "timeout", "step", "items", "x", "call", "in_", "a1", "output", "when", "true", "null"]
_SPELLINGS = {
    "TOOL": ["get_order", "check-it", "a/b", "step"],
    "SQ": ["'single'", "'it\\'s'", "''"],
    "INT": ["1", "20", "007", "9223372036854775807"],
    "FLOAT": ["2.5", "0.1e-3", "1.0E+10"],
    "DURATION": ["24h", "500ms", "3d12h", "0s", "1w2d3h4m5s6ms"],
    "DOC": ["/// What it is for.\n", "///\n", "///no space\n"],
}
_PIECES = [
    "paid",
    "a b",
    '\\"q\\" \\n',
    "100 % \\${no}",
    "\\u00e9",
    "\u00fc \U0001f642",
    "{}",
    "$5",
    "// no comment",
]
_PROMPT_PIECES = [
    "Hello",
    "\n\n    deeper",
    'a "quoted" word',
    '""x',
    "\n\tTab\n\t\tmore",
    "\\\n",
    "// no",
    "\\\\",
]
_ONCE = {"agent_item": "agent", "approve_item": "approve"}
_VALUES = ("expr", "type")
_STARTS_A_SCOPE = frozenset(_ONCE.values())


class _Again(Exception):
    """This walk ended where nothing fits; the next one will not."""


class Maker:
    """Tokens of one random program of about ``budget`` steps and lines of the header."""

    def __init__(self, random: Random, budget: int = 12) -> None:
        self._random = random
        self._budget = budget
        self._left = 0
        self._count = 0
        self._said: list[set[str | None]] = []
        self._path: list[str] = []

    def program(self) -> list[str]:
        return self._walk("start")

    def expression(self) -> list[str]:
        return self._walk("expr")

    def _walk(self, name: str) -> list[str]:
        budget = self._budget
        while True:
            self._budget, self._said, self._path = budget, [], []
            try:
                return self._rule(name, 0, False)
            except _Again:
                continue

    def _rule(self, name: str, depth: int, valued: bool) -> list[str]:
        """``valued``: inside an expression or a type, which have an allowance of their own."""
        if name in _VALUES:
            if not valued:
                self._left = self._random.choice([0, 1, 3, 8])
            self._left -= 1
            valued = True
        elif name in ("step", "head"):
            self._budget -= 1
        rule = self._choose(name, (self._left if valued else self._budget) > 0 and depth < DEEPEST)
        if name in _STARTS_A_SCOPE:
            self._said.append(set())
        self._path.append(name)
        tokens: list[str] = []
        for symbol in rule.expansion:
            if not symbol.is_term:
                tokens += self._rule(symbol.name, depth + 1, valued)
            elif name == "step" and symbol.name == "ID":
                self._count += 1
                tokens.append(f"s{self._count}")
            else:
                tokens.append(self._token(symbol.name, depth, valued))
        if name in _STARTS_A_SCOPE:
            self._said.pop()
        self._path.pop()
        return tokens

    def _choose(self, name: str, freely: bool) -> Rule:
        rules, costs = _rules()[name], _costs()
        if name in _ONCE:
            rules = [rule for rule in rules if rule.alias not in self._said[-1]]
        rules = [rule for rule in rules if self._may(name, rule)]
        if not rules:
            raise _Again
        if freely:
            rule = self._random.choices(rules, [_weight(name, rule) for rule in rules])[0]
        else:
            rule = min(rules, key=lambda rule: costs[rule])
        if name in _ONCE:
            self._said[-1].add(rule.alias)
        return rule

    def _may(self, name: str, rule: Rule) -> bool:
        """Whether an alternative may be taken; for those who want fewer programs."""
        return True

    # ---- terminals

    def _token(self, type: str, depth: int, valued: bool) -> str:
        if word := grammar_word(type):
            return word
        match type:
            case "ID":
                return self._random.choice(_IDS)
            case "STRING":
                return f'"{self._text(_PIECES, depth, valued)}"'
            case "TEXT":
                own_lines = self._random.randrange(2)
                text = self._text(_PROMPT_PIECES, depth, valued).rstrip('"')
                return f'"""\n  {text}\n  """' if own_lines else f'"""{text}"""'
            case _:
                return self._random.choice(_SPELLINGS[type])

    def _text(self, pieces: list[str], depth: int, valued: bool) -> str:
        text = ""
        for _ in range(self._random.randrange(3)):
            text += self._random.choice(pieces)
            if valued and self._random.randrange(2):
                text += "${" + self._hole(depth) + "}"
        return text

    def _hole(self, depth: int) -> str:
        """An expression that can stand inside a text: no double quotes, all on one line."""
        for _ in range(5):
            tokens = self._rule("expr", depth + 10, True)
            if not any(token[0] == '"' for token in tokens):
                return " ".join(tokens)
        return "x"


@lru_cache(maxsize=1)
def _rules() -> dict[str, list[Rule]]:
    found: dict[str, list[Rule]] = defaultdict(list)
    for rule in grammar().rules:
        found[rule.origin.name].append(rule)
    return found


@lru_cache(maxsize=1)
def _costs() -> dict[Rule, int]:
    """The fewest tokens that each alternative can come out at."""
    endless = 10**6
    costs = {rule: endless for rule in grammar().rules}
    changed = True
    while changed:
        changed = False
        for rule in costs:
            cost = sum(
                1 if symbol.is_term else min(costs[inner] for inner in _rules()[symbol.name])
                for symbol in rule.expansion
            )
            if cost < costs[rule]:
                costs[rule], changed = cost, True
    return costs


@lru_cache(maxsize=1)
def _lists_of_statements() -> frozenset[str]:
    """What the grammar calls its lists of steps, of clauses, of the lines of an agent, ..."""
    return frozenset(
        name
        for name, rules in _rules().items()
        if name.startswith("__") and not any(rule.expansion[0].is_term for rule in rules)
    )


def _weight(name: str, rule: Rule) -> float:
    if name.startswith("__"):  # a list: one more, or enough
        more = rule.expansion[0].name == name
        return 3.0 if more and name in _lists_of_statements() else 1.0
    if len(rule.expansion) == 1 and not rule.expansion[0].is_term and name not in ("kind", "head", "clause"):
        return 8.0  # through a level of precedence
    return 1.0


def spaced(tokens: list[str], random: Random) -> str:
    """The tokens with all sorts of white space and comments between them."""
    text = ""
    for number, token in enumerate(tokens):
        text += token
        choice = random.randrange(14)
        if choice == 0:
            text += f" // trailing {number}\n"
        elif choice == 1:
            text += f"\n\n\n   // own line {number}\n"
        elif choice < 5:
            text += random.choice(["\n", "\n\n", "\r\n", "\n\n\n\n", "\n\t"])
        elif token not in "([" or choice < 9:
            text += " "
    return text


def any_program(seed: int) -> str:
    """A random valid program; the same for the same seed. It may be without a step."""
    random = Random(seed)
    return spaced(Maker(random).program(), random)


def program(seed: int) -> str:
    """A random valid program with at least one step; the same for the same seed."""
    random = Random(seed)
    while "s1" not in (tokens := Maker(random).program()):
        continue
    return spaced(tokens, random)
