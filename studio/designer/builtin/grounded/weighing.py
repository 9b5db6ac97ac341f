"""How much of a request a draft accounts for: what is said and done, what is said and missing, what nobody asked for.

Nothing is counted that depends on how a draft came about, so drafts of different readings can be compared.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from studio.designer.builtin.amounts import DURATION, NUMBER_WORDS, duration_text
from studio.designer.builtin.draft import (
    ApproveStep,
    CallStep,
    DraftStep,
    EachStep,
    IfStep,
    LoopStep,
    TogetherStep,
    WaitStep,
    step_text,
    walk,
)
from studio.designer.builtin.given import without_typed_in
from studio.designer.builtin.grounded.asked import People
from studio.designer.builtin.grounded.deeds import Deeds
from studio.designer.builtin.grounded.phrases import phrases_of, sentences_in
from studio.designer.builtin.grounded.turns import unfolded
from studio.designer.builtin.lines import lines_of
from studio.designer.builtin.looping import without_limit
from studio.designer.builtin.quoting import without_shown
from studio.designer.builtin.saying import with_inputs
from studio.designer.builtin.words import name_stems, raw_tokens, singular, stem, stems
from studio.designer.builtin.work import Work

_EXACT: Final = re.compile(r'"([^"]{2,})"|“([^”]{2,})”|([\w.+-]+@[\w-]+\.[\w.]+\w)|(#[\w-]+)')
_NUMBER: Final = re.compile(r"(?<![\w./:#@-])\d[\d.,']*(?![\w]*[:/])")
_LOOPS: Final = re.compile(
    r"\b(?:for (?:each|every|all)|each of|every one|each one|one by one|one after (?:the other|another)|at a"
    r" time|go (?:through|over)"
    r"|all (?:the |our |open |pending |new )?\w+s\b|everybody|every [a-z]+ (?:gets|should|must|is))",
    re.IGNORECASE,
)
_LENGTH: Final = re.compile(rf"(?<![\w.]){DURATION}", re.IGNORECASE)
_USUAL: Final = 'on "timeout", "unavailable"'
_A_YES: Final = re.compile(
    r"\b(?:ask|get|needs?|requires?|wait for|must|has to|only (?:if|with|after))\b[^.;\n]{0,40}\b(?:approv\w*"
    r"|approval|sign[ -]?off|permission|consent)\b",
    re.IGNORECASE,
)
_AGAIN: Final = re.compile(
    r"\bretr(?:y|ies)\b|\btry (?:it |that )?(?:again|\d|two|three|twice)", re.IGNORECASE
)
_CONDITIONS: Final = ("if", "unless", "else")


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for, as far as can be told without reading it as a whole."""

    exact: tuple[str, ...]
    numbers: tuple[str, ...]
    lengths: tuple[str, ...]
    deeds: tuple[tuple[frozenset[str], float], ...]
    hints: frozenset[str]
    roles: tuple[str, ...]
    loops: bool
    conditions: int
    waits: bool
    until: bool
    beside: bool
    yes: bool
    again: bool
    said: frozenset[str]


def asked_of(request: str, work: Work) -> Asked:
    """The parts of a request that a draft has to answer for."""
    text = without_shown(request)
    exact = tuple(dict.fromkeys(next(g for g in m.groups() if g) for m in _EXACT.finditer(text)))
    bare = _EXACT.sub(" ", without_typed_in(with_inputs(text)))
    deeds = Deeds(work.toolbox)
    people = People(work.catalog.roles)
    found: dict[frozenset[str], float] = {}
    hints: set[str] = set()
    conditions = 0
    for line in _flat(unfolded(text)):
        for sentence in sentences_in(line):
            phrases = phrases_of(sentence)
            for index, phrase in enumerate(phrases):
                deed = deeds.of(phrase.text)
                label = index + 1 < len(phrases) and phrases[index + 1].joint in ("arrow", "colon")
                conditions += phrase.lead in _CONDITIONS or (
                    label and deed is None and len(phrase.text.split()) <= 6
                )
                if deed is None:
                    continue
                hints |= {deed.known.id, *deed.others}
                if phrase.lead not in ("if", "unless"):
                    tools = deed.others | {deed.known.id}
                    found[tools] = max(found.get(tools, 0.0), deed.sure)
    question = people.asked(unfolded(text))
    return Asked(
        exact,
        tuple(dict.fromkeys(_NUMBER.findall(bare))),
        tuple(dict.fromkeys(duration_text(m["dnum"], m["dunit"]) for m in _LENGTH.finditer(bare))),
        tuple(found.items()),
        frozenset(hints),
        question.roles if question else (),
        bool(_LOOPS.search(bare)) or any(without_limit(line)[1] is not None for line in _flat(bare)),
        conditions,
        bool(re.search(r"\b(?:wait|later|gone by)\b", bare, re.I)),
        bool(re.search(r"\b(?:until|till)\b", bare, re.I)),
        bool(re.search(r"\b(?:in parallel|same time|simultaneously|side by side)\b", bare, re.I)),
        bool(_A_YES.search(bare)) and not people.unasked(bare),
        bool(_AGAIN.search(bare)),
        frozenset(stems(text)) | {stem(singular(w)) for w in raw_tokens(text)},
    )


def _flat(text: str) -> list[str]:
    found: list[str] = []

    def take(lines) -> None:  # type: ignore[no-untyped-def]
        for line in lines:
            found.append(line.text)
            take(line.inner)

    take(lines_of(text))
    return found


_WEIGHTS: Final = {
    "exact": -1.5, "numbers": -0.7, "deeds": -0.125, "effects": -1.5, "looks": -0.15, "roles": -2.0, "yes": -2.0,
    "some_roles": -0.8, "lengths": -0.8,
    "asked_for_nothing": -1.0, "again": -1.5, "not_looped": -1.5, "looped": -0.7, "cases": -0.8, "waits": -1.0,
    "until": -1.5, "beside": -1.5, "unplaced": -2.4, "questions": -0.3, "inputs": -0.2, "unspoken": -0.5,
}  # fmt: skip
"""What each thing that is wrong with a draft takes from its weight."""


def weigh(asked: Asked, work: Work, steps: tuple[DraftStep, ...]) -> float:
    """The more a draft accounts for, the more it weighs."""
    return sum(_WEIGHTS[name] * count for name, count in faults(asked, work, steps).items())


def faults(asked: Asked, work: Work, steps: tuple[DraftStep, ...]) -> dict[str, float]:
    """What a draft leaves out or does unasked, by sort, as counts; deeds count by how surely they were meant."""
    every = list(walk(steps))
    written = "\n".join(map(step_text, steps))
    calls = [s for s in every if isinstance(s, CallStep)]
    called = {f"{s.connector}.{s.tool}" for s in calls}
    unhinted = [c for c in calls if f"{c.connector}.{c.tool}" not in asked.hints]
    approvals = [s for s in every if isinstance(s, ApproveStep)]
    heard = {r for a in approvals for r in (a.role, *a.also, *(a.escalate or ())[1:])}
    missed = [r for r in asked.roles if r not in heard]
    unasked = bool(missed) and len(missed) == len(asked.roles)
    tried = any(c.retry and not c.retry.endswith(_USUAL) for c in calls) or any(
        "retry" in u.words or "try" in u.words for u in work.unplaced
    )
    looped = any(isinstance(s, EachStep) for s in every)
    ways = sum(1 + bool(s.other) for s in every if isinstance(s, IfStep))
    ways += sum(len(s.reject) > 1 for s in approvals) + sum(bool(s.silent) for s in approvals)
    ways += sum(bool(c.failed) + bool(c.undo) for c in calls)
    beside = any(isinstance(s, TogetherStep) or (isinstance(s, EachStep) and s.concurrency) for s in every)
    return {
        "exact": sum(said not in written for said in asked.exact),
        "numbers": sum(not _has_number(number, written) for number in asked.numbers),
        "lengths": sum(re.search(rf"(?<![\w]){length}\b", written) is None for length in asked.lengths),
        "deeds": sum(min(sure, 14.0) for tools, sure in asked.deeds if not tools & called),
        "effects": sum(c.writes for c in unhinted),
        "looks": sum(not c.writes for c in unhinted),
        "roles": unasked,
        "some_roles": 0 if unasked else len(missed),
        "yes": not asked.roles and asked.yes and not approvals,
        "asked_for_nothing": not asked.roles and not asked.yes and bool(approvals),
        "again": asked.again and not tried,
        "not_looped": asked.loops and not looped,
        "looped": looped and not asked.loops,
        "cases": max(asked.conditions - ways, 0),
        "waits": asked.waits and not any(isinstance(s, WaitStep) for s in every),
        "until": asked.until and not any(isinstance(s, LoopStep | WaitStep) for s in every),
        "beside": asked.beside and not beside,
        "unplaced": len(work.unplaced),
        "questions": len(work.questions),
        "inputs": max(len(work.inputs) - 1, 0),
        "unspoken": sum(
            not set(name_stems(name)) & asked.said for name, one in work.inputs.items() if not one.default
        ),
    }


def _has_number(said: str, written: str) -> bool:
    plain = re.sub(r"[,'](?=\d{3}\b)", "", said).rstrip(".,'")
    if re.fullmatch(r"\d+\.\d{3}", plain):
        plain = plain.replace(".", "")
    plain = plain.replace(",", ".")
    whole = re.escape(plain.rstrip("0").rstrip(".") if "." in plain else plain)
    return re.search(rf"(?<![\d.]){whole}(?:\.0)?(?![\d])", written) is not None


_ = NUMBER_WORDS
