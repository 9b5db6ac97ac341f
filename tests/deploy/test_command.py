"""The ``weft`` command as a person meets it: exit codes, sentences, no tracebacks."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

REFUND = ROOT / "examples" / "refund.weft"


def weft(
    *words: str, home: Path, stdin: bytes = b"", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [str(ROOT / "weft"), *words],
        input=stdin,
        capture_output=True,
        timeout=120,
        check=False,
        env={**os.environ, "WEFT_HOME": str(home), **environment},
    )


def test_a_clean_file_checks_with_exit_code_0(tmp_path: Path) -> None:
    done = weft("check", str(REFUND), home=tmp_path)
    assert done.returncode == 0, done
    assert b"0 errors" in done.stderr


def test_a_broken_file_says_where_and_what_to_do(tmp_path: Path) -> None:
    broken = tmp_path / "broken.weft"
    broken.write_text(REFUND.read_text().replace("shop.get_order(", "shop.get_ordr("))
    done = weft("check", "--json", str(broken), home=tmp_path)
    assert done.returncode == 1
    first = next(found for found in json.loads(done.stdout) if found["severity"] == "error")
    assert first["code"] == "E106"
    assert first["start"]["line"] == 1 + broken.read_text()[: first["start"]["offset"]].count("\n")
    assert "get_order" in first["help"]


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda path: path.mkdir(), b"is a folder"),
        (lambda path: None, b"There is no file"),
        (lambda path: path.write_bytes(b"\x7fELF\xff\xfe\x00"), b"not a text in UTF-8"),
    ],
    ids=["a folder", "a missing file", "a binary"],
)
def test_what_is_not_a_workflow_file_is_a_usage_error(tmp_path: Path, make, says: bytes) -> None:
    path = tmp_path / "thing.weft"
    make(path)
    done = weft("check", str(path), home=tmp_path)
    assert (done.returncode, says in done.stderr) == (2, True), done
    assert b"Traceback" not in done.stderr


def test_standard_input_is_checked_too(tmp_path: Path) -> None:
    assert weft("check", "-", home=tmp_path, stdin=REFUND.read_bytes()).returncode == 0
    assert weft("check", "-", home=tmp_path, stdin=b"workflow {").returncode == 1


def test_format_changes_a_file_once(tmp_path: Path) -> None:
    path = tmp_path / "loose.weft"
    path.write_text(REFUND.read_text().replace("\n  step", "\n      step"))
    assert weft("fmt", "--check", str(path), home=tmp_path).returncode == 1
    assert weft("fmt", str(path), home=tmp_path).returncode == 0
    assert weft("fmt", "--check", str(path), home=tmp_path).returncode == 0


@pytest.mark.parametrize(("form", "begins"), [("json", b"{"), ("mermaid", b"flowchart"), ("svg", b"<svg")])
def test_a_graph_comes_in_three_forms(tmp_path: Path, form: str, begins: bytes) -> None:
    done = weft("graph", str(REFUND), "--format", form, home=tmp_path)
    assert done.returncode == 0, done
    assert done.stdout.startswith(begins)


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("postgresql://nobody:wrong@127.0.0.1:1/none", b"database"),
        ("this is not a url", b"DATABASE_URL"),
    ],
    ids=["nothing listens there", "not a URL"],
)
def test_a_wrong_database_url_is_said_plainly(tmp_path: Path, url: str, says: bytes) -> None:
    done = weft("run", str(REFUND), home=tmp_path, DATABASE_URL=url)
    assert done.returncode == 2, done
    assert says in done.stderr
    assert b"Traceback" not in done.stderr


def test_too_old_a_python_is_said_plainly(tmp_path: Path) -> None:
    old = tmp_path / "bin"
    old.mkdir()
    for name in ("python3", "python3.11", "python3.12", "python3.13"):
        program = old / name
        program.write_text('#!/bin/sh\n[ "$1" = --version ] && echo Python 3.9.2 && exit 0\nexit 1\n')
        program.chmod(0o755)
    path = f"{old}:{os.environ['PATH']}"
    done = weft("up", home=tmp_path, PATH=path, WEFT_VENV=str(tmp_path / "venv"), WEFT_PYTHON="")
    assert done.returncode == 2
    assert b"Python 3.9.2" in done.stderr
    assert not (tmp_path / "venv").exists()
