"""Texts that try to break a reader: too much, too deep, too long, and characters that should not be there."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

TEN_MEGABYTES = 10_000_000
NEARLY_TOO_MUCH = 249_000
"""Characters just below what the parser takes: everything below that it reads."""
DEPTH = 10_000


def _let(expression: str) -> str:
    return f"workflow a {{\n  step x: let {expression}\n  step last: let 1\n}}\n"


def _to(size: int, unit: str, before: str = "", after: str = "") -> str:
    return before + unit * ((size - len(before) - len(after)) // len(unit)) + after


def _noise(size: int) -> str:
    return Random(1).randbytes(size).decode("latin-1")


def _printable(size: int) -> str:
    random = Random(2)
    signs = [
        '"',
        "'",
        "{",
        "}",
        "(",
        ")",
        "${",
        "step x: let ",
        "\n",
        " ",
        "a",
        "1",
        "//",
        '"""',
        "\\",
        ",",
        ".",
    ]
    return "".join(random.choices(signs, k=size // 2))[:size]


MUCH: dict[str, Callable[[int], str]] = {
    "one line": lambda n: "a" * n,
    "opening braces": lambda n: "{" * n,
    "closing braces": lambda n: "}" * n,
    "double quotes": lambda n: '"' * n,
    "single quotes": lambda n: _let("'" * (n - 60)),
    "comments": lambda n: _to(n, "// note\n", "workflow a {\n", "}\n"),
    "one comment": lambda n: "workflow a {\n//" + "x" * (n - 40) + "\n}\n",
    "documentation": lambda n: _to(n, "/// doc\n", "workflow a {\n", "step x: let 1\n}\n"),
    "the word step": lambda n: "step " * (n // 5),
    "steps without a kind": lambda n: _to(n, "step x:\n", "workflow a {\n", "}\n"),
    "steps": lambda n: _to(n, "step x: let 1\n", "workflow a {\n", "}\n"),
    "workflows": lambda n: "workflow a { step x: let 1 }\n" * (n // 29),
    "random bytes": _noise,
    "random signs": _printable,
    "white space": lambda n: " \n\t" * (n // 3),
    "white space in a workflow": lambda n: "workflow a {" + "\n" * (n - 40) + "step x: lat 1 }",
    "one string": lambda n: _let('"' + "x" * (n - 80) + '"'),
    "one open string": lambda n: _let('"' + "x" * (n - 80)),
    "one prompt": lambda n: _let('"""\n' + "x y\n" * (n // 4 - 40) + '"""'),
    "one open prompt": lambda n: _let('"""' + ' "a" ' * (n // 5 - 40)),
    "a prompt with holes": lambda n: _let('"""' + "${a} " * (n // 5 - 40) + '"""'),
    "a string with open holes": lambda n: _let('"' + "${" * (n // 2 - 60) + '"'),
    "a string with open quotes in holes": lambda n: _let('"' + "${'" * (n // 3 - 60) + '"'),
    "backslashes": lambda n: _let('"' + "\\" * (n - 80) + '"'),
    "wrong escapes": lambda n: _let('"' + "\\q" * (n // 2 - 60) + '"'),
    "a list": lambda n: _let("[" + "1," * (n // 2 - 60) + "]"),
    "a sum": lambda n: _let("a" + "+a" * (n // 2 - 60)),
    "a chain": lambda n: _let("a" + ".a" * (n // 2 - 60)),
    "arguments": lambda n: f"workflow a {{ step x: call s.t({'a: 1, ' * (n // 6 - 20)}) }}",
    "clauses": lambda n: _to(n, " timeout 1s", "workflow a { step x: let 1", "}"),
    "after many": lambda n: _to(n, ",a", "workflow a { step x: let 1 after a", "}"),
    "an identifier": lambda n: f"workflow a {{ step {'a' * (n - 40)}: let 1 }}",
    "a whole number": lambda n: _let("1" * (n - 80)),
    "a duration": lambda n: _let("1w" * (n // 2 - 60)),
    "NUL": lambda n: "\x00" * n,
    "lone surrogates": lambda n: "\ud800" * n,
    "astral characters": lambda n: "\U0001f642" * n,
    "carriage returns": lambda n: "\r" * n,
    "CRLF": lambda n: _to(n, "step x: let 1\r\n", "workflow a {\r\n", "}\r\n"),
    "byte order marks": lambda n: "\ufeff" * n,
    "tabs": lambda n: "\t" * n,
    "bidi marks": lambda n: _to(n, "\u202e\u2066", "workflow a { // ", "\n}"),
}

DEEP: dict[str, Callable[[int], str]] = {
    "braces": lambda n: "{" * n,
    "blocks": lambda n: "workflow a {" + "step x: do {" * n + "}" * (n + 1),
    "open blocks": lambda n: "workflow a {" + "step x: do {\n" * n,
    "branches": lambda n: "workflow a {" + "step x: if a {" * n + "}" * (n + 1),
    "else if": lambda n: "workflow a { step x: if a {}" + " else if a {}" * n + "}",
    "parallels": lambda n: "workflow a {" + "step x: parallel {" * n + "}" * (n + 1),
    "catches": lambda n: "workflow a {" + "step x: let 1 catch {" * n + "}" * (n + 1),
    "rejections": lambda n: "workflow a {" + 'step x: approve by role "r" { on reject {' * n + "}}" * n + "}",
    "parentheses": lambda n: _let("(" * n + "1" + ")" * n),
    "open parentheses": lambda n: _let("(" * n),
    "lists": lambda n: _let("[" * n + "]" * n),
    "maps": lambda n: _let("{a:" * n + "1" + "}" * n),
    "calls": lambda n: _let("f(" * n + ")" * n),
    "methods": lambda n: _let("a.f(" * n + ")" * n),
    "indexes": lambda n: _let("a[" * n + "1" + "]" * n),
    "nots": lambda n: _let("!" * n + "a"),
    "minuses": lambda n: _let("-" * n + "1"),
    "choices": lambda n: _let("a ? b : " * n + "c"),
    "choices in choices": lambda n: _let("a ? (" * n + "b" + ") : c" * n),
    "sums": lambda n: _let("a + " * n + "a"),
    "ands": lambda n: _let("a && " * n + "a"),
    "members": lambda n: _let("a" + ".b" * n),
    "links of calls": lambda n: _let("a" + ".f()" * n),
    "holes": lambda n: _let('"' + "${" * n + "a" + "}" * n + '"'),
    "holes with quotes": lambda n: _let('"' + "${'" * n + "a" + "'}" * n + '"'),
    "maps in a hole": lambda n: _let('"${' + "{a:" * n + "1" + "}" * n + '}"'),
    "list types": lambda n: "workflow a { type T: string" + "[]" * n + "}",
    "object types": lambda n: "workflow a { type T: " + "{ a: " * n + "string" + "}" * n + "}",
    "generic types": lambda n: "workflow a { type T: " + "map<" * n + "string" + ">" * n + "}",
    "types in parentheses": lambda n: "workflow a { type T: " + "(" * n + "string" + ")" * n + "}",
    "optional types": lambda n: "workflow a { type T: string" + "?" * n + "}",
    "unions": lambda n: "workflow a { type T: string" + " | string" * n + "}",
}
