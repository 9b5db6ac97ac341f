"""What expressions stand for, so that two of them can be told to be the same value.

A name stands for one step (or an item, a carry, an error) of one scope, found as the run finds it. A step's result
never changes once it is there, so two expressions of one form over the same things have the same value. The result of
a ``let`` is its expression.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dsl import tree
from dsl.cel.source import bound_variable, children
from dsl.outline import slots

Value = int
"""Equal for expressions that are surely the same value."""


@dataclass(frozen=True, slots=True)
class _Thing:
    """What a name stands for: ``begins`` is where what gives it ends in the text; ``alias`` the expression of a
    ``let`` and the path it stands at."""

    key: tuple[object, ...]
    begins: int
    alias: tuple[tree.Expr, str] | None = None


@dataclass(slots=True)
class _Scope:
    outer: _Scope | None
    things: dict[str, _Thing] = field(default_factory=dict)
    twice: set[str] = field(default_factory=set)

    def find(self, name: str, at: int) -> _Thing | None:
        """None for what is nowhere, or what is read before it is there while another of its name is."""
        if name in self.twice:
            return None
        found = self.things.get(name)
        if found is None:
            return None if self.outer is None else self.outer.find(name, at)
        if found.begins > at and self.outer is not None and self.outer.find(name, at) is not None:
            return None
        return found


class Values:
    """The values of a workflow's expressions. ``path`` is always that of the step in which an expression stands."""

    def __init__(self, workflow: tree.Workflow) -> None:
        self._scopes: dict[str, _Scope] = {}
        self._rounds: dict[str, _Scope] = {}
        self._numbers: dict[tuple[object, ...], Value] = {}
        self._fixed: set[Value] = set()
        self._config: set[Value] = set()
        self._aliases: dict[tuple[object, ...], Value] = {}
        root = _Scope(None)
        for name in ("input", "config", "secrets"):
            root.things[name] = _Thing(("global", name), -1)
        self._enter(workflow.body, "", root)

    def _enter(self, block: tree.Block, prefix: str, scope: _Scope) -> None:
        for step in block.steps:
            path = prefix + step.id
            self._scopes[path] = scope
            if step.id in scope.things:
                # Two of one name: which of them is read is nothing to prove with.
                scope.twice.add(step.id)
            scope.things.setdefault(step.id, _thing_of(step, path))
            for slot in slots(step):
                inner = scope
                if slot.scope:
                    inner = _Scope(scope, dict(_own_names(step, slot.name, path)))
                    if isinstance(step.kind, tree.Loop) and slot.name == "body":
                        self._rounds[path] = inner
                self._enter(slot.block, path + slot.infix, inner)

    def of(self, expression: tree.Expr, path: str, *, in_round: bool = False) -> Value:
        """``in_round``: a loop's test, which sees what a round of it sees."""
        scope = self._rounds[path] if in_round else self._scopes[path]
        return self._of(expression, scope, frozenset())

    def fixed(self, value: Value) -> bool:
        """Whether it is a number that is the same in every run of this version: constants and configuration."""
        return value in self._fixed

    def meant(
        self, expression: tree.Expr, path: str, *, in_round: bool = False
    ) -> tuple[tree.Expr, str, bool]:
        """The expression behind a name of a ``let`` (through any number of them) and where it stands; else itself."""
        for _ in range(100):
            if not isinstance(expression, tree.Name):
                break
            scope = self._rounds[path] if in_round else self._scopes[path]
            thing = scope.find(expression.id, expression.span.start)
            if thing is None or thing.alias is None:
                break
            expression, path = thing.alias
            in_round = False
        return expression, path, in_round

    def _number(self, key: tuple[object, ...], fixed: bool = False) -> Value:
        number = self._numbers.setdefault(key, len(self._numbers))
        if fixed:
            self._fixed.add(number)
        return number

    def _of(self, expression: tree.Expr, scope: _Scope, bound: frozenset[str]) -> Value:
        match expression:
            case tree.Constant(value=value):
                number = isinstance(value, int | float) and not isinstance(value, bool)
                return self._number(("constant", type(value).__name__, value), number)
            case tree.Duration(ms=ms):
                return self._number(("duration", ms))
            case tree.Name(id=name):
                return self._name(expression, name, scope, bound)
            case tree.Member(target=target, name=name, optional=optional):
                return self._member(self._of(target, scope, bound), name, optional)
            case tree.Index(target=target, index=tree.Constant(value=str() as name)):
                return self._member(self._of(target, scope, bound), name, False)
            case tree.FunctionCall(function="double", args=(tree.Name() | tree.Member() as only,)):
                # The same number, written otherwise.
                return self._of(only, scope, bound)
            case tree.MethodCall(target=target, method=method, args=args) if bound_variable(expression):
                inner = bound | {bound_variable(expression) or ""}
                parts = (self._of(target, scope, bound), *(self._of(arg, scope, inner) for arg in args))
                return self._number(("macro", method, parts))
        parts = tuple(self._of(part, scope, bound) for part in children(expression))
        computed = isinstance(expression, tree.Unary | tree.Binary | tree.Conditional)
        return self._number(
            (type(expression).__name__, *_marks(expression), parts),
            computed and all(part in self._fixed for part in parts),
        )

    def _name(self, expression: tree.Name, name: str, scope: _Scope, bound: frozenset[str]) -> Value:
        if name in bound:
            return self._number(("bound", name))
        thing = scope.find(name, expression.span.start)
        if thing is None:
            return self._number(("unknown", name, expression.span.start))
        if thing.alias is None:
            number = self._number(thing.key)
            if thing.key == ("global", "config"):
                self._config.add(number)
            return number
        known = self._aliases.get(thing.key)
        if known is None:
            # What stands for itself while it is looked at is what it is in a text with a cycle.
            self._aliases[thing.key] = self._number(thing.key)
            value, path = thing.alias
            known = self._aliases[thing.key] = self._of(value, self._scopes[path], frozenset())
        return known

    def _member(self, target: Value, name: str, optional: bool) -> Value:
        of_config = target in self._config
        number = self._number(("member", target, name, optional), of_config)
        if of_config:
            self._config.add(number)
        return number


def _thing_of(step: tree.Step, path: str) -> _Thing:
    alias = None
    # With a catch, the result may be that of the catch.
    if isinstance(step.kind, tree.Let) and not any(isinstance(one, tree.Catch) for one in step.clauses):
        alias = (step.kind.value, path)
    return _Thing(("step", path), step.span.end, alias)


def _own_names(step: tree.Step, slot: str, path: str) -> Iterator[tuple[str, _Thing]]:
    """The names that a scope has of its own, beside those of its steps."""
    match step.kind:
        case tree.Foreach(variable=name) if slot == "body":
            yield name, _Thing(("item", path), -1)
        case tree.Loop(carry=carry) if slot == "body":
            yield step.id, _Thing(("rounds", path), -1)
            if carry is not None:
                yield carry[0], _Thing(("carry", path), -1)
    catches = [clause for clause in step.clauses if isinstance(clause, tree.Catch)]
    for number, catch in enumerate(catches):
        if slot == f"catch{number}" and catch.variable is not None:
            yield catch.variable, _Thing(("error", path, number), -1)


def _marks(expression: tree.Expr) -> tuple[object, ...]:
    """What tells expressions of one sort apart, beside their parts."""
    match expression:
        case tree.Template(parts=parts):
            return tuple(part if isinstance(part, str) else None for part in parts)
        case tree.FunctionCall(function=name) | tree.MethodCall(method=name):
            return (name,)
        case tree.Unary(op=op) | tree.Binary(op=op):
            return (op,)
        case _:
            return ()
