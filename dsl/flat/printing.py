"""The text of a flat program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, assert_never

from dsl.edits.ground import NAME
from dsl.flat import forms
from dsl.flat.arranging import Arranged, arranged
from dsl.flat.flattening import flatten
from dsl.flat.problems import FlatError, parts_problems
from dsl.formatter import format_text
from dsl.literals import spell_string
from dsl.parse import parse


def text_of(program: forms.Flat) -> str:
    """The canonical text. Raises :class:`FlatError` with all that is wrong with the program, in sentences."""
    place = arranged(program)
    problems = [*place.problems, *parts_problems(program)]
    if problems:
        raise FlatError(tuple(problems))
    text = "\n".join(_Printing(place).program(program)) + "\n"
    parsed = parse(text)
    if parsed.diagnostics:
        raise FlatError(tuple(dict.fromkeys(f"{one.message}; {one.help}" for one in parsed.diagnostics)))
    again = flatten(parsed)
    if _shape(again) != _shape(program):
        raise FlatError(
            ("one of the texts says more than belongs in its place: leave comments and braces out",)
        )
    return format_text(text)


def _shape(program: forms.Flat) -> Any:
    """What no text inside the program may change: which steps and declarations there are, and how many comments."""
    blocks: dict[str, list[tuple[str, str]]] = {}
    for step in program.steps:
        blocks.setdefault(step.block, []).append((step.id, step.do.kind))
    comments = len(program.comments) + sum(len(step.comments) + bool(step.note) for step in program.steps)
    return [head.part for head in program.header], blocks, comments


_TOGETHER = frozenset({"input", "output", "config", "secret"})
"""Declarations without an empty line between them."""


class _Printing:
    """Lines of Weft; the formatter makes them canonical."""

    def __init__(self, place: Arranged) -> None:
        self.place = place

    def program(self, program: forms.Flat) -> Iterator[str]:
        yield from _comments(program.comments)
        yield from _docs(program.doc)
        yield f"workflow {program.workflow} {{"
        above = None
        for head in program.header:
            if above is not None and head.part != above and not {head.part, above} <= _TOGETHER:
                yield ""
            yield from self.head(head)
            above = head.part
        yield from self.steps("", before=[""] if program.header else [], gap=[""])
        yield "}"

    def head(self, head: forms.Head) -> Iterator[str]:
        match head:
            case forms.Use(alias=alias, source=source, name=name):
                yield f"use {alias}: {source} {spell_string(name)}"
            case forms.TypeDecl(name=name, type=type_, doc=doc):
                yield from _docs(doc)
                yield f"type {name}: {type_}"
            case forms.Fields(part=part, fields=fields):
                yield f"{part} {{"
                for field in fields:
                    yield from _docs(field.doc)
                    default = "" if field.default is None else f" = {field.default}"
                    yield f"{field.name}: {field.type}{default},"
                yield "}"
            case forms.Secret(name=name):
                yield f"secret {name}"
            case forms.Trigger(name=name, by=by, args=args, doc=doc):
                yield from _docs(doc)
                given = f"\nwith ({_args(args)})" if args else ""
                yield f"trigger {name}: {_trigger(by)}{given}"
            case _:
                assert_never(head)

    def steps(self, block: str, before: Sequence[str] = (), gap: Sequence[str] = ()) -> Iterator[str]:
        """``gap`` stands between the steps, ``before`` before the first."""
        for id_, step in self.place.steps.get(block, ()):
            yield from before
            before = gap
            *lines, last = self.step(id_, step)
            yield from lines
            yield f"{last} {next(_comments((step.note,)))}" if step.note else last

    def step(self, id_: str, step: forms.Step) -> Iterator[str]:
        yield from _comments(step.comments)
        yield from _docs(step.doc)
        for one in step.annotations:
            yield f"@{one.name}({_args(one.args)})"
        yield f"step {step.id}:"
        yield from self.kind(id_, step.do)
        catches = compensations = 0
        for clause in step.clauses:
            match clause:
                case forms.Catch():
                    slot, catches = f"catch{catches}", catches + 1
                case forms.Compensate():
                    compensations += 1
                    slot = "compensate" if compensations == 1 else f"compensate#{compensations}"
                case _:
                    slot = ""
            yield from self.clause(f"{id_}/{slot}", clause)

    def kind(self, id_: str, kind: forms.Kind) -> Iterator[str]:
        match kind:
            case forms.Call(tool=tool, args=args):
                yield f"call {tool}({_args(args)})"
            case forms.Run(alias=alias, args=args):
                yield f"run {alias}({_args(args)})"
            case forms.Agent():
                yield f"agent {kind.model} {{"
                yield from _lines(system=kind.system, prompt=kind.prompt)
                yield from _lines(tools=", ".join(kind.tools) or None, output=kind.output)
                yield from _lines(max_turns=kind.max_turns, budget=kind.budget)
                yield "}"
            case forms.Approve():
                yield f"approve by {', '.join(map(_approver, kind.approvers))} {{"
                yield from _lines(title=kind.title, show=", ".join(kind.show) or None)
                yield from _lines(quorum=kind.quorum, within=kind.within)
                if kind.escalate is not None:
                    yield f"escalate after {kind.escalate.after} to {_approver(kind.escalate.to)}"
                for name, branch in (("reject", kind.reject), ("timeout", kind.timeout)):
                    if branch is not None:
                        yield f"on {name}"
                        yield from self.block(f"{id_}/{name}", branch)
                yield "}"
            case forms.If(branches=branches, otherwise=otherwise):
                for number, branch in enumerate(branches):
                    yield f"{'else ' if number else ''}if {branch.tests[0]}"
                    yield from self.block(f"{id_}/{f'elif{number}' if number else 'then'}", branch)
                if otherwise is not None:
                    yield "else"
                    yield from self.block(f"{id_}/else", otherwise)
            case forms.Switch(subject=subject, branches=branches, otherwise=otherwise):
                yield f"switch {subject} {{"
                for number, branch in enumerate(branches):
                    yield f"case {', '.join(branch.tests)}"
                    yield from self.block(f"{id_}/case{number}", branch)
                if otherwise is not None:
                    yield "default"
                    yield from self.block(f"{id_}/default", otherwise)
                yield "}"
            case forms.Parallel(join=join):
                yield "parallel" if join == "all" else f"parallel {join}"
                yield from self.block(f"{id_}/body", kind)
            case forms.Do():
                yield "do"
                yield from self.block(f"{id_}/body", kind)
            case forms.Foreach(variable=variable, items=items, concurrency=number):
                yield f"foreach {variable} in {items}"
                yield from _lines(concurrency=number)
                yield from self.block(f"{id_}/body", kind)
            case forms.Loop(carry=carry, mode=mode, test=test, max=most):
                yield "loop" if carry is None else f"loop with {carry.name} = {carry.first}"
                yield f"{mode} {test}"
                yield f"max {most}"
                yield from self.block(f"{id_}/body", kind)
            case forms.Wait(time=time):
                yield f"wait {time}"
            case forms.WaitUntil(until=until):
                yield f"wait until {until}"
            case forms.WaitEvent(event=event, when=when):
                yield f"wait event {spell_string(event)}"
                yield from _lines(when=when)
            case forms.Let(value=value):
                yield f"let {value}"
            case forms.Return(value=value):
                yield f"return {value}"
            case forms.Fail(code=code, message=message):
                yield f"fail {spell_string(code)}"
                yield from _lines(**{"with": message})
            case _:
                assert_never(kind)

    def clause(self, reference: str, clause: forms.Clause) -> Iterator[str]:
        match clause:
            case forms.After(ids=ids):
                yield f"after {', '.join(ids)}"
            case forms.Timeout(time=time):
                yield f"timeout {time}"
            case forms.Retry(max=most, backoff=first, backoff_max=last, codes=codes):
                backoff = f" backoff {first}" if first else ""
                backoff += f" to {last}" if first and last else ""
                on = f" on {', '.join(map(spell_string, codes))}" if codes else ""
                yield f"retry {most}{backoff}{on}"
            case forms.Key(value=value):
                yield f"key {value}"
            case forms.Compensate():
                yield "compensate"
                yield from self.block(reference, clause)
            case forms.Catch(codes=codes, variable=variable):
                named = f" as {variable}" if variable else ""
                yield f"catch {', '.join(map(spell_string, codes))}{named}"
                yield from self.block(reference, clause)
            case _:
                assert_never(clause)

    def block(self, reference: str, block: forms.Yields) -> Iterator[str]:
        yield "{"
        yield from self.steps(reference)
        yield from _lines(**{"yield": block.yields})
        yield "}"


def _lines(**parts: str | int | None) -> Iterator[str]:
    for word, value in parts.items():
        if value is not None:
            yield f"{word} {value}"


def _args(args: Sequence[forms.Arg]) -> str:
    return ", ".join(
        f"{arg.name if NAME.fullmatch(arg.name) else spell_string(arg.name)}: {arg.value}" for arg in args
    )


def _approver(approver: forms.Approver) -> str:
    return f"{approver.by} {approver.name}"


def _trigger(by: forms.Webhook | forms.Schedule | forms.Event | forms.Manual) -> str:
    match by:
        case forms.Webhook(method=method, path=path, verify=verify, when=when):
            signed = f" verify {verify}" if verify else ""
            return f"webhook {method} {spell_string(path)}{signed}{_when(when)}"
        case forms.Schedule(cron=cron, timezone=timezone, when=when):
            return f"schedule {spell_string(cron)} timezone {spell_string(timezone)}{_when(when)}"
        case forms.Event(event=event, when=when):
            return f"event {spell_string(event)}{_when(when)}"
        case forms.Manual():
            return "manual"
        case _:
            assert_never(by)


def _when(condition: str | None) -> str:
    return f" when {condition}" if condition else ""


def _docs(doc: str) -> Iterator[str]:
    if doc:
        yield from (f"/// {' '.join(line.splitlines())}".rstrip() for line in doc.split("\n"))


def _comments(comments: Sequence[str]) -> Iterator[str]:
    yield from (f"// {' '.join(line.splitlines())}".rstrip() for line in comments)
