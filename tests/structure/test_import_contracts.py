"""The import contracts hold, and would notice: each fails on a violation seeded into a copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

_PACKAGES = ("dsl", "connectors", "engine", "studio", "deploy")


@pytest.fixture(scope="module")
def skeleton(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages' modules and contracts, without what is not Python."""
    copy = tmp_path_factory.mktemp("copy")
    shutil.copy(ROOT / "pyproject.toml", copy)
    for package in _PACKAGES:
        for source in (ROOT / package).rglob("*.py"):
            target = copy / source.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, target)
    return copy


def contracts_hold(folder: Path) -> bool:
    program = Path(sys.executable).with_name("lint-imports")
    environment = {**os.environ, "PYTHONPATH": str(folder)}
    done = subprocess.run(
        [str(program), "--no-cache"], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    return done.returncode == 0


def test_the_contracts_hold(skeleton: Path) -> None:
    assert contracts_hold(skeleton)


@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("dsl/seeded.py", "import connectors"),
        ("dsl/seeded.py", "import asyncio"),
        ("connectors/seeded.py", "import dsl"),
        ("engine/seeded.py", "import studio"),
        ("deploy/seeded.py", "import studio"),
        ("studio/seeded.py", "import deploy"),
        ("studio/designer/seeded.py", "import reflex"),
    ],
)
def test_a_seeded_violation_is_caught(skeleton: Path, module: str, statement: str) -> None:
    path = skeleton / module
    path.write_text(f"{statement}\n")
    try:
        assert not contracts_hold(skeleton)
    finally:
        path.unlink()
