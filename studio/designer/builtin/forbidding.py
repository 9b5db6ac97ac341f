"""What a request forbids, and whether a draft keeps to it: "not for the basic plan", "basic members may not enrol".

A forbidden case that is read as its contrary does what nobody wanted, so it is looked for in the draft itself, however
it was read: where some test speaks of the case, and what is forbidden is not on its side, it is kept. What is not is
asked back. Only cases that can be recognised are looked for: words that some field takes, and numbers.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from studio.designer.builtin.draft import CallStep, DraftStep, IfStep, blocks, step_text, walk
from studio.designer.builtin.quoting import without_shown
from studio.designer.builtin.shapes import choices, item_schema, properties, sort_of
from studio.designer.builtin.tools import Toolbox
from studio.designer.builtin.words import name_stems, stems

_LEADS: Final = r"if|when|whenever|where|as long as|provided|in case|while"
_NOT: Final = (
    r"(?:never(?! there\b)|(?:must|may|can|should|shall) not|cannot|(?:must|can|should)n't|(?:is|are)(?: not|n't) to"
    r"|not (?:allowed|permitted)|forbidden|prohibited|nobody|no one"
    r"|no (?:[a-z]+ ){1,3}(?:is|are|gets?|may|must|can)|^(?:please |and |but )?(?:do not|don't))"
)
_EXCEPT: Final = re.compile(
    r"\b(?:(?:but |and )?not (?:if|when|where|for|with|on)|except(?: for| if| when| where| that)?|unless|apart from"
    r"|other than|excluding|save for|(?:every(?:one|body|thing)|all|any(?:one|body)) but)\b(?P<c>[^,;:.!?\n]+)",
    re.IGNORECASE,
)
_FORBIDS: Final = re.compile(rf"\b{_NOT}\b", re.IGNORECASE)
_A_CASE: Final = re.compile(rf"\b(?:{_LEADS}|that|which|who|whose|whoever|whatever|those)\b", re.IGNORECASE)
_IN_ORDER: Final = re.compile(r"\b(?:until|till|before|without|unless|stay|remain|be left)\b", re.IGNORECASE)
_OTHER: Final = re.compile(r"\b(?:in which case|in that case|instead|otherwise|then)\b", re.IGNORECASE)
_NUMBER: Final = re.compile(r"(?<![\w.,])\d[\d.,]*(?!\w)")
_MORE: Final = re.compile(r"\b(?:over|above|more|exceeds?|higher|greater|from|at least)\b|>", re.IGNORECASE)
_LESS: Final = re.compile(r"\b(?:under|below|less|lower|smaller|at most|up to)\b|<", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Forbidden:
    """``said``: the words of the request; ``cases``: what tells the case; ``more``, ``less``: of a number; ``tools``:
    ids of those that may be meant by what is not to be done."""

    said: str
    cases: tuple[str, ...]
    more: bool
    less: bool
    tools: frozenset[str]


def forbidden(request: str, toolbox: Toolbox) -> tuple[Forbidden, ...]:
    """What a request says is not to be done in a case that can be recognised."""
    values, doing = _values(toolbox), _doing(toolbox)
    found = []
    for sentence in re.split(r"[.;!?]\s|\n", without_shown(request) + "\n"):
        for said, case, deed in _said(sentence, values):
            bare = re.sub(r'"[^"]*"', " ", case).casefold()
            known = [value for value, said_as in values.items() if said_as.search(bare)]
            cases = (*known, *(number.rstrip(".,") for number in _NUMBER.findall(bare)))
            if cases:
                more, less = bool(_MORE.search(case)), bool(_LESS.search(case))
                meant = frozenset(id for id, words in doing.items() if words & set(stems(deed)))
                found.append(Forbidden(said.strip(), cases, more, less, meant))
    return tuple(found)


def _said(sentence: str, values: Mapping[str, re.Pattern[str]]) -> Iterator[tuple[str, str, str]]:
    """``(words, case, deed)`` of each thing that a sentence forbids."""
    excepted = _EXCEPT.search(sentence)
    if excepted is not None:
        # What is done "in which case" may be the same deed in another way.
        otherwise = _OTHER.search(sentence, excepted.end())
        yield sentence, excepted["c"], "" if otherwise else sentence[: excepted.start()]
        return
    for clause in re.split(r",\s|[()]", sentence):
        cue = _FORBIDS.search(clause.strip())
        if cue is None:
            continue
        before, behind = clause.strip()[: cue.start()], clause.strip()[cue.end() :]
        # "If the plan is not basic", "those that must not wait" are cases, and no bans; "not before", "not without" are
        # about the order of things.
        if not _A_CASE.search(before) and not _IN_ORDER.search(behind):
            # "No-shows may not be upgraded to a suite": who it is about is the case, and the rest is the deed.
            about = any(one.search(before.casefold()) for one in values.values())
            yield clause, before if about else clause, behind


def unkept(bans: tuple[Forbidden, ...], steps: tuple[DraftStep, ...]) -> tuple[Forbidden, ...]:
    """Those of which no test of the draft speaks, or that a test allows."""
    return tuple(ban for ban in bans if not _kept(ban, steps))


def _kept(ban: Forbidden, steps: tuple[DraftStep, ...]) -> bool:
    spoken = False
    for step in walk(steps):
        if not isinstance(step, IfStep):
            # A list that is filtered: what it leaves out nothing is done with.
            if not isinstance(step, CallStep) and any(_negative(_own(step), case, ban) for case in ban.cases):
                return True
            continue
        for case in ban.cases:
            if not _speaks(step.test, case):
                continue
            spoken = True
            side = step.other if _negative(step.test, case, ban) else step.then
            if _does(side, ban):
                return False
    return spoken


def _does(steps: tuple[DraftStep, ...], ban: Forbidden) -> bool:
    return any(
        isinstance(step, CallStep) and step.writes and f"{step.connector}.{step.tool}" in ban.tools
        for step in walk(steps)
    )


def _speaks(test: str, case: str) -> bool:
    if case[0].isdigit():
        plain = re.sub(r"[,'](?=\d{3}\b)", "", case)
        return re.search(rf"(?<![\d.]){re.escape(plain)}(?:\.0)?(?!\d)", test) is not None
    return f'"{case}"' in test.casefold()


def _negative(test: str, case: str, ban: Forbidden) -> bool:
    """Whether a test holds where the case does not."""
    if not _speaks(test, case):
        return False
    if case[0].isdigit():
        if ban.more != ban.less:
            return re.search(r"<" if ban.more else r">", test) is not None
        return "!" in test
    return re.search(rf'!=\s*"{re.escape(case)}"|!\(|!\w', test.casefold()) is not None


def _own(step: DraftStep) -> str:
    """What a step says itself, without what is in it."""
    return step_text(step).partition("{")[0] if blocks(step) else step_text(step)


def _doing(toolbox: Toolbox) -> dict[str, frozenset[str]]:
    """By tool, the stems that say what it does: its verb, and of its name what no other tool is about."""
    names = {known.id: frozenset(name_stems(known.tool.name)) for known in toolbox.tools}
    many = Counter(word for words in names.values() for word in words)
    return {
        known.id: frozenset({word for word in names[known.id] if many[word] == 1} | {known.verb, known.says})
        - {""}
        for known in toolbox.tools
    }


def _values(toolbox: Toolbox) -> dict[str, re.Pattern[str]]:
    """The words that some field of some tool takes or gives, and how they are said: ``no_show`` as "no-shows"."""
    found: set[str] = set()

    def look(schema: object, depth: int) -> None:
        if not isinstance(schema, dict) or not depth:
            return
        found.update(value.casefold() for value in choices(schema))
        if sort_of(schema) == "array":
            look(item_schema(schema), depth - 1)
        for inner in properties(schema).values():
            look(inner, depth - 1)

    for known in toolbox.tools:
        look(known.tool.input_schema, 5)
        look(known.tool.output_schema, 5)
    return {
        value: re.compile(rf"(?<!\w){'[-_ ]?'.join(map(re.escape, re.split('[-_ ]+', value)))}(?:e?s)?(?!\w)")
        for value in sorted(found)
        if len(value) > 1
    }


def question(ban: Forbidden) -> str:
    """What to ask about a ban that the workflow would not keep."""
    return (
        f"You said “{ban.said}”. I am not sure that I would keep to that, so I wrote nothing yet. Could you say it as "
        "a case, such as “if the plan is basic, do nothing; otherwise enrol the member”?"
    )
