"""I801: how long a run can take in the worst case, and what it can cost.

What: the times of the steps on the way that takes longest, added up: tries and their pauses for tools and models, the
time people have to answer, the waits of the text; and what agents and steps with `@cost` can cost together.
Why: nobody sees it in the text: a retry in a loop behind an approval adds up to days.
Fix: `timeout`, `retry`, `max`, `within` and `budget` bound it; what has no bound is named.

Bad:
    workflow «refund» {
      use shop: mcp "shop"
      input { order_id: string }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
        retry 3 backoff 1s to 10s
      step gate: approve by role "manager" {
        title "Is order ${order.id} really broken?"
        within 24h
      }
      step done: return { by: gate.by }
    }
Good:
    workflow double {
      input { amount: float }
      step doubled: let input.amount * 2.0
      step done: return { amount: doubled }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic
from dsl.estimation import Estimate, estimate_of
from dsl.wording.spelling import duration_words, listed

_SHOWN = 8
_REASONS = 3


def check(subject: Subject) -> Iterator[Diagnostic]:
    found = estimate_of(subject.workflow, subject.scopes.before)
    if not (found.total_ms or found.cost_usd or found.open or found.unpriced):
        return
    yield Diagnostic(
        "I801",
        "info",
        _message(found),
        subject.workflow.name_span,
        _help(found),
        witness=found.critical,
    )


def _message(found: Estimate) -> str:
    parts = [
        f"{duration_words(ms)} {what}"
        for ms, what in (
            (found.work_ms, "of work"),
            (found.people_ms, "for people to answer"),
            (found.pause_ms, "of waiting"),
        )
        if ms
    ]
    times = f"takes {listed(parts)}" if parts else "takes no time that can be told"
    cost = f", and costs {found.cost_usd:.2f} USD" if found.cost_usd else ""
    beyond = ", and longer where nothing bounds it" if found.open else ""
    return f"in the worst case a run {times}{cost}{beyond}"


def _help(found: Estimate) -> str:
    sentences = []
    if found.critical:
        shown = [path.rpartition(".")[2].rpartition("~")[2] for path in found.critical[:_SHOWN]]
        more = " -> ..." if len(found.critical) > _SHOWN else ""
        sentences.append(f"the longest way is {' -> '.join(shown)}{more}")
    if found.open:
        reasons = listed([one.reason for one in found.open[:_REASONS]])
        more = f" and {len(found.open) - _REASONS} more" if len(found.open) > _REASONS else ""
        sentences.append(f"counted once, because nothing bounds it: {reasons}{more}")
    if found.unpriced:
        sentences.append(
            f"what it costs is not known everywhere: {listed([o.reason for o in found.unpriced])}"
        )
    return "; ".join(sentences)
