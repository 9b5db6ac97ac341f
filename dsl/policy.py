"""What an account says of its tools: which move money, delete or send outside, which may be repeated, who may say yes.

A tool's own description of itself is a hint that nobody vouches for. Where the account says nothing, a tool that may
change anything is taken for the worst: it moves money, deletes and sends outside, and must never be repeated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

Deed: TypeAlias = Literal["money", "delete", "send", "write"]
"""What calling a tool can do outside: move money, delete something, send something to people outside, change data."""

WORST: frozenset[Deed] = frozenset({"money", "delete", "send", "write"})
DANGEROUS: frozenset[Deed] = frozenset({"money", "delete", "send"})


class ToolRule(BaseModel):
    """What the account says of some tools. A field left out says nothing; a narrower rule wins over a wider one.

    ``tool`` is "connector.tool", "connector.*" or "*". ``does`` is empty for a tool that only reads. ``amount`` names
    the argument that says how much money moves. ``approval``: a person must say yes ("required"), or a condition must
    bound the amount ("bounded"), or neither ("free"). ``approvers`` are the roles whose yes counts; empty: any.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: str = Field(pattern=r"^(\*|[^.*\s]+\.(\*|[^*\s]+))$")
    does: tuple[Deed, ...] | None = None
    idempotent: bool | None = None
    amount: str | None = None
    approval: Literal["required", "bounded", "free"] | None = None
    approvers: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Nature:
    """What is known of one tool, after the policy. ``stated``: a rule or the account's trust speaks of it."""

    does: frozenset[Deed]
    idempotent: bool
    amount: str | None = None
    approval: Literal["required", "bounded", "free"] = "required"
    approvers: frozenset[str] = frozenset()
    stated: bool = False

    @property
    def reads(self) -> bool:
        return not self.does

    @property
    def dangerous(self) -> bool:
        """Whether it may only be called behind an approval, or a bound on the amount."""
        return self.approval != "free" and bool(self.does & DANGEROUS)


class Policy(BaseModel):
    """The policy document of an account."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    rules: tuple[ToolRule, ...] = ()

    def nature(
        self, connector: str, tool: str, *, effect: Literal["read", "write"], idempotent: bool
    ) -> Nature:
        """``effect`` and ``idempotent`` are what holds where no rule speaks of the tool."""
        does = frozenset[Deed]() if effect == "read" else WORST
        stated = effect == "read"
        amount: str | None = None
        approval: Literal["required", "bounded", "free"] | None = None
        approvers: tuple[str, ...] = ()
        for name in ("*", f"{connector}.*", f"{connector}.{tool}"):
            for rule in self.rules:
                if rule.tool != name:
                    continue
                stated = stated or rule.does is not None
                does = does if rule.does is None else frozenset(rule.does)
                idempotent = idempotent if rule.idempotent is None else rule.idempotent
                amount = amount if rule.amount is None else rule.amount
                approval = approval if rule.approval is None else rule.approval
                approvers = approvers if rule.approvers is None else rule.approvers
        return Nature(
            does=does,
            idempotent=idempotent or not does,
            amount=amount,
            approval=approval or ("bounded" if amount else "required"),
            approvers=frozenset(approvers),
            stated=stated,
        )
