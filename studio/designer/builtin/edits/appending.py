"""A sentence more at the end, or at the beginning, of a text that is sent already."""

from __future__ import annotations

import re
from typing import Final

import dsl
from dsl import tree
from dsl.outline import Place
from studio.designer.builtin.draft import quote
from studio.designer.builtin.edits.arguments import ARGUMENTS
from studio.designer.builtin.edits.change import Change, Choice, Found, Option
from studio.designer.builtin.edits.finding import Existing
from studio.designer.writing import Said

_Q: Final = r"(?:\"(?P<q>[^\"]+)\"|“(?P<q2>[^”]+)”)"
_ADD: Final = r"(?:add|append|attach|write|put|include|insert|say)"
_THING: Final = (
    r"(?:the |a )?(?:(?:following |new )?(?:sentence|line|words?|text|note|remark|paragraph))?\s*:?\s*"
)
_TEXT: Final = re.compile(r"\b(?:text|body|message|mail|email|letter|post|content|note)\b", re.IGNORECASE)
_PATTERNS: Final = tuple(
    re.compile(pattern, re.IGNORECASE | re.DOTALL)
    for pattern in (
        rf"^(?:also )?{_ADD} (?:to|in|into|at the (?P<at>end|beginning|start|top|bottom) of|below|under) "
        rf"(?P<what>(?:the |our )?[\w ]+?),?(?: (?:after|behind|below) (?:what|the)\b[^:\"]*?)?,?\s*{_THING}{_Q}$",
        rf"^(?:also )?{_ADD} {_THING}{_Q},? (?:to|in|into|at the (?P<at>end|beginning|start|top|bottom) of|below|under)"
        r" (?P<what>(?:the |our )?[\w ]+?)(?:,? (?:after|behind|below) what[^\"]*)?$",
        rf"^(?P<at>end|begin|start) (?P<what>(?:the |our )?[\w ]+?) with:?\s*{_THING}{_Q}$",
    )
)


def append(clause: str, existing: Existing) -> Found | None:
    """ "Add to the body of the mail: ...": what is there stays, the new words come behind (or before) it."""
    match = next((m for p in _PATTERNS if (m := p.match(clause))), None)
    if match is None or not _TEXT.search(match["what"]):
        return None
    words = match["q"] or match["q2"]
    first = (match["at"] or "").lower() in ("beginning", "start", "top", "begin")
    arg = next((a for a in ("subject", "title") if re.search(rf"\b{a}\b", match["what"], re.I)), "text")
    names = set(ARGUMENTS.get(arg, (arg,))) | (
        {"body", "text", "message", "content", "note"} if arg == "text" else set()
    )
    what = re.sub(r"^(?:the |our )?(?:text|body|subject|content) (?:of|in) ", "", match["what"], flags=re.I)
    holders = [p for p in existing.steps if _held(p, names) is not None]
    named = [p for p in existing.meant(what) if p in holders]
    chosen = named or holders
    if not chosen:
        return None
    if len(chosen) == 1:
        return _longer(existing, chosen[0], names, words, first=first)
    return Choice(
        "Which text should get that?",
        tuple(Option(existing.label(p), _longer(existing, p, names, words, first=first)) for p in chosen[:8]),
    )


def _held(place: Place, names: set[str]) -> tree.Arg | None:
    kind = place.step.kind
    if not isinstance(kind, tree.Call | tree.RunWorkflow):
        return None
    return next((a for a in kind.args if a.name in names), None)


def _longer(existing: Existing, place: Place, names: set[str], words: str, *, first: bool) -> Found:
    held = _held(place, names)
    assert held is not None
    written = existing.written(held.value)
    new = quote(words)[1:-1]
    if written.startswith('"""'):
        return Said(
            f"{held.name!r} of {place.step.id!r} runs over several lines: add the words there by hand."
        )
    old = written[1:-1] if written.startswith('"') else f"${{{written}}}"
    text = f'"{new} {old}"' if first else f'"{old} {new}"'
    edit = dsl.SetArgument(path=place.path, name=held.name, value=text)
    return Change((edit,), f"{held.name!r} of {place.step.id!r} now says “{words}” too.", about=place.step.id)


__all__ = ["append"]
