"""What the command says about files that are no workflows: a sentence and an exit code, never a traceback."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy import cli, texts
from tests.conftest import ROOT
from tests.deploy.test_command import REFUND

WRONG = "workflow a {\n  step x: call shop.get_ordr(order_id: 1)\n}\n"

MAKE: dict[str, tuple[Callable[[Path], object], str]] = {
    "a folder": (lambda path: path.mkdir(), "is a folder"),
    "a missing file": (lambda path: None, "There is no file"),
    "a binary": (lambda path: path.write_bytes(b"\x7fELF\xff\xfe\x00"), "is not a text in UTF-8"),
    "UTF-16": (lambda path: path.write_text("workflow a {}", "utf-16"), "is not a text in UTF-8"),
    "a lone surrogate": (
        lambda path: path.write_bytes(b"workflow a {} // \xed\xa0\x80"),
        "is not a text in UTF-8",
    ),
    "11 MB": (lambda path: path.write_bytes(b" " * 11_000_000), "is larger than 10 MB"),
    "a file that cannot be read": (lambda path: path.symlink_to("/proc/self/mem"), "cannot be read"),
    "a link to itself": (lambda path: path.symlink_to(path), "There is no file"),
    "an endless device": (lambda path: path.symlink_to("/dev/zero"), "is larger than 10 MB"),
}


def weft(*words: str, home: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """The command in this process: what it prints, and its exit code."""
    before = sys.stdin, sys.stdout, sys.stderr, os.environ.get("WEFT_HOME")
    out, err = io.BytesIO(), io.BytesIO()
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin), "utf-8")
    sys.stdout, sys.stderr = io.TextIOWrapper(out, "utf-8"), io.TextIOWrapper(err, "utf-8")
    os.environ["WEFT_HOME"] = str(home)
    try:
        code = cli.main(list(words))
        sys.stdout.flush()
        sys.stderr.flush()
        return subprocess.CompletedProcess(words, code, out.getvalue(), err.getvalue())
    finally:
        sys.stdin, sys.stdout, sys.stderr = before[:3]
        os.environ.pop("WEFT_HOME")
        if before[3] is not None:
            os.environ["WEFT_HOME"] = before[3]


def told(done: subprocess.CompletedProcess[bytes]) -> str:
    said = done.stderr.decode()
    assert "Traceback" not in said and "went wrong inside" not in said, said
    return said


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize("command", ["check", "fmt", "graph"])
def test_what_cannot_be_a_workflow_is_wrong_usage(tmp_path: Path, command: str, name: str) -> None:
    make, says = MAKE[name]
    path = tmp_path / "thing.weft"
    make(path)
    done = weft(command, str(path), home=tmp_path)
    assert (done.returncode, done.stdout) == (2, b"")
    assert says in told(done)


@pytest.mark.parametrize(
    "raw", [b"", b" \n", b"\xef\xbb\xbf", b"\x00" * 100, b"// only a comment\n", b"{" * 5_000]
)
def test_a_text_without_a_workflow_has_errors(tmp_path: Path, raw: bytes) -> None:
    for words in (("check", "-"), ("fmt", "-"), ("graph", "-")):
        done = weft(*words, home=tmp_path, stdin=raw)
        assert done.returncode == 1, (words, done)
        told(done)


def test_nothing_on_standard_input_is_told_and_not_waited_for(tmp_path: Path) -> None:
    done = subprocess.run(
        f"'{ROOT / 'weft'}' check - <&-",
        shell=True,
        capture_output=True,
        timeout=60,
        check=False,
        env={**os.environ, "WEFT_HOME": str(tmp_path)},
    )
    assert done.returncode in (1, 2)
    told(done)


def test_standard_input_that_is_too_much_or_no_text_is_wrong_usage(tmp_path: Path) -> None:
    assert "standard input is larger than 10 MB" in told(
        weft("check", "-", home=tmp_path, stdin=b" " * 11_000_000)
    )
    done = weft("check", "-", home=tmp_path, stdin=b"\xff")
    assert done.returncode == 2
    assert "standard input is not a text in UTF-8" in told(done)


def test_one_file_that_cannot_be_read_does_not_hide_the_others(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.weft"
    wrong.write_text(WRONG)
    files = [str(tmp_path), str(wrong), str(tmp_path / "none.weft"), str(REFUND)]
    done = weft("check", "--json", *files, home=tmp_path)
    assert done.returncode == 2
    assert "is a folder" in told(done) and "There is no file" in told(done)
    assert {found["file"] for found in json.loads(done.stdout)} == {str(wrong)}


def test_format_mends_what_it_can_and_tells_of_the_rest(tmp_path: Path) -> None:
    loose, broken = tmp_path / "loose.weft", tmp_path / "broken.weft"
    loose.write_text("workflow a{}")
    broken.write_text("workflow a{")
    done = weft("fmt", str(tmp_path / "none.weft"), str(broken), str(loose), home=tmp_path)
    assert done.returncode == 2
    assert "There is no file" in told(done) and "is never closed" in told(done)
    assert (loose.read_text(), broken.read_text()) == ("workflow a {}\n", "workflow a{")


def test_format_of_standard_input_goes_to_standard_output(tmp_path: Path) -> None:
    done = weft("fmt", "-", home=tmp_path, stdin="workflow ä{}".replace("ä", "a").encode())
    assert (done.returncode, done.stdout) == (0, b"workflow a {}\n")
    done = weft("fmt", "--check", "-", home=tmp_path, stdin=b"workflow a{}")
    assert (done.returncode, done.stdout) == (1, b"- would change\n")
    done = weft("fmt", "-", home=tmp_path, stdin=b"workflow a{")
    assert (done.returncode, done.stdout) == (1, b"")


def test_a_pipe_is_read_and_one_that_says_nothing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipe = tmp_path / "pipe.weft"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(REFUND.read_bytes(),))
    writer.start()
    assert weft("check", str(pipe), home=tmp_path).returncode == 0
    writer.join(timeout=10)
    monkeypatch.setattr(texts, "PATIENCE", 0.2)
    done = weft("check", str(pipe), home=tmp_path)
    assert done.returncode == 2
    assert "Nobody writes into the pipe" in told(done)


def test_what_a_terminal_would_obey_is_not_printed(tmp_path: Path) -> None:
    done = weft("check", "-", home=tmp_path, stdin="workflow a { // \x1b[31m\u202e red\n}".encode())
    assert done.returncode == 1
    assert "\x1b" not in done.stdout.decode() and "\u202e" not in done.stdout.decode()
    assert "U+001B" in done.stdout.decode() and "U+202E" in done.stdout.decode()


def test_a_line_of_a_megabyte_is_shown_in_part(tmp_path: Path) -> None:
    done = weft("check", "-", home=tmp_path, stdin=b"workflow a { step x: let " + b"1 + " * 50_000 + b"}")
    assert done.returncode == 1
    assert len(done.stdout) < 5_000


def test_a_file_whose_name_is_no_text_is_read(tmp_path: Path) -> None:
    path = os.fsencode(tmp_path) + b"/\xff.weft"
    Path(os.fsdecode(path)).write_text(WRONG)
    done = weft("check", os.fsdecode(path), home=tmp_path)
    assert done.returncode == 1
    assert "E106" in done.stdout.decode()
    told(done)


@pytest.mark.parametrize("content", [b"", b"[]", b'{"connectors": 1}', b"\xff"])
def test_a_catalog_that_is_none_is_wrong_usage(tmp_path: Path, content: bytes) -> None:
    catalog = tmp_path / "catalog.json"
    catalog.write_bytes(content)
    done = weft("check", str(REFUND), "--catalog", str(catalog), home=tmp_path)
    said = told(done)
    assert done.returncode == 2, said
