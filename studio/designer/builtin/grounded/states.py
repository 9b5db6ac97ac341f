"""Conditions read from the fields that tools give: "it is a listed one", "in risk class C", "more than 30 kilos".

A field is spoken of by its own name, by one of the words it takes, or by the unit it is counted in; what is found is
said in the field's own words, so that whoever places the condition finds it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from studio.designer.builtin.amounts import Quantity, quantity
from studio.designer.builtin.grounded.comparing import OPS, amount_in, worded
from studio.designer.builtin.reading import Both, Compare, CompareTo, Empty, Is, Op, Same, Test
from studio.designer.builtin.scope import is_amount
from studio.designer.builtin.shapes import Sort, choices, item_schema, places, properties, sort_of
from studio.designer.builtin.tools import Toolbox
from studio.designer.builtin.words import (
    STOP,
    likeness,
    name_stems,
    opposites,
    raw_tokens,
    singular,
    stem,
    stems,
)

_NOT: Final = re.compile(
    r"\b(?:not|never|no|nobody|nothing|isn't|aren't|without|neither|nor|other than|another [\w]+ than|anything but"
    r"|lacks?|instead of)\b|n't\b|!=|= ?no\b|: ?no\b",
    re.IGNORECASE,
)
_NONE: Final = Quantity(0.0, "", "plain")
_UNITS: Final = {
    "kg": "weight", "kilo": "weight", "kilos": "weight", "kilogram": "weight", "kilograms": "weight", "grams": "weight",
    "star": "star", "stars": "star", "percent": "percent", "km": "distance", "kilometers": "distance",
    "day": "day", "days": "day", "hour": "hour", "hours": "hour", "night": "night", "nights": "night",
}  # fmt: skip
_THERE: Final = re.compile(
    r"\b(?:left|remaining|available|free|any|some|something|still|has|have|had|got|there (?:is|are))\b", re.I
)
_GONE: Final = re.compile(
    r"\b(?:no|none|not|nothing|without|zero|out of|used up|exhausted|gone|run out|ran out|runs out)\b|n't\b",
    re.I,
)
_OWES: Final = re.compile(r"\bowe[sd]?\b|\b(?:not|has not|have not) paid (?:everything|all|in full)\b", re.I)
_LEFT: Final = frozenset(map(stem, ["left", "remaining", "available", "free", "rest"]))
_DUE: Final = frozenset(map(stem, ["due", "balance", "outstanding", "owed", "open", "debt"]))
_OPEN: Final = frozenset(
    map(stem, ["cent", "penny", "money", "something", "anything", "nothing", "open", "due", "outstanding"])
)
_CALLED: Final = frozenset(
    map(stem, ["one", "those", "people", "person", "guest", "client", "everything", "anything", "it"])
)
_VAGUE: Final = frozenset(
    map(stem, ["state", "status", "id", "name", "type", "kind", "text", "number", "date", "value"])
)


@dataclass(frozen=True, slots=True)
class Told:
    """A field that some tool gives or takes: ``words`` are its stems, ``about`` those of what it belongs to."""

    said: str
    words: tuple[str, ...]
    about: frozenset[str]
    sort: Sort
    choices: tuple[str, ...]
    given: bool
    tool: str
    lists: bool = False

    @property
    def source(self) -> str:
        """The tool to ask; a list is not asked for one."""
        return self.tool if self.given and not self.lists else ""


class States:
    def __init__(self, toolbox: Toolbox, topic: frozenset[str] = frozenset()) -> None:
        self.told = tuple(_fields(toolbox))
        self.topic = topic
        self.last: Told | None = None
        self.counted: Told | None = None
        """The number that was compared last."""
        self.compared: Compare | None = None

    def read(self, text: str, *, bare: bool = False) -> Test | None:
        """The condition a phrase tells; None when no field of any tool tells it. ``bare``: it is only a label."""
        text = re.sub(r"\s+", " ", text).strip(" ,.;:()")
        if not text:
            return None
        if re.fullmatch(
            r"(?:so|yes|it is|they are|it does|they do|it has|that is the case|true|ok)", text, re.I
        ):
            return Same(negated=False)
        if re.fullmatch(r"(?:no|not|it is not|they are not|it does not|it has not|false)", text, re.I):
            return Same(negated=True)
        if (span := self._between(text)) is not None:
            return span
        if (relative := self._more_or_less(text)) is not None:
            return relative
        whole = self._one(text)
        parts = re.split(r"\s+(and|but|or|nor)\s+(?:if |when |it |they |is |are |that )*", text)
        if len(parts) >= 3 and not re.search(
            r"\b(?:equals? or exceeds?|between)\b|\bor (?:more|less|above|below|over|under|higher)\b|\band"
            r" (?:more|up|above)\b",
            text,
            re.I,
        ):
            joined = self._joined(parts)
            if joined is not None:
                return joined
        return whole

    def compares(self, text: str) -> bool:
        """Whether a phrase compares something with a number."""
        return amount_in(text) is not None

    def names_only(self, text: str) -> bool:
        """Whether a label is nothing but a word that a field takes: "warnings"."""
        words = raw_tokens(text)
        said = {tuple(words), tuple(map(singular, words))}
        return any(raw_tokens(c) in said for told in self.told for c in told.choices)

    def beside(self, text: str, test: Test) -> str:
        """What a phrase says beside the case that it tells: "silver ones 15 percent" says "15 percent"."""
        told = self.last
        rest = text
        if isinstance(test, Both):
            return self.beside(self.beside(text, test.left), test.right)
        if isinstance(test, Compare):
            rest = self.rest_of(text) or text
        known = {*_CALLED, *stems(getattr(test, "subject", "")), *stems(getattr(test, "predicate", ""))}
        if told is not None:
            known |= {*told.words, *told.about}
        kept: list[str] = []
        for token in re.findall(r"\S+", rest):
            word = stem(singular((raw_tokens(token) or ("",))[0]).removesuffix("ly"))
            said = any(likeness(word, k) or (len(k) > 5 and word[:5] == k[:5]) for k in known)
            if kept or not (word in known or said or token.lower() in STOP):
                kept.append(token)
        return " ".join(kept).strip(" ,.:;")

    def rest_of(self, text: str) -> str | None:
        """A phrase without its comparison."""
        found = amount_in(text)
        return None if found is None else found[2]

    def amount(self, text: str) -> Test | None:
        """The comparison with a number in a phrase, whatever else it says."""
        return self._between(text) or self._number(text)

    def _between(self, text: str) -> Test | None:
        match = re.search(
            r"\b(?:between|from) (?P<a>\S+(?: (?:eur|euros?|percent|%))?) (?:and|to) (?P<b>\S+(?: [a-z%€]+)?)",
            worded(text),
            re.I,
        )
        if match is None:
            return None
        low, high = quantity(match["a"].strip(" ,.")), quantity(match["b"].strip(" ,."))
        if low is None or high is None:
            return None
        told = self._counted(f"{text[: match.start()]} {text[match.end() :]}", high)
        if told is None:
            return None
        self.last = self.counted = told
        low = Quantity(low.value, high.unit, high.sort)
        return Both(
            "&&", Compare(told.said, ">=", low, told.source), Compare(told.said, "<=", high, told.source)
        )

    def _more_or_less(self, text: str) -> Test | None:
        """ "if it has more", "anything smaller": against the number that was named last."""
        before = self.compared
        if before is None or re.search(r"\d", text) or amount_in(text) is not None:
            return None
        more = re.search(
            r"\b(?:more|higher|above|over|bigger|larger|longer|heavier|beyond)(?: than)?(?: that| this| it)?$",
            text,
            re.I,
        )
        less = re.search(
            r"\b(?:less|lower|below|under|smaller|fewer|shorter|lighter|cheaper)(?: than)?(?: that| this| it)?$",
            text,
            re.I,
        )
        if not more and not less:
            return None
        opposite: dict[str, Op] = {">": "<=", ">=": "<", "<": ">=", "<=": ">"}
        same = before.op in ((">", ">=") if more else ("<", "<="))
        op = before.op if same else opposite.get(before.op, ">" if more else "<")
        return Compare(before.subject, op, before.quantity, before.source)

    def _joined(self, parts: list[str]) -> Test | None:
        tests: list[Test] = []
        op = "&&"
        for index in range(0, len(parts), 2):
            test = self._one(parts[index])
            if test is None and tests:
                test = self._like(tests[-1], parts[index])
            if test is None:
                return None
            tests.append(test)
            if index + 1 < len(parts) and parts[index + 1].lower() in ("or", "nor"):
                op = "||"
        found = tests[0]
        for test in tests[1:]:
            if test != found:
                found = Both(op, found, test)  # type: ignore[arg-type]
        return found

    def _like(self, test: Test, text: str) -> Test | None:
        """ "from Spain or Portugal": the second of what the first told."""
        if isinstance(test, Is) and test.subject:
            words = [w for w in raw_tokens(text) if w not in STOP]
            if len(words) == 1:
                return Is(test.subject, text.strip(), test.negated, test.source)
        return None

    def _one(self, text: str) -> Test | None:
        return (
            self._number(text)
            or self._two_numbers(text)
            or self._any_left(text)
            or self._word(text)
            or self._named(text)
        )

    def _two_numbers(self, text: str) -> Test | None:
        """ "the mileage is past the next service km": one field against another."""
        for op, pattern in (*OPS, (">", r"past")):
            sign = re.search(rf"\b(?:is |are |has )?(?:{pattern}) (?:the |its |their )?", text, re.I)
            if sign is None:
                continue
            left = self._counted(text[: sign.start()], _NONE)
            right = self._counted(text[sign.end() :], _NONE)
            if left is not None and right is not None and left.words != right.words:
                return CompareTo(left.said, op, right.said, left.source)
        return None

    def only(self, subject: str) -> Test | None:
        """The case that the words in front of a thing tell: "parked vehicles", "privately insured patients"."""
        return self._word(subject) or self._named(subject)

    # ---- numbers -------------------------------------------------------------------------------------

    def _number(self, text: str) -> Test | None:
        found = amount_in(text)
        if found is None:
            return None
        op, amount, rest = found
        told = self._counted(rest, amount)
        if told is None:
            return None
        self.last = self.counted = told
        before = self.compared
        if before is not None and before.subject == told.said and amount.sort == "plain" and not amount.unit:
            # "80 percent or more ..., 50 or more ...".
            amount = Quantity(amount.value, before.quantity.unit, before.quantity.sort)
        self.compared = Compare(told.said, op, amount, told.source)
        return self.compared

    def _counted(self, rest: str, amount: Quantity) -> Told | None:
        said = [s for s in stems(rest) if s not in ("be", "it")]
        unit = _UNITS.get(amount.unit, "")
        best: tuple[float, Told] | None = None
        for told in self.told:
            if told.sort not in ("number", "integer"):
                continue
            on = [w for w in told.words if any(likeness(s, w) for s in said)]
            exact = [w for w in told.words if w in said]
            by_unit = bool(unit) and any(stem(unit) == w or stem(amount.unit) == w for w in told.words)
            by_unit = by_unit or (amount.sort == "percent" and bool(set(told.words) & _PERCENT))
            by_sum = amount.sort == "money" and is_amount(told.words)
            if not on and not by_unit and not by_sum:
                continue
            score = 2.0 * len(exact) + 1.2 * (len(on) - len(exact)) - 0.4 * (len(told.words) - len(on))
            score += 2.5 if by_unit else 0.0
            score += 1.0 if by_sum else 0.0
            score += 0.8 * len(told.about & set(said)) + 0.3 * len(told.about & self.topic)
            score += (0.2 if told.given else 0.0) - 0.1 * told.lists
            if best is None or score > best[0] + 1e-9:
                best = score, told
        if best is not None:
            return best[1]
        return self.counted if not said else None

    def exactly(self, text: str) -> Test | None:
        """ "with one star", "of 2 nights": a number in the unit that a field counts."""
        match = re.search(r"(?<![\w.])(\d+|one|two|three|four|five) ([a-z]+)\b", worded(text.lower()))
        found = quantity(match[0]) if match else None
        if match is None or found is None:
            return None
        unit = stem(singular(match[2]))
        told = next(
            (t for t in self.told if t.sort in ("number", "integer") and t.given and unit in t.words), None
        )
        if told is None:
            return None
        self.last = self.counted = told
        return Compare(told.said, "==", found, told.source)

    def _any_left(self, text: str) -> Test | None:
        """ "seats are left", "no days remaining", "owes us something": a count of what is there, or is not."""
        if re.search(r"\d", text):
            return None
        there, gone = _THERE.search(text), _GONE.search(text)
        full, owes = re.search(r"\b(?:fully booked|full|sold out|booked out)\b", text), _OWES.search(text)
        if not (there or gone or full or owes):
            return None
        said = set(stems(text))
        best: tuple[float, Told] | None = None
        for told in self.told:
            if told.sort not in ("number", "integer") or not told.given:
                continue
            core = [w for w in told.words if w not in _LEFT]
            left = len(core) < len(told.words)
            if full and left and told.about & said:
                score = 1.0
            elif owes and is_amount(told.words) and set(told.words) & _DUE:
                score = 1.0 + 0.5 * len(set(told.words) & _DUE)
            elif (there or gone) and left and core and all(w in said for w in core):
                score = 1.0 + 0.5 * len(core)
            elif (there or gone) and set(told.words) & _DUE & said and set(told.words) <= said | _DUE:
                score = 1.2
            elif said and said <= _OPEN and set(told.words) & _DUE and is_amount(told.words):
                score = 1.0
            else:
                continue
            score += (
                0.5 * len(told.about & said) + 0.3 * min(len(told.about & self.topic), 2) - 0.1 * told.lists
            )
            if best is None or score > best[0] + 1e-9:
                best = score, told
        if best is None:
            return None
        self.last = best[1]
        none = (bool(full) or bool(gone)) and not re.search(
            r"\bnot (?:yet )?(?:fully booked|full|sold out|gone|used up)\b", text
        )
        self.compared = Compare(best[1].said, "<=" if none else ">", _NONE, best[1].source)
        return self.compared

    # ---- words that a field takes ----------------------------------------------------------------------

    def _word(self, text: str) -> Test | None:
        tokens = raw_tokens(text)
        said = {stem(t) for t in tokens} | {stem(t.removesuffix("ly")) for t in tokens if t.endswith("ly")}
        best: tuple[float, Told, str] | None = None
        for told in self.told:
            for choice in told.choices:
                parts = [stem(w) for w in raw_tokens(choice)]
                if not parts or not all(p in said for p in parts):
                    continue
                if len(parts) == 1 and len(choice) == 1 and not re.search(rf"\b{re.escape(choice)}\b", text):
                    continue
                score = 1.0 + 0.6 * len(parts) + 0.2 * told.given
                score += 1.5 if any(w in said for w in told.words) else 0.0
                score += 1.0 if told.about & said else 0.0
                score += 0.5 * min(len(told.about & self.topic), 2)
                score += 0.3 if self.last is not None and told.words == self.last.words else 0.0
                score -= 0.1 * told.lists
                if best is None or score > best[0] + 1e-9:
                    best = score, told, choice
        if best is None:
            return None
        self.last = best[1]
        others = [c for c in best[1].choices if c != best[2] and all(stem(w) in said for w in raw_tokens(c))]
        negated = _negated(text, best[2])
        source = best[1].source
        test: Test = Is(best[1].said, best[2].replace("_", " "), negated, source)
        for other in others:
            if not set(raw_tokens(other)) & set(raw_tokens(best[2])):
                test = Both(
                    "&&" if negated else "||",
                    test,
                    Is(best[1].said, other.replace("_", " "), negated, source),
                )
        return test

    # ---- fields that say it by their name ------------------------------------------------------------------

    def _named(self, text: str) -> Test | None:
        said = [stem(t) for t in raw_tokens(text) if t not in STOP]
        best: tuple[float, Told, bool] | None = None
        for told in self.told:
            if told.sort == "boolean":
                hits = [w for w in told.words if w in said]
                near = [w for w in told.words if w not in hits and any(likeness(w, s) for s in said)]
                against = any(
                    opposites(w, s) or s == f"un{w}" or s == f"in{w}" for w in told.words for s in said
                )
                if not hits and not near and not against:
                    continue
                score = (
                    2.0 * len(hits)
                    + 0.9 * len(near)
                    + (1.8 if against else 0)
                    - 0.5 * (len(told.words) - len(hits))
                )
                score += 0.7 * bool(told.about & set(said)) + 0.4 * min(len(told.about & self.topic), 2)
                score += 0.2 * told.given - 0.1 * told.lists
                if best is None or score > best[0] + 1e-9:
                    best = score, told, against and not hits
        if best is not None and best[0] > 1.2:
            self.last = best[1]
            return Is("", best[1].said, (_NOT.search(text) is not None) != best[2], best[1].source)
        return self._free(text, said)

    def _free(self, text: str, said: list[str]) -> Test | None:
        """ "comes from Spain", "currency EUR", "another currency than EUR": a name said of a field that takes"
        " any text."""
        value = re.search(r"(?<![.!?] )(?<!^)\b([A-Z][\w\-]*)\b", text)
        if value is None:
            return None
        for told in self.told:
            if told.sort != "string" or told.choices or not told.given or told.words[-1] in _VAGUE:
                continue
            if any(w in said for w in told.words) or (
                told.words == (stem("country"),)
                and re.search(rf"\b(?:from|in|of) (?:\w+ )?{value[1]}\b", text)
            ):
                self.last = told
                return Is(told.said, value[1], _NOT.search(text) is not None, told.source)
        listed = next(
            (t for t in self.told if t.sort == "array" and t.given and any(w in said for w in t.words)), None
        )
        return Empty(listed.said, negated=False) if listed and _NOT.search(text) else None


_PERCENT: Final = frozenset(map(stem, ["percent", "percentage", "rate", "share", "probability", "ratio"]))


def _negated(text: str, choice: str) -> bool:
    """Whether a word is denied where it stands: "not paid", "other than vacation"."""
    at = re.search(rf"\b{re.escape(raw_tokens(choice)[0])}", text.lower())
    front = text[: at.start()] if at else text
    return bool(_NOT.search(front[-28:]))


def _fields(toolbox: Toolbox) -> Iterator[Told]:
    seen: set[tuple[str, str]] = set()
    for known in toolbox.tools:
        noun = frozenset(name_stems(" ".join(known.noun))) | known.fields["name"]
        if known.reads:
            output = known.tool.output_schema or {}
            for one in (
                output,
                *(item_schema(s) for s in properties(output).values() if sort_of(s) == "array"),
            ):
                for place in places("", (), one, depth=2):
                    leaf = place.path.rpartition(".")[2]
                    if leaf and (known.id, leaf) not in seen:
                        seen.add((known.id, leaf))
                        said = " ".join(raw_tokens(leaf))
                        yield Told(
                            said,
                            place.leaf,
                            noun,
                            place.sort,
                            choices(place.schema),
                            True,
                            known.id,
                            known.lists,
                        )
    for known in toolbox.tools:
        if not known.reads:
            for name, schema in properties(known.tool.input_schema).items():
                if sort_of(schema) in ("number", "integer"):
                    noun = frozenset(name_stems(" ".join(known.noun)))
                    yield Told(
                        " ".join(raw_tokens(name)),
                        name_stems(name),
                        noun,
                        sort_of(schema),
                        (),
                        False,
                        known.id,
                    )
