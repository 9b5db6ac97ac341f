"""The built-in suite: every case can be passed, none is passed by nothing, and the test split is what it says."""

from __future__ import annotations

import random
from collections import Counter

import pytest

import dsl
from dsl.policy import problems_of
from studio.designer.evaluation import (
    Case,
    Reading,
    Result,
    SuiteError,
    built_in,
    judge_case,
    read_cases,
    read_catalog,
)
from studio.designer.evaluation.suite import FOLDER, KINDS

DEV, MORE, TEST = built_in("dev"), built_in("more"), built_in("test")
FREE, UNSEEN = built_in("free"), built_in("unseen")
ALL = (*DEV, *TEST)
EVERY = (*ALL, *MORE, *FREE, *UNSEEN)
NOTHING = "workflow nothing {\n  step done: return true\n}\n"


def reading(case: Case, text: str, says: str = "") -> Reading:
    base = case.turn_texts[-1] if case.turn_texts else case.base
    result = Result(
        text, says, base, case.base, case.turn_texts, case.reference_safety if says or text else ()
    )
    return Reading(result, read_catalog(case.catalog))


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.id)
def test_the_reference_of_a_case_has_all_its_properties(case: Case) -> None:
    for text in filter(None, (case.base, *case.turn_texts, case.reference)):
        assert dsl.format_text(text) == text
        assert reading(case, text).errors == ()
    answer = reading(case, case.reference, case.reference_says)
    outcome = "proposal" if case.reference else "question" if "?" in case.reference_says else "words"
    assert judge_case(case, outcome, answer) == ()


@pytest.mark.parametrize("case", EVERY, ids=lambda case: case.id)
def test_nothing_passes_no_case(case: Case) -> None:
    if "words" not in case.expect.outcomes:
        assert judge_case(case, "words", reading(case, "", "No."))
    if case.expect.properties and "words" not in case.expect.outcomes:
        assert judge_case(case, "proposal", reading(case, NOTHING))
    before = case.turn_texts[-1] if case.turn_texts else case.base
    if before:
        assert judge_case(case, "proposal", reading(case, before))


def test_the_suite_is_spread_over_kinds_and_catalogs() -> None:
    assert len({case.id for case in ALL}) == len(ALL) == 96
    assert Counter(case.kind for case in ALL) == dict.fromkeys(KINDS, 12)
    assert set(Counter(case.catalog for case in ALL).values()) == {16}
    assert sum(bool(case.pair) for case in ALL) >= 16


def test_the_wider_split_is_spread_over_kinds_catalogs_and_voices() -> None:
    assert len({case.id for case in EVERY}) == len(EVERY)
    assert len({case.turns for case in EVERY}) == len(EVERY)
    assert min(Counter(case.kind for case in MORE).values()) >= 15
    catalogs = Counter(case.catalog for case in MORE)
    assert set(catalogs) == {case.catalog for case in DEV} | {"hotel", "permits"}
    assert min(catalogs.values()) >= 10
    assert min(Counter(case.pair for case in MORE if case.pair).values()) == 3


def test_what_people_write_freely_is_spread_over_kinds_and_catalogs_in_both_of_its_parts() -> None:
    assert Counter(case.kind for case in FREE) == dict.fromkeys(KINDS, 16)
    assert Counter(case.kind for case in UNSEEN) == dict.fromkeys(KINDS, 8)
    assert set(Counter(case.catalog for case in UNSEEN).values()) == {8}
    known = {path.stem for path in (FOLDER / "catalogs").glob("*.json")}
    assert {case.catalog for case in EVERY} == known


def test_the_test_split_is_the_third_that_a_fixed_seed_draws_of_each_kind() -> None:
    drawn: set[str] = set()
    for kind in KINDS:
        ids = sorted(case.id for case in ALL if case.kind == kind)
        drawn |= set(random.Random(f"weft-eval-1/{kind}").sample(ids, round(len(ids) / 3)))
    assert {case.id for case in TEST} == drawn


@pytest.mark.parametrize("path", sorted((FOLDER / "catalogs").glob("*.json")), ids=lambda path: path.stem)
def test_a_catalog_has_a_dozen_tools_and_a_policy_that_fits_them(path) -> None:  # type: ignore[no-untyped-def]
    catalog = read_catalog(path.stem)
    assert 12 <= sum(len(one.tools) for one in catalog.connectors.values()) <= 20
    assert problems_of(catalog.policy, catalog) == ()
    dangerous = [
        tool
        for name, one in catalog.connectors.items()
        for tool in one.tools
        if catalog.nature(name, tool).dangerous
    ]
    assert dangerous


def test_a_line_that_is_no_case_is_told_by_its_number(tmp_path) -> None:  # type: ignore[no-untyped-def]
    file = tmp_path / "mine.jsonl"
    file.write_text('{"id": "a", "kind": "k", "catalog": "shop", "title": "t", "turns": []}\n')
    with pytest.raises(SuiteError, match=r"Line 1 of 'mine.jsonl' is no case: turns"):
        read_cases(file)
    with pytest.raises(SuiteError, match=r"cannot be read"):
        read_cases(tmp_path / "none.jsonl")
