"""Waiting for something in words: checking again and again until it holds, or an event that somebody sends."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Final

from studio.designer.builtin.amounts import DURATION, NUMBER_WORDS, duration_text, find_duration
from studio.designer.builtin.conditions import read_test
from studio.designer.builtin.reading import Await, Is, Item, Repeat, Same, Test, When
from studio.designer.builtin.words import raw_tokens, singular, stems

_UNTIL: Final = re.compile(r"^(?P<act>.+?)[, ]+\b(?:until|till)\b\s+(?P<test>.+)$", re.IGNORECASE)
_WHILE: Final = re.compile(
    r"^(?P<act>(?:repeat|keep|check|try|poll).+?)\s+(?:while|as long as)\s+(?P<test>.+)$", re.IGNORECASE
)
_MOST: Final = re.compile(
    r",?\s*(?:but |and )?(?:at most|at the most|up to|no more than|not more than|max(?:imum)?\.?|a maximum of"
    r"|for)\s+(?P<n>\d+|\w+)\s*"
    r"(?:times|attempts|tries|rounds|checks|x)\b",
    re.IGNORECASE,
)
_MOST_AFTER: Final = re.compile(
    r"[,(]?\s*(?:but |and )?(?P<n>\d+|\w+) (?:times|attempts|tries|rounds|checks|looks) (?:at (?:the )?most"
    r"|at maximum|max(?:imum)?|tops)\.?\)?",
    re.IGNORECASE,
)
_WHETHER: Final = re.compile(
    r"^(?:check|look|see|poll|test|ask|watch|probe)\b(?P<what>[^,]*?),?\s*\b(?:whether"
    r"|if)\s+(?P<test>.+)$",
    re.IGNORECASE,
)
_EVERY: Final = re.compile(
    rf",?\s*\b(?:every|each|once (?:an?|every)|in intervals of)\s+(?:{DURATION}"
    rf"|(?P<unit>second|minute|hour|day|week)\b)",
    re.I,
)
_WAIT: Final = re.compile(r"^(?:wait|hold on|pause)\s+(?:for|until|till)\s+(?P<what>.+)$", re.IGNORECASE)
_ARRIVES: Final = re.compile(
    r"^(?:the |an? |our |her |his |their )?(?P<noun>[\w ]{2,30}?)(?:'s)?\s+(?:to (?:be )?|has (?:been )?|have"
    r" (?:been )?|is |are |was |gets )?"
    r"(?P<verb>arrives?|arrived|comes? in|paid|pays|pay|received|confirm(?:s|ed)?|sign(?:s|ed)?|answer(?:s|ed)?"
    r"|repl(?:y|ies|ied)|"
    r"deliver(?:s|ed)?|ship(?:s|ped)?|approv(?:es|ed)|return(?:s|ed)?|finish(?:es|ed)?|complet(?:es|ed)|picks?"
    r" up|picked up|settled?|"
    r"book(?:s|ed)?|accept(?:s|ed)?|clos(?:es|ed)|resolv(?:es|ed)|upload(?:s|ed)?|respond(?:s|ed)?)\b(?P<rest>.*)$",
    re.IGNORECASE,
)
_NOUN_ONLY: Final = re.compile(
    r"^(?:the |an? |their |his |her )?(?P<noun>payment|reply|answer|response|confirmation|signature|delivery"
    r"|money|documents?|feedback|"
    r"receipt|order confirmation|callback)(?: (?:of|from|by) (?:the |an? )?[\w ]+)?$",
    re.IGNORECASE,
)
_PAST: Final = {
    "arrive": "arrived",
    "arrives": "arrived",
    "come in": "arrived",
    "comes in": "arrived",
    "pay": "paid",
    "pays": "paid",
}


def read_repeat(sentence: str, read: Callable[[str], list[Item]]) -> list[Item] | None:
    """A sentence with "until" as a loop; None when it is none. ``read`` gives the intents of what is repeated."""
    if _WAIT.match(sentence):
        return None
    text, most = sentence, None
    if match := _MOST.search(text) or _MOST_AFTER.search(text):
        word = match["n"].lower()
        most = int(word) if word.isdigit() else NUMBER_WORDS.get(word)
        text = text[: match.start()] + text[match.end() :]
    pause = ""
    if match := _EVERY.search(text):
        pause = (
            f"1{match['unit'][0].lower()}" if match["unit"] else duration_text(match["dnum"], match["dunit"])
        )
        text = text[: match.start()] + text[match.end() :]
    text = re.sub(r"\(\s*\)", "", text).strip(" ,(")
    match = _UNTIL.match(text)
    if match is None and pause and (asked := _WHETHER.match(text)):
        test = read_test(asked["test"].strip(" ,."))
        return [Repeat((), test, pause, most, sentence)] if test is not None else None
    if match is None:
        return None
    test = read_test(match["test"].strip(" ,."))
    act = re.sub(
        r"^(?:keep(?: on)?|go on|continue)\s+(?P<v>\w+?)ing\b",
        lambda m: m["v"],
        match["act"].strip(" ,"),
        flags=re.I,
    )
    act = re.sub(r"^(?:repeat|do) (?:this|that|it)$", "", act, flags=re.I)
    items = read(act) if act else []
    if test is None:
        return None
    return [Repeat(tuple(items), test, pause, most, sentence)]


def read_await(text: str) -> Item | None:
    """ "wait for the payment", "wait until the customer confirms": an event that somebody sends."""
    match = _WAIT.match(text)
    if match is None:
        return None
    what = match["what"].strip(" ,.")
    found = find_duration(
        what,
        r"\b(?:for at most|at most|up to|for up to|no longer than|within|but not longer"
        r" than)\s+",
    )
    timeout = found[0] if found else ""
    if found:
        what = what[: found[1]].strip(" ,")
        what = re.sub(r",?\s*(?:but|and)$", "", what)
    if event := re.match(r"^(?:the )?event \"?([\w.\-]+)\"?$", what, re.I):
        return Await(event[1], event[1].split(".")[0], text, timeout)
    if match := _ARRIVES.match(what):
        noun = singular("_".join(raw_tokens(match["noun"])))
        verb = match["verb"].lower()
        done = _PAST.get(verb) or (
            verb if verb.endswith("ed") or verb in ("paid", "received") else _past(verb)
        )
        return Await(f"{noun}.{'_'.join(done.split())}", noun, text, timeout)
    if match := _NOUN_ONLY.match(what):
        noun = singular("_".join(raw_tokens(match["noun"])))
        return Await(f"{noun}.received", noun, text, timeout)
    return None


def _past(verb: str) -> str:
    base = verb.removesuffix("s") if not verb.endswith("ies") else verb[:-3] + "y"
    if base.endswith("e"):
        return base + "d"
    if base.endswith("y") and base[-2:-1] not in "aeiou":
        return base[:-1] + "ied"
    return base + ("ped" if base == "ship" else "ed")


def after_repeats(items: Iterable[Item]) -> list[Item]:
    """What follows a loop that waits: "once it is, ..." simply comes next, "if it never is" is for the case that it
    gave up."""
    found: list[Item] = []
    for item in items:
        last = found[-1] if found else None
        if (
            isinstance(item, When)
            and isinstance(last, Repeat)
            and (holds := _answers(item.test, last.until)) is not None
        ):
            then, other = (item.then, item.other) if holds else (item.other, item.then)
            found[-1] = replace(last, spent=(*last.spent, *other))
            found.extend(then)
            continue
        found.append(item)
    return found


def _answers(test: Test, until: Test) -> bool | None:
    """Whether a condition says that what was waited for holds, or that it does not; None for another condition."""
    if isinstance(test, Same):
        return not test.negated
    if isinstance(test, Is) and isinstance(until, Is) and stems(test.predicate) == stems(until.predicate):
        return test.negated == until.negated
    return None
