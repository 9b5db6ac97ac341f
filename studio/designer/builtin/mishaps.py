"""What may go another way than planned, in words: somebody says no, nobody answers, a step fails."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final, Literal

from studio.designer.builtin.amounts import DURATION, duration_text, find_duration
from studio.designer.builtin.reading import Answer, Ask, Each, Item, Repeat, Together, Trouble, Unclear, When

_TAIL: Final = r"(?:[,:]\s*|\s+)(?:then\s+|please\s+|just\s+)*(?P<tail>\S.*)$"
_SILENT: Final = re.compile(
    r"^(?:(?:nobody|no ?one|none(?: of them)?|(?:he|she|they|it|the [\w ]+?|somebody|someone)) (?:does not |do"
    r" not |did not |"
    r"don't |doesn't |didn't |has not |have not |hasn't |haven't )?(?:answers?|answered|responds?|responded"
    r"|reacts?|reacted|decides?|"
    r"decided|repl(?:y|ies|ied)|approves?)|there is no (?:answer|response|reply|reaction|decision)|no (?:answer"
    r"|response|reply|"
    r"reaction|decision)(?: comes| arrives| is given)?|the (?:deadline|time|period) (?:passes|is over|has passed"
    r"|runs out|expires)|"
    r"(?:it|the approval|the request) (?:times out|expires|is not answered|is left unanswered))"
    r"(?P<when>(?:\s+(?:within|in|after|for|by|until|on)\s+(?:the |those |these |that |this )?(?:next"
    r" )?[\w ]*?(?:days?|hours?|minutes?|weeks?|"
    r"time|then|deadline))?)" + _TAIL,
    re.IGNORECASE,
)
_NO: Final = re.compile(
    r"^(?:(?:he|she|they|one of them|somebody|someone|(?:the |our |an? )?[\w ]{2,30}?) (?:refuses?|declines?"
    r"|rejects?(?: it)?|says? no|"
    r"denies|deny|disagrees?|does not (?:approve|agree)|do not (?:approve|agree)|doesn't (?:approve|agree)|don't"
    r" (?:approve|agree))|"
    r"(?:it|this|that|the [\w ]{2,30}?) (?:is|was|gets|has been) (?:refused|rejected|declined|denied|turned down"
    r"|not approved)|"
    r"(?:refused|rejected|declined|denied|not approved)|the answer is no|no approval is given)" + _TAIL,
    re.IGNORECASE,
)
_FAILS: Final = re.compile(
    r"^(?P<what>.*?)\s*(?:(?:then )?(?:fails?|failed|goes wrong|went wrong|breaks(?: down)?|crashes|errors out"
    r"|has an error|does not work|doesn't work|"
    r"did not work|is not possible|does not go through|doesn't go through|bounces|throws an error|times out"
    r"|gives an error|"
    r"returns an error|runs into (?:an error|a problem|problems)|(?:cannot|can't|could not|couldn't) be \w+))\b"
    + _TAIL,
    re.IGNORECASE,
)
_GO_ON: Final = re.compile(
    r"\b(?:do not|don't|never) (?:stop|fail|abort|give up)\b,?\s*(?:but |just )?|,?\s*(?:and |but |then"
    r" )?(?:just )?(?:go on|carry on|continue|"
    r"keep going|proceed|move on)\b(?: with [\w ]+| anyway| nevertheless)?|,?\s*\banyway\b",
    re.IGNORECASE,
)
_ANYTHING: Final = re.compile(
    r"anything|something|everything|any|(?:any|one) of (?:this|it|them|the steps)|an?y? step|the workflow|this"
    r"|the process"
)

Mishap = tuple[Literal["no", "silent", "fails"], str, str, bool]
"""What happened, with what (or after how long), what is to be done, and whether the rest goes on."""


def read_mishap(rest: str, *, asked: bool) -> Mishap | None:
    """What stands behind an "if", as a mishap. ``asked``: somebody is asked for a yes before."""
    if asked and (match := _SILENT.match(rest)):
        found = find_duration(match["when"], r"") if match["when"] else None
        return "silent", found[0] if found else "", match["tail"], False
    if asked and (match := _NO.match(rest)):
        return "no", "", match["tail"], False
    if (match := _FAILS.match(rest)) and not re.search(r"\b(?:if|when|is|are|has|have)$", match["what"]):
        what = re.sub(r"^(?:the|a|an|that|this)\s+", "", match["what"].strip(), flags=re.I).lower()
        tail, count = _GO_ON.subn("", match["tail"])
        on = count > 0
        return "fails", "" if _ANYTHING.fullmatch(what) else what or "it", tail.strip(" ,"), on
    return None


_TERMS: Final = re.compile(
    rf"^(?:and )?(?:they|he|she|(?:both|the|each|all)(?: of them)? ?[\w ]{{0,20}}?|approvers?|somebody) (?:have"
    rf"|has|get|gets|must (?:answer|decide|do so|react)) "
    rf"(?:within |in |for )?(?:up to |at most )?{DURATION}(?: (?:to|for) .*| time)?$",
    re.IGNORECASE,
)
_QUORUM: Final = re.compile(
    r"^(?:and )?(?P<n>two|three|both|2|3)(?: (?:persons|people|of them|managers|approvers|different people"
    r"|members))? (?:of them )?"
    r"(?:must|have to|need to|should|shall) (?:agree|approve|confirm|sign(?: off)?|say yes)(?: to (?:it|that))?$",
    re.IGNORECASE,
)


def read_terms(text: str) -> Answer | None:
    """ "they have 48 hours to do so", "two persons must agree": more about the question before it."""
    if match := _TERMS.match(text):
        return Answer("terms", duration_text(match["dnum"], match["dunit"]), (), text)
    if match := _QUORUM.match(text):
        return Answer("terms", "", (), text, 3 if match["n"].lower() in ("three", "3") else 2)
    return None


def folded(items: Iterable[Item]) -> tuple[Item, ...]:
    """What people answer put into the question before it: a refusal, a silence."""
    found: list[Item] = []
    for item in items:
        item = _inside(item)
        if not isinstance(item, Answer):
            found.append(item)
            continue
        for index in range(len(found) - 1, -1, -1):
            amended = _amended(found[index], item)
            if amended is not None:
                found[index] = amended
                break
        else:
            found.append(
                Unclear(
                    item.words, "Nobody is asked before it, so there is no answer that this could follow."
                )
            )
    return tuple(found)


def _inside(item: Item) -> Item:
    match item:
        case When(then=then, other=other):
            return replace(item, then=folded(then), other=folded(other))
        case Each(items=items) | Together(items=items) | Trouble(items=items) | Repeat(items=items):
            return replace(item, items=folded(items))
        case _:
            return item


def _amended(item: Item, answer: Answer) -> Item | None:
    """The item with the answer in the last question of it; None when nobody is asked in it."""
    match item:
        case Ask():
            if answer.kind == "terms":
                return replace(item, within=answer.after or item.within, quorum=answer.quorum or item.quorum)
            if answer.kind == "no":
                return replace(item, no=(*item.no, *answer.items))
            asks = [i for i in answer.items if isinstance(i, Ask)]
            if asks and len(asks) == len(answer.items):
                return replace(item, escalate=(answer.after, asks[0].role))
            return replace(
                item, silence=(*item.silence, *answer.items), within=item.within or answer.after or None
            )
        case When(then=then, other=other):
            for name, block in (("other", other), ("then", then)):
                for index in range(len(block) - 1, -1, -1):
                    if (inner := _amended(block[index], answer)) is not None:
                        changed = (*block[:index], inner, *block[index + 1 :])
                        return (
                            replace(item, other=changed) if name == "other" else replace(item, then=changed)
                        )
        case Each(items=items) | Together(items=items):
            for index in range(len(items) - 1, -1, -1):
                if (inner := _amended(items[index], answer)) is not None:
                    return replace(item, items=(*items[:index], inner, *items[index + 1 :]))
        case _:
            pass
    return None
