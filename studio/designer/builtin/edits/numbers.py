""" "raise the limit to 250": the numbers of a workflow, and other values for them.

A number stands in a condition (by itself or as a setting or an input with a default), in an argument, or as the bound
of a loop. Which one is meant follows from what it is compared with, from its old value, and from what hangs on it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import dsl
from dsl import tree
from dsl.outline import Place
from dsl.walk import walk
from studio.designer.builtin.amounts import Quantity, number_text, quantity
from studio.designer.builtin.edits.change import Change, Choice, Found, Option
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.words import STOP, likeness, stem, stems
from studio.designer.writing import Said

_N = (
    r"(?:[€$£]|eur\s|usd\s|chf\s)?\s?\d[\d.,']*\s?(?:k\b|thousand\b|million\b|m\b)?\s?(?:€|\$|£|%"
    r"|percent\b|[a-z]{1,12}\b)?"
)
_TO = r"(?:to|at|be|into|as|=)"
_SETS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?P<verb>raise|lower|increase|reduce|decrease|change|set|make|put|move|bump|cut|adjust|update"
        r"|drop|let|extend|turn)\b"
        rf"(?P<what>.*?)\s+(?:up |down )?{_TO}\s+(?P<q>{_N})(?:\s+(?:and not|instead of|rather than|not"
        rf"|from)\s+(?P<old>{_N}))?(?:\s+instead)?$",
        r"^(?P<what>(?:the\s+)?[\w' ]*?)\s+(?:should|must|is|shall|has to|needs to|ought to|can|may)\s+"
        r"(?:now\s+|only\s+)?"
        r"(?:be\s+|become\s+|go up to\s+|go down to\s+|be (?:up to|at most|at least|over|under|no more"
        r" than)\s+|start at\s+|begin at\s+|go to\s+)?(?:now\s+)?"
        rf"(?P<q>{_N})"
        rf"(?:,?\s+(?:and not|instead of|rather than|not)\s+(?P<old>{_N}))?(?:\s+instead)?$",
        r"^(?:set|make|let|put)\s+(?P<what>the\s+[\w' ]*?(?:limit|threshold|bound|cap|maximum|minimum"
        r"|amount|number)\b[\w' ]*?)\s+"
        rf"(?P<q>{_N})(?P<old>)(?:\s+instead)?$",
        rf"^(?:use|take|make (?:it|that|this)|set it|with|it's|let it be|make)\s+(?:to\s+)?(?P<q>{_N})"
        rf"(?:,?\s+(?:and not|instead of|rather than|not|as)\s+(?P<old>{_N}))?(?:\s+instead)?(?:\s+(?:as"
        r"|for)\s+(?P<what>.+))?$",
        r"^(?P<what>.*?\b(?:over|above|more than|from|at|of|under|below|less than|at least|at most|up to"
        r"|exceeds?|exceeding|starting at)\s+)"
        rf"(?P<q>{_N}),?\s+(?:and not|instead of|rather than|not)\s+(?:over\s+|above\s+|more than\s+|from"
        rf"\s+|under\s+|below\s+|at\s+)?(?P<old>{_N})$",
        rf"^(?P<what>[a-z][\w' ]*?)\s+(?P<q>{_N}),?\s+(?:and not|instead of|rather than|not)\s+"
        rf"(?P<old>{_N})$",
        rf"^(?P<q>{_N}),?\s+(?:and not|instead of|rather than|not)\s+(?P<old>{_N})(?P<what>.*)$",
        rf"^(?:replace|change|swap)\s+(?:the\s+)?(?P<old>{_N})\s+(?:by|with|to|for|into)\s+(?P<q>{_N})"
        r"(?P<what>.*)$",
        r"^(?:not|no longer)\s+(?:over\s+)?"
        rf"(?P<old>{_N}),?\s+but\s+(?P<q>{_N})(?P<what>.*)$",
        r"^(?:can\s+|could\s+)?(?P<what>the\s+[\w' ]*?(?:limit|threshold)\b[^,\d]*?),?\s+(?:say|maybe"
        r"|perhaps|like)\s+"
        rf"(?P<q>{_N})$",
        rf"^(?P<what>(?:the\s+)?(?:limit|threshold|bound|cap|maximum|minimum))\s*[:=]?\s+(?P<q>{_N})$",
    )
)
_BY = re.compile(
    rf"^(?P<verb>raise|increase|lower|reduce|decrease|bump|cut|drop)\b(?P<what>.*?)\s+by\s+(?P<q>{_N})$",
    re.IGNORECASE,
)
_TIMES = re.compile(r"^(?P<verb>double|triple|halve|half)\s+(?P<what>.+)$", re.IGNORECASE)
_NO_LIMIT = re.compile(
    r"\b(?:time-?\s?outs?|deadlines?|retries|retry|attempts?|tries|wait|pause|delay|concurrency|subject"
    r"|body|text|message|"
    r"title|escalat\w*|approvers?|quorum|at once|parallel)\b",
    re.IGNORECASE,
)
_TIME_UNITS = re.compile(
    r"(?:ms|milliseconds?|s|secs?|seconds?|min|mins|minutes?|h|hrs?|hours?|days?|d|weeks?|w|times|people)"
)
_LIMIT_WORDS = frozenset(
    map(
        stem,
        (
            "limit",
            "threshold",
            "bound",
            "cap",
            "maximum",
            "minimum",
            "number",
            "amount",
            "value",
            "condition",
        ),
    )
)


@dataclass(frozen=True, slots=True)
class Number:
    """``about`` is what the number bounds, in the text's words; ``weight`` tells a limit of an approval (3), another
    condition (2), a setting (1) and an argument (0) apart. ``spot`` is where the value is written."""

    start: int
    end: int
    value: float
    floating: bool
    about: str
    weight: int
    place: Place | None
    words: frozenset[str]

    def key(self) -> tuple[int, int]:
        return self.start, self.end


def limit(clause: str, existing: Existing) -> Found | None:
    text = re.sub(r"(?<=\d)[,'](?=\d{3}\b)", "", clause)
    if match := _TIMES.match(text):
        factor = {"double": 2.0, "triple": 3.0}.get(match["verb"].lower(), 0.5)
        return _relative(existing, match["what"], lambda old: old * factor)
    if (match := _BY.match(text)) and (by := quantity(match["q"])) and not _timely(by, match["what"]):
        sign = 1 if match["verb"].lower() in ("raise", "increase", "bump") else -1
        share = by.sort == "percent"
        return _relative(
            existing,
            match["what"],
            lambda old: round(old * (1 + sign * by.value / 100) if share else old + sign * by.value, 6),
        )
    for pattern in _SETS:
        match = pattern.match(text)
        if match is None or (wanted := quantity(match["q"])) is None:
            continue
        what = match["what"] or ""
        if _timely(wanted, what):
            continue
        old = quantity(match["old"]) if "old" in match.re.groupindex and match["old"] else _from(what)
        found = _set(existing, what, wanted, old)
        if found is not None:
            return found
    return None


def _timely(wanted: Quantity, what: str) -> bool:
    """Lengths of time and counts of tries are somebody else's."""
    return bool(_NO_LIMIT.search(what)) or (
        wanted.sort == "plain" and bool(wanted.unit) and bool(_TIME_UNITS.fullmatch(wanted.unit))
    )


def _from(what: str) -> Quantity | None:
    found = re.search(rf"\bfrom\s+(?P<q>{_N})\s*$", what, re.IGNORECASE)
    return quantity(found["q"]) if found else None


def _set(existing: Existing, what: str, wanted: Quantity, old: Quantity | None) -> Found | None:
    numbers = _meant(existing, what, old)
    if not numbers:
        if not (set(stems(what)) & _LIMIT_WORDS):
            return None
        return Said(
            "I found no limit in this workflow: no condition compares with a number. Tell me where it"
            " should apply, "
            "for example “if the total is over 250 euros, ask a manager to approve”."
        )
    if len(numbers) == 1:
        return _changed(existing, numbers[0], wanted.value, wanted)
    return _which(existing, numbers, wanted.spoken(), wanted)


def _which(existing: Existing, numbers: list[Number], spoken: str, wanted: Quantity) -> Choice:
    return Choice(
        f"There are several limits. Which of them should become {spoken}?",
        tuple(Option(_label(n), _changed(existing, n, wanted.value, wanted)) for n in numbers[:_MOST]),
    )


_MOST = 12


def _label(number: Number) -> str:
    where = f", at `{number.place.step.id}`" if number.place else ""
    return f"{number.about} ({_short(number.value)}){where}"


def _relative(existing: Existing, what: str, rule: Callable[[float], float]) -> Found | None:
    numbers = [n for n in _meant(existing, what, None) if n.weight or set(stems(what)) & n.words]
    if not numbers or _NO_LIMIT.search(what):
        return None
    if len(numbers) == 1:
        return _changed(existing, numbers[0], rule(numbers[0].value), None)
    return Choice(
        "There are several limits. Which of them do you mean?",
        tuple(Option(_label(n), _changed(existing, n, rule(n.value), None)) for n in numbers[:_MOST]),
    )


def _changed(existing: Existing, number: Number, value: float, wanted: Quantity | None) -> Found:
    if (
        wanted is not None
        and wanted.sort == "percent"
        and number.value <= 1
        and number.floating
        and value > 1
    ):
        value /= 100
    if not number.floating and value != int(value):
        spoken = wanted.spoken() if wanted else _short(value)
        return Said(f"{number.about} counts in whole numbers, so it cannot be compared with {spoken}.")
    text = number_text(value, floating=number.floating)
    before = existing.text[number.start : number.end]
    if text == before or value == number.value:
        return Said(f"{number.about} is {before} already.")
    about = number.place.step.id if number.place else ""
    edit = dsl.ReplaceText(start=number.start, end=number.end, text=text)
    return Change((edit,), f"The limit on {number.about} is now {text} instead of {before}.", about=about)


def _short(value: float) -> str:
    return f"{value:g}" if value == int(value) else repr(value)


def _meant(existing: Existing, what: str, old: Quantity | None) -> list[Number]:
    """The numbers that the words single out, of all there are."""
    numbers = list(numbers_of(existing))
    said = set(stems(what)) - _LIMIT_WORDS - _VERBS
    if old is not None:
        same = [
            n
            for n in numbers
            if n.value == old.value or (old.sort == "percent" and n.value == old.value / 100)
        ]
        if not same:
            return []
        numbers = same
    elif not said or set(stems(what)) & _LIMIT_WORDS or re.search(r"\b(?:it|that|this)\b", what):
        # Nobody calls an argument a limit; by its name or its old value it can be meant.
        numbers = [n for n in numbers if n.weight] or (
            [n for n in numbers if _named(n, said)] if said else []
        )
    if said:
        best = max((_named(n, said) for n in numbers), default=0.0)
        if best > 0:
            numbers = [n for n in numbers if _named(n, said) == best]
        elif old is None and not (set(stems(what)) & _LIMIT_WORDS):
            return []
    if len(numbers) > 1 and existing.focus and not said:
        numbers = [n for n in numbers if n.place and n.place.step.id == existing.focus] or numbers
    if len(numbers) > 1:
        top = max(n.weight for n in numbers)
        numbers = [n for n in numbers if n.weight == top]
    return numbers


def _named(number: Number, said: set[str]) -> float:
    return sum(max((likeness(s, w) for w in number.words), default=0.0) for s in said)


_VERBS = (
    frozenset(
        map(
            stem,
            (
                "over",
                "above",
                "more",
                "than",
                "from",
                "least",
                "most",
                "exceed",
                "below",
                "under",
                "only",
                "new",
                "instead",
            ),
        )
    )
    | STOP
)


def numbers_of(existing: Existing) -> Iterator[Number]:
    """Every number that can be spoken of, each place once, those of conditions first."""
    seen: set[tuple[int, int]] = set()
    for number in (*_compared(existing), *_settings(existing), *_arguments(existing)):
        if number.key() not in seen:
            seen.add(number.key())
            yield number


def _compared(existing: Existing) -> Iterator[Number]:
    defaults = {("config", f.name): f.default for f in existing.fields("config")}
    defaults |= {("input", f.name): f.default for f in existing.fields("input")}
    for place in existing.steps:
        for tests, gates in _tests(place):
            for node in walk(tests):
                if not isinstance(node, tree.Binary) or node.op not in ("<", "<=", ">", ">=", "==", "!="):
                    continue
                for left, right in ((node.left, node.right), (node.right, node.left)):
                    constant: tree.Expr | None = right
                    name = ""
                    match right:
                        case tree.Member(target=tree.Name(id="config" | "input" as role), name=field):
                            constant, name = defaults.get((role, field)), field
                        case _:
                            pass
                    if (found := _value(constant)) is not None and _value(left) is None:
                        about = existing.written(left)
                        asked = " ".join(existing.written(a.name) for gate in gates for a in gate.approvers)
                        words = frozenset((*stems(about), *stems(name), *stems(place.step.id), *stems(asked)))
                        assert constant is not None
                        yield Number(
                            constant.span.start, constant.span.end, found, _floats(constant), about,
                            3 if gates else 2, place, words,
                        )  # fmt: skip


def _tests(place: Place) -> Iterator[tuple[object, tuple[tree.Approve, ...]]]:
    """What a step decides by, with whether an approval hangs on it."""
    match place.step.kind:
        case tree.If(arms=arms):
            for arm in arms:
                yield arm.tests, tuple(s.kind for s in arm.block.steps if isinstance(s.kind, tree.Approve))
        case tree.Loop(test=test):
            yield test, ()
        case tree.Foreach(items=items):
            yield items, ()
        case tree.Let(value=value):
            yield value, ()
        case tree.Wait(when=when) if when is not None:
            yield when, ()
        case _:
            return


def _settings(existing: Existing) -> Iterator[Number]:
    for role in ("config", "input"):
        for field in existing.fields(role):
            if (value := _value(field.default)) is not None and field.default is not None:
                span = field.default.span
                yield Number(
                    span.start, span.end, value, _floats(field.default), field.name.replace("_", " "),
                    1, None, frozenset(stems(f"{field.name} {field.doc}")),
                )  # fmt: skip


def _arguments(existing: Existing) -> Iterator[Number]:
    for place in existing.steps:
        kind = place.step.kind
        if isinstance(kind, tree.Call | tree.RunWorkflow):
            for arg in kind.args:
                if (value := _value(arg.value)) is not None:
                    span = arg.value.span
                    yield Number(
                        span.start, span.end, value, _floats(arg.value), f"{arg.name} of {place.step.id}",
                        0, place, frozenset(stems(f"{arg.name} {place.step.id}")),
                    )  # fmt: skip


def _value(node: tree.Expr | None) -> float | None:
    match node:
        case tree.Constant(value=bool()):
            return None
        case tree.Constant(value=int() | float() as value):
            return float(value)
        case _:
            return None


def _floats(node: tree.Expr) -> bool:
    return isinstance(node, tree.Constant) and isinstance(node.value, float)


__all__ = ["Number", "limit", "numbers_of"]
