"""What is known while one request is read: the catalog's deeds, fields and people, and what was named so far."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import Final

from studio.designer.builtin.clauses import negate
from studio.designer.builtin.conditions import read_test
from studio.designer.builtin.grounded.asked import People, Question
from studio.designer.builtin.grounded.deeds import Deed, Deeds
from studio.designer.builtin.grounded.ellipsis import Values
from studio.designer.builtin.grounded.groups import Groups
from studio.designer.builtin.grounded.phrases import Phrase
from studio.designer.builtin.grounded.states import States
from studio.designer.builtin.reading import Act, Is, Item, Same, Test
from studio.designer.builtin.scope import kin
from studio.designer.builtin.tools import Toolbox
from studio.designer.builtin.verbs import verb_stems
from studio.designer.builtin.words import STOP, likeness, raw_tokens, singular, stem

_SAYS: Final = re.compile(
    r"\b(?:is|are|was|were|be|please|we|you|i|have|has|not|no|needs?|must|should|will|again|done|thanks?)\b|[!?]",
    re.I,
)
_VAGUE: Final = frozenset(
    map(stem, ["state", "status", "id", "text", "value", "summary", "title", "note", "ok", "message"])
)


@dataclass(frozen=True, slots=True)
class Part:
    """A phrase with what it was taken for."""

    sort: str
    phrase: Phrase
    test: Test | None = None
    deed: Deed | None = None
    item: Item | None = None
    question: Question | None = None
    what: str = ""


class Knowing:
    def __init__(self, toolbox: Toolbox, roles: frozenset[str] | None, topic: tuple[str, ...]) -> None:
        self.toolbox = toolbox
        self.deeds = Deeds(toolbox, topic)
        self.states = States(toolbox)
        self.people = People(roles)
        self.names = (*toolbox.vocabulary, *sorted(roles or ()))
        self.verbs = verb_stems(k.tool.name for k in toolbox.tools)
        self.toolbox_ids = frozenset(k.id for k in toolbox.tools if not k.reads)
        self.quotes: list[str] = []
        self.last: Test | None = None
        self.asked = False
        self.about = ""
        self.typed: list[str] = []
        self.hidden: list[tuple[Deed, str]] = []
        self.values = Values(toolbox)
        self.groups = Groups(toolbox, self.states)
        self.many = False
        """Whether the request speaks of many: how many at once, or by a clock."""
        self.listed = ""
        """The tool whose list was spoken of last."""
        self.listed_only: Test | None = None
        """Which of that list were meant."""
        self.valued = ""
        """The argument that a case named last: "service freight"."""
        self.else_meant: dict[str, Act] = {}

    # ---- the whole -----------------------------------------------------------------------------------

    def keep(self, match: re.Match[str]) -> str:
        self.quotes.append(match[1] or match[2] or match[3] or "")
        return f"quoted{len(self.quotes) - 1}text"

    def words(self, text: str) -> str:
        return re.sub(r"quoted(\d+)text", lambda m: f'"{self.quotes[int(m[1])]}"', text).strip(" ,;:.")

    def names_values(self, text: str) -> bool:
        """Whether a phrase only names values that some tool gives: "link to the file", "tracking number"."""
        if _SAYS.search(text) or len(text.split()) > 8:
            return False
        said = {stem(singular(w)) for w in raw_tokens(text) if w not in STOP}
        return any(
            all(any(likeness(s, w) or kin(s, w) for s in said) for w in told.words)
            and any(s in told.words or likeness(s, w) for w in told.words[-1:] for s in said)
            for told in self.states.told
            if told.given and not (len(told.words) == 1 and told.words[0] in _VAGUE)
        )

    def strong(self, text: str, least: float) -> bool:
        deed = self.deeds.of(text)
        return deed is not None and deed.sure >= least and not deed.named

    def deed(self, text: str) -> Deed | None:
        if not text:
            return None
        deed = self.deeds.of(text, self.about)
        if (
            deed is not None
            and deed.known.reads
            and re.search(r"\b(?:whether|if|that)\b", text)
            and (test := self.states.read(text))
        ):
            self.last = test
        if deed is not None and deed.known.noun and not deed.known.sends:
            self.about = " ".join(deed.known.noun)
        return deed

    def test(self, text: str) -> Test | None:
        test = self.states.read(text)
        if isinstance(test, Same) and self.last is not None:
            if isinstance(self.last, Is):
                return replace(self.last, negated=test.negated)
            return negate(self.last) if test.negated else self.last
        if test is None:
            test = read_test(text)
        if test is not None:
            self.last = test
        return test

    def act(self, deed: Deed, words: str, *, aside: bool = False) -> Act:
        return Act(self.words(words), deed.verb, self.words(deed.rest), True, aside, deed.known.id)

    def writes(self, item: Item) -> bool:
        return isinstance(item, Act) and any(k.id == item.tool and not k.reads for k in self.toolbox.tools)
