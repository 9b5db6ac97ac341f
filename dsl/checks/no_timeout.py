"""W501: a call that does not say how long it may take.

What: a `call` has no `timeout`.
Why: it then takes the default of 30 seconds, which may be too long for a person who waits, or too short for the tool.
Fix: add `timeout 30s`, or what suits the tool, below it.

Bad:
    workflow look {
      use shop: mcp "shop"
      input { order_id: string }
      step «order»: call shop.get_order(order_id: input.order_id)
      step done: return { order: order }
    }
Good:
    workflow look {
      use shop: mcp "shop"
      input { order_id: string }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step done: return { order: order }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl import tree
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic
from dsl.outline import timeout_of


def check(subject: Subject) -> Iterator[Diagnostic]:
    for place in subject.places:
        if isinstance(place.step.kind, tree.Call) and timeout_of(place.step) is None:
            yield Diagnostic(
                "W501",
                "warning",
                f"`{place.step.id}` does not say how long it may take, so 30 seconds are assumed",
                place.step.id_span,
                "add `timeout 30s` (or what suits the tool) below it",
                place.path,
                subject.clause_fix(place.step, "timeout 30s"),
            )
