"""B701: an input that must be given now and did not have to be before.

What: the new text has an input without a default and without `?` that the old one does not ask for.
Why: whoever starts the workflow as before, by the API, a trigger or another workflow, is refused.
Fix: give the input a default, or a `?` behind its type; or tell all who start it, and then publish.

Before:
    workflow greet {
      input { name: string }
      output { text: string }
      step done: return { text: "Hello ${input.name}" }
    }
Bad:
    workflow greet {
      input { name: string, «language»: string }
      output { text: string }
      step done: return { text: "Hello ${input.name} (${input.language})" }
    }
Good:
    workflow greet {
      input { name: string, language: string = "en" }
      output { text: string }
      step done: return { text: "Hello ${input.name} (${input.language})" }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl.changes.input_gone import renamed_inputs
from dsl.changes.passage import Passage, entries
from dsl.diagnostic import Diagnostic


def check(passage: Passage) -> Iterator[Diagnostic]:
    before = entries(passage.old, "input")
    renamed = set(renamed_inputs(passage).values())
    for name, entry in entries(passage.new, "input").items():
        known = before.get(name)
        if not entry.needed or name in renamed or (known is not None and known.needed):
            continue
        what = "is new and must be given" if known is None else "must be given now"
        yield Diagnostic(
            "B701",
            "error",
            f"the input `{name}` {what}: whoever starts the workflow as before is refused",
            entry.field.name_span,
            "give it a default behind `=`, or a `?` behind its type",
        )
