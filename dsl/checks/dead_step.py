"""W301: a step that never runs.

What: it stands behind a step that always ends the workflow.
Why: somebody probably expects it to happen.
Fix: move it before, put the end under a condition, or remove it.

Bad:
    workflow look {
      use mail: mcp "mail"
      input { to: string }
      step done: return { told: true }
      step «note»: call mail.send(to: input.to, subject: "Hello", body: "Hello.")
        timeout 30s
    }
Good:
    workflow look {
      use mail: mcp "mail"
      input { to: string }
      step note: call mail.send(to: input.to, subject: "Hello", body: "Hello.")
        timeout 30s
      step done: return { told: true }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl import tree
from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic
from dsl.meaning.endings import ends
from dsl.outline import Place, slots


def check(subject: Subject) -> Iterator[Diagnostic]:
    paths = {id(place.step): place for place in subject.places}
    yield from _block(subject.workflow.body, False, paths)


def _block(block: tree.Block, parallel: bool, paths: dict[int, Place]) -> Iterator[Diagnostic]:
    ended: str | None = None
    for step in block.steps:
        if ended is not None:
            yield Diagnostic(
                "W301",
                "warning",
                f"`{step.id}` never runs: `{ended}` always ends the workflow before it",
                step.id_span,
                f"move `{step.id}` before `{ended}`, or remove it",
                paths[id(step)].path,
            )
            return
        for slot in slots(step):
            inner = isinstance(step.kind, tree.Parallel) and not slot.rescue
            yield from _block(slot.block, inner, paths)
        if not parallel and ends(step):
            ended = step.id
