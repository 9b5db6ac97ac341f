"""E105: a way through the workflow that ends without its output.

What: the workflow declares an `output`, but a run can come to its end without a `return` or a `fail`.
Why: whoever started the run waits for these fields and gets nothing, although the run counts as succeeded.
Fix: end every way with `return { ... }` or with `fail "code"`.

Bad:
    workflow look {
      use shop: mcp "shop"
      input { order_id: string }
      output { total: float }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step «answer»: if order.total > 0.0 {
        step done: return { total: order.total }
      }
    }
Good:
    workflow look {
      use shop: mcp "shop"
      input { order_id: string }
      output { total: float }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step answer: if order.total > 0.0 {
        step done: return { total: order.total }
      }
      step free: fail "nothing_to_pay"
    }
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from dsl import tree
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic
from dsl.meaning.endings import ended
from dsl.outline import implied_slots, kind_slots
from dsl.schemas import fields_of
from dsl.wording.sentences import arm_label
from dsl.wording.terms import terms_of

_LONGEST = 200
"""Steps of a way that are named, of very long ones the last."""


def check(subject: Subject) -> Iterator[Diagnostic]:
    fields = fields_of(subject.workflow, "output")
    required = [one.name for one in fields if not isinstance(one.type, tree.OptionalType)]
    body = subject.workflow.body
    # Where something could not be read, a `return` may be what was lost.
    if not required or not body.steps or subject.unread or ended(body):
        return
    way = _Way()
    way.through(body, "")
    last = body.steps[-1]
    words = " and ".join(_turn(subject, step, slot) for step, slot in way.turns)
    after = f"the run ends after `{last.id}` without the output that the workflow declares"
    yield Diagnostic(
        "E105",
        "error",
        f"on the way where {words}, {after}" if words else after,
        last.id_span,
        f'end every way with `return {{ {", ".join(f"{name}: ..." for name in required)} }}` or `fail "code"`',
        last.id,
        witness=tuple(way.steps[-_LONGEST:]),
    )


def _turn(subject: Subject, step: tree.Step, slot: str) -> str:
    if slot == "caught":
        return f"`{step.id}` fails"
    terms = terms_of(subject.workflow, subject.catalog)
    return f"`{step.id}` goes on with “{arm_label(step.kind, slot, terms)}”"


@dataclass(slots=True)
class _Way:
    """One way to the end of a block. ``turns`` are the branches taken where another one would have ended the run."""

    steps: list[str] = field(default_factory=list)
    turns: list[tuple[tree.Step, str]] = field(default_factory=list)

    def through(self, block: tree.Block, prefix: str) -> None:
        for step in block.steps:
            self._past(step, prefix + step.id)

    def _past(self, step: tree.Step, path: str) -> None:
        self.steps.append(path)
        slots = kind_slots(step.kind)
        match step.kind:
            case tree.If() | tree.Switch() | tree.Approve():
                unwritten = implied_slots(step.kind)
                goes_on = [slot for slot in slots if not ended(slot.block)]
                if isinstance(step.kind, tree.Approve):
                    return  # a yes is no branch
                if len(goes_on) < len(slots):
                    name = unwritten[0] if unwritten else goes_on[0].name if goes_on else "caught"
                    self.turns.append((step, name))
                if goes_on and not unwritten:
                    self.through(goes_on[0].block, f"{path}.")
            case tree.Do(block=block):
                if not ended(block):
                    self.through(block, f"{path}.")
                else:
                    self.turns.append((step, "caught"))
            case _:
                return


__all__ = ["check"]
