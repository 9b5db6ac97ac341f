"""Where a value comes from: through names, blocks and rounds, back to inputs, settings, constants and tools' answers.

An origin is "input.order_id", "config.limit", "approval", "model", or "connector.tool" with the fields that are read
of its answer: "shop.list_orders.orders.id". What a value is computed from are all its origins.
"""

from __future__ import annotations

from typing import Any

from dsl import tree
from dsl.cel.source import bound_variable, children
from dsl.outline import slots
from dsl.tree import Expr
from dsl.walk import walk
from studio.designer.evaluation.reading import Reading

_DEEPEST = 40


class Origins:
    def __init__(self, reading: Reading) -> None:
        self._reading = reading
        self._steps = {place.step.id: place for place in reversed(reading.places)}
        self._bound: dict[str, Expr] = {}
        for node in walk(reading.workflow):
            match node:
                case tree.Foreach(variable=name, items=items):
                    self._bound.setdefault(name, items)
                case tree.Loop(carry=(name, first)):
                    self._bound.setdefault(name, first)
        self._settings = {
            field.name: field.default
            for head in reading.workflow.heads
            if isinstance(head, tree.Fields) and head.role == "config"
            for field in head.fields
            if field.default is not None
        }

    def of(self, expression: Expr) -> frozenset[str]:
        return self._of(expression, {}, 0)

    def constants(self, expression: Expr) -> list[Any]:
        """The constants that a value is made of, those of settings and of named values included."""
        found: list[Any] = []
        self._constants(expression, found, 0)
        return found

    def _of(self, expression: Expr, bound: dict[str, frozenset[str]], depth: int) -> frozenset[str]:
        if depth > _DEEPEST:
            return frozenset()
        deeper = depth + 1
        match expression:
            case tree.Constant() | tree.Duration():
                return frozenset()
            case tree.Name(id=name):
                return bound.get(name) or self._name(name, deeper)
            case tree.Member(target=target, name=name):
                if isinstance(made := self._made(target, deeper), tree.MapOf):
                    for key, value in made.entries:
                        if isinstance(key, tree.Constant) and key.value == name:
                            return self._of(value, bound, deeper)
                return frozenset(f"{one}.{name}" for one in self._of(target, bound, deeper))
            case tree.Index(target=target, index=tree.Constant(value=str() as name)):
                return frozenset(f"{one}.{name}" for one in self._of(target, bound, deeper))
            case tree.Index(target=target):
                return self._of(target, bound, deeper)
            case tree.MethodCall(target=target, args=args) if variable := bound_variable(expression):
                over = self._of(target, bound, deeper)
                inner = {**bound, variable: over}
                rest = [self._of(arg, inner, deeper) for arg in args[1:]]
                return (
                    over.union(*rest)
                    if expression.method in ("filter", "exists", "all")
                    else frozenset().union(over, *rest)
                )
            case _:
                return frozenset().union(*(self._of(part, bound, deeper) for part in children(expression)))

    def _made(self, expression: Expr, depth: int) -> Expr | None:
        """The expression behind a name of a ``let``, or of a block's ``yield``."""
        if depth > _DEEPEST or not isinstance(expression, tree.Name):
            return None
        if expression.id in self._bound:
            return self._made(self._bound[expression.id], depth + 1) or None
        place = self._steps.get(expression.id)
        match place.step.kind if place else None:
            case tree.Let(value=value):
                return value
            case (
                tree.Foreach(block=block)
                | tree.Do(block=block)
                | tree.Parallel(block=block)
                | tree.Loop(block=block)
            ):
                return block.result
        return None

    def _name(self, name: str, depth: int) -> frozenset[str]:
        if name in ("input", "config", "secrets"):
            return frozenset({name})
        if name in self._bound:
            return self._of(self._bound[name], {}, depth)
        place = self._steps.get(name)
        if place is None:
            return frozenset({name})
        if tool := self._reading.tools.get(place.path):
            return frozenset({tool})
        match place.step.kind:
            case tree.Let(value=value):
                return self._of(value, {}, depth)
            case tree.Approve():
                return frozenset({"approval"})
            case tree.Agent():
                return frozenset({"model"})
            case tree.Wait():
                return frozenset({"event"})
            case tree.RunWorkflow(alias=alias):
                return frozenset({f"workflow.{alias}"})
        results = [slot.block.result for slot in slots(place.step) if slot.block.result is not None]
        return frozenset().union(*(self._of(result, {}, depth) for result in results))

    def _constants(self, expression: Expr, found: list[Any], depth: int) -> None:
        if depth > _DEEPEST:
            return
        match expression:
            case tree.Constant(value=value):
                found.append(value)
            case tree.Unary(op="-", operand=tree.Constant(value=int() | float() as value)):
                found.append(-value)
            case tree.Member(target=tree.Name(id="config"), name=name) if name in self._settings:
                self._constants(self._settings[name], found, depth + 1)
            case tree.Name() if (made := self._made(expression, depth)) is not None:
                self._constants(made, found, depth + 1)
            case tree.Template(parts=parts):
                for part in parts:
                    found.append(part) if isinstance(part, str) else self._constants(part, found, depth + 1)
            case _:
                for part in children(expression):
                    self._constants(part, found, depth + 1)
