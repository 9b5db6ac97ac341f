"""E002: a `${...}` in a text that holds no expression.

What: between `${` and `}` stands something that is no expression, or the `}` is missing.
Why: nothing could be put into the text at this place.
Fix: put one expression between the braces, with 'single quotes' around texts in it; write `\\${` for the two
characters themselves.

Bad:
    workflow greet {
      input { name: string }
      step text: let "Hello «${input.name +}»!"
      step done: return { text: text }
    }
Good:
    workflow greet {
      input { name: string }
      step text: let "Hello ${input.name}!"
      step done: return { text: text }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic


def check(subject: Subject) -> Iterator[Diagnostic]:
    """What reading found, at the step it stands in."""
    yield from subject.read("E002")
