"""What a tool may do and who is asked, in plain words, and the rule that a form says. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from dsl.policy import Deed, Nature, ToolRule
from dsl.wording.spelling import listed

# deed: (what the tool does, tone of the mark, what it can do, as a choice)
DEEDS: Final[dict[Deed, tuple[str, str, str]]] = {
    "money": ("moves money", "danger", "Moves money"),
    "delete": ("deletes", "danger", "Deletes things"),
    "send": ("sends outside", "warning", "Sends something to people outside"),
    "write": ("changes data", "warning", "Changes data"),
}

APPROVALS: Final[dict[str, str]] = {
    "required": "Always",
    "bounded": "Unless a condition keeps the amount below a limit",
    "free": "Never",
}


@dataclass(frozen=True, slots=True)
class Mark:
    """One word or two beside a tool."""

    words: str
    tone: str
    title: str


def marks(nature: Nature) -> list[Mark]:
    """What stands beside the name of a tool."""
    if nature.reads:
        return [Mark("reads", "", "It only reads.")]
    if not nature.stated:
        found = [Mark("worst assumed", "danger", does(nature))]
    else:
        found = [
            Mark(words, tone, f"It {words}.")
            for deed, (words, tone, _) in DEEDS.items()
            if deed in nature.does
        ]
    if nature.idempotent:
        found.append(Mark("may be repeated", "", "Doing it again with the same key does it once."))
    if nature.dangerous:
        words = "approval or limit" if bounded(nature) else "needs approval"
        found.append(Mark(words, "info", asked(nature)))
    return found


def does(nature: Nature) -> str:
    """What calling it does, in a sentence."""
    if nature.reads:
        return "It only reads."
    words = listed([words for deed, (words, _, _) in DEEDS.items() if deed in nature.does], "and")
    if nature.stated:
        return f"It {words}."
    return (
        "Nothing is said about this tool, so the worst is assumed: "
        "it may move money, delete things and send things outside."
    )


def asked(nature: Nature) -> str:
    """Whether somebody must approve a call, in a sentence or two."""
    if not nature.dangerous:
        return "It needs no approval."
    who = listed([name.replace("_", " ") for name in sorted(nature.approvers)], "or")
    counts = f" The yes of {who} counts." if who else " The yes of anybody who may approve counts."
    if bounded(nature):
        return f"Somebody must approve, unless a condition keeps “{nature.amount}” below a limit.{counts}"
    return f"Somebody must approve every time.{counts}"


def repeated(nature: Nature) -> str:
    """Whether it may be tried again, in a sentence."""
    if nature.reads:
        return ""
    return (
        "It may be tried again after an error."
        if nature.idempotent
        else "It is not tried again: doing it twice does it two times."
    )


def bounded(nature: Nature) -> bool:
    return nature.approval == "bounded" and nature.amount is not None


def rule_of(tool: str, form: Mapping[str, Any], roles: Sequence[str]) -> ToolRule | str:
    """The rule that a form says of a tool, or what is missing in it. ``roles`` are those the form offered, in order."""
    approval = form.get("approval")
    if approval not in APPROVALS:
        return "Say whether it needs an approval."
    amount = str(form.get("amount") or "")
    if approval == "bounded" and not amount:
        return "Say which argument is the amount; a condition has to keep it below a limit."
    return ToolRule(
        tool=tool,
        does=tuple(deed for deed in DEEDS if form.get(f"does_{deed}")),
        idempotent=bool(form.get("repeat")),
        amount=amount or None,
        approval=approval,
        approvers=tuple(role for number, role in enumerate(roles) if form.get(f"role_{number}")),
        compensation="expected" if form.get("undo") else "needless",
    )
