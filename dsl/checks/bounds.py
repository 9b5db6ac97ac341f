"""E205: a bound that bounds nothing, or lets nothing through.

What: a loop's `max`, a `retry`, a `concurrency`, a `quorum`, a time or another number of this kind is zero, absurdly
large, or larger than it can ever come to be.
Why: a loop must end in a time somebody would wait for; an approval that needs more people than it asks never opens.
Fix: write the number that is meant.

Bad:
    workflow poll {
      use shop: mcp "shop"
      input { order_id: string }
      step state: loop until state.last == "refunded" max «1000000» {
        step pause: wait 1h
        step order: call shop.get_order(order_id: input.order_id)
          timeout 10s
        yield order.status
      }
    }
Good:
    workflow poll {
      use shop: mcp "shop"
      input { order_id: string }
      step state: loop until state.last == "refunded" max 48 {
        step pause: wait 1h
        step order: call shop.get_order(order_id: input.order_id)
          timeout 10s
        yield order.status
      }
    }
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from dsl import tree
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic
from dsl.literals import spell_duration
from dsl.outline import Place

MAX_ROUNDS = 10_000
MAX_RETRIES = 100
MAX_AT_ONCE = 1_000
MAX_TURNS = 1_000


def check(subject: Subject) -> Iterator[Diagnostic]:
    for place in subject.places:
        for message, span, help_ in _kind(subject.text, place.step):
            yield _error(place, message, span, help_)
        for clause in place.step.clauses:
            for message, span, help_ in _clause(subject.text, place.step, clause):
                yield _error(place, message, span, help_)


_Found = tuple[str, tree.Span, str]


def _error(place: Place, message: str, span: tree.Span, help_: str) -> Diagnostic:
    return Diagnostic("E205", "error", message, span, help_, place.path, None, (place.path,))


def _kind(text: str, step: tree.Step) -> Iterator[_Found]:
    match step.kind:
        case tree.Loop(max=rounds, test=test, block=block):
            span = _number(text, "max", test.span.end, block.span.start)
            if rounds == 0:
                yield f"`{step.id}` never does a round: its `max` is 0", span, "say how many rounds at most"
            elif rounds > MAX_ROUNDS:
                yield (
                    f"`{step.id}` may go on for {rounds} rounds; a loop may have {MAX_ROUNDS} at most",
                    span,
                    "write the most rounds that make sense here, as in `max 20`, and `wait` longer in each",
                )
        case tree.Foreach(concurrency=int() as count, items=items, block=block):
            span = _number(text, "concurrency", items.span.end, block.span.start)
            if count == 0:
                yield (
                    f"`{step.id}` never starts an item: its `concurrency` is 0",
                    span,
                    "write how many items may be worked on at once, as in `concurrency 5`",
                )
            elif count > MAX_AT_ONCE:
                yield (
                    f"`{step.id}` works on {count} items at once; {MAX_AT_ONCE} are the most",
                    span,
                    "write a smaller `concurrency`; connectors slow down or refuse when too much comes at once",
                )
        case tree.Agent(max_turns=int() as turns, lines=lines, span=whole):
            span = _line(lines, "max_turns", whole)
            if turns == 0:
                yield (
                    f"`{step.id}` never answers: its `max_turns` is 0",
                    span,
                    "write `max_turns 8`, or leave it out",
                )
            elif turns > MAX_TURNS:
                yield (
                    f"`{step.id}` may ask its model {turns} times; {MAX_TURNS} are the most",
                    span,
                    "write the most turns that make sense here, as in `max_turns 8`",
                )
        case tree.Approve():
            yield from _approval(step, step.kind)


def _approval(step: tree.Step, kind: tree.Approve) -> Iterator[_Found]:
    if kind.quorum == 0:
        span = _line(kind.lines, "quorum", kind.span)
        yield (
            f"`{step.id}` needs nobody's yes: its `quorum` is 0",
            span,
            "write how many people must say yes, as in `quorum 1`",
        )
    asked = [*kind.approvers, *([kind.escalate.to] if kind.escalate else [])]
    people = {one.name.value for one in asked if one.by == "user" and isinstance(one.name, tree.Constant)}
    counted = all(one.by == "user" and isinstance(one.name, tree.Constant) for one in asked)
    if kind.quorum is not None and counted and kind.quorum > len(people):
        who = "1 person is" if len(people) == 1 else f"{len(people)} people are"
        yield (
            f"`{step.id}` can never open: {kind.quorum} people must say yes, but only {who} asked",
            _line(kind.lines, "quorum", kind.span),
            "ask more people, or a role, or write a smaller `quorum`",
        )
    if kind.within_ms == 0:
        yield (
            f"`{step.id}` leaves no time to decide: its `within` is 0",
            _line(kind.lines, "within", kind.span),
            "write how long people have, as in `within 24h`",
        )
    elif (
        kind.escalate is not None and kind.within_ms is not None and kind.escalate.after_ms >= kind.within_ms
    ):
        yield (
            f"`{step.id}` never escalates: after {spell_duration(kind.escalate.after_ms)} "
            f"its `within {spell_duration(kind.within_ms)}` is already over",
            _line(kind.lines, "escalate", kind.span),
            "escalate sooner, or write a longer `within`",
        )


def _clause(text: str, step: tree.Step, clause: tree.Clause) -> Iterator[_Found]:
    match clause:
        case tree.Timeout(ms=0, span=span):
            yield (
                f"`{step.id}` has no time at all: its `timeout` is 0",
                span,
                "write how long it may take, as in `timeout 30s`",
            )
        case tree.Retry(max=count, span=span) if count > MAX_RETRIES:
            at = _number(text, "retry", span.start, span.end)
            yield (
                f"`{step.id}` is tried again {count} times; {MAX_RETRIES} times are the most",
                at,
                "write a smaller number, and a `backoff` that leaves time in between",
            )
        case tree.Retry(backoff_ms=int() as first, backoff_max_ms=int() as last, span=span) if first > last:
            yield (
                f"the `backoff` of `{step.id}` shrinks: from {spell_duration(first)} to {spell_duration(last)}",
                span,
                f"write the shorter time first: `backoff {spell_duration(last)} to {spell_duration(first)}`",
            )


def _number(text: str, word: str, start: int, end: int) -> tree.Span:
    """The number behind a word in a part of the text; comments there do not matter much."""
    found = re.compile(rf"\b{word}\s+([0-9]+)").search(text, start, end)
    return tree.Span(start, end) if found is None else tree.Span(found.start(1), found.end(1))


def _line(lines: tuple[tree.Line, ...], name: str, whole: tree.Span) -> tree.Span:
    return next((line.span for line in lines if line.name == name), whole)
