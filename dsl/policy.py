"""What an account says of its tools: which move money, delete or send outside, which may be repeated, who may say yes.

A tool's own description of itself is a hint that nobody vouches for. Where the account says nothing, a tool that may
change anything is taken for the worst: it moves money, deletes and sends outside, and must never be repeated.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field

if TYPE_CHECKING:
    from dsl.catalog import Catalog

Deed: TypeAlias = Literal["money", "delete", "send", "write"]
"""What calling a tool can do outside: move money, delete something, send something to people outside, change data."""

WORST: frozenset[Deed] = frozenset({"money", "delete", "send", "write"})
DANGEROUS: frozenset[Deed] = frozenset({"money", "delete", "send"})
LASTING: frozenset[Deed] = frozenset({"money", "delete", "write"})
"""What leaves something behind that could be undone; what was sent cannot be called back."""


class ToolRule(BaseModel):
    """What the account says of some tools. A field left out says nothing; a narrower rule wins over a wider one.

    ``tool`` is "connector.tool", "connector.*" or "*". ``does`` is empty for a tool that only reads. ``amount`` names
    the argument that says how much money moves. ``approval``: a person must say yes ("required"), or a condition must
    bound the amount ("bounded"), or neither ("free"). ``approvers`` are the roles, or the e-mail addresses of people,
    whose yes counts; empty: anybody's. ``compensation``: whether a workflow is expected to say how the effect is undone
    when a later step fails.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    tool: str = Field(pattern=r"^(\*|[^.*\s]+\.(\*|[^*\s]+))$")
    does: tuple[Deed, ...] | None = None
    idempotent: bool | None = None
    amount: str | None = None
    approval: Literal["required", "bounded", "free"] | None = None
    approvers: tuple[str, ...] | None = None
    compensation: Literal["expected", "needless"] | None = None


@dataclass(frozen=True, slots=True)
class Nature:
    """What is known of one tool, after the policy. ``stated``: a rule or the account's trust speaks of it."""

    does: frozenset[Deed]
    idempotent: bool
    amount: str | None = None
    approval: Literal["required", "bounded", "free"] = "required"
    approvers: frozenset[str] = frozenset()
    compensation: Literal["expected", "needless"] = "expected"
    stated: bool = False

    @property
    def reads(self) -> bool:
        return not self.does

    @property
    def dangerous(self) -> bool:
        """Whether it may only be called behind an approval, or a bound on the amount."""
        return self.approval != "free" and bool(self.does & DANGEROUS)

    @property
    def lasting(self) -> bool:
        """Whether a run that fails later should undo what was done."""
        return self.compensation == "expected" and bool(self.does & LASTING)


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
        compensation: Literal["expected", "needless"] = "expected"
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
                compensation = compensation if rule.compensation is None else rule.compensation
        return Nature(
            does=does,
            idempotent=idempotent or not does,
            amount=amount,
            approval=approval or ("bounded" if amount else "required"),
            approvers=frozenset(approvers),
            compensation=compensation,
            stated=stated,
        )


@dataclass(frozen=True, slots=True)
class PolicyProblem:
    """A rule that does not say what was meant: ``rule`` is its place among the rules, ``message`` one sentence."""

    rule: int
    tool: str
    message: str
    help: str


def problems_of(policy: Policy, catalog: Catalog) -> tuple[PolicyProblem, ...]:
    """Rules about nothing, arguments that a tool lacks, roles that nobody has, and rules that say one thing twice.

    A rule that names one tool is looked at against that tool; one about many is only asked whether there are any.
    """
    found: list[PolicyProblem] = []
    for number, rule in enumerate(policy.rules):
        said = [*_about_nothing(rule, catalog), *_amount(rule, catalog), *_approvers(rule, catalog)]
        if any(other.tool == rule.tool for other in policy.rules[:number]):
            said.append((f"There are two rules about `{rule.tool}`.", "Put what they say into one rule."))
        found += [PolicyProblem(number, rule.tool, message, help_) for message, help_ in said]
    return tuple(found)


def _about_nothing(rule: ToolRule, catalog: Catalog) -> list[tuple[str, str]]:
    connector, _, tool = rule.tool.partition(".")
    if rule.tool == "*":
        return []
    if connector not in catalog.connectors:
        return [(f"There is no connector `{connector}`.", "Correct the name, or remove the rule.")]
    if tool != "*" and catalog.tool(connector, tool) is None:
        return [(f"`{connector}` has no tool `{tool}`.", "Correct the name, or remove the rule.")]
    return []


def _amount(rule: ToolRule, catalog: Catalog) -> list[tuple[str, str]]:
    connector, _, name = rule.tool.partition(".")
    if rule.amount is None:
        if rule.approval == "bounded":
            nature = catalog.nature(connector, name)
            if nature.amount is None:
                return [
                    (
                        f"`{rule.tool}` may be bounded, but no rule says which argument is the amount.",
                        "Name it under `amount`; without one only an approval counts.",
                    )
                ]
        return []
    tool = catalog.tool(connector, name)
    if tool is None:
        return []
    properties = tool.input_schema.get("properties")
    known = properties if isinstance(properties, dict) else {}
    if rule.amount in known:
        return []
    listed = ", ".join(f"`{one}`" for one in known)
    return [
        (
            f"`{rule.tool}` has no argument `{rule.amount}`, so its amount is never bounded.",
            f"Its arguments are {listed}." if listed else "It takes no arguments.",
        )
    ]


def _approvers(rule: ToolRule, catalog: Catalog) -> list[tuple[str, str]]:
    if catalog.roles is None:
        return []
    known = catalog.roles | (catalog.users or frozenset())
    unknown = [name for name in rule.approvers or () if name not in known and "@" not in name]
    if not unknown:
        return []
    return [
        (
            f"Nobody has the role `{unknown[0]}`, so its yes to `{rule.tool}` can never come.",
            f"There are: {', '.join(sorted(catalog.roles)) or 'no roles yet'}.",
        )
    ]
