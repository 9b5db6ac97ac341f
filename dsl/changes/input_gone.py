"""B702: an input that is gone or has another name.

What: the old text takes an input that the new one does not know by that name.
Why: an input that is not known is refused, so whoever still gives it cannot start the workflow any more.
Fix: keep the old name, or keep the input beside the new one until nobody gives it.

Before:
    workflow greet {
      input { name: string }
      output { text: string }
      step done: return { text: "Hello ${input.name}" }
    }
Bad:
    workflow greet {
      input { «person»: string }
      output { text: string }
      step done: return { text: "Hello ${input.person}" }
    }
Good:
    workflow greet {
      input { name: string, person: string? }
      output { text: string }
      step done: return { text: "Hello ${has(input.person) ? input.person : input.name}" }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl.changes.passage import Passage, block_span, entries
from dsl.diagnostic import Diagnostic


def check(passage: Passage) -> Iterator[Diagnostic]:
    after = entries(passage.new, "input")
    renamed = renamed_inputs(passage)
    for name in entries(passage.old, "input"):
        if name in after:
            continue
        if name in renamed:
            other = renamed[name]
            yield Diagnostic(
                "B702",
                "error",
                f"the input `{name}` is now called `{other}`: whoever gives `{name}` is refused",
                after[other].field.name_span,
                f"keep the name `{name}`, or take both for a while",
            )
        else:
            yield Diagnostic(
                "B702",
                "error",
                f"the input `{name}` is gone: whoever still gives it is refused",
                block_span(passage.new, "input"),
                f"keep `{name}` in `input`, with a default, until nobody gives it any more",
            )


def renamed_inputs(passage: Passage) -> dict[str, str]:
    """Inputs that only have another name, old to new: of one type, and the only ones that came and went with it."""
    before, after = entries(passage.old, "input"), entries(passage.new, "input")
    gone = [name for name in before if name not in after]
    come = [name for name in after if name not in before]
    found: dict[str, str] = {}
    for name in gone:
        alike = [other for other in come if after[other].schema == before[name].schema]
        rivals = [other for other in gone if before[other].schema == before[name].schema]
        if len(alike) == len(rivals) == 1:
            found[name] = alike[0]
    return found
