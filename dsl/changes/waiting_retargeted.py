"""B712: a step that runs wait at, and that now asks others or does something else.

What: a run of the old version waits at a step whose kind, tool, event, workflow or approvers are others now.
Why: a run stays on its version, so it waits for what it asked for; moved to the new one, or replayed or forked from
there, it would take an answer that was given to another question.
Fix: let the runs that wait come to their end first, or give the new step a name of its own.

Before:
    workflow pay {
      input { amount: float }
      step consent: approve by role "manager" { within 24h }
      step done: return { paid: input.amount }
    }
Bad:
    workflow pay {
      input { amount: float }
      step «consent»: approve by role "support" { within 24h }
      step done: return { paid: input.amount }
    }
Good:
    workflow pay {
      input { amount: float }
      step consent: approve by role "manager" { within 48h }
      step done: return { paid: input.amount }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl.changes.change import ApprovalChanged, StepRetargeted
from dsl.changes.kinds import kind_changes
from dsl.changes.passage import Passage
from dsl.diagnostic import Diagnostic

_OTHERS = ("approvers", "quorum", "escalate")


def check(passage: Passage) -> Iterator[Diagnostic]:
    for spot in passage.waiting:
        partner = passage.partner(spot)
        if partner is None:
            continue
        for change in kind_changes(passage.view, spot, partner):
            match change:
                case StepRetargeted():
                    pass
                case ApprovalChanged(part=part) if part in _OTHERS:
                    pass
                case _:
                    continue
            yield Diagnostic(
                "B712",
                "warning",
                f"runs wait at `{spot.path}`, and {change.sentence}",
                partner.step.id_span,
                "they end on their own version; to move them, keep the step and put the new one beside it",
                partner.path,
            )
            break
