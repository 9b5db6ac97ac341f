"""E401: something is tried again that may not be done twice.

What: a call with `retry`, or inside a block with `retry`, changes something through a tool that may not be repeated,
and has no `key`. So does an agent with such a tool.
Why: an error does not say that nothing has happened: the second try may pay, post or send a second time.
Fix: remove the `retry`; or give the call a `key` that stays the same for the same thing, if the tool honours it. In a
block that is tried again every call that changes something needs its own `key`, or a `compensate`.

Bad:
    workflow order_sync {
      use http: mcp "http"
      input { order_id: string }

      step ask: approve by role "manager" {
        title "Tell the warehouse about ${input.order_id}?"
        show input
        within 24h
      }
      step tell: call http.request(method: "POST", url: "https://warehouse.example/orders")
        timeout 30s
        «retry 3 backoff 1s to 30s»
    }
Good:
    workflow order_sync {
      use http: mcp "http"
      input { order_id: string }

      step ask: approve by role "manager" {
        title "Tell the warehouse about ${input.order_id}?"
        show input
        within 24h
      }
      step tell: call http.request(method: "POST", url: "https://warehouse.example/orders")
        timeout 30s
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl import tree
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic, Fix, Replacement
from dsl.meaning.effects import Effect, effects_of
from dsl.outline import kind_slots, slots

_KEY_ARGUMENT = "idempotency_key"


def check(subject: Subject) -> Iterator[Diagnostic]:
    if subject.knows_connectors:
        yield from _block(subject, subject.workflow.body, "", None)


def _block(
    subject: Subject, block: tree.Block, prefix: str, retried: tree.Step | None
) -> Iterator[Diagnostic]:
    """``retried`` is the nearest step around the block that is tried again as a whole."""
    for step in block.steps:
        path = prefix + step.id
        retry = _retry(step)
        if not any(isinstance(clause, tree.Key) for clause in step.clauses):
            for effect in effects_of(step, subject.uses, subject.catalog):
                if effect.known and not effect.nature.reads:
                    yield from _effect(subject, step, path, effect, retry, retried)
        inner = {slot.name for slot in kind_slots(step.kind)}
        for slot in slots(step):
            # Catches and compensations are outside of what is tried again, but inside the blocks around the step.
            around = step if retry is not None and slot.name in inner else retried
            yield from _block(subject, slot.block, path + slot.infix, around)


def _effect(
    subject: Subject,
    step: tree.Step,
    path: str,
    effect: Effect,
    retry: tree.Retry | None,
    retried: tree.Step | None,
) -> Iterator[Diagnostic]:
    name = f"`{effect.connector}.{effect.tool}`"
    if retry is not None and not effect.nature.idempotent:
        what = (
            f"`{step.id}` is tried again"
            if effect.args is not None
            else f"the agent `{step.id}` starts again"
        )
        yield Diagnostic(
            "E401",
            "error",
            f"{what} after an error, but {name} may then have been done already and would be done twice",
            retry.span,
            "remove the `retry`, or add a `key` if the tool honours one; an administrator can say in the policy "
            "that it may be repeated",
            path,
            _removal(subject, retry.span),
            (path,),
        )
    elif retried is not None and _again(subject, step, effect):
        yield Diagnostic(
            "E401",
            "error",
            f"`{step.id}` is done once more each time `{retried.id}` is tried again",
            effect.span,
            f"give `{step.id}` a `key` that stays the same for the same thing, or move the `retry` from "
            f"`{retried.id}` to the steps in it that only read",
            path,
            None,
            (path,),
        )


def _again(subject: Subject, step: tree.Step, effect: Effect) -> bool:
    """Whether a second try of a block around it does it a second time: without a key in the text each try has one of
    its own. What has a compensation is undone first."""
    if any(isinstance(clause, tree.Compensate) for clause in step.clauses):
        return False
    tool = subject.catalog.tool(effect.connector, effect.tool)
    properties = {} if tool is None else tool.input_schema.get("properties")
    keyed = isinstance(properties, dict) and _KEY_ARGUMENT in properties
    return keyed or not effect.nature.idempotent


def _retry(step: tree.Step) -> tree.Retry | None:
    return next((clause for clause in step.clauses if isinstance(clause, tree.Retry)), None)


def _removal(subject: Subject, span: tree.Span) -> Fix:
    text = subject.text
    start, end = span.start, span.end
    line = text.rfind("\n", 0, start) + 1
    rest = text.find("\n", end)
    rest = len(text) if rest < 0 else rest
    if not text[line:start].strip() and not text[end:rest].strip() and line > 0:
        start, end = line - 1, rest
    else:
        while start > line and text[start - 1] in " \t":
            start -= 1
    return Fix("Remove the `retry`", (Replacement(tree.Span(start, end), ""),))
