"""A line more in a message: "mention the order number in the mail"."""

from __future__ import annotations

import re

import dsl
from dsl import tree
from dsl.outline import Place
from studio.designer.builtin import prose
from studio.designer.builtin.edits.arguments import ARGUMENTS
from studio.designer.builtin.edits.change import Change, Choice, Found, Option
from studio.designer.builtin.edits.finding import Existing
from studio.designer.builtin.edits.placing import scope_at
from studio.designer.builtin.edits.values import field
from studio.designer.builtin.scope import is_amount
from studio.designer.writing import Said

_MENTION = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"^(?:also\s+)?(?:mention|include|add|put|write|state|give|show)\s+(?P<field>.+?)\s+(?:also\s+)?"
        r"(?:in|to|into|at the end of)\s+(?P<what>.+)$",
        r"^(?P<what>.+?)\s+(?:should|must|needs to|has to)\s+(?:also\s+)?(?:mention|include|contain|say"
        r"|state|show)\s+(?P<field>(?:the|its|their|his|her|who|what|how)\s*.+)$",
    )
)


def mentioned(clause: str, existing: Existing) -> Found | None:
    """ "mention the order number in the mail": a line more in a message."""
    for pattern in _MENTION:
        match = pattern.match(clause)
        if match is None:
            continue
        what = match["what"]
        subject = re.match(
            r"^(?:the\s+)?(?P<arg>subject|title|body|text|message)(?:\s+(?:line\s+)?of\s+(?P<rest>.+))?$",
            what,
            re.I,
        )
        arg, rest = (subject["arg"].lower(), subject["rest"] or "") if subject else ("", what)
        candidates = [p for p in existing.steps if _text_argument(existing, p, arg) is not None]
        found = [p for p in existing.meant(rest) if p in candidates] if rest else candidates
        if not found:
            continue
        if len(found) > 1:
            return Choice(
                "Several messages can be meant. Which one?",
                tuple(Option(existing.label(p), _mention(existing, p, arg, match["field"])) for p in found),
            )
        return _mention(existing, found[0], arg, match["field"])
    return None


def _text_argument(existing: Existing, place: Place, arg: str) -> tree.Arg | None:
    kind = place.step.kind
    if not isinstance(kind, tree.Call):
        return None
    names = ARGUMENTS.get(arg, ("body", "text", "message", "content"))
    return next(
        (
            a
            for n in names
            for a in kind.args
            if a.name == n and isinstance(a.value, tree.Template | tree.Constant)
        ),
        None,
    )


def _mention(existing: Existing, place: Place, arg: str, words: str) -> Found:
    found = _text_argument(existing, place, arg)
    assert found is not None
    scope = scope_at(existing, place.container, place.step.id)
    known = field(scope, words)
    if known is None or known.sort in ("object", "array"):
        return Said(
            f"Nothing that is known at {place.step.id!r} is {words!r}, so it cannot be mentioned there."
        )
    written = existing.written(found.value)
    amount = is_amount(known.leaf)
    hole = f"${{{prose.priced(known.path, known.sort) if amount else known.path}}}"
    if f"${{{known.path}}}" in written or hole in written:
        return Said(f"{place.step.id!r} mentions {known.path} already.")
    label = known.path.rpartition(".")[2].replace("_", " ").capitalize()
    owner = known.path.split(".")[-2].replace("_", " ") if "." in known.path else ""
    if label.lower() in ("id", "name", "status", "email") and owner and owner != "input":
        label = f"{owner.capitalize()} {label.lower()}"
    if found.name in ("subject", "title"):
        text = written[:-1] + f" ({hole})" + written[-1]
    elif written.startswith('"""'):
        text = _line_more(existing.text, found.value.span.start, written, f"{label}: {hole}")
    else:
        text = written[:-1] + f"\\n\\n{label}: {hole}" + written[-1]
    edit = dsl.ReplaceText(start=found.value.span.start, end=found.value.span.end, text=text)
    return Change((edit,), f"{place.step.id!r} now mentions {known.path}.", about=place.step.id)


def _line_more(text: str, start: int, written: str, line: str) -> str:
    """One more line before the closing quotes of a prompt, as deep as its last line."""
    inner = written[: -len('"""')]
    body = inner.rstrip()
    last = body[body.rfind("\n") + 1 :]
    indent = (
        last[: len(last) - len(last.lstrip())]
        if "\n" in body
        else text[text.rfind("\n", 0, start) + 1 : start]
    )
    indent = indent if not indent.strip() else ""
    tail = inner[len(body) :]
    return f'{body}\n\n{indent}{line}{tail}"""'


__all__ = ["mentioned"]
