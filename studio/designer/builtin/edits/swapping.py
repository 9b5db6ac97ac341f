""" "Oil rather than inspection": another of the words that a tool takes, or another name, for a constant of a call."""

from __future__ import annotations

import re
from typing import Final

import dsl
from dsl import tree
from dsl.outline import Place
from studio.designer.builtin.draft import quote
from studio.designer.builtin.edits.arguments import argument_schema
from studio.designer.builtin.edits.change import Change, Choice, Found, Option
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.words import raw_tokens, singular, stem

_INSTEAD: Final = re.compile(
    r"^(?:(?:please|use|take|make it|make|do|set|order|book|put|with|it should be|to|for|only)\s+)*(?P<new>.+?),?\s+"
    r"(?:instead of|rather than|and not|not|in place of)\s+(?P<old>.+?)(?:\s+(?:please|now))?$"
    r"|^instead of\s+(?P<old2>.+?),?\s+(?:use |take |make it |it should be )?(?P<new2>.+)$",
    re.IGNORECASE,
)
_CALLED: Final = re.compile(
    r"^(?:the |our )?(?P<arg>\w+) (?:is|are) (?:now )?(?:called|named) (?P<new>[\w#\"' -]{1,40}?)(?: now)?$",
    re.IGNORECASE,
)


def swap(clause: str, existing: Existing) -> Found | None:
    """Another constant for a call's argument; None where no constant is meant or the tool takes no such word."""
    if match := _CALLED.match(clause):
        named = [
            (place, arg)
            for place, arg in _constants(existing)
            if stem(match["arg"].lower()) in map(stem, raw_tokens(arg.name))
        ]
        new = match["new"].strip(" \"'")
        return _set(existing, named[0], quote(new)) if len(named) == 1 else None
    match = _INSTEAD.match(clause)
    if match is None:
        return None
    old, new = (match["old"] or match["old2"]), (match["new"] or match["new2"])
    options = [
        (place, arg, word)
        for place, arg in _constants(existing)
        if _says(old, str(arg.value.value)) and (word := _of(existing, place, arg, new))  # type: ignore[attr-defined]
    ]
    if len(options) == 1:
        place, arg, word = options[0]
        return _set(existing, (place, arg), quote(word))
    if not options:
        return None
    return Choice(
        "Which of them should change?",
        tuple(Option(existing.label(p), _set(existing, (p, a), quote(w))) for p, a, w in options[:8]),
    )


def _constants(existing: Existing) -> list[tuple[Place, tree.Arg]]:
    return [
        (place, arg)
        for place in existing.steps
        if isinstance(place.step.kind, tree.Call)
        for arg in place.step.kind.args
        if isinstance(arg.value, tree.Constant) and isinstance(arg.value.value, str)
    ]


def _says(words: str, value: str) -> bool:
    said = {stem(singular(w)) for w in raw_tokens(words)}
    return bool(said) and {stem(singular(w)) for w in raw_tokens(value)} <= said


def _of(existing: Existing, place: Place, arg: tree.Arg, words: str) -> str:
    """The word of those that the argument takes which is said; "" for none."""
    taken = argument_schema(existing, place, arg.name).get("enum")
    if not isinstance(taken, list):
        return ""
    found = [str(w) for w in taken if _says(words, str(w))]
    return found[0] if len(found) == 1 else ""


def _set(existing: Existing, spot: tuple[Place, tree.Arg], text: str) -> Found:
    place, arg = spot
    before = existing.written(arg.value)
    edit = dsl.SetArgument(path=place.path, name=arg.name, value=text)
    return Change(
        (edit,), f"{arg.name!r} of {place.step.id!r} is now {text} instead of {before}.", about=place.step.id
    )


__all__ = ["swap"]
