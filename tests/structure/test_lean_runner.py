"""A runner that takes over from one that died is there as soon as it is imported: it imports what it needs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.conftest import ROOT

NOT_ITS_OWN = (
    "langgraph",
    "langchain_core",
    "sqlalchemy",
    "sqlmodel",
    "dsl.assist",
    "dsl.simulation",
    "engine.tables",
)
"""What takes long to import, and serves a plan that branches, the services, or an editor."""

SHOW = "import sys; print(*sys.modules)"


def imported_by(statement: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{statement}; {SHOW}"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_a_runner_does_not_import_what_only_others_need() -> None:
    assert imported_by("import engine.runner").isdisjoint(NOT_ITS_OWN)


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("import engine.runtime.weaving", "langgraph"),
        ("import engine.database", "sqlalchemy"),
        ("import engine.tables", "engine.tables"),
        ("import dsl; dsl.hover", "dsl.assist"),
    ],
)
def test_what_it_leaves_out_would_be_seen(statement: str, what: str) -> None:
    assert what in imported_by(statement)
