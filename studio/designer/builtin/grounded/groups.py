"""Things in the plural that some tool lists, where words name them: "the open express orders", "guests who still owe".

A tool lists what its name and its list are called, what its filters take ("warnings" are alerts) and whom its items
name ("guests" of reservations). What stands around the noun and narrows it belongs to it; the rest is what is done.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from studio.designer.builtin.grounded.states import States
from studio.designer.builtin.reading import Test
from studio.designer.builtin.shapes import choices, item_schema, properties, sort_of
from studio.designer.builtin.tools import Known, Toolbox
from studio.designer.builtin.verbs import KNOWN_VERBS
from studio.designer.builtin.words import PRONOUNS, STOP, name_stems, raw_tokens, singular, stem, word_list

_EVERY: Final = re.compile(
    r"\b(?:for )?(?:each|every|all)(?: (?:single|one|and every))*(?: of)?(?: (?:the|our|these|those|its|their))?\s+$"
    r"|\b(?:go|run|walk|loop|iterate|step|work|look) (?:through|over) (?:the |our |these )?$",
    re.IGNORECASE,
)
_NARROWS: Final = re.compile(
    r"\s*,?\s*(?P<w>that|which|who|whose|where|with|without|worth|over|above|below|under|from|of|in|due|costing|having"
    r"|more than|less than|at least|older|longer|bigger|still|not|older than|by|on|for|[a-z]{3,}ing)\b",
    re.IGNORECASE,
)
_BEGINS: Final = re.compile(
    r"\s+(?:(?:is|are) to be|(?:should|must|shall|will|can|may|has to|have to|needs? to)(?: then| also)?(?: be)?"
    r"|gets?|receives?"
    r"|(?:is|are)(?: then| also)?(?= \w+(?:ed|en|id|nt|ld|ut|un|et)\b))\s+(?=\w)",
    re.IGNORECASE,
)
_TAILS: Final = re.compile(
    r"\s+(?:to|as|via|into|until|at|by (?:e-?mail|mail|sms|phone|letter))\s", re.IGNORECASE
)
_ROLES: Final = frozenset(map(stem, word_list("id no number name email sku key code")))
_NO_HEADS: Final = frozenset(
    map(stem, word_list("result item entry row hit record data list one thing it total open low"))
)


@dataclass(frozen=True, slots=True)
class Group:
    """``noun`` is what one is called with all that narrows it; the phrase is ``text[:start]``, this, ``text[end:]``."""

    known: Known
    noun: str
    start: int
    end: int
    head: str
    """What one is called: "order"."""
    every: bool
    """Whether each of them is said to be meant."""
    test: Test | None
    """The case that the words behind the noun tell."""


class Groups:
    """What the tools of one catalog list."""

    def __init__(self, toolbox: Toolbox, states: States) -> None:
        self.states = states
        self._heads: dict[str, list[tuple[float, Known]]] = {}
        for known in toolbox.tools:
            if known.lists and known.tool.output_schema:
                for word, weight in _called(known):
                    self._heads.setdefault(word, []).append((weight, known))

    def in_(self, text: str) -> Group | None:
        """The group that a phrase names, the surest first; None when it names none."""
        tokens = list(re.finditer(r"[\w'\-]+", text))
        best: tuple[float, int, Known, bool] | None = None
        for index, token in enumerate(tokens):
            word = token[0].lower()
            found = self._heads.get(stem(singular(word)))
            if not found:
                continue
            every = (
                _EVERY.search(text[: tokens[self._from(text, tokens, index, found[0][1])].start()])
                is not None
            )
            if singular(word) == word and not every:
                continue
            weight, known = max(found, key=lambda f: f[0] + self._speaks(f[1], text))
            weight += self._speaks(known, text) + (1.0 if every else 0.0) - 0.05 * index
            if best is None or weight > best[0]:
                best = weight, index, known, every
        if best is None:
            return None
        _, index, known, every = best
        begin = self._from(text, tokens, index, known)
        start, end = tokens[begin].start(), tokens[index].end()
        if (match := _EVERY.search(text[:start])) or (
            match := re.search(r"\b(?:the|our|these|those|its|their)\s+$", text[:start], re.I)
        ):
            start = match.start()
        size, test = self._narrowed(text[end:], known)
        noun = text[tokens[begin].start() : end + size].strip()
        return Group(known, noun, start, end + size, singular(tokens[index][0].lower()), every, test)

    def _speaks(self, known: Known, text: str) -> float:
        """What else in the words speaks of this lister: a word that one of its filters takes, or of its own name."""
        said = {stem(w) for w in raw_tokens(text)}
        taken = {stem(c) for s in properties(known.tool.input_schema).values() for c in choices(s)}
        return 0.4 * min(len(taken & said), 2) + 0.2 * min(len(set(known.name) & said), 2)

    def _from(self, text: str, tokens: list[re.Match[str]], index: int, known: Known) -> int:
        """Where what stands in front of a noun and narrows it begins."""
        own = {stem(c) for s in properties(known.tool.input_schema).values() for c in choices(s)} | set(
            known.name
        )
        begin = index
        while begin > 0 and index - begin < 3:
            word = tokens[begin - 1][0].lower()
            if (
                word in STOP | PRONOUNS
                or word.isdigit()
                or not text[tokens[begin - 1].end() : tokens[begin].start()].isspace()
            ):
                break
            participle = re.search(r"(?:ed|en|ing)$", word) is not None
            if stem(word) in KNOWN_VERBS and stem(word) not in own and not participle:
                break
            begin -= 1
        return begin

    def _narrowed(self, behind: str, known: Known) -> tuple[int, Test | None]:
        """How much of what follows a noun narrows it, and the case that it tells."""
        match = _NARROWS.match(behind)
        if match is None:
            return 0, None
        relative = match["w"].lower() in ("that", "which", "who", "whose", "where") or match["w"].endswith(
            "ing"
        )
        ends = [
            m.start() for m in _BEGINS.finditer(behind) if not relative or self._told(behind[: m.start()])
        ]
        ends += [len(behind)]
        ends += [m.start() for m in reversed(list(_TAILS.finditer(behind))) if m.start() > 0]
        for end in ends:
            said = behind[:end].strip(" ,")
            if (test := self._told(said)) is not None:
                return end, test
            if relative and self._taken(said, known):
                return end, None
        if match["w"].lower() in ("of", "in", "from", "by"):
            # "of the day", "of this district": for the call of the list.
            stop = _BEGINS.search(behind) or _TAILS.search(behind)
            return (stop.start() if stop else len(behind)), None
        if relative:
            stop = _BEGINS.search(behind)
            return (stop.start() if stop else len(behind)), None
        return 0, None

    def _told(self, said: str) -> Test | None:
        bare = re.sub(r"^(?:that|which|who|where)\s+", "", said.strip(" ,"), flags=re.I)
        return self.states.read(bare) or self.states.exactly(bare)

    def _taken(self, said: str, known: Known) -> bool:
        """Whether a filter of the list takes what is said."""
        words = {stem(w) for w in raw_tokens(said)}
        return any(stem(c) in words for s in properties(known.tool.input_schema).values() for c in choices(s))


def _called(known: Known) -> Iterator[tuple[str, float]]:
    """What a list's things are called, with how surely."""
    for word in known.noun:
        if singular(word) != word and stem(singular(word)) not in _NO_HEADS:
            yield stem(singular(word)), 3.0
    for name, schema in properties(known.tool.output_schema or {}).items():
        if sort_of(schema) != "array":
            continue
        last = raw_tokens(name)[-1]
        if stem(singular(last)) not in _NO_HEADS:
            yield stem(singular(last)), 2.8
        for field in properties(item_schema(schema)):
            parts = name_stems(field)
            if len(parts) > 1 and parts[-1] in _ROLES and parts[0] not in _NO_HEADS:
                yield parts[0], 1.5
    for schema in properties(known.tool.input_schema).values():
        for choice in choices(schema):
            if len(raw_tokens(choice)) == 1:
                yield stem(choice), 1.6
