"""Which words are keywords where, worked out from the grammar, for every place that colours a text.

Nothing in Weft is reserved, so a word is a keyword by what stands around it. Two tokens are enough to tell: the grammar
says what can stand right before and right after each of its words, and a name never stands beside another word in an
expression. The table of that (:func:`words`) is the one source of the TextMate grammar that editors use
(:func:`textmate`) and of what the studio's own editor uses (:func:`browser_module`); ``./weft docs`` writes both.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Any, Literal, TypeAlias

from dsl.grammar import grammar
from dsl.recovery import grammar_word
from dsl.schemas import BASIC, GENERIC

Role: TypeAlias = Literal["header", "clause", "kind", "line", "statement", "part"]

CONSTANTS = ("true", "false", "null")
TYPES = tuple(sorted({*BASIC, *GENERIC} - {"null"}))

# How a terminal begins, or what it is to whoever comes after it.
_CLASSES = {
    "ID": "name",
    "TOOL": "name",
    "STRING": "text",
    "SQ": "text",
    "TEXT": "text",
    "INT": "number",
    "FLOAT": "number",
    "DURATION": "duration",
    "DOC": "doc",
}
_NAMED = "name"
_START = "start"


@dataclass(frozen=True, slots=True)
class Word:
    """One keyword. ``behind`` is what can stand right before it and ``before`` what right after it: other words, marks
    such as ``{``, and "name", "text", "number", "duration", "doc"; "start" is the beginning of the text."""

    word: str
    role: Role
    behind: frozenset[str]
    before: frozenset[str]


@lru_cache(maxsize=1)
def words() -> tuple[Word, ...]:
    """Every keyword of the grammar, in alphabetical order."""
    first, last = _edges()
    before: dict[str, set[str]] = defaultdict(set)
    behind: dict[str, set[str]] = defaultdict(set)
    for rule in grammar().rules:
        parts = [
            ({s.name} if s.is_term else first[s.name], {s.name} if s.is_term else last[s.name])
            for s in rule.expansion
        ]
        for (_, ends), (begins, _) in pairwise(parts):
            for end in ends:
                before[end] |= begins
            for begin in begins:
                behind[begin] |= ends
    for beginning in first["start"]:
        behind[beginning].add("")
    roles = _roles(first)
    found = []
    for terminal in grammar().terminals:
        word = grammar_word(terminal.name)
        if word.isidentifier():
            around = (_classes(behind[terminal.name]), _classes(before[terminal.name]))
            found.append(Word(word, roles.get(terminal.name, "part"), *around))
    return tuple(sorted(found, key=lambda one: one.word))


def _edges() -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """The terminals that each rule can begin and end with; no rule of the grammar can be empty."""
    first: dict[str, set[str]] = defaultdict(set)
    last: dict[str, set[str]] = defaultdict(set)
    changed = True
    while changed:
        changed = False
        for rule in grammar().rules:
            for table, symbol in ((first, rule.expansion[0]), (last, rule.expansion[-1])):
                more = {symbol.name} if symbol.is_term else table[symbol.name]
                changed = changed or not more <= table[rule.origin.name]
                table[rule.origin.name] |= more
    return first, last


def _roles(first: dict[str, set[str]]) -> dict[str, Role]:
    found: dict[str, Role] = {}
    order: tuple[tuple[Role, tuple[str, ...]], ...] = (
        ("header", ("head",)),
        ("clause", ("clause",)),
        ("kind", ("kind",)),
        ("line", ("agent_item", "approve_item")),
        ("statement", ("start", "step", "yield_", "case_", "default_case", "else_", "elif_")),
    )
    for role, rules in order:
        for rule in rules:
            for terminal in first[rule]:
                found.setdefault(terminal, role)
    return found


def _classes(terminals: Iterable[str]) -> frozenset[str]:
    return frozenset(_CLASSES.get(one) or grammar_word(one) or _START for one in terminals)


_ID = "[A-Za-z_][A-Za-z0-9_]*"
_END = "(?![A-Za-z0-9_])"
_SPACE = "[ \\t]"
_BEHIND_VALUE = f"(?<=[A-Za-z0-9_\"']){_SPACE}+"
_SCOPES: dict[Role, str] = {
    "header": "keyword.other.header.weft",
    "clause": "keyword.other.clause.weft",
    "kind": "keyword.control.weft",
    "line": "keyword.other.line.weft",
    "statement": "keyword.control.statement.weft",
    "part": "keyword.other.weft",
}
_MARKS = ("{", "(", "[", "!", "-", "@", "}", ")", "]", ",", "<", ">", "?", "=")
_VALUES = frozenset({"name", "text", "number", "duration", ")", "]", "}", ">", "?"})


def textmate() -> dict[str, Any]:
    """The TextMate grammar, as VS Code and many other editors read it."""
    expression = [
        {"include": f"#{name}"}
        for name in (
            "comments",
            "texts",
            "in",
            "fields",
            "calls",
            "constants",
            "numbers",
            "operators",
            "names",
        )
    ]
    return {
        "$schema": "https://raw.githubusercontent.com/martinring/tmlanguage/master/tmlanguage.json",
        "name": "Weft",
        "scopeName": "source.weft",
        "fileTypes": ["weft"],
        "patterns": [
            *({"include": f"#{name}"} for name in ("comments", "texts", "annotations", "keywords", "types")),
            {"include": "#expression"},
        ],
        "repository": {
            "comments": {
                "patterns": [
                    {"name": "comment.line.documentation.weft", "match": "///(?!/).*$"},
                    {"name": "comment.line.double-slash.weft", "match": "//.*$"},
                ]
            },
            "texts": {"patterns": _texts()},
            "annotations": {
                "patterns": [
                    {
                        "match": f"(@){_SPACE}*({_ID})",
                        "captures": {
                            "1": {"name": "punctuation.definition.annotation.weft"},
                            "2": {"name": "storage.type.annotation.weft"},
                        },
                    }
                ]
            },
            "keywords": {"patterns": list(_keywords())},
            "types": {
                "patterns": [
                    {
                        "match": f"(?<=[:|<(]){_SPACE}*({_either(TYPES)}){_END}(?!{_SPACE}*[.(:])",
                        "captures": {"1": {"name": "support.type.weft"}},
                    }
                ]
            },
            "in": {
                "patterns": [
                    {
                        "match": f"(?:{_BEHIND_VALUE}|(?<=[)\\]}}]){_SPACE}*)(in){_END}{_SPACE}+(?=[^:,)\\]}}.])",
                        "captures": {"1": {"name": "keyword.operator.in.weft"}},
                    }
                ]
            },
            "fields": {
                "patterns": [
                    {
                        "match": f"(\\.\\??){_SPACE}*({_ID})(?={_SPACE}*\\()",
                        "captures": {"2": {"name": "entity.name.function.method.weft"}},
                    },
                    {
                        "match": f"(\\.\\??){_SPACE}*({_ID}(?:[-/][A-Za-z0-9_]+)*)",
                        "captures": {"2": {"name": "variable.other.property.weft"}},
                    },
                    {"match": f"{_ID}(?={_SPACE}*:)", "name": "variable.other.property.weft"},
                ]
            },
            "calls": {"patterns": [{"match": f"{_ID}(?={_SPACE}*\\()", "name": "entity.name.function.weft"}]},
            "constants": {
                "patterns": [{"match": f"({_either(CONSTANTS)}){_END}", "name": "constant.language.weft"}]
            },
            "numbers": {
                "patterns": [
                    {"match": f"(?:[0-9]+(?:ms|s|m|h|d|w))+{_END}", "name": "constant.numeric.duration.weft"},
                    {
                        "match": "[0-9]+(?:\\.[0-9]+(?:[eE][+-]?[0-9]+)?)?",
                        "name": "constant.numeric.weft",
                    },
                ]
            },
            "operators": {
                "patterns": [{"match": "&&|\\|\\||[=!<>]=|[<>!?+*%/=|-]", "name": "keyword.operator.weft"}]
            },
            "names": {"patterns": [{"match": _ID, "name": "variable.other.weft"}]},
            "expression": {"patterns": expression},
        },
    }


def _texts() -> list[dict[str, Any]]:
    hole = {
        "name": "meta.embedded.weft",
        "begin": "\\$\\{",
        "end": "\\}",
        "beginCaptures": {"0": {"name": "punctuation.section.embedded.begin.weft"}},
        "endCaptures": {"0": {"name": "punctuation.section.embedded.end.weft"}},
        "patterns": [
            {"begin": "\\{", "end": "\\}", "patterns": [{"include": "#expression"}]},
            {"include": "#expression"},
        ],
    }
    escape = {"name": "constant.character.escape.weft", "match": "\\\\(?:u[0-9a-fA-F]{4}|.|$)"}
    return [
        {"name": "string.quoted.triple.weft", "begin": '"""', "end": '"""', "patterns": [escape, hole]},
        {"name": "string.quoted.double.weft", "begin": '"', "end": '"|$', "patterns": [escape, hole]},
        {"name": "string.quoted.single.weft", "begin": "'", "end": "'|$", "patterns": [escape]},
    ]


def _keywords() -> Iterable[dict[str, Any]]:
    """A pattern for each group of words that are alike: first at the beginning of a line, then in it, behind a value
    or a brace, a comma or a colon. A name that follows is taken along, so that it is not taken for a word itself."""
    groups: dict[tuple[Role, frozenset[str], frozenset[str]], list[str]] = defaultdict(list)
    for one in words():
        groups[(one.role, _positions(one), one.before)].append(one.word)
    for (role, positions, before), group in sorted(groups.items(), key=lambda entry: entry[1]):
        begin = "|".join(sorted(positions))
        match = f"(?:{begin})({_either(group)}){_END}(?={_SPACE}*(?:$|//|{_beginning(before)}))"
        captures: dict[str, Any] = {"1": {"name": _SCOPES[role]}}
        if _NAMED in before:
            match += f"(?:{_SPACE}+({_ID})(?!{_SPACE}*\\())?"
            declared = group[0] in ("step", "workflow") and len(group) == 1
            captures["2"] = (
                {"name": "entity.name.function.weft"}
                if declared
                else {"patterns": [{"include": "#constants"}, {"include": "#names"}]}
            )
        yield {"match": match, "captures": captures}


def _positions(one: Word) -> frozenset[str]:
    found = set()
    if one.behind & (_VALUES | {"{", "doc", _START}):
        found.add(f"^{_SPACE}*")
        found.add(f"(?<=[{{}})\\]>?]){_SPACE}*")
    if one.behind & _VALUES or any(
        word.isidentifier() and word not in _CLASSES.values() for word in one.behind
    ):
        found.add(_BEHIND_VALUE)
    for mark in (",", ":"):
        if mark in one.behind:
            found.add(f"(?<={mark}){_SPACE}*")
    return frozenset(found)


def _beginning(before: frozenset[str]) -> str:
    """How what follows a word begins."""
    found = []
    if before & {"number", "duration"}:
        found.append("[0-9]")
    if "text" in before:
        found.append("[\"']")
    if _NAMED in before:
        found.append("[A-Za-z_]")
    else:
        following = sorted(word for word in before if word.isidentifier() and word not in _CLASSES.values())
        if following:
            found.append(f"(?:{_either(following)}){_END}")
    marks = [mark for mark in _MARKS if mark in before]
    if marks:
        found.append("[" + "".join(re.escape(mark) for mark in marks) + "]")
    return "|".join(found)


def _either(options: Iterable[str]) -> str:
    return "|".join(sorted(options, key=lambda word: (-len(word), word)))


def textmate_text() -> str:
    return json.dumps(textmate(), indent=2) + "\n"


def browser_module() -> str:
    """The table as a module for the browser."""
    rows = {
        one.word: {"role": one.role, "behind": sorted(one.behind), "before": sorted(one.before)}
        for one in words()
    }
    lines = ",\n".join(f"  {json.dumps(word)}: {json.dumps(row)}" for word, row in rows.items())
    return (
        "// Made from the grammar by `./weft docs`; dsl/highlighting.py says what it means.\n"
        f"export const WORDS = {{\n{lines},\n}};\n"
        f"export const TYPES = {json.dumps(list(TYPES))};\n"
        f"export const CONSTANTS = {json.dumps(list(CONSTANTS))};\n"
    )
