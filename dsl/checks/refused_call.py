"""W505: behind a no, the run goes on to what the approval stands before.

What: the `on reject` or `on timeout` branch of an approval does not end, and calls that the approval guards follow.
Why: these calls are refused after a no, so the run stops with an error at the first of them.
Fix: end the branch with `return` or `fail`.

Bad:
    workflow tell {
      use mail: mcp "mail"
      input { to: string }
      step gate: approve by role "manager" {
        within 24h
        «on reject» {
          step reason: let "refused"
        }
      }
      step note: call mail.send(to: input.to, subject: "Hello", body: "Hello.")
        timeout 30s
    }
Good:
    workflow tell {
      use mail: mcp "mail"
      input { to: string }
      step gate: approve by role "manager" {
        within 24h
        on reject {
          step refused: fail "refused"
        }
      }
      step note: call mail.send(to: input.to, subject: "Hello", body: "Hello.")
        timeout 30s
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl import tree
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic
from dsl.guards import guards_of
from dsl.meaning.endings import ended


def check(subject: Subject) -> Iterator[Diagnostic]:
    approvals = [place for place in subject.places if isinstance(place.step.kind, tree.Approve)]
    if not approvals or not subject.knows_connectors:
        return
    guards = guards_of(subject.workflow, subject.catalog)
    for place in approvals:
        kind = place.step.kind
        guarded = guards.get(place.path, ())
        if not isinstance(kind, tree.Approve) or not guarded:
            continue
        stop = guarded[0].rpartition(".")[2]
        for block, line, after in (
            (kind.on_reject, "on_reject", "a no"),
            (kind.on_timeout, "on_timeout", "no answer in time"),
        ):
            if block is None or ended(block):
                continue
            at = next((one.span for one in kind.lines if one.name == line), block.span)
            yield Diagnostic(
                "W505",
                "warning",
                f"after {after}, the run will stop at `{stop}`: it may not happen without the approval",
                tree.Span(at.start, at.start + len(line)),
                f"end the `{line.replace('_', ' ')}` branch with `return` or `fail`",
                place.path,
                witness=(place.path, *(f"{place.path}.{step.id}" for step in block.steps), guarded[0]),
            )
