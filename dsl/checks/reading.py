"""Who reads what: every name that a text declares, and whether anything reads it.

A name is looked up from the block it is read in outwards, as the run would find it: ``foreach``, ``loop``, catches and
compensations keep their names to themselves, the other blocks share those of the block around them. Where in its block
a step stands does not matter here; another rule sees to it that what is read has a value.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, is_dataclass
from typing import Any, Literal, get_args

from dsl import tree
from dsl.cel.source import bound_variable, children
from dsl.outline import Slot, clause_slots, kind_slots
from dsl.walk import parts_of

_EXPRESSIONS = get_args(tree.Expr)
Sort = Literal["step", "item", "carry", "error"]


@dataclass(slots=True)
class Declared:
    """A step, or a variable of one: the item of a ``foreach``, the carry of a ``loop``, the error of a catch.

    ``span`` is the step, or the part of it that brings the variable in. ``alone``: nothing can read its result but by
    its name.
    """

    sort: Sort
    name: str
    step: tree.Step
    path: str
    span: tree.Span
    alone: bool = True
    read: bool = False


@dataclass(slots=True)
class Reading:
    """``fields`` holds the names read of ``input``, ``config`` and ``secrets``; ``whole`` those read as a whole;
    ``awaited`` the steps that another one is ``after``; ``twice`` names that two of one scope have; ``unknown`` those
    that stand for nothing."""

    declared: list[Declared] = field(default_factory=list)
    fields: dict[str, set[str]] = field(
        default_factory=lambda: {"input": set(), "config": set(), "secrets": set()}
    )
    whole: set[str] = field(default_factory=set)
    aliases: set[str] = field(default_factory=set)
    types: set[str] = field(default_factory=set)
    awaited: set[str] = field(default_factory=set)
    twice: set[str] = field(default_factory=set)
    unknown: set[str] = field(default_factory=set)


def reading_of(workflow: tree.Workflow) -> Reading:
    walk = _Walk(Reading())
    for head in workflow.heads:
        match head:
            case tree.TypeDecl(type=type_):
                walk.types(type_, head.name)
            case tree.Fields(fields=declared):
                for one in declared:
                    walk.types(one.type, None)
            case tree.Trigger():
                for expression in expressions_in(head.on):
                    walk.expression(expression, None, frozenset())
                for arg in head.args:
                    walk.expression(arg.value, None, frozenset())
    walk.block(workflow.body, "", None, {}, alone=True)
    return walk.reading


def expressions_in(node: Any) -> Iterator[tree.Expr]:
    """The whole expressions of a node, those of the blocks in it left out."""
    waiting = [node]
    while waiting:
        part = waiting.pop()
        if isinstance(part, _EXPRESSIONS):
            yield part
        elif isinstance(part, tuple):
            waiting.extend(part)
        elif is_dataclass(part) and not isinstance(part, tree.Block | tree.Step):
            waiting.extend(getattr(part, name) for name in parts_of(type(part)))


@dataclass(frozen=True, slots=True)
class _Scope:
    names: dict[str, Declared]
    around: _Scope | None

    def find(self, name: str) -> Declared | None:
        scope: _Scope | None = self
        while scope is not None:
            if name in scope.names:
                return scope.names[name]
            scope = scope.around
        return None


@dataclass(slots=True)
class _Walk:
    reading: Reading

    def block(
        self,
        block: tree.Block,
        prefix: str,
        around: _Scope | None,
        names: dict[str, Declared],
        *,
        alone: bool,
    ) -> None:
        """A block with a scope of its own, which ``names`` are known in from the start."""
        scope = _Scope(dict(names), around)
        self._declare(block, prefix, scope, alone)
        self._visit(block, prefix, scope)

    def _declare(self, block: tree.Block, prefix: str, scope: _Scope, alone: bool) -> None:
        for step in block.steps:
            path = prefix + step.id
            found = Declared("step", step.id, step, path, step.span, alone)
            self.reading.declared.append(found)
            if scope.names.setdefault(step.id, found) is not found:
                self.reading.twice.add(step.id)
            for slot in kind_slots(step.kind):
                if not slot.scope:
                    # Where the first result wins or all of them are kept, a step is read through the block.
                    kept = isinstance(step.kind, tree.Parallel) and step.kind.join != "all"
                    self._declare(slot.block, path + slot.infix, scope, not kept)

    def _visit(self, block: tree.Block, prefix: str, scope: _Scope) -> None:
        for step in block.steps:
            self._step(step, prefix + step.id, scope)
        if block.result is not None:
            self.expression(block.result, scope, frozenset())

    def _step(self, step: tree.Step, path: str, scope: _Scope) -> None:
        inside = scope
        match step.kind:
            case tree.Call(alias=alias) | tree.RunWorkflow(alias=alias):
                self.reading.aliases.add(alias)
            case tree.Agent(tools=tools, output=output):
                self.reading.aliases.update(ref.alias for ref in tools)
                if output is not None:
                    self.types(output, None)
            case tree.Foreach(variable=variable, span=span):
                inside = self._with(scope, "item", variable, step, path, span)
            case tree.Loop(carry=(variable, _), span=span):
                inside = self._with(scope, "carry", variable, step, path, span)
        for part in expressions_in(step.kind):
            own = isinstance(step.kind, tree.Loop) and part is step.kind.test
            self.expression(part, inside if own else scope, frozenset())
        for slot in kind_slots(step.kind):
            if slot.scope:
                self._inner(slot, path, inside)
            else:
                self._visit(slot.block, path + slot.infix, scope)
        catches = [clause for clause in step.clauses if isinstance(clause, tree.Catch)]
        for number, slot in enumerate(clause_slots(step)):  # the catches come first
            named = catches[number].variable if number < len(catches) else None
            seen = self._with(scope, "error", named, step, path, catches[number].span) if named else scope
            self._inner(slot, path, seen)
        for clause in step.clauses:
            match clause:
                case tree.Key(value=value):
                    self.expression(value, scope, frozenset())
                case tree.After(ids=ids):
                    self.reading.awaited.update(ids)

    def _inner(self, slot: Slot, path: str, around: _Scope) -> None:
        self.block(slot.block, path + slot.infix, around, {}, alone=True)

    def _with(
        self, scope: _Scope, sort: Sort, name: str, step: tree.Step, path: str, span: tree.Span
    ) -> _Scope:
        found = Declared(sort, name, step, path, span)
        self.reading.declared.append(found)
        return _Scope({name: found}, scope)

    def types(self, type_: tree.Type, own: str | None) -> None:
        """The names of types in a type, but for that of the declaration it stands in."""
        waiting: list[Any] = [type_]
        while waiting:
            part = waiting.pop()
            if isinstance(part, tree.NamedType):
                if part.name != own:
                    self.reading.types.add(part.name)
            elif isinstance(part, tuple):
                waiting.extend(part)
            elif is_dataclass(part):
                waiting.extend(getattr(part, name) for name in parts_of(type(part)))

    def expression(self, expression: tree.Expr, scope: _Scope | None, bound: frozenset[str]) -> None:
        match expression:
            case tree.Member(target=tree.Name(id=owner), name=name) if owner in self.reading.fields:
                self.reading.fields[owner].add(name)
                return
            case tree.Name(id=name):
                if name not in bound:
                    self._name(name, scope)
                return
        variable = bound_variable(expression)
        if variable is not None and isinstance(expression, tree.MethodCall):
            self.expression(expression.target, scope, bound)
            for arg in expression.args[1:]:
                self.expression(arg, scope, bound | {variable})
            return
        for part in children(expression):
            self.expression(part, scope, bound)

    def _name(self, name: str, scope: _Scope | None) -> None:
        if name in self.reading.fields:
            self.reading.whole.add(name)
            return
        found = None if scope is None else scope.find(name)
        if found is not None:
            found.read = True
        elif scope is not None:
            self.reading.unknown.add(name)
