"""Every rule has one page; what its page shows is what it does; the page of all of them is up to date."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.cli import main
from deploy.commands.docs import DIAGNOSTICS, diagnostics_page
from dsl.checks.pages import Page, PageError, page_of
from tests.dsl_rules.rules import PAGES, ROOT, SHOWN, applied, errors, said

CODE = re.compile(r"[EWBI][0-9]{3}")


def name(page: Page) -> str:
    return page.code


def codes_in(path: Path) -> Iterator[str]:
    """The codes that a module's own text holds as values; docstrings and comments are none."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and CODE.fullmatch(node.value):
            yield node.value


def codes_of_the_house() -> set[str]:
    folders = ("dsl", "engine", "studio", "deploy", "connectors")
    return {code for folder in folders for path in (ROOT / folder).rglob("*.py") for code in codes_in(path)}


def test_every_code_has_a_page_and_every_page_a_code() -> None:
    assert codes_of_the_house() == {page.code for page in PAGES}


def test_the_page_of_all_rules_is_up_to_date() -> None:
    assert DIAGNOSTICS.read_text(encoding="utf-8") == diagnostics_page(), "run `./weft docs`"


def test_the_command_agrees_that_nothing_is_left_to_write() -> None:
    assert main(["docs", "--check"]) == 0


@pytest.mark.parametrize("page", SHOWN, ids=name)
def test_a_code_fires_once_and_where_its_bad_example_is_marked(page: Page) -> None:
    assert page.bad is not None
    spans = [(one.span.start, one.span.end) for one in said(page, page.bad.text)]
    assert page.bad.marked is not None
    marked = (page.bad.marked.start, page.bad.marked.end)
    assert spans == [marked], [page.bad.text[start:end] for start, end in spans]


@pytest.mark.parametrize("page", SHOWN, ids=name)
def test_a_code_does_not_fire_on_its_good_example_which_has_no_errors(page: Page) -> None:
    assert page.good is not None
    assert said(page, page.good.text) == []
    assert errors(page.good.text) == []


@pytest.mark.parametrize("page", SHOWN, ids=name)
def test_the_bad_example_has_no_other_error(page: Page) -> None:
    assert page.bad is not None
    assert {code for code, _ in errors(page.bad.text)} <= {page.code}


@pytest.mark.parametrize("page", SHOWN, ids=name)
def test_a_fix_of_the_bad_example_makes_it_go_away_and_breaks_nothing(page: Page) -> None:
    assert page.bad is not None
    for one in said(page, page.bad.text):
        if one.fix is not None:
            mended = applied(page.bad.text, one.fix)
            assert said(page, mended) == []
            assert set(errors(mended)) <= set(errors(page.bad.text))


@pytest.mark.parametrize("page", SHOWN, ids=name)
def test_what_a_code_says_stands_alone_in_one_sentence(page: Page) -> None:
    assert page.bad is not None
    (one,) = said(page, page.bad.text)
    assert one.message and one.message[-1] not in ".!" and "\n" not in one.message
    assert one.help and one.help[-1] != "."
    wanted = {"E": "error", "W": "warning", "I": "info"}.get(page.code[0])
    assert wanted is None or one.severity == wanted


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_the_lines_of_examples_are_short(page: Page) -> None:
    for example in (page.before, page.bad, page.good):
        assert example is None or all(len(line) < 100 for line in example.text.splitlines())


WHOLE = """E999: something.

What: it is.
Why: because.
Fix: mend it.

Bad:
    one «two»
Good:
    one
"""


def test_a_docstring_without_a_code_is_no_page() -> None:
    assert page_of("What every rule looks at.", "m") is None


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        (WHOLE.replace("Why: because.\n", ""), "m does not say 'Why'"),
        (WHOLE.replace("What: it is.", "What: it is.\nWhat: again."), "m says 'What' twice"),
        (WHOLE.replace("«", ""), "m: the bad example has not exactly one place between « and »"),
        (WHOLE[: WHOLE.index("Good")], "m has an example too few: there are Bad and Good, or none"),
        (WHOLE.replace("\nWhat", "\nProse.\nWhat"), "m: 'Prose.' belongs to no part of the page"),
    ],
)
def test_a_page_that_lacks_something_says_what(changed: str, complaint: str) -> None:
    assert page_of(WHOLE, "m") is not None
    with pytest.raises(PageError, match=re.escape(complaint)):
        page_of(changed, "m")
