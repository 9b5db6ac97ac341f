""" "raise the limit to 250": numbers that conditions compare with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import dsl
from dsl import tree
from studio.designer.builtin.amounts import QUANTITY, number_text, quantity
from studio.designer.builtin.change import Change
from studio.designer.builtin.finding import Existing
from studio.designer.builtin.words import stem, stems
from studio.designer.writing import Said

_MONEY = r"[€$£]?\s?\d"
_LIMIT = re.compile(
    r"^(?:raise|lower|increase|reduce|decrease|change|set|make|put|move|bump|cut|adjust|let)\b(?P<what>.*?)"
    rf"\b(?:to|at|be|into)\s+(?P<q>{_MONEY}.*)$"
    r"|^(?:the\s+)?(?P<what2>limit|threshold|amount|bound|cap|maximum|minimum|[\w ]*?(?:limit|threshold))\s+"
    rf"(?:should|must|is|shall)\s+(?:now\s+)?(?:be\s+)?(?P<q2>{_MONEY}.*)$"
    rf"|^(?:use|take|make it)\s+(?P<q3>{_MONEY}[^a-z]*\w*?)(?:\s+instead of\s+(?P<old>{_MONEY}.*)|\s+instead)?$",
    re.IGNORECASE,
)
_NO_LIMIT = re.compile(r"\b(?:timeout|time-out|deadline|retries|attempts|times)\b", re.IGNORECASE)
_LIMIT_WORDS = frozenset(map(stem, ("limit", "threshold", "bound", "cap")))


@dataclass(frozen=True, slots=True)
class _Number:
    """``about`` is what is compared with ``constant``; ``gate``: an approval hangs on it."""

    constant: tree.Constant
    about: str
    gate: bool


def limit(clause: str, existing: Existing) -> Change | Said | None:
    match = _LIMIT.match(re.sub(r"(?<=\d),(?=\d{3}\b)", "", clause))
    if match is None:
        return None
    what = match["what"] or match["what2"] or ""
    wanted = quantity(re.sub(r"\s+instead.*$", "", match["q"] or match["q2"] or match["q3"]).strip())
    if wanted is None or _NO_LIMIT.search(what):
        return None
    numbers = _meant(list(_numbers(existing)), what, match["old"])
    if not numbers:
        return Said(
            "I found no limit in this workflow: no condition compares with a number. Tell me where it should apply, "
            "for example “if the total is over 250 euros, ask a manager to approve”."
        )
    if len(numbers) > 1:
        listed = ", ".join(f"{n.about} ({n.constant.value})" for n in numbers)
        return Said(f"There are several limits: {listed}. Which of them should become {wanted.spoken()}?")
    number = numbers[0]
    floating = isinstance(number.constant.value, float)
    if not floating and wanted.value != int(wanted.value):
        return Said(
            f"{number.about} counts in whole numbers, so it cannot be compared with {wanted.spoken()}."
        )
    text = number_text(wanted.value, floating=floating)
    span = number.constant.span
    before = existing.text[span.start : span.end]
    edit = dsl.ReplaceText(start=span.start, end=span.end, text=text)
    return Change((edit,), f"The limit on {number.about} is now {text} instead of {before}.")


def _meant(numbers: list[_Number], what: str, instead_of: str | None) -> list[_Number]:
    """The numbers that the words single out, of all there are."""
    origin = instead_of or next(iter(re.findall(r"\bfrom (.+)$", what)), "")
    found = re.search(QUANTITY, origin.lower()) if origin else None
    if found is not None and (old := quantity(found[0])) is not None:
        same = [n for n in numbers if n.constant.value == old.value]
        numbers = same or numbers
    if len(numbers) > 1:
        said = set(stems(what)) - _LIMIT_WORDS
        named = [n for n in numbers if said & set(stems(n.about))]
        gates = [n for n in numbers if n.gate]
        numbers = named or (gates if len(gates) == 1 else numbers)
    return numbers


def _numbers(existing: Existing) -> Iterator[_Number]:
    heads = (h for h in existing.parsed.workflow.heads if isinstance(h, tree.Fields) and h.role == "config")
    config = {field.name: field.default for head in heads for field in head.fields}
    for place in existing.steps:
        if not isinstance(place.step.kind, tree.If):
            continue
        for arm in place.step.kind.arms:
            gate = any(isinstance(step.kind, tree.Approve) for step in arm.block.steps)
            for left, right in (pair for test in arm.tests for pair in _comparisons(test)):
                about = existing.text[left.span.start : left.span.end]
                match right:
                    case tree.Member(target=tree.Name(id="config"), name=name):
                        constant = config.get(name)
                    case _:
                        constant = right
                if isinstance(constant, tree.Constant) and type(constant.value) in (int, float):
                    yield _Number(constant, about, gate)


def _comparisons(test: tree.Expr) -> list[tuple[tree.Expr, tree.Expr]]:
    match test:
        case tree.Binary(op="&&" | "||", left=left, right=right):
            return [*_comparisons(left), *_comparisons(right)]
        case tree.Binary(op="<" | "<=" | ">" | ">=" | "==" | "!=", left=left, right=right):
            return [(left, right)]
        case tree.Unary(operand=operand):
            return _comparisons(operand)
        case _:
            return []
