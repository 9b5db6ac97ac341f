"""E001: something that cannot be read.

What: the text breaks off, a word stands where it does not fit, or the whole is too large or nested too deeply.
Why: nobody can say for sure what is meant. Reading goes on behind it, so that the rest is still checked.
Fix: write what the message asks for; it names the place and shows the form.

Bad:
    workflow look {
      use shop: mcp "shop"
      input { order_id: string }
      step order: «cal» shop.get_order(order_id: input.order_id)
        timeout 10s
      step done: return { id: order.id }
    }
Good:
    workflow look {
      use shop: mcp "shop"
      input { order_id: string }
      step order: call shop.get_order(order_id: input.order_id)
        timeout 10s
      step done: return { id: order.id }
    }
"""

from __future__ import annotations

from collections.abc import Iterator

from dsl.checks.subject import Subject
from dsl.diagnostic import Diagnostic


def check(subject: Subject) -> Iterator[Diagnostic]:
    """What reading found, at the step it stands in."""
    yield from subject.read("E001")
