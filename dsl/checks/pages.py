"""The page of every rule, read from the docstring of the rule's module; docs/diagnostics.md is made of them.

A docstring is a page when it begins with a code::

    E999: what is wrong, in a few words.

    What: one or two sentences.
    Why: one or two sentences.
    Fix: what to do, one or two sentences.

    More that helps to understand it may follow, in paragraphs of its own.

    Bad:
        workflow w {
          step a: let «nothing»
        }
    Good:
        workflow w {
          step a: let 1
        }

The examples are whole texts, checked with examples/catalog.json. In the bad one the code fires exactly once, at what
stands between the marks; in the good one it does not fire. A rule about two texts has a third, ``Before:``. What only
publishing finds has none.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.abc import SourceLoader
from importlib.util import find_spec
from pkgutil import iter_modules
from textwrap import dedent

from dsl.diagnostic import Diagnostic
from dsl.tree import Span
from dsl.wording.spelling import capital

_HEADLINE = re.compile(r"([A-Z][0-9]{3}): (\S.*\.)")
_PART = re.compile(r"^(What|Why|Fix|Before|Bad|Good):(.*)$")
_PROSE = ("What", "Why", "Fix")


class PageError(ValueError):
    """A docstring that begins with a code but is no page; says which module and what is missing."""


@dataclass(frozen=True, slots=True)
class Example:
    """A whole text without the marks; ``marked`` is what stood between them."""

    text: str
    marked: Span | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """``headline`` ends with a full stop; ``more`` are paragraphs. ``before`` is the older text of a rule about two."""

    code: str
    headline: str
    what: str
    why: str
    fix: str
    module: str
    more: tuple[str, ...] = ()
    bad: Example | None = None
    good: Example | None = None
    before: Example | None = None


def page_of(doc: str, module: str) -> Page | None:
    """The page in a docstring, None when it is no rule's. Raises ``PageError`` when it lacks a part."""
    lines = doc.strip().splitlines()
    headline = _HEADLINE.fullmatch(lines[0]) if lines else None
    if headline is None:
        return None
    parts = _parts(lines[1:], module)
    for name in _PROSE:
        if not parts.get(name):
            raise PageError(f"{module} does not say {name!r}")
    if parts.keys() - set(_PROSE) not in (set(), {"Bad", "Good"}, {"Before", "Bad", "Good"}):
        raise PageError(f"{module} has an example too few: there are Bad and Good, or none")
    bad = _marked(parts["Bad"], module) if "Bad" in parts else None
    good = Example(parts["Good"]) if "Good" in parts else None
    before = Example(parts["Before"]) if "Before" in parts else None
    what, why, last = (_paragraphs(parts[name]) for name in _PROSE)
    if len(what) != 1 or len(why) != 1:
        raise PageError(f"{module} has an empty line in What or Why")
    return Page(headline[1], headline[2], what[0], why[0], last[0], module, last[1:], bad, good, before)


def _parts(lines: list[str], module: str) -> dict[str, str]:
    found: dict[str, list[str]] = {}
    current: list[str] | None = None
    for line in lines:
        start = _PART.match(line)
        if start is not None:
            if start[1] in found:
                raise PageError(f"{module} says {start[1]!r} twice")
            current = found.setdefault(start[1], [start[2]])
        elif current is not None:
            current.append(line)
        elif line.strip():
            raise PageError(f"{module}: {line!r} belongs to no part of the page")
    return {name: dedent("\n".join(part)).strip("\n") for name, part in found.items()}


def _paragraphs(text: str) -> tuple[str, ...]:
    return tuple(" ".join(part.split()) for part in re.split(r"\n\s*\n", text.strip()))


def _marked(example: str, module: str) -> Example:
    start, end = example.find("«"), example.find("»")
    if example.count("«") != 1 or example.count("»") != 1 or end < start:
        raise PageError(f"{module}: the bad example has not exactly one place between « and »")
    return Example(example.replace("«", "").replace("»", ""), Span(start, end - 1))


def pages() -> tuple[Page, ...]:
    """The pages of all rules, by code. Raises ``PageError`` when a code has two."""
    found: dict[str, Page] = {}
    for module, doc in _docstrings():
        page = page_of(doc, module)
        if page is None:
            continue
        if page.code in found:
            raise PageError(f"{page.code} has two pages: {found[page.code].module} and {page.module}")
        found[page.code] = page
    return tuple(found[code] for code in sorted(found))


def _docstrings() -> Iterator[tuple[str, str]]:
    """Every module that may hold a rule, with its docstring; read, not run."""
    for package in ("dsl.checks", "dsl.changes"):
        found = find_spec(package)
        for info in iter_modules(found.submodule_search_locations if found else ()):
            name = f"{package}.{info.name}"
            spec = find_spec(name)
            if spec is not None and isinstance(spec.loader, SourceLoader):
                source = spec.loader.get_source(name) or ""
                yield name, ast.get_docstring(ast.parse(source)) or ""


_SORTS = {
    "E": ("Errors", "The workflow cannot be published before they are mended."),
    "W": ("Warnings", "The workflow can be published; something is probably not as it was meant."),
    "B": ("Breaking changes", "What a new version would break for callers, and for runs on their way."),
    "I": ("Notes", "Nothing is wrong; something is worth knowing. `weft check --notes` shows them."),
}


def markdown(every: Iterable[Page], told: Mapping[str, Diagnostic]) -> str:
    """docs/diagnostics.md. ``told`` is what each code says of its bad example."""
    listed = tuple(every)
    lines = [
        "# Diagnostics",
        "",
        "Everything that `weft check`, the editor and publishing can say of a workflow. This page is made from the",
        "rules themselves by `./weft docs`; its examples are tests.",
    ]
    for sort, (title, meaning) in _SORTS.items():
        those = [page for page in listed if page.code.startswith(sort)]
        if those:
            lines += ["", f"## {title}", "", meaning, "", "| code | what |", "|---|---|"]
            lines += [f"| [{page.code}](#{page.code.lower()}) | {page.headline[:-1]} |" for page in those]
    for sort in _SORTS:
        for page in listed:
            if page.code.startswith(sort):
                lines += _section(page, told.get(page.code))
    return "\n".join(lines) + "\n"


def _section(page: Page, told: Diagnostic | None) -> Iterator[str]:
    yield from ("", f"## {page.code}", "", f"**{capital(page.headline)}**", "")
    yield f"{capital(page.what)} {capital(page.why)}"
    yield from ("", f"What to do: {page.fix}")
    for paragraph in page.more:
        yield from ("", paragraph)
    if page.before is not None:
        yield from ("", "Before:", "", "```weft", page.before.text, "```")
    if page.bad is not None:
        yield from ("", "After, with the mistake:" if page.before else _introduction(page), "", "```text")
        yield from (_underlined(page.bad), "```")
    if told is not None:
        yield from ("", f"> {told.severity} {page.code}: {told.message}", ">", f"> {told.help}")
        if told.witness:
            yield from (">", f"> The way that shows it: {' -> '.join(f'`{path}`' for path in told.witness)}")
        if told.fix is not None:
            yield from (">", f"> Quick fix: {told.fix.title}")
    if page.good is not None:
        mended = "Nothing to say:" if page.code.startswith("I") else "Mended:"
        yield from ("", mended, "", "```weft", page.good.text, "```")


def _introduction(page: Page) -> str:
    return "For example:" if page.code.startswith("I") else "With the mistake:"


def _underlined(example: Example) -> str:
    if example.marked is None:
        return example.text
    start, end = example.marked.start, example.marked.end
    line_start = example.text.rfind("\n", 0, start) + 1
    line_end = example.text.find("\n", start)
    line_end = len(example.text) if line_end < 0 else line_end
    marker = " " * (start - line_start) + "^" * max(1, min(end, line_end) - start)
    return f"{example.text[:line_end]}\n{marker}{example.text[line_end:]}"


__all__ = ["Example", "Page", "PageError", "markdown", "page_of", "pages"]
