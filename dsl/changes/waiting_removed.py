"""B711: a step that runs wait at, and that is gone or has another name.

What: a run of the old version waits at a step that the new text does not have by that name.
Why: a run stays on its version, so it goes on as before; but it cannot be moved to the new one, and a replay or a
fork from that step finds no place to go on.
Fix: let the runs that wait come to their end first, or keep the step.

Before:
    workflow pay {
      input { amount: float }
      step consent: approve by role "manager" { within 24h }
      step done: return { paid: input.amount }
    }
Bad:
    workflow «pay» {
      input { amount: float }
      step done: return { paid: input.amount }
    }
Good:
    workflow pay {
      input { amount: float }
      step consent: approve by role "manager" { within 24h }
      step note: let "paid ${input.amount}"
      step done: return { paid: input.amount, note: note }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl.changes.passage import Passage
from dsl.diagnostic import Diagnostic


def check(passage: Passage) -> Iterator[Diagnostic]:
    for spot in passage.waiting:
        partner = passage.partner(spot)
        if partner is not None and partner.step.id == spot.step.id:
            continue
        if partner is None:
            message = f"runs wait at `{spot.path}`, which is gone: they cannot go on in the new version"
            span, step = passage.nearest(spot), None
        else:
            message = (
                f"runs wait at `{spot.path}`, which is now called `{partner.step.id}`: "
                "they cannot go on in the new version"
            )
            span, step = partner.step.id_span, partner.path
        yield Diagnostic(
            "B711",
            "warning",
            message,
            span,
            f"they end on their own version; to move them, keep `{spot.step.id}` until they are through",
            step,
        )
