"""The parser's rules, copied level by level.

Three rules come back to themselves: a step holds steps, an expression expressions, a type types. Whatever lies between
such a rule and itself is its *family* and is copied once a level; on the lowest level only what needs no further level
is left. A rule that goes on with itself at its beginning or end (``a + b + c``, ``!!a``) becomes a repetition with a
limit. So no copy can reach itself again.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lark.grammar import Rule, Symbol

from dsl.decoding.bounds import CHAINS, Bounds
from dsl.decoding.offers import Offers
from dsl.decoding.spellings import SPACES
from dsl.grammar import grammar
from dsl.recovery import grammar_word

ENTRIES = ("step", "expr", "type")
ONCE = frozenset({"agent_item", "approve_item"})
"""Lines that stand once in what they belong to."""

_FROM_ABOVE = {"call", "run", "use", "secret_decl"}
_TEXTS = {"STRING": "STRING", "TEXT": "PROMPT"}


@dataclass(frozen=True, slots=True)
class Copy:
    """Rule ``name`` on ``level`` of its family, or of no family; ``hole``: inside a ``${...}``."""

    name: str
    level: int | None
    hole: bool

    @property
    def written(self) -> str:
        level = "" if self.level is None else f"_{self.level}"
        return f"{self.name.strip('_')}{level}{'_hole' if self.hole else ''}"


class Copies:
    def __init__(self, offers: Offers, bounds: Bounds) -> None:
        self._offers = offers
        self._bounds = bounds
        self._rules: dict[str, list[Rule]] = defaultdict(list)
        for rule in grammar().rules:
            if not rule.origin.name.startswith("$"):
                self._rules[rule.origin.name].append(rule)
        self._families = {entry: self._family(entry) for entry in ENTRIES}
        self._shallow = {entry: self._without(entry) for entry in ENTRIES}
        self._impossible = self._of_nothing()
        self._done: dict[str, str] = {}
        self._waiting: list[Copy] = []

    def lines(self) -> Iterator[str]:
        """The rules, ``start`` first, each before those it needs."""
        self._need(Copy("start", None, False))
        while self._waiting:
            copy = self._waiting.pop(0)
            body = self._body(copy)
            assert body is not None, copy
            yield f"{self._done[copy.written]}: {body}"
        yield from (f"{name}: {body}" for name, body in (self._offers.lines | SPACES).items())

    # ---- what reaches what

    def _reached(self, name: str) -> set[str]:
        seen: set[str] = set()
        waiting = [name]
        while waiting:
            for rule in self._rules[waiting.pop()]:
                for symbol in rule.expansion:
                    if not symbol.is_term and symbol.name not in seen:
                        seen.add(symbol.name)
                        waiting.append(symbol.name)
        return seen

    def _family(self, entry: str) -> frozenset[str]:
        return frozenset(name for name in {entry, *self._reached(entry)} if entry in self._reached(name))

    def _without(self, entry: str) -> frozenset[str]:
        """The members of a family that come to an end without ``entry`` inside them."""
        ended: set[str] = set()
        family = self._families[entry]
        grew = True
        while grew:
            grew = False
            for name in family - ended:
                if any(
                    all(
                        symbol.is_term
                        or symbol.name not in family
                        or (symbol.name != entry and symbol.name in ended)
                        for symbol in rule.expansion
                    )
                    for rule in self._rules[name]
                ):
                    ended.add(name)
                    grew = True
        return frozenset(ended)

    def _of_nothing(self) -> frozenset[str]:
        """The rules that cannot be had with this catalog: nobody may approve, there is no workflow to run, ..."""
        none = set() if self._offers.free else self._offers.missing()
        grew = True
        while grew:
            lost = {
                name
                for name, rules in self._rules.items()
                if rules
                and all(any(not s.is_term and s.name in none for s in rule.expansion) for rule in rules)
            }
            grew = not lost <= none
            none |= lost
        return frozenset(none)

    # ---- copies

    def _need(self, copy: Copy) -> str:
        if copy.written not in self._done:
            self._done[copy.written] = copy.written
            self._waiting.append(copy)
        return copy.written

    def _entry_of(self, name: str) -> str | None:
        return next((entry for entry in ENTRIES if name in self._families[entry]), None)

    def _level(self, entry: str, hole: bool) -> int:
        match entry:
            case "step":
                return self._bounds.steps
            case "type":
                return self._bounds.types
            case _:
                return self._bounds.holes if hole else self._bounds.values

    def _inner(self, name: str, origin: Copy) -> Copy | None:
        """The copy of ``name`` that ``origin`` refers to; None when it would be below the lowest level."""
        entry = self._entry_of(name)
        if entry is None:
            return Copy(name, None, origin.hole)
        if entry == self._entry_of(origin.name) and origin.level is not None:
            level = origin.level - (name == entry)
        else:
            level = self._level(entry, origin.hole) + (name != entry)
        if level < 0 or (level == 0 and name not in self._shallow[entry]):
            return None
        return Copy(name, level, origin.hole)

    def expression(self, name: str = "expr") -> Copy:
        """A rule of expressions as seen from a statement."""
        return Copy(name, self._level("expr", False), False)

    # ---- bodies

    def _body(self, copy: Copy) -> str | None:
        name = copy.name
        rules = self._rules[name]
        if name == "reference":
            return self._reference(copy)
        if name in _FROM_ABOVE:
            return self._outside(copy)
        if name.startswith("__"):
            return self._list(copy, rules)
        base, before, behind = [], [], []
        for rule in rules:
            symbols = rule.expansion
            if len(symbols) > 1 and symbols[0].name == name and name not in ENTRIES:
                behind.append(self._sequence(rule, symbols[1:], copy))
            elif len(symbols) > 1 and symbols[-1].name == name and name not in ENTRIES:
                before.append(self._sequence(rule, symbols[:-1], copy))
            else:
                base.append(self._sequence(rule, symbols, copy))
        limit = CHAINS.get(name, self._bounds.items)
        parts = [_either(before, f"{{0,{limit}}}"), _either(base, ""), _either(behind, f"{{0,{limit}}}")]
        if parts[1] is None:
            return None
        body = " ".join(part for part in parts if part)
        return f"gap {body}" if name == "start" else body

    def _sequence(self, rule: Rule, symbols: Sequence[Symbol], copy: Copy) -> str | None:
        """One alternative; None when it cannot be had on this level or with this catalog."""
        if rule.alias in ("role", "user"):
            known = self._offers.approver(rule.alias)
            if known is None:
                return None
            if known:
                return f'"{rule.alias}" apart {known}'
        if rule.alias == "tools" and not self._offers.free:
            names = self._offers.tool_names()
            if names is None:
                return None
            self._offers.lines.setdefault("tool_name", names)
            return f'"tools" apart (tool_name gap "," gap){{0,{self._bounds.items}}} tool_name apart'
        parts = []
        for number, symbol in enumerate(symbols):
            part = self._symbol(symbol, rule, copy)
            if part is None:
                return None
            parts.append(part)
            if copy.name == "start" and symbol.name == "LBRACE" and number < len(symbols) - 1:
                parts.append(self._offers.uses())
        return " ".join(part for part in parts if part)

    def _symbol(self, symbol: Symbol, rule: Rule, copy: Copy) -> str | None:
        if not symbol.is_term:
            inner = None if symbol.name in self._impossible else self._inner(symbol.name, copy)
            return None if inner is None else self._need(inner)
        gap, apart = ("INSIDE?", "INSIDE") if copy.hole else ("gap", "apart")
        word = grammar_word(symbol.name)
        if word:
            return f"{json.dumps(word)} {apart if word.replace('_', '').isalpha() else gap}"
        match symbol.name:
            case "DOC":
                return "DOC apart"
            case "STRING" | "TEXT" if copy.hole:
                return None
            case "STRING" | "TEXT" if copy.name == "primary":
                return self._text(_TEXTS[symbol.name])
            case "STRING":
                return f"PLAIN {gap}"
        return f"{symbol.name} {gap}"

    def _text(self, sort: str) -> str:
        """A text with or without holes."""
        name = sort.lower()
        hole = self._need(Copy("expr", self._bounds.holes, True))
        more = f"({sort}_MIDDLE INSIDE? {hole}){{0,{self._bounds.items}}}"
        self._offers.lines.setdefault(name, f"{sort} gap | {sort}_HEAD INSIDE? {hole} {more} {sort}_TAIL gap")
        return name

    def _list(self, copy: Copy, rules: list[Rule]) -> str | None:
        """One or more of something: the grammar's own helper for ``*`` and ``+``."""
        (once,) = [rule for rule in rules if rule.expansion[0].name != copy.name]
        item = once.expansion[0].name
        if item in ONCE:
            return self._each_once(item, copy)
        part = self._sequence(once, once.expansion, copy)
        limit = self._bounds.statements if item in ("step", "head") else self._bounds.items
        return None if part is None else f"({part}){{1,{limit}}}"

    def _each_once(self, item: str, copy: Copy) -> str:
        inner = self._inner(item, copy)
        assert inner is not None
        lines = [self._sequence(rule, rule.expansion, inner) for rule in self._rules[item]]
        name = f"{inner.written}_once"
        self._offers.lines[f"{name}::_"] = " | ".join(
            f"{line} {name}_more::set_bit({n}) %if bit_clear({n})" for n, line in enumerate(lines) if line
        )
        self._offers.lines[f"{name}_more::_"] = f'"" | {name}::_'
        return f"{name}::0x0"

    def _outside(self, copy: Copy) -> str | None:
        """A rule that names something outside the text; None when there is nothing of the sort."""
        if self._offers.free and copy.name != "secret_decl":
            return _either(
                [self._sequence(rule, rule.expansion, copy) for rule in self._rules[copy.name]], ""
            )
        match copy.name:
            case "call":
                tools = self._offers_of("tools")
                return None if tools is None else f'"call" apart {tools}'
            case "run":
                workflows = self._offers_of("workflows")
                return None if workflows is None else f'"run" apart {workflows}'
            case "secret_decl":
                secret = self._offers.secret()
                return None if secret is None else f'"secret" apart {secret}'
            case _:
                return None

    def _offers_of(self, sort: str) -> str | None:
        if sort not in self._offers.lines:
            value = self._need(self.expression())
            reference = self._need(self.expression("reference"))
            choice = self._need(self.expression("or_"))
            self._need(Copy("args", None, False))
            make = self._offers.tools if sort == "tools" else self._offers.workflows
            found = make(value, reference, choice)
            if found is None:
                return None
            self._offers.lines[sort] = found
        return sort

    def _reference(self, copy: Copy) -> str:
        """An expression that begins with a name: a postfix whose primary is one."""
        postfix = Copy("postfix", copy.level, copy.hole)
        primary = Copy("primary", copy.level, copy.hole)
        names = [
            self._sequence(rule, rule.expansion, primary)
            for rule in self._rules["primary"]
            if rule.alias in ("var", "func")
        ]
        links = [
            self._sequence(rule, rule.expansion[1:], postfix)
            for rule in self._rules["postfix"]
            if rule.expansion[0].name == "postfix"
        ]
        times = f"{{0,{CHAINS['postfix']}}}"
        return f"{_either(names, '')} {_either(links, times)}"


def _either(alternatives: list[str | None], times: str) -> str | None:
    """The alternatives there are, in brackets where they need them; None when there are none."""
    found = [one for one in alternatives if one is not None]
    if not found:
        return None
    return f"({' | '.join(found)}){times}" if times or len(found) > 1 else found[0]
