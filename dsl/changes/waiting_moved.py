"""B713: a step that runs wait at, and that stands in another block now.

What: a run of the old version waits at a step that the new text has in another block, so under another path.
Why: a run stays on its version, so it goes on as before; but what it has done is kept by path, so that moved to the
new version, or replayed or forked from there, it would ask again.
Fix: let the runs that wait come to their end first, or leave the step where it is.

Before:
    workflow pay {
      input { amount: float }
      step consent: approve by role "manager" { within 24h }
      step done: return { paid: input.amount }
    }
Bad:
    workflow pay {
      input { amount: float }
      step large: if input.amount > 100.0 {
        step «consent»: approve by role "manager" { within 24h }
      }
      step done: return { paid: input.amount }
    }
Good:
    workflow pay {
      input { amount: float }
      step note: let "pay ${input.amount}"
      step consent: approve by role "manager" { within 24h }
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
        if partner is None or partner.step.id != spot.step.id or partner.path == spot.path:
            continue
        yield Diagnostic(
            "B713",
            "warning",
            f"runs wait at `{spot.path}`, which is now at `{partner.path}`: they would be asked again there",
            partner.step.id_span,
            "they end on their own version; to move them, leave the step in its block until they are through",
            partner.path,
        )
