"""B704: an output that is gone, or that can be something else than before.

What: the old text promises an output that the new one does not have, or whose type lets in other values.
Why: whoever reads the result, such as a workflow that runs this one, gets nothing or something it does not know.
Fix: keep the output as it is and give the new value a name of its own.

Before:
    workflow count {
      input { names: string[] }
      output { total: int }
      step done: return { total: input.names.size() }
    }
Bad:
    workflow count {
      input { names: string[] }
      output { total: «string» }
      step done: return { total: "${input.names.size()} names" }
    }
Good:
    workflow count {
      input { names: string[] }
      output { total: int, text: string }
      step done: return { total: input.names.size(), text: "${input.names.size()} names" }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl.changes.fit import excess
from dsl.changes.passage import Passage, block_span, entries
from dsl.diagnostic import Diagnostic


def check(passage: Passage) -> Iterator[Diagnostic]:
    after = entries(passage.new, "output")
    for name, before in entries(passage.old, "output").items():
        now = after.get(name)
        if now is None:
            yield Diagnostic(
                "B704",
                "error",
                f"the output `{name}` is gone: whoever reads it gets nothing",
                block_span(passage.new, "output"),
                f"keep `{name}` in `output` until nobody reads it any more",
            )
            continue
        why = excess(now.schema, before.schema, name)
        if why is not None:
            yield Diagnostic(
                "B704",
                "error",
                f"the output `{name}` can now be something else: {why}, which the old text never gave",
                now.field.type.span,
                "keep its type, and give the new value a name of its own",
            )
