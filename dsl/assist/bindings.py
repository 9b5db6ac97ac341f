"""What every name of a text stands for: where it is used, and where it is introduced."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal, TypeAlias

from dsl import tree
from dsl.cel.source import bound_variable, children
from dsl.edits.ground import Ground
from dsl.outline import kind_slots
from dsl.tree import Span
from dsl.walk import walk

Sort: TypeAlias = Literal[
    "step",
    "item",
    "error",
    "carry",
    "input",
    "output",
    "config",
    "secret",
    "use",
    "type",
    "variable",
    "block",
]


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a name is introduced: ``span`` is the name itself there."""

    name: str
    sort: Sort
    span: Span


@dataclass(frozen=True, slots=True)
class Use:
    """One place where a name stands for ``origin``; the place where it is introduced is one too."""

    span: Span
    origin: Origin


@dataclass(frozen=True, slots=True)
class Bindings:
    """``uses`` in order of place."""

    uses: tuple[Use, ...]

    def at(self, offset: int) -> Use | None:
        """The name that covers ``offset`` or ends there."""
        found = [use for use in self.uses if use.span.start <= offset <= use.span.end]
        return found[-1] if found else None

    def of(self, origin: Origin) -> tuple[Span, ...]:
        return tuple(use.span for use in self.uses if use.origin == origin)


@lru_cache(maxsize=8)
def bindings_of(text: str) -> Bindings:
    ground = Ground.of(text)
    walk_ = _Walk(ground.bare, ground.workflow)
    walk_.run()
    ordered = sorted(set(walk_.uses), key=lambda use: (use.span.start, use.span.end))
    return Bindings(tuple(ordered))


Names: TypeAlias = Mapping[str, Origin]


@dataclass(slots=True)
class _Walk:
    """``text`` has no comments: a word in one is no name."""

    text: str
    workflow: tree.Workflow
    uses: list[Use] = field(default_factory=list)
    aliases: dict[str, Origin] = field(default_factory=dict)
    types: dict[str, Origin] = field(default_factory=dict)
    fields: dict[str, dict[str, Origin]] = field(default_factory=dict)

    def run(self) -> None:
        names: dict[str, Origin] = {}
        for head in self.workflow.heads:
            match head:
                case tree.Use(alias=alias, alias_span=span):
                    self.aliases.setdefault(alias, self._origin(alias, "use", span))
                case tree.TypeDecl(name=name, name_span=span):
                    self.types.setdefault(name, self._origin(name, "type", span))
                case tree.Fields(role=role, fields=entries):
                    keyword = Span(head.span.start, head.span.start + len(role))
                    names.setdefault(role, Origin(role, "block", keyword))
                    for entry in entries:
                        known = self.fields.setdefault(role, {})
                        known.setdefault(entry.name, self._origin(entry.name, role, entry.name_span))
                case tree.Secret(name=name, name_span=span):
                    origin = self._origin(name, "secret", span)
                    self.fields.setdefault("secrets", {}).setdefault(name, origin)
        names.pop("output", None)
        for head in self.workflow.heads:
            self._head(head, names)
        self._block(self.workflow.body, names)

    def _origin(self, name: str, sort: Sort, span: Span) -> Origin:
        origin = Origin(name, sort, span)
        self.uses.append(Use(span, origin))
        return origin

    def _use(self, name: str, span: Span, origin: Origin | None, *, last: bool = False) -> None:
        if origin is None:
            return
        # Parentheses around a name or a field count to its span.
        at = (self.text.rfind if last else self.text.find)(name, span.start, span.end)
        if at >= 0:
            self.uses.append(Use(Span(at, at + len(name)), origin))

    def _head(self, head: tree.Head, names: Names) -> None:
        match head:
            case tree.TypeDecl(type=type_):
                self._type(type_)
            case tree.Fields(fields=entries):
                for entry in entries:
                    self._type(entry.type)
                    self._expression(entry.default, names)
            case tree.Trigger(on=on, args=args):
                for arg in args:
                    self._use(arg.name, arg.name_span, self.fields.get("input", {}).get(arg.name))
                    self._expression(arg.value, names)
                match on:
                    case tree.Webhook(verify=verify, when=when):
                        self._expression(verify, names)
                        self._expression(when, names)
                    case tree.Schedule(when=when) | tree.EventTrigger(when=when):
                        self._expression(when, names)

    def _type(self, root: tree.Type) -> None:
        for node in walk(root):
            if isinstance(node, tree.NamedType):
                self._use(node.name, node.span, self.types.get(node.name))

    def _block(self, block: tree.Block, names: Names) -> None:
        names = {**names, **dict(self._exported(block))}
        for step in block.steps:
            self._step(step, block, names)
        self._expression(block.result, names)

    def _exported(self, block: tree.Block) -> Iterator[tuple[str, Origin]]:
        for step in reversed(block.steps):
            for slot in reversed(kind_slots(step.kind)):
                if not slot.scope:
                    yield from self._exported(slot.block)
            yield step.id, Origin(step.id, "step", step.id_span)

    def _step(self, step: tree.Step, block: tree.Block, names: Names) -> None:
        self.uses.append(Use(step.id_span, Origin(step.id, "step", step.id_span)))
        for note in step.annotations:
            for arg in note.args:
                self._expression(arg.value, names)
        self._kind(step, names)
        for clause in step.clauses:
            match clause:
                case tree.After(ids=ids, span=span):
                    siblings = {
                        other.id: Origin(other.id, "step", other.id_span) for other in reversed(block.steps)
                    }
                    words = list(re.finditer(r"[A-Za-z_]\w*", self.text[span.start : span.end]))[1:]
                    for name, word in zip(ids, words, strict=False):
                        here = Span(span.start + word.start(), span.start + word.end())
                        self._use(name, here, siblings.get(name))
                case tree.Key(value=value):
                    self._expression(value, names)
                case tree.Compensate(block=inner):
                    self._block(inner, names)
                case tree.Catch(variable=variable, block=inner, span=span):
                    seen = names
                    if variable:
                        head = Span(span.start, inner.span.start)
                        seen = {**names, **self._introduced(variable, "error", head, behind="as")}
                    self._block(inner, seen)

    def _introduced(self, name: str, sort: Sort, span: Span, *, behind: str) -> dict[str, Origin]:
        match = re.search(rf"\b{behind}\s+({re.escape(name)})\b", self.text[span.start : span.end])
        if match is None:
            return {}
        here = Span(span.start + match.start(1), span.start + match.end(1))
        return {name: self._origin(name, sort, here)}

    def _kind(self, step: tree.Step, names: Names) -> None:
        match step.kind:
            case tree.Call() as call:
                self._use(call.alias, call.target_span, self.aliases.get(call.alias))
                self._args(call.args, names)
            case tree.RunWorkflow() as run:
                self._use(run.alias, run.target_span, self.aliases.get(run.alias))
                self._args(run.args, names)
            case tree.Agent() as agent:
                for tool in agent.tools:
                    self._use(tool.alias, tool.span, self.aliases.get(tool.alias))
                if agent.output is not None:
                    self._type(agent.output)
                for part in (agent.model, agent.system, agent.prompt, agent.budget):
                    self._expression(part, names)
            case tree.Approve() as approve:
                escalated = () if approve.escalate is None else (approve.escalate.to,)
                for approver in (*approve.approvers, *escalated):
                    self._expression(approver.name, names)
                for shown in (approve.title, *approve.show):
                    self._expression(shown, names)
            case tree.If(arms=arms):
                for arm in arms:
                    for test in arm.tests:
                        self._expression(test, names)
            case tree.Switch(subject=subject, arms=arms):
                self._expression(subject, names)
                for arm in arms:
                    for test in arm.tests:
                        self._expression(test, names)
            case tree.Foreach(variable=variable, items=items, block=block, span=span):
                self._expression(items, names)
                head = Span(span.start, block.span.start)
                self._block(block, {**names, **self._introduced(variable, "item", head, behind="foreach")})
                return
            case tree.Loop(carry=carry, test=test, block=block, span=span):
                own = dict(names)
                if carry is not None:
                    self._expression(carry[1], names)
                    head = Span(span.start, block.span.start)
                    own |= self._introduced(carry[0], "carry", head, behind="with")
                self._expression(test, own)
                self._block(block, own)
                return
            case tree.Wait(until=until, when=when):
                self._expression(until, names)
                self._expression(when, names)
            case tree.Let(value=value):
                self._expression(value, names)
            case tree.Return(value=value):
                self._expression(value, names)
                self._returned(value)
            case tree.Fail(message=message):
                self._expression(message, names)
        for slot in kind_slots(step.kind):
            self._block(slot.block, names)

    def _args(self, args: tuple[tree.Arg, ...], names: Names) -> None:
        for arg in args:
            self._expression(arg.value, names)

    def _returned(self, value: tree.Expr) -> None:
        if isinstance(value, tree.MapOf):
            for key, _ in value.entries:
                if isinstance(key, tree.Constant) and isinstance(key.value, str):
                    self._use(key.value, key.span, self.fields.get("output", {}).get(key.value))

    def _expression(self, root: tree.Expr | None, names: Names) -> None:
        if root is None:
            return
        match root:
            case tree.Name(id=id, span=span):
                self._use(id, span, names.get(id))
            case tree.Member(target=tree.Name(id=("input" | "config" | "secrets") as owner), name=name):
                known = names.get(owner)
                if known is None or known.sort == "block":
                    self._use(name, root.span, self.fields.get(owner, {}).get(name), last=True)
                self._expression(root.target, names)
                return
        variable = bound_variable(root)
        if variable is not None and isinstance(root, tree.MethodCall):
            self._expression(root.target, names)
            origin = self._origin(variable, "variable", root.args[0].span)
            for part in root.args[1:]:
                self._expression(part, {**names, variable: origin})
            return
        for part in children(root):
            self._expression(part, names)
