"""B703: an input that takes less than before.

What: the type of an input leaves out values that the old type lets in.
Why: whoever gives one of those is refused from now on.
Fix: keep the wider type and treat the other values in the workflow, or give the narrower input a name of its own.

Before:
    workflow route {
      input { priority: "low" | "high" }
      output { queue: string }
      step done: return { queue: input.priority }
    }
Bad:
    workflow route {
      input { priority: «"high"» }
      output { queue: string }
      step done: return { queue: input.priority }
    }
Good:
    workflow route {
      input { priority: "low" | "normal" | "high" }
      output { queue: string }
      step done: return { queue: input.priority }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl.changes.fit import excess
from dsl.changes.passage import Passage, entries
from dsl.diagnostic import Diagnostic


def check(passage: Passage) -> Iterator[Diagnostic]:
    after = entries(passage.new, "input")
    for name, before in entries(passage.old, "input").items():
        now = after.get(name)
        if now is None:
            continue
        why = excess(before.schema, now.schema, name)
        if why is None or (not before.needed and now.needed and why.endswith("may be null")):
            continue
        yield Diagnostic(
            "B703",
            "error",
            f"the input `{name}` takes less than before: {why} by the old text, and is refused then",
            now.field.type.span,
            "let in what the old type lets in, or take the new kind of value under another name",
        )
