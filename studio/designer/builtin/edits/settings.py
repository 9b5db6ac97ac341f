"""A number as a setting or an input: "make the limit a setting"."""

from __future__ import annotations

import re
from typing import Literal, TypeAlias

import dsl
from studio.designer.builtin.edits.change import Change, Choice, Found, Option
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.edits.numbers import Number, numbers_of
from studio.designer.builtin.words import stem, stems
from studio.designer.builtin.work import identifier
from studio.designer.writing import Said

Role: TypeAlias = Literal["input", "output", "config"]
_SETTING = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:make|turn|move|put|extract|change|convert)\s+(?P<what>.+?)\s+(?:in(?:to)?\s+|be\s+|to\s+)?"
        r"(?:an?\s+|the\s+)?(?P<kind>settings?|config(?:uration)?(?: value)?|configurable|adjustable"
        r"|parameter|input|variable)(?:\s+(?:called|named)\s+[`'\"“]?(?P<name>\w+)[`'\"”]?)?$",
        r"^(?:i want to|let me|we should)?\s*(?:be able to\s+)?(?:set|change|configure)\s+(?P<what>the "
        r"(?:limit|threshold)\b.*?)\s+(?:in|from|as)\s+(?:an?\s+|the\s+)?(?P<kind>settings?|configuration"
        r"|config|input)(?P<name>)$",
        r"^(?P<what>the .+?)\s+(?:should|must)\s+be\s+(?:an?\s+)?(?P<kind>setting|configurable|config"
        r" value|adjustable|parameter|input)(?:\s+(?:called|named)\s+[`'\"“]?(?P<name>\w+)[`'\"”]?)?$",
    )
)


def setting(clause: str, existing: Existing) -> Found | None:
    for pattern in _SETTING:
        if match := pattern.match(clause):
            found = _as_setting(existing, match["what"], match["kind"].lower(), match["name"] or "")
            if found is not None:
                return found
    return None


def _as_setting(existing: Existing, what: str, kind: str, name: str) -> Found | None:
    role: Role = "input" if kind in ("parameter", "input") else "config"
    every = [n for n in numbers_of(existing) if n.place is not None]
    said = set(stems(what)) - {stem("limit"), stem("threshold"), stem("number"), stem("value")}
    spoken = bool(re.search(r"\b(?:limit|threshold|number|maximum|minimum|cap|bound)\b", what, re.I))
    literal = re.search(r"\d[\d.]*", what)
    if literal:
        numbers = [n for n in every if n.value == float(literal[0])]
    elif spoken and not said:
        top = max((n.weight for n in every), default=0)
        numbers = [n for n in every if n.weight == top and n.weight >= 2]
    else:
        numbers = [n for n in every if said & n.words]
    numbers = [
        n
        for n in numbers
        if n.place is not None and n.place.step.span.start <= n.start < n.place.step.span.end
    ]
    if not numbers:
        if spoken and any(n.weight >= 2 for n in numbers_of(existing)):
            return Said("The limit is a setting already: it stands in the header, where it can be changed.")
        return None
    if len(numbers) > 1 and len({n.value for n in numbers}) > 1:
        return Choice(
            "Which number should become a setting?",
            tuple(Option(f"{n.about} ({n.value:g})", _extracted(existing, [n], role, name)) for n in numbers),
        )
    return _extracted(existing, numbers, role, name)


def _extracted(existing: Existing, numbers: list[Number], role: Role, name: str) -> Found:
    first = numbers[0]
    wanted = (
        identifier(name) if name else ("limit" if first.weight else identifier(first.about.split(" ")[0]))
    )
    taken = {f.name for f in existing.fields(role)}
    if wanted in taken:
        wanted = identifier(f"{first.about.rpartition('.')[2]}_limit")
    wanted = next(n for n in (wanted, *(f"{wanted}_{i}" for i in range(2, 99))) if n not in taken)
    literal = existing.text[first.start : first.end]
    edits: list[dsl.Edit] = [
        dsl.ReplaceText(start=n.start, end=n.end, text=f"{role}.{wanted}")
        for n in sorted(numbers, key=lambda n: -n.start)
    ]
    edits.append(
        dsl.SetHeader(part=role, name=wanted, text=f"{'float' if first.floating else 'int'} = {literal}")
    )
    word = "setting" if role == "config" else "input"
    return Change(
        tuple(edits),
        f"{literal} is now the {word} {wanted!r}.",
        about=first.place.step.id if first.place else "",
    )


__all__ = ["setting"]
