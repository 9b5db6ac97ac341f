"""The outline of a text, and what of it can be folded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from dsl import tree
from dsl.outline import slots
from dsl.parse import parse
from dsl.tree import Span
from dsl.walk import walk
from dsl.wording.sentences import sentence_of
from dsl.wording.terms import Terms, terms_of

SymbolKind: TypeAlias = Literal["workflow", "step", "use", "type", "fields", "field", "secret", "trigger"]


@dataclass(frozen=True, slots=True)
class Symbol:
    """``span`` is the whole of it, ``name_span`` its name; ``detail`` says what it is in a few words."""

    name: str
    kind: SymbolKind
    detail: str
    span: Span
    name_span: Span
    children: tuple[Symbol, ...] = ()


def symbols(text: str) -> tuple[Symbol, ...]:
    """The workflow with its header and its steps, and the steps in those; () where there is none."""
    workflow = parse(text).workflow
    if not workflow.name:
        return ()
    terms = terms_of(workflow)
    heads = tuple(_head(head) for head in workflow.heads)
    steps = tuple(_step(step, terms) for step in workflow.body.steps)
    detail = workflow.doc.split("\n")[0]
    return (Symbol(workflow.name, "workflow", detail, workflow.span, workflow.name_span, (*heads, *steps)),)


def _head(head: tree.Head) -> Symbol:
    match head:
        case tree.Use(alias=alias, name=name, alias_span=span):
            return Symbol(alias, "use", name, head.span, span)
        case tree.TypeDecl(name=name, name_span=span):
            return Symbol(name, "type", "", head.span, span)
        case tree.Fields(role=role, fields=fields):
            inner = tuple(Symbol(one.name, "field", "", one.span, one.name_span) for one in fields)
            return Symbol(
                role, "fields", "", head.span, Span(head.span.start, head.span.start + len(role)), inner
            )
        case tree.Secret(name=name, name_span=span):
            return Symbol(name, "secret", "", head.span, span)
        case tree.Trigger(name=name, name_span=span):
            return Symbol(name, "trigger", type(head.on).__name__.lower(), head.span, span)


def _step(step: tree.Step, terms: Terms) -> Symbol:
    inner = tuple(_step(one, terms) for slot in slots(step) for one in slot.block.steps)
    detail = "" if isinstance(step.kind, tree.Broken) else sentence_of(step.kind, terms)
    return Symbol(step.id, "step", detail, step.span, step.id_span, inner)


@dataclass(frozen=True, slots=True)
class Fold:
    """From inside ``start``'s line to the line of ``end``."""

    start: int
    end: int
    kind: Literal["block", "comment"]


def folding(text: str) -> tuple[Fold, ...]:
    """Everything in braces, prompts and runs of comments that go over more than one line."""
    parsed = parse(text)
    found = [Fold(span.start, span.end, "block") for span in _spans(parsed.workflow)]
    run: list[Span] = []
    for comment in [*parsed.comments, None]:
        if (
            comment is not None
            and not comment.trailing
            and run
            and not text[run[-1].end : comment.span.start].strip()
        ):
            run.append(comment.span)
            continue
        if len(run) > 1:
            found.append(Fold(run[0].start, run[-1].end, "comment"))
        run = [comment.span] if comment is not None and not comment.trailing else []
    several = [fold for fold in found if "\n" in text[fold.start : fold.end]]
    return tuple(sorted(several, key=lambda fold: (fold.start, -fold.end)))


def _spans(workflow: tree.Workflow) -> list[Span]:
    spans: list[Span] = []
    for node in walk(workflow):
        match node:
            case tree.Block(span=span) | tree.Fields(span=span) | tree.Switch(span=span):
                spans.append(span)
            case (
                tree.Agent(span=span)
                | tree.Approve(span=span)
                | tree.MapOf(span=span)
                | tree.Template(span=span)
            ):
                spans.append(span)
            case tree.Call(args_span=span) | tree.RunWorkflow(args_span=span):
                spans.append(span)
    return spans
