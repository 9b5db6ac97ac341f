"""Help while somebody writes: what the language says about a place in the text pane or in a field. Pure.

The text of a question is often one that nobody has yet: what is being typed, or a field's value put where it would
stand. It is made from the document the server holds and thrown away; answers count in it, and come back in the
numbers of the question.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Any, assert_never

import dsl
from dsl.assist import Completion
from dsl.checks.pages import Page, pages
from dsl.diagnostic import Replacement
from dsl.tree import Span
from studio.editor.asking import InField, InText, Question
from studio.editor.desk import Desk
from studio.editor.document import Refused
from studio.editor.edits import edit_of
from studio.editor.gesture import SetField
from studio.editor.spelling import quoted

Json = dict[str, Any]

OFFERED = 150
"""How many completions travel; what is typed next brings in the others."""
TOLD = 1500
"""Characters of documentation that travel with each."""
_STAND_IN = "weft_is_asked_here"
_CURSOR = "\ue000"


@dataclass(frozen=True, slots=True)
class Virtual:
    """A text as it would be, and the cursor in it. ``shift`` turns its offsets into those of the question."""

    text: str
    offset: int
    shift: int = 0

    def span(self, span: Span) -> list[int]:
        return [span.start + self.shift, span.end + self.shift]

    def edits(self, edits: Iterable[Replacement]) -> list[Json]:
        return [
            {"start": one.span.start + self.shift, "end": one.span.end + self.shift, "text": one.text}
            for one in edits
        ]


def answer(question: Question, desk: Desk) -> Json:
    """``{"seq", "want", ...}``: what is there under the want's own keys, or ``"stale"`` where the place is gone."""
    about: Json = {"seq": question.seq, "want": question.want}
    if question.want == "explain":
        return {**about, **explained(question.name)}
    match question.place:
        case None:
            virtual = None
        case InText() as place:
            virtual = in_text(place, desk)
        case InField() as place:
            virtual = in_field(place, desk)
        case _:
            assert_never(question.place)
    if virtual is None:
        return {**about, "stale": True}
    return {**about, **_answered(question, virtual, desk)}


def in_text(place: InText, desk: Desk) -> Virtual | None:
    """The text with what was typed since; None for another opening, a forgotten revision, a place outside."""
    if place.epoch != desk.epoch:
        return None
    try:
        text = desk.document.at(place.base)
    except ValueError:
        return None
    if place.splice is not None:
        start, end, typed = place.splice
        if not start <= end <= len(text):
            return None
        text = text[:start] + typed + text[end:]
    return Virtual(text, place.offset) if place.offset <= len(text) else None


def in_field(place: InField, desk: Desk) -> Virtual | None:
    """The document with the field's value where it would stand; None where the field takes no expression."""
    if place.offset > len(place.value):
        return None
    value, cursor = place.value, place.offset
    if place.mode == "plain":
        marked = quoted(value[:cursor] + _CURSOR + value[cursor:])
        cursor = marked.index(_CURSOR)
        value = marked.replace(_CURSOR, "")
    frame = _frame(place, desk)
    if frame is None:
        return None
    before, behind = frame
    at = len(before) + cursor
    # Near the cursor a value is written as it stands in the field, so distances from it are the same in both.
    return Virtual(before + value + behind, at, place.offset - at)


def _frame(place: InField, desk: Desk) -> tuple[str, str] | None:
    """What would stand before and behind the value of a field."""
    said = SetField(type="set", step=place.step, key=place.key, at=place.at, value=_STAND_IN)
    edit = edit_of(said, desk.reading, desk.catalog)
    if isinstance(edit, Refused | dsl.RenameStep | dsl.SetDoc):
        return None
    try:
        text = dsl.apply(desk.document.text, edit).text
    except dsl.EditError:
        return None
    before, found, behind = text.partition(_STAND_IN)
    return (before, behind) if found else None


def _answered(question: Question, at: Virtual, desk: Desk) -> Json:
    text, offset, catalog = at.text, at.offset, desk.catalog
    whole = isinstance(question.place, InText)
    match question.want:
        case "complete":
            found = dsl.complete(text, offset, catalog)
            return _completions([one for one in found if whole or not one.edits], at)
        case "hover":
            told = dsl.hover(text, offset, catalog)
            return {} if told is None else {"span": at.span(told.span), "markdown": told.markdown}
        case "signature":
            return _signature(dsl.signature(text, offset, catalog))
        case "definition":
            span = dsl.definition(text, offset, catalog) if whole else None
            return {} if span is None else {"span": at.span(span)}
        case "references":
            spans = dsl.references(text, offset, catalog) if whole else ()
            return {"spans": [at.span(one) for one in spans]}
        case "renameable":
            span = dsl.renameable(text, offset) if whole else None
            return {} if span is None else {"span": at.span(span), "name": text[span.start : span.end]}
        case "rename":
            return _told(lambda: {"edits": at.edits(dsl.rename(text, offset, question.name))})
        case "format":
            return _told(lambda: formatted(text, offset))
        case "explain":
            return {}
        case _:
            assert_never(question.want)


@lru_cache(maxsize=1)
def _pages() -> dict[str, Page]:
    return {page.code: page for page in pages()}


def explained(code: str) -> Json:
    """The page of a diagnostic, as in docs/diagnostics.md; nothing for a code without one."""
    page = _pages().get(code)
    if page is None:
        return {}
    return {
        "headline": page.headline,
        "what": page.what,
        "why": page.why,
        "fix": page.fix,
        "more": list(page.more),
        "bad": page.bad.text if page.bad else "",
        "good": page.good.text if page.good else "",
    }


def _told(make: Callable[[], Json]) -> Json:
    try:
        return make()
    except dsl.EditError as error:
        return {"error": error.message, "help": error.help}


def _completions(found: list[Completion], at: Virtual) -> Json:
    """All replace the same range, so it travels once; ``more`` says that some were left out."""
    if not found:
        return {"items": []}
    items = [
        {
            "label": one.label,
            "kind": one.kind,
            "insert": one.insert,
            "snippet": one.snippet,
            "detail": one.detail,
            "doc": one.documentation[:TOLD],
            "edits": at.edits(one.edits),
        }
        for one in found[:OFFERED]
    ]
    return {"span": at.span(found[0].span), "items": items, "more": len(found) > OFFERED}


def _signature(found: dsl.Signature | None) -> Json:
    if found is None:
        return {}
    parameters = [{"label": one.label, "doc": one.documentation[:TOLD]} for one in found.parameters]
    return {
        "label": found.label,
        "doc": found.documentation[:TOLD],
        "parameters": parameters,
        "active": found.active,
    }


def formatted(text: str, offset: int) -> Json:
    """Edits that bring a text into its canonical form, line by line so that places in it keep, and the cursor behind
    them. Raises :class:`dsl.EditError` for a text with mistakes."""
    if any(one.severity == "error" for one in dsl.parse(text).diagnostics):
        raise dsl.EditError("A text with mistakes cannot be formatted.", "Mend the errors first.")
    new = dsl.format_text(text)
    before, after = text.splitlines(keepends=True), new.splitlines(keepends=True)
    edits: list[Json] = []
    cursor = offset
    starts, targets = _starts(before), _starts(after)
    for tag, a, b, c, d in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        start, end = starts[a], starts[b]
        if tag != "equal":
            edits.append({"start": start, "end": end, "text": "".join(after[c:d])})
        if start <= offset < end or (offset == end == len(text)):
            inside = text[start:end]
            moved = _same_place(inside, offset - start, new[targets[c] : targets[d]], tag == "equal")
            cursor = targets[c] + moved
    return {"edits": edits, "cursor": cursor}


def _starts(lines: list[str]) -> list[int]:
    found = [0]
    for line in lines:
        found.append(found[-1] + len(line))
    return found


def _same_place(old: str, offset: int, new: str, same: bool) -> int:
    """The place behind as much ink as before: formatting moves white space, hardly anything else."""
    if same:
        return offset
    ink = sum(not character.isspace() for character in old[:offset])
    for at in _ink(new):
        if ink == 0:
            return at
        ink -= 1
    return len(new.rstrip("\n"))


def _ink(text: str) -> Iterator[int]:
    return (at for at, character in enumerate(text) if not character.isspace())
