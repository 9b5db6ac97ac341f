"""A small TextMate engine: a grammar on a text, line by line, the way editors run it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

Piece = tuple[int, int, str]


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


class TextMate:
    def __init__(self, grammar: dict[str, Any]) -> None:
        self._grammar = grammar

    def pieces(self, text: str) -> list[Piece]:
        """What has a name, with its place; what is in something that has one comes behind it."""
        found: list[Piece] = []
        stack: list[dict[str, Any]] = []
        at = 0
        for line in text.split("\n"):
            self._line(line, at, stack, found)
            at += len(line) + 1
        return found

    def _line(self, line: str, base: int, stack: list[dict[str, Any]], found: list[Piece]) -> None:
        at = 0
        while at <= len(line):
            inside = stack[-1] if stack else self._grammar
            best: tuple[int, int, dict[str, Any] | None, re.Match[str]] | None = None
            if stack and (match := _compiled(inside["end"]).search(line, at)):
                best = (match.start(), -1, None, match)
            for number, rule in enumerate(self._rules(inside.get("patterns", []))):
                match = _compiled(rule.get("match") or rule["begin"]).search(line, at)
                if match and (best is None or (match.start(), number) < best[:2]):
                    best = (match.start(), number, rule, match)
            if best is None:
                return
            _, _, rule, match = best
            if rule is None:
                stack.pop()
            elif "begin" in rule:
                stack.append(rule)
            else:
                self._matched(rule, match, base, found)
            if match.end() == at and rule is not None and match.end() == match.start():
                at += 1
            elif match.end() == at == len(line):
                return
            else:
                at = match.end()

    def _matched(self, rule: dict[str, Any], match: re.Match[str], base: int, found: list[Piece]) -> None:
        if "name" in rule:
            found.append((base + match.start(), base + match.end(), rule["name"]))
        for number, capture in rule.get("captures", {}).items():
            if match.group(int(number)) is None:
                continue
            start, end = match.span(int(number))
            if "name" in capture:
                found.append((base + start, base + end, capture["name"]))
            else:
                self._line(match.string[:end][start:], base + start, [{"end": "(?!)", **capture}], found)

    def _rules(self, patterns: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
        for pattern in patterns:
            if "include" in pattern:
                yield from self._rules(self._grammar["repository"][pattern["include"][1:]]["patterns"])
            else:
                yield pattern
