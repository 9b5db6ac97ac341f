"""A request put together from its phrases: what each may be is scored, and the sentence is what they make together."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from studio.designer.builtin.given import without_typed_in
from studio.designer.builtin.grounded.asked import deadline, passed_on
from studio.designer.builtin.grounded.building import Builder
from studio.designer.builtin.grounded.comparing import worded
from studio.designer.builtin.grounded.ellipsis import filled
from studio.designer.builtin.grounded.knowing import Knowing
from studio.designer.builtin.grounded.ordering import (
    asks_first,
    flat,
    together,
    tools,
)
from studio.designer.builtin.grounded.ordering import (
    into as put_into,
)
from studio.designer.builtin.grounded.phrases import as_cases, phrases_of, sentences_in
from studio.designer.builtin.grounded.signs import DONE, HAPPENS, LONG, SIDE
from studio.designer.builtin.grounded.sorting import Sorter
from studio.designer.builtin.grounded.turns import ENGLISH, unfolded
from studio.designer.builtin.lines import Line, lines_of
from studio.designer.builtin.looping import only_limit, without_limit
from studio.designer.builtin.mishaps import folded, read_terms
from studio.designer.builtin.quoting import without_shown
from studio.designer.builtin.reading import (
    Act,
    Answer,
    Ask,
    Each,
    Item,
    Reading,
    Together,
    When,
)
from studio.designer.builtin.saying import with_inputs
from studio.designer.builtin.schedules import Schedule
from studio.designer.builtin.setting_off import set_off
from studio.designer.builtin.spelling import mended
from studio.designer.builtin.starting import (
    Happening,
    Hook,
    Start,
    is_sent_along,
    read_happening,
    read_hook,
    read_schedule,
    without_then,
)
from studio.designer.builtin.tools import Toolbox
from studio.designer.builtin.words import stems

_TYPED_IN = re.compile(
    r"\b(?P<a>an?|the|one) (?P<n>(?!when\b|if\b)\w+) (?:that |which )?(?:i|we|the clerk|the user) "
    r"(?:enter|type(?: in)?|give|name|fill in|provide|paste|put in|choose)(?: in)?\b(?! you| me| it| them)",
    re.IGNORECASE,
)


def read_grounded(
    request: str, toolbox: Toolbox, roles: frozenset[str] | None, topic: tuple[str, ...] = ()
) -> Reading:
    """The intents of a request, as far as the catalog can do something about them."""
    return _Story(toolbox, roles, topic).read(request)


class _Story:
    def __init__(self, toolbox: Toolbox, roles: frozenset[str] | None, topic: tuple[str, ...]) -> None:
        self.know = Knowing(toolbox, roles, topic)
        self.sorter = Sorter(self.know)
        self.start: Start | None = None
        self.occasion = ""
        self.at_last: list[Item] = []

    def read(self, request: str) -> Reading:
        text = without_typed_in(with_inputs(without_shown(request)))
        text = re.sub(r'"([^"]*)"|“([^”]*)”|„([^“”]*)[“”]', self.know.keep, text.strip()).replace("’", "'")
        text = re.sub(r"\be-mail", "email", text, flags=re.I)
        text = re.sub(
            r"\s*\([^()]*\b(?:entered|typed|given|enter|type|fill(?:ed)? in)\b[^()]*\)", "", text, flags=re.I
        )
        text = _ASIDE.sub("", text)
        text = mended(unfolded(text), (*self.know.names, ENGLISH))
        if (set_it := set_off(text, self.know.verbs)) is not None:
            self.start, text = set_it.start, set_it.rest
            self.occasion = set_it.start.words if isinstance(set_it.start, Happening) else ""
        text = re.sub(r"(?<=\d),(?=\d{3}\b)", "", text)
        text = re.sub(r"(?<=\d)\.(?=\d{3}\b)", "", text)
        text = re.sub(r"\b(?:no|nr)\.(?= ?\w)", "number", text, flags=re.I)
        text = _TYPED_IN.sub(self._typed, as_cases(text))
        self.know.states.topic = frozenset(stems(text))
        text = worded(text)
        self.know.asked = any(
            self.know.people.asked(phrase.text)
            for line in text.split("\n")
            for one in sentences_in(line)
            for phrase in phrases_of(one)
        )
        self.know.many = any(
            without_limit(one)[1] is not None for line in text.split("\n") for one in sentences_in(line)
        )
        items = filled(self._lines(lines_of(text), first=True), self.know.values, self.know.else_meant)
        items += self.at_last
        items = asks_first(list(folded(items)), self.know.writes)
        items = self._without_topic(self._with_deed(items))
        return Reading(
            tuple(items),
            self.know.words(self.occasion),
            self.start,
            typed=tuple(dict.fromkeys(self.know.typed)),
        )

    def _typed(self, match: re.Match[str]) -> str:
        self.know.typed.append(match["n"].lower())
        return f"{match['a']} {match['n']}"

    def _with_deed(self, items: list[Item]) -> list[Item]:
        """A question with nothing behind it is about the deed that was only mentioned."""
        asks = any(
            isinstance(i, Ask)
            or (isinstance(i, When) and any(isinstance(o, Ask) for o in (*i.then, *i.other)))
            for i in items
        )
        if not asks or any(self._writes_in(i) for i in items) or not self.know.hidden:
            return items
        deed, text = max(self.know.hidden, key=lambda h: h[0].sure)
        return [*items, self.know.act(deed, text)]

    def _without_topic(self, items: list[Item]) -> list[Item]:
        """A first sentence that only says what it is all about, before it is told in full."""
        first = items[0] if items else None
        if (
            isinstance(first, Act)
            and len(items) > 1
            and any(first.tool in tools(i) for i in items[1:] if isinstance(i, Each | When | Act))
        ):
            known = next((k for k in self.know.toolbox.tools if k.id == first.tool), None)
            if known is not None and not known.reads and not (known.sends and isinstance(items[1], Act)):
                return items[1:]
        return items

    def _writes_in(self, item: Item) -> bool:
        match item:
            case Act():
                return self.know.writes(item)
            case When(then=then, other=other):
                return any(self._writes_in(i) for i in (*then, *other))
            case Each(items=inner) | Together(items=inner):
                return any(self._writes_in(i) for i in inner)
            case _:
                return False

    def _lines(self, lines: Iterable[Line], *, first: bool = False) -> list[Item]:
        items: list[Item] = []
        loop: Each | None = None
        for line in lines:
            if line.heads and line.inner and _HEADING.search(line.text) and not _GOVERNS.match(line.text):
                items.extend(self._lines(line.inner, first=first))
                first = False
                continue
            for sentence in sentences_in(line.text) or [line.text]:
                sentence = self._started(sentence, first=first)
                self.know.many = self.know.many or isinstance(self.start, Schedule)
                if not sentence:
                    continue
                first = False
                if loop is not None and (most := only_limit(sentence)) is not None:
                    items[-1] = loop = replace(loop, concurrency=most)
                    continue
                into = items
                if loop is not None and not DONE.search(sentence):
                    into = list(loop.items)
                if loop is not None and into is items:
                    sentence = (
                        DONE.sub("", sentence, count=1).strip(" ,") if DONE.match(sentence) else sentence
                    )
                    sentence = re.sub(r"^(?:through|done|finished|over|handled|checked)\b[, ]*", "", sentence)
                said = len(into)
                self._sentence(sentence, into)
                if loop is not None and into is not items:
                    if loop.tool:
                        # "Take the missed appointments for that": what is gone through already.
                        into[said:] = [
                            i for i in into[said:] if not (isinstance(i, Act) and i.tool == loop.tool)
                        ]
                    items[-1] = loop = replace(loop, items=tuple(flat(into)))
                elif loop is not None:
                    loop = None
                last = items[-1] if items else None
                if isinstance(last, Each) and into is items:
                    loop = last
            if line.inner:
                inner = self._lines(line.inner)
                put_into(items, inner)
        return items

    def _started(self, sentence: str, *, first: bool) -> str:
        """What is left of a sentence when what sets the workflow off is taken from it."""
        if self.start is None:
            if found := read_schedule(sentence):
                self.start, sentence = found
                return sentence
            if hooked := read_hook(sentence):
                self.start, sentence = hooked
                return without_then(sentence)
            happens = re.match(
                r"^(?:when(?:ever)?|as soon as|once|every time|each time|on|upon|if)\s+(?P<h>[^,:]+)[,:]\s*(?P<r>.+)$",
                sentence,
                re.I,
            )
            if (
                first
                and happens
                and self.know.states.read(happens["h"]) is None
                and (news := read_happening(happens["h"]))
            ):
                self.start, self.occasion = news, happens["h"]
                return happens["r"]
        elif isinstance(self.start, Hook | Happening):
            if is_sent_along(sentence):
                return ""
            return without_then(sentence)
        return sentence

    def _passed_on(self, sentence: str, items: list[Item]) -> bool:
        """Whether a sentence says who is asked next when nobody answers; it is then noted."""
        if not self.know.asked or not any(isinstance(i, Ask | When) for i in items):
            return False
        found = passed_on(sentence, self.know.people.named(sentence))
        if found is None:
            return False
        for phrase in phrases_of(sentence):
            deed = self.know.deeds.of(phrase.text)
            if (
                deed is not None
                and not deed.known.reads
                and (deed.known.sends or deed.sure >= 9)
                and not deed.named
            ):
                return False
        words = self.know.words(sentence)
        items.append(Answer("silent", found[0], (Ask(words, found[1]),), words))
        return True

    # ---- one sentence ----------------------------------------------------------------------------------

    def _sentence(self, sentence: str, items: list[Item]) -> None:
        if (terms := read_terms(sentence)) is not None:
            items.append(terms)
            return
        if self.start is not None:
            sentence = HAPPENS.sub("", sentence)
        if self._passed_on(sentence, items):
            return
        limit = None
        if not re.search(r"\b(?:retry|try|times)\b", sentence, re.I):
            sentence, limit = without_limit(sentence)
        if limit is not None and items and isinstance(items[-1], Each) and not self.sorter.parts(sentence):
            items[-1] = replace(items[-1], concurrency=limit)
            return
        side = SIDE.search(sentence)
        if side is not None:
            joint = ", " if sentence[side.end() :] and side.start() else ""
            sentence = f"{sentence[: side.start()]}{joint}{sentence[side.end() :]}".strip(" ,")
        sentence, last = _COMES_LAST.subn(" ", sentence)
        if last:
            items = self.at_last
        parts = self.sorter.parts(sentence.strip(" ,"))
        if not parts and self.know.asked and LONG.search(sentence) and (after := deadline(sentence)):
            items.append(Answer("terms", after, (), self.know.words(sentence)))
            return
        built = Builder(self.know).built(parts, sentence, items)
        if side is not None and limit is None:
            built = together(built, self.know.words(sentence))
        if limit is not None:
            built = [replace(b, concurrency=limit) if isinstance(b, Each) else b for b in built]
            if items and isinstance(items[-1], Each) and not built:
                items[-1] = replace(items[-1], concurrency=limit)
        items.extend(built)


_ASIDE: Final = re.compile(
    r"\s*\((?![^()]*\b(?:\d+|enter|type|give|fill|put|paste|key|days?|hours?|approv\w+|ask\w*|only)\b)"
    r"(?:(?:it|that|this|they|he|she|there|which|because|since|as|so|we) [^()]*"
    r"|[a-z]+ (?:is|are) (?:always|usually|often|the one|what)\b[^()]*)\)",
    re.IGNORECASE,
)
"""What stands in brackets and only explains."""
_COMES_LAST: Final = re.compile(
    r",?\s*\b(?:at the very end|(?:and )?(?:that|this|which|it) (?:comes|goes|is done|happens) (?:very )?last"
    r"(?: of all)?|last of all|as the (?:very )?last (?:step|thing))\b",
    re.IGNORECASE,
)
_HEADING: Final = re.compile(
    r"\b(?:what (?:has to|should|must|needs to|is to)? ?(?:happen|happens|be done|i do|we do)|as follows"
    r"|following(?: steps)?|these steps|(?:like|do) this|this order|steps?|procedure|process|in short|to do)\s*$",
    re.IGNORECASE,
)
_GOVERNS: Final = re.compile(
    r"(?:if|when|unless|for (?:each|every|all)|each|every|otherwise|else|whenever|as soon as)\b",
    re.IGNORECASE,
)
