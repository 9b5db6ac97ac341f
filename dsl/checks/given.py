"""Values beside the schemas they are for: what the rules about arguments share.

Handed over are the arguments of calls, what the workflow returns, what a trigger makes of its event and the defaults
of inputs and settings; in an object or a list that is written out, every part of it as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from dsl import tree
from dsl.catalog import Schema, Tool
from dsl.checks.subject import Subject
from dsl.meaning.unions import members_of
from dsl.schemas import declared_types, fields_of, kinds_of, resolved, schema_of, schema_of_fields

Entry = tuple[str, tree.Expr, tree.Span]
Sort = Literal["argument", "field"]


@dataclass(frozen=True, slots=True)
class Given:
    """The arguments of a call, or the fields of an object that is written out.

    ``where`` names the whole for people, ``span`` covers it with its brackets, ``at`` is what to underline when
    something is missing; ``step`` is None in the header.
    """

    where: str
    schema: Schema
    entries: tuple[Entry, ...]
    span: tree.Span
    at: tree.Span
    sort: Sort
    step: str | None
    names: Mapping[str, Schema]


@dataclass(frozen=True, slots=True)
class Handed:
    """One value and the schema it is for; ``what`` names its place for people."""

    what: str
    value: tree.Expr
    schema: Schema
    step: str | None
    names: Mapping[str, Schema]


@dataclass(frozen=True, slots=True)
class Handover:
    givens: tuple[Given, ...]
    values: tuple[Handed, ...]


@lru_cache(maxsize=2)
def handover(subject: Subject) -> Handover:
    """Everything in a text that is handed over against a known schema; found once for all rules."""
    collected = _Collected(subject, [], [])
    collected.header()
    collected.body()
    return Handover(tuple(collected.givens), tuple(collected.values))


@dataclass(frozen=True, slots=True)
class _Collected:
    subject: Subject
    givens: list[Given]
    values: list[Handed]

    def header(self) -> None:
        workflow = self.subject.workflow
        types = declared_types(workflow)
        inputs = {one.name: schema_of(one.type, types) for one in fields_of(workflow, "input")}
        for head in workflow.heads:
            match head:
                case tree.Fields(role="input" | "config", fields=fields):
                    for one in fields:
                        if one.default is not None:
                            what = f"the default of `{one.name}`"
                            self.value("", what, one.default, schema_of(one.type, types), None, {})
                case tree.Trigger(args=args):
                    for arg in args:
                        if arg.name in inputs:
                            self.value(arg.name, "the input", arg.value, inputs[arg.name], None, {})

    def body(self) -> None:
        subject = self.subject
        fields = fields_of(subject.workflow, "output")
        output = schema_of_fields(fields, declared_types(subject.workflow)) if fields else None
        schemas: dict[int, tuple[Tool, Schema]] = {}
        for place in subject.places:
            names = subject.scopes.before.get(place.path, {})
            match place.step.kind:
                case tree.Call(alias=alias, tool=name) as call:
                    tool = subject.tool(alias, name)
                    if tool is not None:
                        if id(tool) not in schemas:
                            schemas[id(tool)] = (tool, resolved(tool.input_schema))
                        self.call(f"{alias}.{name}", call, schemas[id(tool)][1], place.path, names)
                case tree.RunWorkflow(alias=alias) as run:
                    use = subject.uses.get(alias)
                    other = None if use is None else subject.catalog.workflows.get(use.name)
                    if other is not None:
                        self.call(alias, run, resolved(other.input_schema), place.path, names)
                case tree.Return(value=value) if output is not None:
                    self.value("", "the output", value, output, place.path, names)

    def call(
        self,
        where: str,
        call: tree.Call | tree.RunWorkflow,
        schema: Schema,
        step: str,
        names: Mapping[str, Schema],
    ) -> None:
        entries = tuple((arg.name, arg.value, arg.name_span) for arg in call.args)
        self.givens.append(
            Given(where, schema, entries, call.args_span, call.target_span, "argument", step, names)
        )
        known = properties_of(schema)
        for name, value, _ in entries:
            if name in known:
                self.value(name, where, value, known[name], step, names)

    def value(
        self,
        path: str,
        where: str,
        value: tree.Expr,
        schema: Schema,
        step: str | None,
        names: Mapping[str, Schema],
    ) -> None:
        """A value and, as far as it is written out, its parts. ``path`` leads to it inside of ``where``."""
        what = f"`{path}` of {where}" if path else where
        self.values.append(Handed(what, value, schema, step, names))
        match value:
            case tree.MapOf(entries=pairs, span=span):
                inner = _only(schema, "object")
                fields = tuple(
                    (key.value, item, key.span)
                    for key, item in pairs
                    if isinstance(key, tree.Constant) and isinstance(key.value, str)
                )
                if inner is None or len(fields) != len(pairs):
                    return
                self.givens.append(Given(what, inner, fields, span, span, "field", step, names))
                known, rest = properties_of(inner), inner.get("additionalProperties")
                for name, item, _ in fields:
                    wanted = known.get(name, rest if isinstance(rest, dict) else None)
                    if wanted is not None:
                        self.value(f"{path}.{name}" if path else name, where, item, wanted, step, names)
            case tree.ListOf(items=items):
                inner = _only(schema, "array")
                wanted = inner.get("items") if inner is not None and "prefixItems" not in inner else None
                if isinstance(wanted, dict):
                    for number, item in enumerate(items):
                        self.value(f"{path}[{number}]", where, item, wanted, step, names)


def _only(schema: Schema, kind: str) -> Schema | None:
    """The one way in which a schema allows an object or a list, if there is only one."""
    fitting = [one for one in members_of(schema) if not kinds_of(one) or kind in kinds_of(one)]
    return fitting[0] if len(fitting) == 1 and kind in kinds_of(fitting[0]) else None


def properties_of(schema: Schema) -> dict[str, Schema]:
    found = schema.get("properties")
    if not isinstance(found, dict):
        return {}
    return {name: one for name, one in found.items() if isinstance(one, dict)}
