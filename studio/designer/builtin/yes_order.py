"""Where a yes stands: what nobody could wait for any more is put in front of what it is about.

"Write it off. Above 500 the controller must approve before" tells the deed first and the question later; "above 500 the
manager approves, otherwise just refund it" means the refund in both cases.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from studio.designer.builtin.asking import PERSON, asked_in
from studio.designer.builtin.reading import Act, Ask, Item, Stop, When
from studio.designer.builtin.words import READ_VERBS, stem

_FIRST: Final = re.compile(
    r"\b(?:before(?:hand)?|first|in advance|up ?front|beforehand|before (?:that|it|this)|prior)\W*$|\bfirst\b",
    re.I,
)
_MUST: Final = re.compile(
    r"\b(?:must|has to|have to|needs? to|should|shall|needs?|requires?|only)\b", re.IGNORECASE
)
_THEN: Final = re.compile(r"^(?:and |but )?(?:then|after|finally|next|afterwards)\b", re.IGNORECASE)
_SOMEBODY: Final = re.compile(
    r"^(?:(?:it|that|this)(?:'s| is)? )?(?:(?:the|an?|our|just|only|only the|just the)"
    r" )*(?P<who>[a-z][\w\-]*(?: [\w\-]+){0,2}?)"
    r"(?: (?:does|must|has to|should|is enough|alone|can|will|do|suffices)(?: it| do it| so)?)?$",
    re.IGNORECASE,
)


def yes_in_front(items: tuple[Item, ...]) -> tuple[Item, ...]:
    """The items with each question that nothing waits for in front of the deed it is about."""
    found: list[Item] = []
    for index, item in enumerate(items):
        last = index == len(items) - 1
        item = _shared(item) if last else item
        both = isinstance(item, tuple)
        one = item[0] if isinstance(item, tuple) else item
        if both:
            found.extend(item)  # type: ignore[arg-type]
            continue
        ask = _question(one)
        at = _deed(found) if ask is not None else None
        if ask is not None and at is not None and (_said_first(one) or (last and _needed(one))):
            found.insert(at, one)
        else:
            found.append(one)
    return tuple(found)


def _question(item: Item) -> Ask | None:
    """The question that is all an item consists of, alone or under a condition."""
    match item:
        case Ask():
            return item
        case When(then=(Ask() as ask,), other=()) | When(then=(Ask() as ask,), other=(Ask(),)):
            return ask
        case _:
            return None


def _said_first(item: Item) -> bool:
    ask = _question(item)
    words = item.words if isinstance(item, Ask | When) else ""
    return ask is not None and bool(_FIRST.search(words) or _FIRST.search(ask.words))


def _needed(item: Item) -> bool:
    words = item.words if isinstance(item, Ask | When) else ""
    return bool(_MUST.search(words)) and not _THEN.match(words)


def _deed(found: list[Item]) -> int | None:
    """Where the run of deeds begins that stands last."""
    at = None
    for index in range(len(found) - 1, -1, -1):
        one = found[index]
        if not isinstance(one, Act) or one.aside or not one.verb or stem(one.verb.lower()) in READ_VERBS:
            break
        at = index
    return at


def _shared(item: Item) -> Item | tuple[Item, ...]:
    """A condition that ends in a yes with nothing to wait for it: the deed of the other case follows both."""
    match item:
        case When(then=(*_, Ask()) as then, other=(Act(), *_) as other) if all(
            isinstance(o, Act) for o in other
        ):
            if any(isinstance(t, Act) and stem(t.verb.lower()) not in READ_VERBS for t in then):
                return item
            return (replace(item, other=()), *other)
        case When(then=(Act(), *_) as then, other=(*_, Ask()) as other) if all(
            isinstance(t, Act) for t in then
        ):
            if any(isinstance(o, Act | Stop) and not isinstance(o, Ask) for o in other):
                return item
            return (replace(item, then=(), other=other), *then)
        case _:
            return item


def needing_a_yes(text: str, words: Callable[[str], str]) -> list[Item]:
    """ "a refund needs the approval of finance" as the question and what it is about; nothing for any other text."""
    match = _NEEDS.match(text)
    if match is None or stem(match["x"].split()[-1].lower()) in _PRONOUNS:
        return []
    asked = asked_in(text, match["who"])
    return [
        replace(asked, words=words(text)),
        Act(words(match["x"]), "", words(match["x"]), known=False, aside=True),
    ]


_PRONOUNS: Final = frozenset(["it", "thi", "this", "that", "they", "them", "which", "these"])
_NEEDS: Final = re.compile(
    r"^(?P<x>[^,;]{3,60}?) (?:always |first |also )?(?:needs?|requires?) (?:the |an? )?(?:approval|sign-?off|permission"
    r"|authori[sz]ation|confirmation|consent|okay|ok|decision) (?:of|from|by) (?P<who>.+)$",
    re.IGNORECASE,
)


def other_asked(then: tuple[Item, ...], tail: str, read: tuple[Item, ...]) -> tuple[Item, ...]:
    """ "the director must approve, otherwise the manager": what is said of the other case, a question too."""
    if not then or not isinstance(then[-1], Ask) or any(isinstance(r, Ask) for r in read):
        return read
    match = _SOMEBODY.match(tail.strip(" .,;:"))
    if match is None or not PERSON.search(match["who"]):
        return read
    asked = then[-1]
    return (Ask(tail.strip(), match["who"].lower(), asked.within, None),)
