"""Workflows as people draw them, of any size: calls of the shop and of mail, approvals, branches, loops, and a few
problems, as there are in what somebody is still working on."""

from __future__ import annotations

import dsl
from dsl.outline import places

HEAD = """workflow {name} {{
  use shop: mcp "shop"
  use mail: mcp "mail"

  input {{ order_id: string, limit: float }}
  output {{ status: string }}

"""

# Twelve steps. ``#`` is the number of the group.
GROUP = """  /// Look the order up, number #.
  step order#: call shop.get_order(order_id: input.order_id)
    timeout 20s
    retry 3 backoff 200ms to 1s on "timeout", "unavailable"

  step worth#: let order#.total * 1.2 + input.limit

  // What is large is looked at by a person.
  step large#: if worth# > 250.0 && order#.status != "refunded" {
    step gate#: approve by role "manager" {
      title "Order ${order#.id} of ${order#.customer.name}: ${money(worth#)}"
      show order#.total, order#.customer.email
      within 2d
    }
    step told#: call mail.send(
      to: order#.customer.email,
      subject: "Order ${order#.id}",
      body: "Somebody looked at it: ${gate#.comment}",
    )
      timeout 30s
  } else {
    step small#: let "small"
    yield small#
  }

  step both#: parallel {
    step recent#: call shop.list_orders(limit: 5)
      timeout 20s
    step fit#: call shop.check_refund_eligibility(order_id: order#.id, reason: "asked for")
      timeout 20s
    yield { known: recent#.count, fit: fit#.reason }
  }

  step lines#: foreach item in order#.items concurrency 4 {
    step line#: let "${item.title}, ${item.quantity} pieces"
    yield line#
  }

  step pause#: wait 5m

"""
PER_GROUP = 12
WRONG = 'subject: "Order ${order#.id}"'
"""In every eighth group something is missing."""


def draft(steps: int, name: str = "drawn") -> str:
    """A text with so many steps."""
    groups, left = divmod(steps - 1, PER_GROUP)
    text = HEAD.format(name=name)
    for number in range(groups):
        group = GROUP if number % 8 != 3 else GROUP.replace(WRONG, WRONG.replace(".id", ".number"))
        text += group.replace("#", str(number))
    text += "".join(f"  step extra{one}: wait {one + 1}m\n" for one in range(left))
    return text + '  step done: return { status: "done" }\n}\n'


def count(text: str) -> int:
    return sum(1 for _ in places(dsl.parse(text).workflow.body))


def middle(steps: int) -> int:
    """The number of the group in the middle."""
    return (steps - 1) // PER_GROUP // 2
