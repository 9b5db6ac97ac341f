"""Finding and replacing: a text in, a text with marks out, and what was found. Fails closed."""

from __future__ import annotations

import time
from bisect import bisect
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from engine.dlp.kinds import KINDS
from engine.dlp.policy import Action, DlpPolicy
from engine.errors import WeftError

LONGEST: Final = 1_000_000
"""Characters of one text. What is longer is refused: it was not looked at."""
WITHIN_S: Final = 2.0
"""How long the look at one text may take. The clock is read after each kind; RE2 itself takes time in proportion to
the text."""

_Span: TypeAlias = tuple[int, int, str, Action, bool]
"""Start, end, kind, what to do, and whether it comes back."""


class DlpFailed(WeftError):
    """The text could not be looked through, or holds what the account does not let out: it does not leave."""


@dataclass(frozen=True, slots=True)
class Found:
    """One thing that was found. ``mark``: what stands in its place ("card 1"); ``kind``: a key of ``KINDS`` or the name
    of a pattern of the account's. The value itself is not here."""

    kind: str
    mark: str
    action: Action


@dataclass(frozen=True, slots=True)
class Redacted:
    """``found`` in the order of the text. A thing whose action is "refuse" is marked as well."""

    text: str
    found: tuple[Found, ...] = ()

    @property
    def refused(self) -> bool:
        return any(found.action == "refuse" for found in self.found)


@dataclass(slots=True)
class Redactor:
    """Several texts with the same marks: what is "[card 1]" in one is so in the next. ``values`` by mark are what was
    taken out and may be put back; they never leave the process."""

    policy: DlpPolicy
    clock: Callable[[], float] = time.monotonic
    found: dict[str, Found] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict, repr=False)
    _marks: dict[tuple[str, str], str] = field(default_factory=dict, repr=False)
    _counts: Counter[str] = field(default_factory=Counter)

    def redact(self, text: str) -> Redacted:
        """Raises ``DlpFailed``."""
        if len(text) > LONGEST:
            raise DlpFailed(
                "The text is too long to be looked through for what must not leave.",
                f"Send at most {LONGEST:,} characters.",
            )
        end = self.clock() + WITHIN_S
        try:
            spans = _apart(list(self._spans(text, end)))
        except DlpFailed:
            raise
        except Exception as error:
            raise DlpFailed(
                "The text could not be looked through for what must not leave, so it was not sent.",
                "Send it again without unusual characters.",
            ) from error
        pieces, found, at = [], [], 0
        for start, stop, kind, action, comes_back in spans:
            mark = self._mark(kind, text[start:stop], comes_back)
            one = Found(kind, mark, action)
            self.found[mark] = one
            found.append(one)
            pieces += [text[at:start], f"[{mark}]"]
            at = stop
        return Redacted("".join([*pieces, text[at:]]), tuple(found))

    def _spans(self, text: str, end: float) -> Iterator[_Span]:
        for kind in KINDS:
            action = self.policy.action(kind.key)
            if action != "off":
                for start, stop in kind.find(text):
                    yield start, stop, kind.key, action, kind.comes_back
            self._still(end)
        for own in self.policy.custom:
            if own.action != "off":
                for match in own.compiled.finditer(text):
                    start, stop = match.span()
                    if stop > start:
                        yield start, stop, own.name, own.action, False
            self._still(end)

    def _still(self, end: float) -> None:
        if self.clock() > end:
            raise DlpFailed(
                "Looking the text through for what must not leave took too long, so it was not sent.",
                "Send less at once, or simplify the patterns under Models.",
            )

    def _mark(self, kind: str, value: str, comes_back: bool) -> str:
        same = "".join(filter(str.isalnum, value)).casefold() if kind != "email" else value.casefold()
        mark = self._marks.get((kind, same))
        if mark is None:
            words = _MARKS.get(kind, kind)
            self._counts[words] += 1
            mark = self._marks[kind, same] = f"{words} {self._counts[words]}"
            if comes_back:
                self.values[mark] = value
        return mark


def redact(text: str, policy: DlpPolicy) -> Redacted:
    """One text by itself. Raises ``DlpFailed``."""
    return Redactor(policy).redact(text)


def in_words(found: Mapping[str, Found]) -> str:
    """ "2 card numbers and 1 e-mail address"; "" for nothing."""
    counts = Counter(one.kind for one in found.values())
    named = {kind.key: (kind.one, kind.several) for kind in KINDS}
    words = [
        f"{number} {named[kind][number > 1] if kind in named else kind}" for kind, number in counts.items()
    ]
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


_MARKS: Final = {kind.key: kind.mark for kind in KINDS}


def _apart(spans: list[_Span]) -> list[_Span]:
    """Without those that overlap one of an earlier kind, in the order of the text."""
    kept: list[_Span] = []
    for span in spans:
        place = bisect(kept, span)
        after = place < len(kept) and kept[place][0] < span[1]
        before = place > 0 and kept[place - 1][1] > span[0]
        if not (before or after):
            kept.insert(place, span)
    return kept
