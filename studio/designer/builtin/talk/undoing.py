""" "Undo that", "go back to how it was", "redo it": texts of earlier turns, proposed again."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from studio.designer.writing import Outcome, Said, Task, Written

if TYPE_CHECKING:
    from studio.designer.builtin.talk.turns import Exchange

_THAT = (
    r"(?: (?:that|it|this|all|everything|all of (?:it|that)|(?:the|that|my|your|this|those|these|all) "
    r"(?:last |latest |previous )?(?:change|changes|edit|edits|step|one|proposal|thing)))?"
)
_UNDO = re.compile(
    r"(?:(?:sorry|no|oh|oops|wait|hm+),? )?(?:(?:i (?:was|am) wrong|my (?:mistake|bad|fault)|that was (?:wrong"
    r"|a mistake|not (?:right|good|it))|i changed my mind)[.,;!]+ )?"
    rf"(?:please |no,? |oh no,? |sorry,? |actually,? |wait,? |can you |could you |now |ok,? |hm+,? )*(?:"
    rf"(?:undo|revert|take back|roll ?back|reverse|discard|drop|cancel|scrap|throw away){_THAT}(?: back)?"
    rf"|(?:go|change it|put it|bring it|set it|take it|switch|make it|get) back(?: {_THAT.strip()})?(?: "
    r"(?:to )?(?:how|the way|what) it was(?: before)?| to (?:the )?(?:old|previous|last|original|earlier"
    r"|former) (?:version|one|state|text|workflow)| to before(?: that)?)?"
    r"|back to (?:how|the way) it was(?: before)?|(?:make it|leave it|i want it|it should be) (?:as|how"
    r"|like|the way) (?:it was|before|it used to be)(?: before)?"
    r"|restore (?:the )?(?:old|previous|last|original|earlier)(?: (?:version|one|state|text|workflow))?|"
    r"(?:forget|never ?mind|leave) (?:it|that|about (?:it|that)|the last (?:change|one))|never ?mind"
    r"|i (?:don't|do not) (?:want|like) (?:that|this|it)(?: change)?(?: any ?more)?"
    r")(?:,? (?:again|please|then|before|completely))*[ .!?]*",
    re.IGNORECASE,
)
_REDO = re.compile(
    r"(?:please |no,? |actually,? |ok,? |hm+,? )*(?:redo(?: it| that| the (?:last )?change)?|do it "
    r"(?:after all|again)|bring it back|(?:i|we) want it after all|no,? (?:do|keep) it(?: after all)?"
    r"|undo the undo)[ .!?]*",
    re.IGNORECASE,
)
_BY_HAND = (
    "I only propose, so a proposal you have not accepted changes nothing. One that you accepted is a"
    " single change: "
    "undo in the editor (Ctrl+Z, or ⌘Z on a Mac) takes it back, and redo brings it again."
)


def is_undo(message: str) -> bool:
    return bool(_UNDO.fullmatch(message.strip()))


def is_redo(message: str) -> bool:
    return bool(_REDO.fullmatch(message.strip()))


def standing(past: tuple[Exchange, ...]) -> list[Exchange]:
    """The proposals that still count, oldest first: without the rejected ones and those taken back in words."""
    stack: list[Exchange] = []
    for one in past:
        if is_undo(one.request):
            if stack and (one.proposal or stack[-1].state == "open"):
                stack.pop()
            if one.proposal and one.state == "accepted":
                stack.append(one)
        elif one.proposal and one.state != "rejected":
            stack.append(one)
    return stack


def undo(task: Task, past: tuple[Exchange, ...]) -> Outcome:
    """The text before the last change that counts: an open proposal is dropped, an accepted one is taken back."""
    stack = standing(past)
    if not stack:
        return Said(_BY_HAND)
    last = stack[-1]
    if last.state == "open":
        before = stack[-2] if len(stack) > 1 else None
        if before is None or before.state != "open" or before.base.split() != last.base.split():
            return Said(
                "Then I forget that proposal: nothing of it was in the workflow yet, so it stays as it"
                " is. You can "
                f"reject it to clear it away. {_BY_HAND}"
            )
        return Written(before.proposal, "This is the proposal as it was before the last change.")
    if not last.base.strip():
        return Said(f"Before that there was no workflow, so there is nothing to go back to. {_BY_HAND}")
    if task.base.split() != last.proposal.split():
        return Said(
            "The workflow was changed in the editor after that, so going back would lose those changes too. "
            "Undo step by step in the editor (Ctrl+Z, or ⌘Z on a Mac), or tell me what should be different."
        )
    return Written(last.base, "This is the workflow as it was before the last accepted change.")


def redo(task: Task, past: tuple[Exchange, ...]) -> Outcome:
    """What the undo before took back, again."""
    for one in reversed(past):
        if one.proposal and one.proposal.split() != task.base.split() and one.state in ("open", "rejected"):
            return Written(one.proposal, "This is the change again.")
    return Said("There is nothing that was taken back. Tell me what should change.")


__all__ = ["is_redo", "is_undo", "redo", "standing", "undo"]
