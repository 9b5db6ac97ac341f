"""W503: a loop whose condition never changes.

What: nothing that the condition of a loop reads changes from round to round.
Why: the loop then does no round at all, or goes on until `max` stops it with an error.
Fix: read what a round gives: the loop's own `last` and `count`, or the variable it carries, with a `yield` in it.

Bad:
    workflow poll {
      use shop: mcp "shop"
      input { order_id: string }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step state: loop until «order.status == "refunded"» max 20 {
        step pause: wait 1h
        step again: call shop.get_order(order_id: input.order_id)
          timeout 10s
        yield again.status
      }
    }
Good:
    workflow poll {
      use shop: mcp "shop"
      input { order_id: string }
      step state: loop until state.last == "refunded" max 20 {
        step pause: wait 1h
        step again: call shop.get_order(order_id: input.order_id)
          timeout 10s
        yield again.status
      }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl import tree
from dsl.cel.source import children, free_names
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic


def check(subject: Subject) -> Iterator[Diagnostic]:
    for place in subject.places:
        kind = place.step.kind
        if not isinstance(kind, tree.Loop) or _changes(place.step.id, kind):
            continue
        loop = place.step.id
        reads = {loop, kind.carry[0]} if kind.carry else {loop}
        waits = bool(reads & set(free_names(kind.test)))
        yield Diagnostic(
            "W503",
            "warning",
            f"the condition of `{loop}` never changes: "
            + ("its rounds do not `yield` anything" if waits else "it reads nothing that a round changes"),
            kind.test.span,
            f"`yield` in the loop what the condition looks at, and read it as `{loop}.last`"
            if kind.carry is None
            else f"`yield` in the loop the next value of `{kind.carry[0]}`, and read that",
            place.path,
        )


def _changes(loop: str, kind: tree.Loop) -> bool:
    names = set(free_names(kind.test))
    if kind.block.result is not None:
        return loop in names or (kind.carry is not None and kind.carry[0] in names)
    # Without a `yield`, only the number of rounds changes.
    return loop in names and _counts(kind.test, loop)


def _counts(expression: tree.Expr, loop: str) -> bool:
    """Whether an expression reads anything of the loop but its ``last``."""
    match expression:
        case tree.Member(target=tree.Name(id=name), name="last") if name == loop:
            return False
        case tree.Name(id=name):
            return name == loop
    return any(_counts(part, loop) for part in children(expression))
