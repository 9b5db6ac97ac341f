"""E107: a clause that stands there twice.

What: a step has two of `timeout`, `retry`, `key` or `compensate`, or a `catch` behind one that takes every error.
Why: only the first counts, so the second says something that does not hold.
Fix: keep one of them.

Bad:
    workflow look {
      use shop: mcp "shop"
      input { order_id: string }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
        «timeout 20s»
      step done: return order
    }
Good:
    workflow look {
      use shop: mcp "shop"
      input { order_id: string }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 20s
      step done: return order
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl import tree
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic

_ONCE = {
    tree.Timeout: "timeout",
    tree.Retry: "retry",
    tree.Key: "key",
    tree.Compensate: "compensate",
}


def check(subject: Subject) -> Iterator[Diagnostic]:
    for place in subject.places:
        seen: set[str] = set()
        for clause in place.step.clauses:
            name = _ONCE.get(type(clause))
            if name in seen:
                message = f"`{place.step.id}` has a second `{name}`: only the first counts"
                yield _problem(subject, message, clause.span, place.path)
            elif isinstance(clause, tree.Catch) and "catch" in seen:
                message = (
                    f"this `catch` of `{place.step.id}` is never reached: the one before takes every error"
                )
                yield _problem(subject, message, clause.span, place.path)
            if name is not None:
                seen.add(name)
            elif isinstance(clause, tree.Catch) and not clause.codes:
                seen.add("catch")


def _problem(subject: Subject, message: str, span: tree.Span, step: str) -> Diagnostic:
    return Diagnostic("E107", "error", message, span, "keep one of them", step)
