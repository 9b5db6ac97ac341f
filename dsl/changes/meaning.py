"""What a part of a text means, as a value that can be compared: without places, words and the names that were chosen.

A name that stands for a step stands for the pair the step is in, so that a step that was renamed, with all that reads
it, is the same. An alias stands for its connector or workflow. The order of arguments says nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, is_dataclass, replace
from functools import cache
from typing import Any, TypeAlias

from dsl import tree
from dsl.cel.functions import MACROS
from dsl.outline import Slot, slots

Form: TypeAlias = Any
"""Nested tuples of plain values; equal forms mean the same."""

_LEFT_OUT = frozenset({"span", "inner", "doc", "lines", "prompt"})


@dataclass(frozen=True, slots=True)
class Spot:
    """A step with all that is needed to say what it means.

    ``key`` tells it from every other step of its text (paths may be there twice in a text with errors). ``parent`` is
    the key of the step around it, ``slot`` the name of its block there. ``names`` says what a name inside stands for:
    a key, or None where it is a variable's; a name that is not there is the header's.
    """

    key: int
    step: tree.Step
    path: str
    parent: int | None
    slot: str
    index: int
    names: Mapping[str, int | str]
    parallel: bool

    @property
    def span(self) -> tree.Span:
        return self.step.id_span


class Text:
    """One of the two texts: its steps in order of writing, and what its names stand for."""

    def __init__(self, workflow: tree.Workflow) -> None:
        self.workflow = workflow
        self.uses: dict[str, tree.Use] = {}
        for head in workflow.heads:
            if isinstance(head, tree.Use):
                self.uses.setdefault(head.alias, head)
        self.spots: list[Spot] = []
        self.within: dict[tuple[int | None, str], list[Spot]] = {}
        """The steps of a block, in order, by the key of the step around it and the block's name."""
        self._names_in: dict[tuple[int | None, str], Mapping[str, int | str]] = {}
        self._visit(workflow.body, "", None, "", {}, False)
        self.by_path: dict[str, Spot] = {}
        for spot in self.spots:
            self.by_path.setdefault(spot.path, spot)

    def inner(self, spot: Spot) -> list[Spot]:
        return [one for slot in slots(spot.step) for one in self.within.get((spot.key, slot.name), ())]

    def below(self, spot: Spot) -> list[Spot]:
        """A step and all that is inside it."""
        return [spot, *(deep for one in self.inner(spot) for deep in self.below(one))]

    def around(self, spot: Spot) -> list[Spot]:
        """The steps around a step, from the inside out."""
        found = []
        while spot.parent is not None:
            spot = self.spots[spot.parent]
            found.append(spot)
        return found

    def seen_from(self, spot: Spot, slot: str) -> Spot:
        """A step as it is seen from the end of one of its blocks: with the names that can be read there."""
        return replace(spot, names=self._names_in.get((spot.key, slot), spot.names))

    def target(self, alias: str) -> str:
        return self.uses[alias].name if alias in self.uses else alias

    def _visit(
        self,
        block: tree.Block,
        prefix: str,
        parent: int | None,
        slot: str,
        outer: Mapping[str, int | str],
        parallel: bool,
        opens: bool = True,
    ) -> None:
        """``outer`` holds what the block reads; in a block that ``opens`` a scope, its own steps come on top."""
        names = {**outer, **self._declared(block)} if opens else outer
        self._names_in[parent, slot] = names
        for index, step in enumerate(block.steps):
            # Keys are given in the order of this walk, and `_declared` counts in the same order.
            key = len(self.spots)
            spot = Spot(key, step, prefix + step.id, parent, slot, index, names, parallel)
            self.spots.append(spot)
            self.within.setdefault((parent, slot), []).append(spot)
            for one in slots(step):
                inner = names if not one.scope else {**names, **_variables(step, one, key)}
                self._visit(
                    one.block,
                    spot.path + one.infix,
                    key,
                    one.name,
                    inner,
                    isinstance(step.kind, tree.Parallel) and not one.rescue,
                    one.scope,
                )

    def _declared(self, block: tree.Block) -> dict[str, int | str]:
        """The steps that give a name a value in a scope, before the walk has come to them."""
        found: dict[str, int | str] = {}
        count = len(self.spots)

        def visit(block: tree.Block, counted: bool) -> None:
            nonlocal count
            for step in block.steps:
                if counted:
                    found.setdefault(step.id, count)
                count += 1
                for one in slots(step):
                    visit(one.block, counted and not one.scope)

        visit(block, True)
        return found


def _variables(step: tree.Step, slot: Slot, key: int) -> dict[str, int | str]:
    match step.kind:
        case tree.Foreach(variable=variable) if not slot.rescue:
            return {variable: f"item of {key}"}
        case tree.Loop(carry=(variable, _)) if not slot.rescue:
            return {variable: f"carry of {key}"}
    if slot.name.startswith("catch"):
        catches = [clause for clause in step.clauses if isinstance(clause, tree.Catch)]
        caught = catches[int(slot.name.removeprefix("catch"))].variable
        return {} if caught is None else {caught: f"error of {key} {slot.name}"}
    return {}


Token: TypeAlias = Callable[[int], str]
"""What stands for a step in a form, by its key."""


def form(node: Any, text: Text, names: Mapping[str, int | str], token: Token) -> Form:
    """The form of an expression, a type or another node below a step's kind; blocks are left out."""
    return _Former(text, names, token).of(node, frozenset())


@dataclass(frozen=True, slots=True)
class _Former:
    text: Text
    names: Mapping[str, int | str]
    token: Token

    def of(self, node: Any, bound: frozenset[str]) -> Form:
        match node:
            case tree.Block():
                return ("block",)
            case tree.Name(id=name):
                return ("name", name if name in bound else self._name(name))
            case tree.Constant(value=value):
                return ("constant", type(value).__name__, value)
            case tree.Template(parts=parts):
                return ("template", *(self.of(part, bound) for part in parts))
            case tree.MethodCall(target=target, method=method, args=(tree.Name(id=one), *rest)) if (
                method in MACROS
            ):
                inside = bound | {one}
                return (method, self.of(target, bound), one, *(self.of(part, inside) for part in rest))
            case tree.Call(alias=alias, tool=tool, args=args):
                return ("call", self.text.target(alias), tool, self._args(args, bound))
            case tree.RunWorkflow(alias=alias, args=args):
                return ("run", self.text.target(alias), self._args(args, bound))
            case tree.ToolRef(alias=alias, tool=tool):
                return ("tool", self.text.target(alias), tool)
            case tree.After(ids=ids):
                return ("after", *sorted(str(self._name(name)) for name in ids))
            case tree.Catch(codes=codes):
                return ("catch", *sorted(codes))
            case tree.Foreach(items=items, concurrency=concurrency):
                return ("foreach", self.of(items, bound), concurrency or 1)
            case tree.Loop(carry=carry, mode=mode, test=test, max=most):
                given = None if carry is None else self.of(carry[1], bound)
                own = self._carried(carry)
                return ("loop", given, mode, own.of(test, bound), most)
            case tuple():
                return tuple(self.of(one, bound) for one in node)
            case _ if is_dataclass(node):
                sort: Any = type(node)
                return (
                    sort.__name__,
                    *(self.of(getattr(node, name), bound) for name in _fields(sort)),
                )
            case _:
                return node

    def _name(self, name: str) -> str:
        stands_for = self.names.get(name)
        if stands_for is None:
            return name
        if isinstance(stands_for, int):
            return self.token(stands_for)
        what, _, rest = stands_for.partition(" of ")
        key, _, more = rest.partition(" ")
        return f"{what} of {self.token(int(key))} {more}"

    def _carried(self, carry: tuple[str, tree.Expr] | None) -> _Former:
        if carry is None:
            return self
        return _Former(self.text, {**self.names, carry[0]: "carry of -1"}, self.token)

    def _args(self, args: tuple[tree.Arg, ...], bound: frozenset[str]) -> Form:
        return tuple(sorted((arg.name, repr(self.of(arg.value, bound))) for arg in args))


@cache
def _fields(sort: Any) -> tuple[str, ...]:
    names = [name for name in sort.__dataclass_fields__ if not name.endswith("_span")]
    return tuple(name for name in names if name not in _LEFT_OUT)


__all__ = ["Form", "Spot", "Text", "Token", "form"]
