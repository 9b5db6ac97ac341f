"""What every expression of a text may read, found by walking the steps in the order they run.

A step reads what was before it. In a ``parallel`` that is what was before the whole of it and what the step is
``after``. ``foreach``, ``loop``, catches and compensations keep what is inside to themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Literal

from dsl import tree
from dsl.catalog import Catalog, Schema
from dsl.meaning.endings import ended
from dsl.meaning.functions import ANYTHING
from dsl.meaning.inference import Inference, Problem
from dsl.meaning.names import Names, with_names
from dsl.meaning.unions import NULL, members_of, nullable, union
from dsl.outline import Slot, after_of, clause_slots, implied_slots, kind_slots, places, predecessors, uses
from dsl.schemas import declared_types, fields_of, kinds_of, resolved, schema_of, schema_of_fields

Role = Literal["value", "condition", "items", "key", "time", "money", "verify"]

ERROR: Schema = {
    "type": "object",
    "properties": {"code": {"type": "string"}, "message": {"type": "string"}, "step": {"type": "string"}},
}
APPROVED: Schema = {
    "type": "object",
    "properties": {
        "approved": {"type": "boolean"},
        "by": {"type": "array", "items": {"type": "string"}},
        "comment": {"type": "string"},
    },
}
MAX_ROUNDS = 2
"""Loops within loops whose rounds are looked at several times, to find what they yield; below, that is not known."""
MAX_BODY = 40
MAX_INNER = 3
"""Steps of a loop that is looked at several times, and loops among them."""


@dataclass(frozen=True, slots=True)
class Site:
    """One expression of the text with all it may read, and what could be told of it.

    ``beside`` are names that exist but are computed at the same time (name -> the sibling to be ``after``);
    ``step`` is the path of the step it stands in, None in the header.
    """

    expression: tree.Expr
    role: Role
    step: str | None
    names: Mapping[str, Schema]
    beside: Mapping[str, str]
    schema: Schema
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Scopes:
    """``sites`` in order of flow; ``before`` gives what can be read where a step begins; ``results`` its schema.

    ``schemas`` is what each site's expression gives, by the identity of the expression.
    """

    sites: tuple[Site, ...]
    before: Mapping[str, Mapping[str, Schema]]
    results: Mapping[str, Schema]
    schemas: Mapping[int, Schema]


def scopes_of(workflow: tree.Workflow, catalog: Catalog) -> Scopes:
    walk = _Walk(workflow, catalog)
    walk.header()
    walk.block(workflow.body, "", walk.known, {}, parallel=False)
    schemas = {id(site.expression): site.schema for site in walk.sites}
    return Scopes(tuple(walk.sites), walk.before, walk.results, schemas)


@dataclass(slots=True)
class _Walk:
    workflow: tree.Workflow
    catalog: Catalog
    sites: list[Site] = field(default_factory=list)
    before: dict[str, Mapping[str, Schema]] = field(default_factory=dict)
    results: dict[str, Schema] = field(default_factory=dict)

    types: Mapping[str, tree.Type] = field(init=False)
    uses: Mapping[str, tree.Use] = field(init=False)
    known: Mapping[str, Schema] = field(init=False)
    outputs: dict[tuple[str, str], Schema] = field(default_factory=dict)
    rounds: int = 0

    def __post_init__(self) -> None:
        self.types = declared_types(self.workflow)
        self.uses = uses(self.workflow)
        self.known = {
            "input": schema_of_fields(fields_of(self.workflow, "input"), self.types),
            "config": schema_of_fields(fields_of(self.workflow, "config"), self.types),
            # Which secrets there are is another rule's business.
            "secrets": {"type": "object", "additionalProperties": {"type": "string"}},
        }

    def header(self) -> None:
        for head in self.workflow.heads:
            if isinstance(head, tree.Fields):
                for entry in head.fields:
                    if entry.default is not None:
                        self._site(entry.default, "value", None, {}, {})
            if isinstance(head, tree.Trigger):
                names = {**self.known, "event": ANYTHING}
                del names["input"]
                match head.on:
                    case tree.Webhook(verify=tree.FunctionCall() as verify):
                        for arg in verify.args:
                            self._site(arg, "verify", None, names, {})
                if not isinstance(head.on, tree.Manual) and head.on.when is not None:
                    self._site(head.on.when, "condition", None, names, {})
                for given in head.args:
                    self._site(given.value, "value", None, names, {})

    def _site(
        self,
        expression: tree.Expr | None,
        role: Role,
        step: str | None,
        names: Mapping[str, Schema],
        beside: Mapping[str, str],
    ) -> Schema:
        if expression is None:
            return ANYTHING
        inference = Inference(names)
        found = inference.condition(expression) if role == "condition" else inference.value(expression)
        self.sites.append(Site(expression, role, step, names, beside, found, tuple(inference.problems)))
        return found

    def block(
        self,
        block: tree.Block,
        prefix: str,
        names: Mapping[str, Schema],
        beside: Mapping[str, str],
        *,
        parallel: bool,
        owner: str | None = None,
    ) -> tuple[dict[str, Schema], Schema]:
        """The names that a block adds, and the schema of its ``yield``; null where it yields nothing."""
        if parallel:
            exports = self._siblings(block, prefix, names, beside)
            seen = with_names(names, exports)
            return exports, self._yielded(block, owner, seen, beside)
        added: dict[str, tuple[int, Schema]] = {}
        for number, step in enumerate(block.steps):
            for name, schema in self.step(step, prefix, Names(names, added, number), beside).items():
                added.setdefault(name, (number, schema))
        after = Names(names, added, len(block.steps))
        result = self._yielded(block, owner, after, beside)
        return {name: schema for name, (_, schema) in added.items()}, result

    def _yielded(
        self, block: tree.Block, owner: str | None, seen: Mapping[str, Schema], beside: Mapping[str, str]
    ) -> Schema:
        return NULL if block.result is None else self._site(block.result, "value", owner, seen, beside)

    def _siblings(
        self,
        block: tree.Block,
        prefix: str,
        names: Mapping[str, Schema],
        beside: Mapping[str, str],
    ) -> dict[str, Schema]:
        before = predecessors(block)
        inside = {name: step.id for step in block.steps for name in _names_of(step)}
        given: dict[str, dict[str, Schema]] = {}
        # Fewest predecessors first is an order of flow; what is in a cycle comes in some order, E104 says so.
        for step in sorted(block.steps, key=lambda step: len(before[step.id])):
            added: dict[str, Schema] = {}
            for other in before[step.id]:
                added.update(given.get(other, {}))
            seen = with_names(names, added)
            hidden = {n: o for n, o in inside.items() if o != step.id and o not in before[step.id]}
            given[step.id] = self.step(step, prefix, seen, {**beside, **hidden})
        return {name: schema for step in block.steps for name, schema in given[step.id].items()}

    def step(
        self, step: tree.Step, prefix: str, names: Mapping[str, Schema], beside: Mapping[str, str]
    ) -> dict[str, Schema]:
        """The names that a step adds: its own and those of the blocks that hide nothing."""
        path = prefix + step.id
        self.before[path] = names
        for clause in step.clauses:
            if isinstance(clause, tree.Key):
                self._site(clause.value, "key", path, names, beside)
        exports: dict[str, Schema] = {}
        result = self._kind(step, path, names, beside, exports)
        exports[step.id] = result
        caught: list[Schema] = []
        for clause, slot in zip(_blocks(step), clause_slots(step), strict=True):
            match clause:
                case tree.Catch(variable=variable):
                    seen = with_names(names, {variable: ERROR} if variable else {})
                case tree.Compensate():
                    seen = with_names(names, exports)
            _, given = self.block(slot.block, path + slot.infix, seen, beside, parallel=False, owner=path)
            if isinstance(clause, tree.Catch) and not ended(slot.block):
                caught.append(given)
        if caught:
            exports[step.id] = union([result, *caught])
        self.results[path] = exports[step.id]
        return exports

    def _kind(
        self,
        step: tree.Step,
        path: str,
        names: Mapping[str, Schema],
        beside: Mapping[str, str],
        exports: dict[str, Schema],
    ) -> Schema:
        kind = step.kind

        def site(expression: tree.Expr | None, role: Role = "value") -> Schema:
            return self._site(expression, role, path, names, beside)

        def inside(slot: Slot, seen: Mapping[str, Schema], parallel: bool = False) -> Schema:
            added, result = self.block(
                slot.block, path + slot.infix, seen, beside, parallel=parallel, owner=path
            )
            if not slot.scope:
                exports.update(added)
            return result

        match kind:
            case tree.Call(alias=alias, tool=tool, args=args):
                for arg in args:
                    site(arg.value)
                return self._output(alias, tool)
            case tree.RunWorkflow(alias=alias, args=args):
                for arg in args:
                    site(arg.value)
                use = self.uses.get(alias)
                other = None if use is None else self.catalog.workflows.get(use.name)
                return resolved(other.output_schema) if other else ANYTHING
            case tree.Agent(model=model, system=system, prompt=prompt, output=output, budget=budget):
                for part in (model, system, prompt):
                    site(part)
                site(budget, "money")
                return ANYTHING if output is None else schema_of(output, self.types)
            case tree.Approve():
                for approver in kind.approvers:
                    site(approver.name)
                if kind.escalate is not None:
                    site(kind.escalate.to.name)
                site(kind.title)
                for shown in kind.show:
                    site(shown)
                answers = [APPROVED]
                for slot in kind_slots(kind):
                    given = inside(slot, names)
                    if slot.block.result is not None and not ended(slot.block):
                        answers.append(given)
                return union(answers)
            case tree.If(arms=arms):
                for arm in arms:
                    for test in arm.tests:
                        site(test, "condition")
                return self._branches(kind, lambda slot: inside(slot, names))
            case tree.Switch(subject=subject, arms=arms):
                site(subject)
                for arm in arms:
                    for test in arm.tests:
                        site(test)
                return self._branches(kind, lambda slot: inside(slot, names))
            case tree.Parallel(join=join, block=block):
                result = inside(kind_slots(kind)[0], names, parallel=True)
                if block.result is not None or join == "all":
                    return result
                given = {one.id: self.results.get(f"{path}.{one.id}", ANYTHING) for one in block.steps}
                return _settled(given) if join == "settle" else _first(block, given)
            case tree.Do():
                return inside(kind_slots(kind)[0], names)
            case tree.Foreach(variable=variable, items=items):
                item = self._item(items, site(items, "items"))
                result = inside(kind_slots(kind)[0], with_names(names, {variable: item}))
                return {"type": "array", "items": result}
            case tree.Loop(carry=carry, test=test, mode=mode):
                first = ANYTHING if carry is None else site(carry[1])
                slot = kind_slots(kind)[0]
                given = self._round(step, slot, path, names, beside, first)
                own = {step.id: _rounds(nullable(given))}
                if carry is not None:
                    own[carry[0]] = first if slot.block.result is None else union([first, given])
                seen = with_names(names, own)
                if mode == "until":
                    own[step.id] = _rounds(given)
                self._site(test, "condition", path, with_names(names, own), beside)
                last = inside(slot, seen)
                return _rounds(last if mode == "until" else nullable(last))
            case tree.Wait(event=event, until=until, when=when):
                site(until, "time")
                seen = with_names(names, {"event": ANYTHING})
                self._site(when, "condition", path, seen, beside)
                return ANYTHING if event is not None else NULL
            case tree.Let(value=value) | tree.Return(value=value):
                return site(value)
            case tree.Fail(message=message):
                site(message)
                return ANYTHING
            case tree.Broken():
                return ANYTHING

    def _output(self, alias: str, tool: str) -> Schema:
        """What a tool says it returns; the same object each time, so that what is found out of it can be kept."""
        if (alias, tool) not in self.outputs:
            use = self.uses.get(alias)
            found = None if use is None else self.catalog.tool(use.name, tool)
            known = found is not None and found.output_schema
            self.outputs[alias, tool] = resolved(known) if known else ANYTHING
        return self.outputs[alias, tool]

    def _branches(self, kind: tree.If | tree.Switch, inside: Callable[[Slot], Schema]) -> Schema:
        """What one of the branches gives that go on; null where a branch that is not written is taken."""
        given = [(slot, inside(slot)) for slot in kind_slots(kind)]
        open_ways = [result for slot, result in given if not ended(slot.block)]
        if implied_slots(kind):
            open_ways.append(NULL)
        return union(open_ways) if open_ways else ANYTHING

    def _item(self, items: tree.Expr, schema: Schema) -> Schema:
        found = [one.get("items") for one in members_of(schema) if kinds_of(one) != {"null"}]
        schemas = [one if isinstance(one, dict) else ANYTHING for one in found]
        return union(schemas) if schemas else ANYTHING

    def _round(
        self,
        step: tree.Step,
        slot: Slot,
        path: str,
        names: Mapping[str, Schema],
        beside: Mapping[str, str],
        first: Schema,
    ) -> Schema:
        """What a round of a loop yields, whatever the rounds before it gave; ``first`` is the carry's first value."""
        if slot.block.result is None:
            return NULL
        body = list(islice(places(slot.block), MAX_BODY + 1))
        inner = sum(isinstance(place.step.kind, tree.Loop) for place in body)
        if self.rounds >= MAX_ROUNDS or len(body) > MAX_BODY or inner > MAX_INNER:
            return ANYTHING
        carry = step.kind.carry if isinstance(step.kind, tree.Loop) else None
        given: Schema = {}
        # Guess that a round yields what the first one does, and see whether the next one then yields the same.
        for guess in range(3):
            own = {step.id: _rounds(nullable(given) if guess else ANYTHING)}
            if carry:
                own[carry[0]] = union([first, given]) if guess else first
            trial = _Walk(self.workflow, self.catalog, outputs=self.outputs, rounds=self.rounds + 1)
            seen = with_names(names, own)
            _, found = trial.block(slot.block, path + slot.infix, seen, beside, parallel=False, owner=path)
            if guess and found == given:
                return found
            given = union([given, found]) if guess else found
        return ANYTHING


def _rounds(last: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {"count": {"type": "integer"}, "last": last},
        "required": ["count", "last"],
    }


def _settled(given: Mapping[str, Schema]) -> Schema:
    """What ``parallel settle`` gives: for each step, how it went."""

    def ending(value: Schema) -> Schema:
        properties = {"ok": {"type": "boolean"}, "value": value, "error": ERROR}
        return {"type": "object", "properties": properties, "required": ["ok"]}

    properties = {name: ending(value) for name, value in given.items()}
    return {"type": "object", "properties": properties, "required": list(properties)}


def _first(block: tree.Block, given: Mapping[str, Schema]) -> Schema:
    """What ``parallel any`` gives: the result of one of the steps that no other waits for."""
    awaited = {name for step in block.steps for name in after_of(step)}
    last = [schema for name, schema in given.items() if name not in awaited]
    return union(last) if last else ANYTHING


def _blocks(step: tree.Step) -> list[tree.Catch | tree.Compensate]:
    """The clauses with blocks, in the order of ``clause_slots``."""
    catches: list[tree.Catch | tree.Compensate] = [c for c in step.clauses if isinstance(c, tree.Catch)]
    return [*catches, *(c for c in step.clauses if isinstance(c, tree.Compensate))]


def _names_of(step: tree.Step) -> set[str]:
    """The names a step will add, found without knowing what can be read."""
    found = {step.id}
    for slot in kind_slots(step.kind):
        if not slot.scope:
            for inner in slot.block.steps:
                found |= _names_of(inner)
    return found
