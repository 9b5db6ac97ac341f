"""The words of the language that the grammar takes at a place."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lark import Token

from dsl.assist.cursor import Cursor, rest_of
from dsl.assist.offer import Offer
from dsl.assist.sketch import Sketch
from dsl.assist.words import CLAUSES, FORMS, HEADERS, STEPS, WORDS
from dsl.recovery import grammar_word

_ONCE = re.compile(r"(?:\A|\n|[)\"}\w])\s*(after|timeout|retry|key|compensate)\b(?!\s*:)")
_RANKS = {word: rank for rank, word in enumerate(WORDS)}
_ITEMS = frozenset({"title", "show", "quorum", "within", "escalate", "on"}) | {
    "system",
    "prompt",
    "tools",
    "output",
    "max_turns",
    "budget",
}


def keyword_offers(text: str, offset: int, cursor: Cursor, sketch: Sketch) -> Iterator[Offer]:
    if cursor.where == "text":
        return
    words = {word for type in sketch.accepts if (word := grammar_word(type)).isidentifier()}
    step = _open_step(sketch.tokens)
    begins = _begins_line(cursor)
    if words & CLAUSES:
        present = {token for token in step if token in CLAUSES and token.type == token.upper()}
        present |= set(_ONCE.findall(rest_of(text, offset, steps=True)))
        words -= present - {"catch"}
        if not _in_parallel(sketch.tokens) and sketch.tokens[-1].type != "ESCALATE":
            words -= {"after"}
    if words & _ITEMS:
        words -= _present_items(sketch.tokens) - {"on"}
    deeper = begins and bool(step) and _indent(cursor.code) > _indent_of(cursor.code, step)
    for word in words:
        for form in _forms(word, sketch):
            group = _group(word, begins, deeper)
            about = WORDS[word]
            documentation = f"{about.line}\n\n`{about.form}`"
            plain = form.partition(" ")[0] if form.startswith(word) else form
            label = "else if" if form.startswith("else if") else _label(word, form)
            rank = _RANKS[word] * 2 + (label != word)
            yield Offer(
                label,
                "keyword",
                insert=label if label != word else plain or word,
                snippet=form if form != word else "",
                detail=about.line,
                documentation=documentation,
                group=group,
                rank=rank,
            )
    if "step" in words and begins:
        for rank, (kind, (name, form)) in enumerate(STEPS.items()):
            yield Offer(
                kind,
                "snippet",
                insert=f"step {name}: {kind}",
                snippet=f"step ${{1:{name}}}: {_shifted(form)}",
                detail=f"a step: {WORDS[kind].line}",
                documentation=f"`{WORDS[kind].form}`",
                group=3 if deeper else 1,
                rank=rank,
            )


def _shifted(form: str) -> str:
    """A form whose places to fill in come one later."""
    return re.sub(r"\$(\{?)([1-9])", lambda found: f"${found[1]}{int(found[2]) + 1}", form)


def _forms(word: str, sketch: Sketch) -> tuple[str, ...]:
    previous = sketch.tokens[-1].type if sketch.tokens else ""
    if previous == "COLON" and word in STEPS:
        return (STEPS[word][1],)
    if word == "on":
        if _in_braces_of(sketch.tokens, "APPROVE"):
            return ("on reject {\n  $0\n}", "on timeout {\n  $0\n}")
        return ('on "${1:timeout}"',)
    if previous == "ON":
        return (f"{word} {{\n  $0\n}}",)
    if word == "output" and any(token.type == "STEP" for token in sketch.tokens):
        return ("output",)
    if word == "else":
        return ("else {\n  $0\n}", "else if ${1:true} {\n  $0\n}")
    if word == "workflow" and previous == "COLON":
        return ('workflow "$0"',)
    return (FORMS.get(word, word),)


def _label(word: str, form: str) -> str:
    if word == "on" and form.startswith("on "):
        second = form.split(" ")[1]
        return f"on {second}" if second in ("reject", "timeout") else "on"
    return word


def _group(word: str, begins: bool, deeper: bool) -> int:
    if not begins:
        return 1 if word not in ("step", "yield") and word not in CLAUSES else 6
    if word in HEADERS:
        return 2
    if word == "step":
        return 2 if deeper else 0
    return 0 if deeper or word not in CLAUSES else 2


def _begins_line(cursor: Cursor) -> bool:
    return not cursor.code[cursor.code.rfind("\n") + 1 :].strip()


def _indent(code: str) -> int:
    return len(code) - code.rfind("\n") - 1


def _indent_of(code: str, step: tuple[Token, ...]) -> int:
    """How deep the line of the open step stands: of the last line in the code that begins like it."""
    words = r"\s+".join(re.escape(str(token)) for token in step[:2])
    found = list(re.finditer(rf"(?m)^([ \t]*){words}\s*:", code))
    return len(found[-1].group(1)) if found else 0


_OPEN = {"LBRACE": "RBRACE", "LPAR": "RPAR", "LSQB": "RSQB"}
_CLOSE = {close: open_ for open_, close in _OPEN.items()}


def _open_step(tokens: tuple[Token, ...]) -> tuple[Token, ...]:
    """The tokens of the last step of the block the cursor is in, without those in brackets; () before the first."""
    depth = 0
    kept: list[Token] = []
    for token in reversed(tokens):
        if token.type in _CLOSE:
            depth += 1
        elif token.type in _OPEN:
            depth -= 1
            if depth < 0:
                return ()
        elif depth == 0:
            kept.append(token)
            if token.type == "STEP":
                return tuple(reversed(kept))
    return ()


def _opening(tokens: tuple[Token, ...]) -> int | None:
    depth = 0
    for index in range(len(tokens) - 1, -1, -1):
        if tokens[index].type == "RBRACE":
            depth += 1
        elif tokens[index].type == "LBRACE":
            depth -= 1
            if depth < 0:
                return index
    return None


def _in_parallel(tokens: tuple[Token, ...]) -> bool:
    at = _opening(tokens)
    if at is None:
        return False
    return any(token.type == "PARALLEL" for token in tokens[max(0, at - 2) : at])


def _in_braces_of(tokens: tuple[Token, ...], type: str) -> bool:
    at = _opening(tokens)
    if at is None:
        return False
    for token in reversed(tokens[:at]):
        if token.type in ("STEP", "LBRACE", "RBRACE"):
            return False
        if token.type == type:
            return True
    return False


def _present_items(tokens: tuple[Token, ...]) -> set[str]:
    at = _opening(tokens)
    depth = 0
    found: set[str] = set()
    for token in tokens[at + 1 :] if at is not None else ():
        if token.type in _OPEN:
            depth += 1
        elif token.type in _CLOSE:
            depth -= 1
        elif depth == 0 and token in _ITEMS and token.type == token.upper():
            found.add(str(token))
    return found
