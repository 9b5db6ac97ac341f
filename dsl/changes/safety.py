"""What makes a text less safe than another: effects, the approvals they stand behind, and which way a bound moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from dsl import tree
from dsl.catalog import Catalog
from dsl.changes.meaning import Spot, Text, form
from dsl.policy import Nature
from dsl.schemas import fields_of
from dsl.wording.spelling import listed

Direction: TypeAlias = Literal["wider", "narrower"] | None
"""Whether a condition holds in more cases than before, or in fewer; None where nobody can say."""

_DEEDS = {"money": "moves money", "delete": "deletes", "send": "sends something outside"}
_FLIPPED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "==", "!=": "!="}


@dataclass(frozen=True, slots=True)
class Ground:
    """A text with the catalog: what its steps can do outside, and what asks before."""

    text: Text
    catalog: Catalog

    def nature(self, alias: str, tool: str) -> Nature:
        return self.catalog.nature(self.text.target(alias), tool)

    def tools(self, spot: Spot) -> list[tuple[str, Nature]]:
        """The tools with an effect that a step itself may call, as "connector.tool"."""
        match spot.step.kind:
            case tree.Call(alias=alias, tool=tool):
                refs = [(alias, tool)]
            case tree.Agent(tools=given):
                refs = [(one.alias, one.tool) for one in given]
            case _:
                refs = []
        named = [(f"{self.text.target(alias)}.{tool}", self.nature(alias, tool)) for alias, tool in refs]
        return [(name, nature) for name, nature in named if not nature.reads]

    def has_effect(self, spot: Spot) -> bool:
        return isinstance(spot.step.kind, tree.RunWorkflow) or bool(self.tools(spot))

    def effects(self, spots: list[Spot]) -> list[Spot]:
        return [spot for spot in spots if self.has_effect(spot)]

    def approvals(self, spots: list[Spot]) -> list[Spot]:
        return [spot for spot in spots if isinstance(spot.step.kind, tree.Approve)]

    def held(self) -> dict[int, frozenset[int]]:
        """By the key of each step with an effect, the approvals that stand before it on some way."""
        found: dict[int, frozenset[int]] = {}
        self._block(None, "", frozenset(), False, found)
        return found

    def _block(
        self,
        parent: int | None,
        slot: str,
        passed: frozenset[int],
        parallel: bool,
        found: dict[int, frozenset[int]],
    ) -> frozenset[int]:
        spots = self.text.within.get((parent, slot), [])
        if not parallel:
            for spot in spots:
                passed = self._step(spot, passed, found)
            return passed
        known = {spot.step.id: spot for spot in spots}
        done: dict[int, frozenset[int]] = {}

        def after(spot: Spot, asked: frozenset[int]) -> frozenset[int]:
            if spot.key in done or spot.key in asked:
                return done.get(spot.key, passed)
            before = passed
            for clause in spot.step.clauses:
                if isinstance(clause, tree.After):
                    for name in clause.ids:
                        if name in known:
                            before |= after(known[name], asked | {spot.key})
            done[spot.key] = self._step(spot, before, found)
            return done[spot.key]

        whole = passed
        for spot in spots:
            whole |= after(spot, frozenset())
        return whole

    def _step(self, spot: Spot, passed: frozenset[int], found: dict[int, frozenset[int]]) -> frozenset[int]:
        if self.has_effect(spot):
            found[spot.key] = passed
        later = passed
        parallel = isinstance(spot.step.kind, tree.Parallel)
        for slot in dict.fromkeys(one.slot for one in self.text.inner(spot)):
            rescue = slot.startswith(("catch", "compensate"))
            inside = self._block(spot.key, slot, passed, parallel and not rescue, found)
            if not rescue and slot not in ("reject", "timeout"):
                later |= inside
        return later | {spot.key} if isinstance(spot.step.kind, tree.Approve) else later


def deeds_of(nature: Nature) -> str:
    """What a tool can do outside, as a relative clause goes on: "moves money and deletes"."""
    said = [words for deed, words in _DEEDS.items() if deed in nature.does]
    return listed(said) if 0 < len(said) < 3 else "changes things outside"


@dataclass(frozen=True, slots=True)
class Bounds:
    """The two texts' settings, for saying which way a condition moved."""

    old: dict[str, tree.Expr]
    new: dict[str, tree.Expr]


def settings_of(workflow: tree.Workflow) -> dict[str, tree.Expr]:
    return {field.name: field.default for field in fields_of(workflow, "config") if field.default is not None}


def direction(
    old: tree.Expr, new: tree.Expr, spots: tuple[Spot, Spot], texts: tuple[Text, Text], bounds: Bounds
) -> Direction:
    """Whether a condition holds more often than it did, from its form alone."""
    compare = _Compare(spots, texts, bounds)
    return compare.conditions(old, new)


@dataclass(frozen=True, slots=True)
class _Compare:
    spots: tuple[Spot, Spot]
    texts: tuple[Text, Text]
    bounds: Bounds

    def form(self, expression: tree.Expr, side: int) -> str:
        # Names only have to be told apart here: a renamed step makes the answer None, which is careful.
        return repr(form(expression, self.texts[side], {}, str))

    def conditions(self, old: tree.Expr, new: tree.Expr) -> Direction:
        match old, new:
            case tree.Unary(op="!", operand=first), tree.Unary(op="!", operand=second):
                return _opposite(self.conditions(first, second))
        for op, more in (("&&", "narrower"), ("||", "wider")):
            had, has = _parts(old, op), _parts(new, op)
            if len(had) == len(has) == 1:
                continue
            known = {self.form(part, 0) for part in had}, {self.form(part, 1) for part in has}
            gone = [part for part in had if self.form(part, 0) not in known[1]]
            come = [part for part in has if self.form(part, 1) not in known[0]]
            if come and not gone:
                return "narrower" if more == "narrower" else "wider"
            if gone and not come:
                return "wider" if more == "narrower" else "narrower"
            if len(gone) == len(come) == 1:
                return self.conditions(gone[0], come[0])
            if not gone:
                return self.same(old, new)
            return None
        return self.comparison(old, new)

    def same(self, old: tree.Expr, new: tree.Expr) -> Direction:
        """A condition that reads the same, with other settings behind its names."""
        for op in ("&&", "||"):
            parts, others = _parts(old, op), _parts(new, op)
            if len(parts) > 1:
                found = {self.conditions(a, b) for a, b in zip(parts, others, strict=False)} - {None}
                return found.pop() if len(found) == 1 else None
        return self.comparison(old, new)

    def comparison(self, old: tree.Expr, new: tree.Expr) -> Direction:
        if not isinstance(old, tree.Binary) or not isinstance(new, tree.Binary):
            return None
        first, second = self.side(old, 0), self.side(new, 1)
        if first is None or second is None or first[0] != second[0] or first[1][0] != second[1][0]:
            return None
        (_, op, was), (_, _, now) = first, second
        if op[0] not in "<>" or was == now:
            return None
        return "wider" if (now < was) is (op[0] == ">") else "narrower"

    def side(self, binary: tree.Binary, side: int) -> tuple[str, str, float] | None:
        """A comparison with a number, as (what, operator, number)."""
        op: str = binary.op
        if op not in _FLIPPED:
            return None
        for subject, bound, said in (
            (binary.left, binary.right, op),
            (binary.right, binary.left, _FLIPPED[op]),
        ):
            number = self.number(bound, side)
            if number is not None:
                return self.form(subject, side), said, number
        return None

    def number(self, expression: tree.Expr, side: int) -> float | None:
        match expression:
            case tree.Member(target=tree.Name(id="config"), name=name):
                known = (self.bounds.old, self.bounds.new)[side].get(name)
                return None if known is None else number_of(known)
            case _:
                return number_of(expression)


def number_of(expression: tree.Expr) -> float | None:
    match expression:
        case tree.Constant(value=bool()):
            return None
        case tree.Constant(value=int() | float() as value):
            return float(value)
        case tree.Duration(ms=ms):
            return float(ms)
        case tree.Unary(op="-", operand=operand):
            inner = number_of(operand)
            return None if inner is None else -inner
        case _:
            return None


def _parts(expression: tree.Expr, op: str) -> list[tree.Expr]:
    if isinstance(expression, tree.Binary) and expression.op == op:
        return [*_parts(expression.left, op), *_parts(expression.right, op)]
    return [expression]


def _opposite(direction: Direction) -> Direction:
    match direction:
        case "wider":
            return "narrower"
        case "narrower":
            return "wider"
        case None:
            return None
