"""From the tree of a text to its flat form."""

from __future__ import annotations

from bisect import bisect_left
from typing import assert_never

from dsl import tree
from dsl.edits.ground import Ground
from dsl.flat import forms
from dsl.literals import spell_duration
from dsl.outline import slots
from dsl.parse import Parsed
from dsl.tree import Span


def flatten(parsed: Parsed) -> forms.Flat:
    """Raises ValueError for a text with syntax errors: what could not be read cannot be told."""
    if parsed.diagnostics:
        raise ValueError(f"this text cannot be read whole: {parsed.diagnostics[0].message}")
    flattening = _Flattening(Ground(parsed))
    workflow = parsed.workflow
    header = tuple(map(flattening.head, workflow.heads))
    flattening.block(workflow.body, "")
    return forms.Flat(
        workflow=workflow.name,
        doc=workflow.doc,
        header=header,
        steps=tuple(flattening.told()),
        comments=flattening.loose(),
    )


class _Flattening:
    def __init__(self, ground: Ground) -> None:
        self.ground = ground
        self.starts = [comment.span.start for comment in ground.parsed.comments]
        self.owners: list[int | None] = [None] * len(self.starts)
        self.found: list[tuple[tree.Step, str]] = []
        self.taken: set[str] = set()

    def block(self, block: tree.Block, reference: str, prefix: str = "") -> None:
        for step in block.steps:
            path = prefix + step.id
            id_ = unique(path, self.taken)
            region = self.ground.region(step)
            # Deeper steps come later and take over what is theirs.
            first, last = bisect_left(self.starts, region.start), bisect_left(self.starts, region.end)
            self.owners[first:last] = [len(self.found)] * (last - first)
            self.found.append((step, reference))
            for slot in slots(step):
                self.block(slot.block, unique(f"{id_}/{slot.name}", self.taken), path + slot.infix)

    def told(self) -> list[forms.Step]:
        comments: dict[int, list[str]] = {}
        notes: dict[int, str] = {}
        for owner, comment in zip(self.owners, self.ground.parsed.comments, strict=True):
            if owner is not None and comment.span.start >= self.found[owner][0].span.end and _said(comment):
                notes[owner] = _said(comment)
            elif owner is not None:
                comments.setdefault(owner, []).append(_said(comment))
        return [
            forms.Step(
                id=step.id,
                block=reference,
                do=self.kind(step.kind),
                clauses=tuple(map(self.clause, step.clauses)),
                doc=step.doc,
                annotations=tuple(
                    forms.Annotation(name=one.name, args=self.args(one.args)) for one in step.annotations
                ),
                comments=tuple(comments.get(number, ())),
                note=notes.get(number, ""),
            )
            for number, (step, reference) in enumerate(self.found)
        ]

    def loose(self) -> tuple[str, ...]:
        """The comments that belong to no step."""
        pairs = zip(self.owners, self.ground.parsed.comments, strict=True)
        return tuple(_said(comment) for owner, comment in pairs if owner is None)

    def kind(self, kind: tree.Kind) -> forms.Kind:
        text, maybe = self.text, self.maybe
        match kind:
            case tree.Call(alias=alias, tool=tool, args=args):
                return forms.Call(tool=f"{alias}.{tool}", args=self.args(args))
            case tree.RunWorkflow(alias=alias, args=args):
                return forms.Run(alias=alias, args=self.args(args))
            case tree.Agent():
                return forms.Agent(
                    model=text(kind.model.span),
                    system=maybe(kind.system),
                    prompt=maybe(kind.prompt),
                    tools=tuple(f"{ref.alias}.{ref.tool}" for ref in kind.tools),
                    output=None if kind.output is None else text(kind.output.span),
                    max_turns=kind.max_turns,
                    budget=maybe(kind.budget),
                )
            case tree.Approve():
                return forms.Approve(
                    approvers=tuple(map(self.approver, kind.approvers)),
                    title=maybe(kind.title),
                    show=tuple(text(shown.span) for shown in kind.show),
                    quorum=kind.quorum,
                    within=_time(kind.within_ms),
                    escalate=None
                    if kind.escalate is None
                    else forms.Escalation(
                        after=spell_duration(kind.escalate.after_ms), to=self.approver(kind.escalate.to)
                    ),
                    reject=self.written(kind.on_reject),
                    timeout=self.written(kind.on_timeout),
                )
            case tree.If(arms=arms, otherwise=otherwise):
                return forms.If(branches=self.branches(arms), otherwise=self.written(otherwise))
            case tree.Switch(subject=subject, arms=arms, otherwise=otherwise):
                return forms.Switch(
                    subject=text(subject.span),
                    branches=self.branches(arms),
                    otherwise=self.written(otherwise),
                )
            case tree.Parallel(join=join, block=block):
                return forms.Parallel(join=join, yields=maybe(block.result))
            case tree.Do(block=block):
                return forms.Do(yields=maybe(block.result))
            case tree.Foreach(variable=variable, items=items, concurrency=number, block=block):
                return forms.Foreach(
                    variable=variable,
                    items=text(items.span),
                    concurrency=number,
                    yields=maybe(block.result),
                )
            case tree.Loop(carry=carry, mode=mode, test=test, max=most, block=block):
                return forms.Loop(
                    carry=None if carry is None else forms.Carry(name=carry[0], first=text(carry[1].span)),
                    mode=mode,
                    test=text(test.span),
                    max=most,
                    yields=maybe(block.result),
                )
            case tree.Wait(event=str() as event, when=when):
                return forms.WaitEvent(event=event, when=maybe(when))
            case tree.Wait(until=until) if until is not None:
                return forms.WaitUntil(until=text(until.span))
            case tree.Wait(ms=ms):
                return forms.Wait(time=spell_duration(ms or 0))
            case tree.Let(value=value):
                return forms.Let(value=text(value.span))
            case tree.Return(value=value):
                return forms.Return(value=text(value.span))
            case tree.Fail(code=code, message=message):
                return forms.Fail(code=code, message=maybe(message))
            case tree.Broken():
                raise ValueError("a step that could not be read cannot be told")
            case _:
                assert_never(kind)

    def clause(self, clause: tree.Clause) -> forms.Clause:
        match clause:
            case tree.After(ids=ids):
                return forms.After(ids=ids)
            case tree.Timeout(ms=ms):
                return forms.Timeout(time=spell_duration(ms))
            case tree.Retry(max=most, backoff_ms=first, backoff_max_ms=last, codes=codes):
                return forms.Retry(max=most, backoff=_time(first), backoff_max=_time(last), codes=codes)
            case tree.Key(value=value):
                return forms.Key(value=self.text(value.span))
            case tree.Compensate(block=block):
                return forms.Compensate(yields=self.maybe(block.result))
            case tree.Catch(codes=codes, variable=variable, block=block):
                return forms.Catch(codes=codes, variable=variable, yields=self.maybe(block.result))
            case _:
                assert_never(clause)

    def head(self, head: tree.Head) -> forms.Head:
        match head:
            case tree.Use(alias=alias, source=source, name=name):
                return forms.Use(alias=alias, source=source, name=name)
            case tree.TypeDecl(name=name, type=type_, doc=doc):
                return forms.TypeDecl(name=name, type=self.text(type_.span), doc=doc)
            case tree.Fields(role=role, fields=fields):
                return forms.Fields(
                    part=role,
                    fields=tuple(
                        forms.Entry(
                            name=field.name,
                            type=self.text(field.type.span),
                            default=self.maybe(field.default),
                            doc=field.doc,
                        )
                        for field in fields
                    ),
                )
            case tree.Secret(name=name):
                return forms.Secret(name=name)
            case tree.Trigger(name=name, on=on, args=args, doc=doc):
                return forms.Trigger(name=name, by=self.trigger(on), args=self.args(args), doc=doc)
            case _:
                assert_never(head)

    def trigger(
        self, on: tree.Webhook | tree.Schedule | tree.EventTrigger | tree.Manual
    ) -> forms.Webhook | forms.Schedule | forms.Event | forms.Manual:
        match on:
            case tree.Webhook(method=method, path=path, verify=verify, when=when):
                return forms.Webhook(
                    method=method, path=path, verify=self.maybe(verify), when=self.maybe(when)
                )
            case tree.Schedule(cron=cron, timezone=timezone, when=when):
                return forms.Schedule(cron=cron, timezone=timezone, when=self.maybe(when))
            case tree.EventTrigger(event=event, when=when):
                return forms.Event(event=event, when=self.maybe(when))
            case tree.Manual():
                return forms.Manual()
            case _:
                assert_never(on)

    def text(self, span: Span) -> str:
        """What stands there, without comments."""
        return self.ground.cut(span).strip()

    def maybe(self, expression: tree.Expr | None) -> str | None:
        return None if expression is None else self.text(expression.span)

    def args(self, args: tuple[tree.Arg, ...]) -> tuple[forms.Arg, ...]:
        return tuple(forms.Arg(name=arg.name, value=self.text(arg.value.span)) for arg in args)

    def approver(self, approver: tree.Approver) -> forms.Approver:
        return forms.Approver(by=approver.by, name=self.text(approver.name.span))

    def branches(self, arms: tuple[tree.Arm, ...]) -> tuple[forms.Branch, ...]:
        return tuple(
            forms.Branch(
                tests=tuple(self.text(test.span) for test in arm.tests), yields=self.maybe(arm.block.result)
            )
            for arm in arms
        )

    def written(self, block: tree.Block | None) -> forms.Yields | None:
        return None if block is None else forms.Yields(yields=self.maybe(block.result))


def unique(path: str, taken: set[str]) -> str:
    """A node id: two steps of one path are an error, but both are told."""
    number, found = 2, path
    while found in taken:
        found = f"{path}#{number}"
        number += 1
    taken.add(found)
    return found


def _said(comment: tree.Comment) -> str:
    return comment.text.strip().removeprefix("//").removeprefix(" ")


def _time(ms: int | None) -> str | None:
    return None if ms is None else spell_duration(ms)
