"""W302: a `switch` that leaves out a value.

What: all values that can come are known, a `switch` has no case for some of them, and there is no `default`.
Why: a run with such a value goes past every case; that may be meant, but nobody can see it.
Fix: add a `case` for them, which may be empty, or a `default`.

Bad:
    workflow sort {
      use shop: mcp "shop"
      input { order_id: string }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step route: «switch» order.status {
        case "paid", "shipped" {
          step early: return { open: true }
        }
        case "delivered" {
          step late: return { open: false }
        }
      }
    }
Good:
    workflow sort {
      use shop: mcp "shop"
      input { order_id: string }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step route: switch order.status {
        case "paid", "shipped" {
          step early: return { open: true }
        }
        case "delivered" {
          step late: return { open: false }
        }
        default {
        }
      }
    }
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from dsl import tree
from dsl.catalog import Schema
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic, Fix, Replacement
from dsl.meaning.unions import members_of, values_of
from dsl.schemas import kinds_of

_SHOWN = 6


def check(subject: Subject) -> Iterator[Diagnostic]:
    for place in subject.places:
        kind = place.step.kind
        if not isinstance(kind, tree.Switch) or kind.otherwise is not None:
            continue
        tests = [test for arm in kind.arms for test in arm.tests]
        possible = _listed(subject.scopes.schemas.get(id(kind.subject), {}))
        if possible is None or not all(isinstance(test, tree.Constant) for test in tests):
            continue
        taken = [_spelled(test.value) for test in tests if isinstance(test, tree.Constant)]
        left = [spelled for spelled in map(_spelled, possible) if spelled not in taken]
        if left:
            words = ", ".join(left[:_SHOWN]) + (", ..." if len(left) > _SHOWN else "")
            yield Diagnostic(
                "W302",
                "warning",
                f"`{place.step.id}` has no case for {words}, so the run just goes on then",
                tree.Span(kind.span.start, kind.span.start + len("switch")),
                "add a case for it, or a `default { }` if nothing has to be done",
                place.path,
                _case(subject, kind, left),
            )


def _listed(schema: Schema) -> list[object] | None:
    """Every value a schema allows, where they are few and known; None otherwise."""
    lists = [_of_member(member) for member in members_of(schema)]
    return None if None in lists else [value for one in lists for value in one or ()]


def _of_member(schema: Schema) -> list[object] | None:
    kinds = kinds_of(schema)
    if kinds and kinds <= {"boolean", "null"} and values_of(schema) is None:
        return [*((True, False) if "boolean" in kinds else ()), *((None,) if "null" in kinds else ())]
    return values_of(schema)


def _spelled(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _case(subject: Subject, kind: tree.Switch, left: list[str]) -> Fix:
    """An empty case does what happens now, and a value that is new in the schema later is noticed again."""
    if kind.arms:
        at = kind.arms[-1].span.end
        indent = subject.indent_of(kind.arms[-1].span.start)
        text = f"\n{indent}case {', '.join(left)} {{\n{indent}}}"
    else:
        at = kind.span.end - 1
        text = f"case {', '.join(left)} {{ }} "
    title = "Add the missing case" if len(left) == 1 else "Add the missing cases"
    return Fix(title, (Replacement(tree.Span(at, at), text),))
