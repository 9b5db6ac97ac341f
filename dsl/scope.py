"""What every expression of a text may read, found by walking the steps in the order they run.

A step reads what was before it. In a ``parallel`` that is what was before the whole of it and what the step is
``after``. ``foreach``, ``loop``, catches and compensations keep what is inside to themselves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from dsl import tree
from dsl.catalog import Catalog, Schema
from dsl.inference import ANYTHING, Inference
from dsl.names import Names, with_names
from dsl.outline import Slot, clause_slots, kind_slots, predecessors, uses
from dsl.schemas import declared_types, fields_of, resolved, schema_of, schema_of_fields

Role = Literal["value", "condition", "items", "key", "verify"]

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


@dataclass(frozen=True, slots=True)
class Site:
    """One expression of the text with all it may read.

    ``beside`` are names that exist but are computed at the same time (name -> the sibling to be ``after``);
    ``step`` is the path of the step it stands in, None in the header.
    """

    expression: tree.Expr
    role: Role
    step: str | None
    names: Mapping[str, Schema]
    beside: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Scopes:
    """``sites`` in order of flow; ``before`` gives what can be read where a step begins; ``results`` its schema."""

    sites: tuple[Site, ...]
    before: Mapping[str, Mapping[str, Schema]]
    results: Mapping[str, Schema]


def scopes_of(workflow: tree.Workflow, catalog: Catalog) -> Scopes:
    walk = _Walk(workflow, catalog)
    walk.header()
    walk.block(workflow.body, "", walk.globals(), {}, parallel=False)
    return Scopes(tuple(walk.sites), walk.before, walk.results)


@dataclass(slots=True)
class _Walk:
    workflow: tree.Workflow
    catalog: Catalog
    sites: list[Site] = field(default_factory=list)
    before: dict[str, Mapping[str, Schema]] = field(default_factory=dict)
    results: dict[str, Schema] = field(default_factory=dict)

    def globals(self) -> dict[str, Schema]:
        types = declared_types(self.workflow)
        return {
            "input": schema_of_fields(fields_of(self.workflow, "input"), types),
            "config": schema_of_fields(fields_of(self.workflow, "config"), types),
            # Which secrets there are is another rule's business.
            "secrets": {"type": "object", "additionalProperties": {"type": "string"}},
        }

    def header(self) -> None:
        known = self.globals()
        for head in self.workflow.heads:
            if isinstance(head, tree.Fields):
                for entry in head.fields:
                    if entry.default is not None:
                        self._site(entry.default, "value", None, {}, {})
            if isinstance(head, tree.Trigger):
                names = {**known, "event": ANYTHING}
                del names["input"]
                match head.on:
                    case tree.Webhook(verify=tree.FunctionCall() as verify):
                        for arg in verify.args:
                            self._site(arg, "verify", None, names, {})
                    case tree.EventTrigger(when=when) if when is not None:
                        self._site(when, "condition", None, names, {})
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
        self.sites.append(Site(expression, role, step, names, beside))
        return Inference(names).infer(expression)

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
        """The names that a block adds, and the schema of its ``yield``."""
        if parallel:
            exports = self._siblings(block, prefix, names, beside)
            return exports, self._site(block.result, "value", owner, with_names(names, exports), beside)
        added: dict[str, tuple[int, Schema]] = {}
        for number, step in enumerate(block.steps):
            for name, schema in self.step(step, prefix, Names(names, added, number), beside).items():
                added.setdefault(name, (number, schema))
        after = Names(names, added, len(block.steps))
        result = self._site(block.result, "value", owner, after, beside)
        return {name: schema for name, (_, schema) in added.items()}, result

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
        self.results[path] = result
        exports[step.id] = result
        for clause, slot in zip(_blocks(step), clause_slots(step), strict=True):
            match clause:
                case tree.Catch(variable=variable):
                    seen = with_names(names, {variable: ERROR} if variable else {})
                case tree.Compensate():
                    seen = with_names(names, exports)
            self.block(slot.block, path + slot.infix, seen, beside, parallel=False, owner=path)
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
                use = uses(self.workflow).get(alias)
                found = None if use is None else self.catalog.tool(use.name, tool)
                return resolved(found.output_schema) if found and found.output_schema else ANYTHING
            case tree.RunWorkflow(alias=alias, args=args):
                for arg in args:
                    site(arg.value)
                use = uses(self.workflow).get(alias)
                other = None if use is None else self.catalog.workflows.get(use.name)
                return resolved(other.output_schema) if other else ANYTHING
            case tree.Agent(model=model, system=system, prompt=prompt, output=output, budget=budget):
                for part in (model, system, prompt, budget):
                    site(part)
                return ANYTHING if output is None else schema_of(output, declared_types(self.workflow))
            case tree.Approve():
                for approver in kind.approvers:
                    site(approver.name)
                if kind.escalate is not None:
                    site(kind.escalate.to.name)
                site(kind.title)
                for shown in kind.show:
                    site(shown)
                for slot in kind_slots(kind):
                    inside(slot, names)
                return APPROVED
            case tree.If(arms=arms):
                for arm in arms:
                    for test in arm.tests:
                        site(test, "condition")
                for slot in kind_slots(kind):
                    inside(slot, names)
                return ANYTHING
            case tree.Switch(subject=subject, arms=arms):
                site(subject)
                for arm in arms:
                    for test in arm.tests:
                        site(test)
                for slot in kind_slots(kind):
                    inside(slot, names)
                return ANYTHING
            case tree.Parallel(join=join):
                result = inside(kind_slots(kind)[0], names, parallel=True)
                return result if join == "all" else ANYTHING
            case tree.Do():
                return inside(kind_slots(kind)[0], names)
            case tree.Foreach(variable=variable, items=items):
                found_items = site(items, "items").get("items")
                item = found_items if isinstance(found_items, dict) else ANYTHING
                result = inside(kind_slots(kind)[0], with_names(names, {variable: item}))
                return {"type": "array", "items": result}
            case tree.Loop(carry=carry, test=test):
                own = {step.id: _rounds(ANYTHING)}
                if carry is not None:
                    site(carry[1])
                    # The carry changes from round to round: only its first value is known here.
                    own[carry[0]] = ANYTHING
                seen = with_names(names, own)
                self._site(test, "condition", path, seen, beside)
                return _rounds(inside(kind_slots(kind)[0], seen))
            case tree.Wait(event=event, until=until, when=when):
                site(until)
                seen = with_names(names, {"event": ANYTHING})
                self._site(when, "condition", path, seen, beside)
                return ANYTHING if event is not None else {"type": "null"}
            case tree.Let(value=value) | tree.Return(value=value):
                return site(value)
            case tree.Fail(message=message):
                site(message)
                return ANYTHING
            case tree.Broken():
                return ANYTHING


def _rounds(last: Schema) -> Schema:
    return {"type": "object", "properties": {"count": {"type": "integer"}, "last": last}}


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
