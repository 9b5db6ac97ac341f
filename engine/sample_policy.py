"""What the sample workspace's policy says of the sample connectors' tools."""

from __future__ import annotations

from typing import Final

from dsl.policy import Policy, ToolRule

SAMPLE_POLICY: Final = Policy(
    rules=(
        # A refund may go out by itself below a limit that the workflow states; above it somebody must say yes. It is
        # repeated safely: the shop honours idempotency keys. Money that was paid back is not taken back.
        ToolRule(
            tool="shop.process_refund",
            does=("money",),
            idempotent=True,
            amount="amount",
            approval="bounded",
            approvers=("manager", "finance_manager"),
            compensation="needless",
        ),
        # A ticket that turns out to be needless is closed by whoever reads it.
        ToolRule(tool="shop.escalate_ticket", does=("write",), compensation="needless"),
        # Writing to a customer is what these workflows are for.
        ToolRule(tool="mail.send", does=("send",), approval="free"),
    )
)
"""Nothing is said of ``http.*``: a request to any address may do anything, so it stays the worst."""
