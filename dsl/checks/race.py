"""W404: two steps of a `parallel` change things on one server, and nothing says which comes first.

What: steps beside each other, or steps inside of them, both call tools of one connector that may change something,
and neither is `after` the other.
Why: which of them is first differs from run to run, and so may the result: the second may overwrite what the first
has written, or find it half done.
Fix: add `after` to one of them; or take them out of the `parallel`.

Reading never races, and neither does merely sending: two messages do not get in each other's way. The rounds of a
`foreach` are not looked at: they do the same to different items. A `key` makes a thing happen once, not in order.

Bad:
    workflow hand_over {
      use shop: mcp "shop"
      input { order_id: string }

      step both: parallel {
        step support: call shop.escalate_ticket(order_id: input.order_id, summary: "broken")
          timeout 30s
        step «billing»: call shop.escalate_ticket(order_id: input.order_id, summary: "refund?")
          timeout 30s
      }
    }
Good:
    workflow hand_over {
      use shop: mcp "shop"
      input { order_id: string }

      step both: parallel {
        step support: call shop.escalate_ticket(order_id: input.order_id, summary: "broken")
          timeout 30s
        step billing: call shop.escalate_ticket(order_id: input.order_id, summary: "refund?")
          after support
          timeout 30s
      }
    }
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from dsl import tree
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic, Fix, Replacement
from dsl.meaning.effects import effects_of
from dsl.outline import Place, predecessors, slots

_HARMLESS = frozenset({"send"})


def check(subject: Subject) -> Iterator[Diagnostic]:
    if not subject.knows_connectors:
        return
    for place in subject.places:
        if isinstance(place.step.kind, tree.Parallel):
            yield from _siblings(subject, place, place.step.kind)


def _siblings(subject: Subject, place: Place, kind: tree.Parallel) -> Iterator[Diagnostic]:
    before = predecessors(kind.block)
    names = Counter(step.id for step in kind.block.steps)
    earlier: list[tuple[tree.Step, dict[str, str]]] = []
    for step in kind.block.steps:
        if names[step.id] > 1:
            continue  # nobody can say which of them an `after` means
        path = f"{place.path}.{step.id}"
        changed = _changed(subject, step, path)
        racing = [
            (other, at)
            for other, at in earlier
            if not at.keys().isdisjoint(changed)
            and other.id not in before[step.id]
            and step.id not in before[other.id]
        ]
        if racing:
            other, at = racing[0]
            connector = next(name for name in changed if name in at)
            ids = [one.id for one, _ in racing]
            yield Diagnostic(
                "W404",
                "warning",
                f"`{step.id}` and `{other.id}` both may change something in `{connector}`, "
                "and nothing says which comes first",
                step.id_span,
                f"add `after {', '.join(ids)}` to `{step.id}`, or take one of them out of the `parallel`",
                path,
                _after(subject, step, ids) if kind.join != "any" else None,
                (at[connector], changed[connector]),
            )
        if changed:
            earlier.append((step, changed))


def _changed(subject: Subject, step: tree.Step, path: str) -> dict[str, str]:
    """The connectors through which a step, or one inside it, may change something, each with the first that does."""
    found: dict[str, str] = {}
    for effect in effects_of(step, subject.uses, subject.catalog):
        if effect.known and effect.nature.does - _HARMLESS:
            found.setdefault(effect.connector, path)
    for slot in slots(step):
        if slot.name != "compensate":
            for inner in slot.block.steps:
                for connector, at in _changed(subject, inner, path + slot.infix + inner.id).items():
                    found.setdefault(connector, at)
    return found


def _after(subject: Subject, step: tree.Step, ids: list[str]) -> Fix:
    names = ", ".join(ids)
    for clause in step.clauses:
        if isinstance(clause, tree.After):
            at = tree.Span(clause.span.end, clause.span.end)
            return Fix(f"Add `after {names}`", (Replacement(at, f", {names}"),))
    return subject.clause_fix(step, f"after {names}")
