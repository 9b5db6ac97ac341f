"""Which parts of a result decide where a run goes: found in the plan's conditions, through the names in between.

``if order.total > config.limit`` makes the field ``total`` of ``order`` worth varying around the limit. A name that
only passes a value on (a ``let``, a loop's carry, what a block yields, an item of a list) is followed to the step that
gives it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias

from dsl import plan as p
from dsl import tree
from dsl.cel.source import bound_variable, children, free_names, root_name
from dsl.parse import parse
from dsl.simulation.terrain import Spot, Terrain, blocks_of

Chain: TypeAlias = tuple[str, tuple[str, ...]]
"""A root name and the fields behind it; "[]" stands for any item of a list."""

Sort: TypeAlias = Literal["bool", "compare", "size", "items", "present", "amount"]


@dataclass(frozen=True, slots=True)
class Interest:
    """One field of a result and what decides on it. ``other`` is what it is compared with, over ``names``."""

    fields: tuple[str, ...]
    sort: Sort
    other: p.Expression | None = None


@dataclass(slots=True)
class Interests:
    """``of``: by the name of the step (or "input") that gives a value. ``reads``: all fields that are read of it."""

    of: dict[str, list[Interest]] = field(default_factory=lambda: defaultdict(list))
    reads: dict[str, dict[tuple[str, ...], None]] = field(default_factory=lambda: defaultdict(dict))


def interests_of(terrain: Terrain) -> Interests:
    finder = _Finder(terrain)
    for spot, role, expression in terrain.expressions():
        for chain, interest in _in(expression, role in ("test", "when"), role):
            finder.add(chain, interest)
        if isinstance(spot.step.do, p.Switch):
            finder.switch(spot.step.do)
    return finder.found


@lru_cache(maxsize=4096)
def read(expression: p.CelExpr) -> tree.Expr | None:
    """The source of a plan's expression as a tree again."""
    body = parse(f"workflow w {{ step x: let {expression.source} }}").workflow.body
    kind = body.steps[0].kind if body.steps else None
    return kind.value if isinstance(kind, tree.Let) else None


class _Finder:
    def __init__(self, terrain: Terrain) -> None:
        self.found = Interests()
        self._sources: dict[str, list[tuple[str, p.Expression]]] = defaultdict(list)
        self._givers: set[str] = {"input", "event"}
        for spot in terrain.spots.values():
            self._note(spot)

    def _note(self, spot: Spot) -> None:
        step = spot.step
        match step.do:
            case p.ToolCall() | p.Agent() | p.RunWorkflow() | p.Wait():
                self._givers.add(step.id)
            case p.Let(value=value):
                self._sources[step.id].append(("", value))
            case p.Foreach(variable=variable, items=items, block=block):
                self._sources[variable].append(("item", items))
                if block.result is not None:
                    self._sources[step.id].append(("list", block.result))
            case p.Loop(carry=carry, initial=initial, block=block):
                for given in (initial, block.result):
                    if carry is not None and given is not None:
                        self._sources[carry].append(("", given))
                if block.result is not None:
                    self._sources[step.id].append(("last", block.result))
            case _:
                for _, block in blocks_of(step):
                    if block.result is not None:
                        self._sources[step.id].append(("", block.result))

    def add(self, chain: Chain, interest: Interest | None) -> None:
        for giver, fields in self._expanded(chain, 8):
            self.found.reads[giver][fields] = None
            if interest is not None:
                made = Interest(fields, interest.sort, interest.other)
                if made not in self.found.of[giver]:
                    self.found.of[giver].append(made)

    def switch(self, do: p.Switch) -> None:
        for chain, _ in _in(do.subject, False, "value"):
            for arm in do.arms:
                for test in arm.tests:
                    self.add(chain, Interest((), "compare", test))

    def _expanded(self, chain: Chain, depth: int) -> Iterator[Chain]:
        root, fields = chain
        if root in self._givers:
            yield chain
        if depth == 0:
            return
        for how, expression in self._sources.get(root, ()):
            rest = fields
            if how in ("last", "list"):
                wanted = "last" if how == "last" else "[]"
                if not fields or fields[0] != wanted:
                    continue
                rest = fields[1:]
            for source, extra in _chains_of(expression, rest):
                behind = (*source[1], "[]", *extra) if how == "item" else (*source[1], *extra)
                yield from self._expanded((source[0], behind), depth - 1)


def _chains_of(expression: p.Expression, fields: tuple[str, ...]) -> Iterator[tuple[Chain, tuple[str, ...]]]:
    """The chains that an expression passes on when ``fields`` of it are read, and what is left of the fields."""
    match expression:
        case p.CelExpr():
            found = read(expression)
            chain = None if found is None else chain_of(found, expression, {})
            if chain is not None:
                yield chain, fields
        case p.MapExpr(entries=entries) if fields:
            for key, value in entries:
                if isinstance(key, p.ConstantExpr) and key.value == fields[0]:
                    yield from _chains_of(value, fields[1:])
        case _:
            return


def chain_of(expression: tree.Expr, within: p.CelExpr, bound: Mapping[str, Chain]) -> Chain | None:
    match expression:
        case tree.Name(id=name):
            if name in bound:
                return bound[name]
            spelled = {root_name(one): one for one in within.names}
            return (spelled[name], ()) if name in spelled else None
        case tree.Member(target=target, name=name):
            found = chain_of(target, within, bound)
            return None if found is None else (found[0], (*found[1], name))
        case tree.Index(target=target, index=tree.Constant(value=value)):
            found = chain_of(target, within, bound)
            part = value if isinstance(value, str) else "[]"
            return None if found is None else (found[0], (*found[1], part))
        case tree.FunctionCall(function="_get", args=(target, tree.ListOf(items=items))):
            found = chain_of(target, within, bound)
            names = [one.value for one in items if isinstance(one, tree.Constant)]
            if found is None or not all(isinstance(one, str) for one in names):
                return None
            return found[0], (*found[1], *map(str, names))
        case tree.FunctionCall(function="timestamp" | "double" | "int" | "string", args=(one,)):
            return chain_of(one, within, bound)
        case _:
            return None


def _in(expression: p.Expression, test: bool, role: str) -> Iterator[tuple[Chain, Interest | None]]:
    match expression:
        case p.CelExpr():
            found = read(expression)
            if found is None:
                return
            if role == "items" and (chain := chain_of(found, expression, {})) is not None:
                yield chain, Interest((), "items")
            yield from _Reader(expression).visit(found, test, {})
        case p.TemplateExpr(parts=parts):
            for part in parts:
                if not isinstance(part, str):
                    yield from _in(part, False, "value")
        case p.ListExpr(items=items):
            for item in items:
                yield from _in(item, False, "value")
        case p.MapExpr(entries=entries):
            for _, value in entries:
                yield from _in(value, False, "value")
        case _:
            return


@dataclass(frozen=True, slots=True)
class _Reader:
    within: p.CelExpr

    def visit(
        self, node: tree.Expr, test: bool, bound: Mapping[str, Chain]
    ) -> Iterator[tuple[Chain, Interest | None]]:
        chain = chain_of(node, self.within, bound)
        if chain is not None:
            yield chain, Interest((), "bool") if test else None
            return
        match node:
            case tree.Unary(op="!", operand=operand):
                yield from self.visit(operand, True, bound)
            case tree.Binary(op="&&" | "||", left=left, right=right):
                yield from self.visit(left, True, bound)
                yield from self.visit(right, True, bound)
            case tree.Conditional(test=condition, then=then, other=other):
                yield from self.visit(condition, True, bound)
                yield from self.visit(then, test, bound)
                yield from self.visit(other, test, bound)
            case tree.Binary(op="in", left=left, right=tree.ListOf(items=items)):
                found = chain_of(left, self.within, bound)
                for item in items:
                    if found is not None:
                        yield found, Interest((), "compare", self.plan(item))
                yield from self.visit(left, False, bound)
            case tree.Binary(op="<" | "<=" | ">" | ">=" | "==" | "!=", left=left, right=right):
                yield from self.compared(left, right, bound)
                yield from self.compared(right, left, bound)
            case tree.FunctionCall(function="has", args=(one,)):
                found = chain_of(one, self.within, bound)
                if found is not None:
                    yield found, Interest((), "present")
            case tree.MethodCall(target=target, method="startsWith" | "contains" | "endsWith", args=(one,)):
                found = chain_of(target, self.within, bound)
                if found is not None:
                    yield found, Interest((), "compare", self.plan(one))
            case tree.MethodCall(target=target) if (variable := bound_variable(node)) is not None:
                found = chain_of(target, self.within, bound)
                yield from self.visit(target, False, bound)
                inner = dict(bound)
                if found is not None:
                    inner[variable] = (found[0], (*found[1], "[]"))
                for part in node.args[1:]:
                    yield from self.visit(part, node.method != "map", inner)
            case _:
                for part in children(node):
                    yield from self.visit(part, False, bound)

    def compared(
        self, side: tree.Expr, other: tree.Expr, bound: Mapping[str, Chain]
    ) -> Iterator[tuple[Chain, Interest | None]]:
        found = chain_of(side, self.within, bound)
        if found is not None:
            yield found, Interest((), "compare", self.plan(other))
            return
        match side:
            case (
                tree.MethodCall(target=one, method="size", args=())
                | tree.FunctionCall(function="size", args=(one,))
            ) if (sized := chain_of(one, self.within, bound)) is not None:
                yield sized, Interest((), "size", self.plan(other))
            case tree.Binary() | tree.MethodCall() | tree.FunctionCall() | tree.Unary():
                for chain, interest in self.visit(side, False, bound):
                    yield chain, interest or Interest((), "amount")
            case _:
                return

    def plan(self, expression: tree.Expr) -> p.Expression | None:
        """A part of the source as an expression of its own; None where it is not one."""
        match expression:
            case tree.Constant(value=value):
                return p.ConstantExpr(value=value)
            case tree.Unary(op="-", operand=tree.Constant(value=int() | float() as number)):
                return p.ConstantExpr(value=-number)
            case _:
                start, end = expression.span.start - _BEFORE, expression.span.end - _BEFORE
                known = {root_name(name): name for name in self.within.names}
                names = tuple(known[name] for name in free_names(expression) if name in known)
                return p.CelExpr(source=self.within.source[start:end], names=names)


_BEFORE = len("workflow w { step x: let ")
