"""`weft diff`, `weft check --against` and `weft run --simulate`, as processes: words, JSON and exit codes."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FORMS = ROOT / "examples" / "forms"
CLAIMS = FORMS / "approvals.weft"
CATALOG = str(FORMS / "catalog.json")


def weft(*words: str, code: int) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [sys.executable, "-m", "deploy", *words], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == code, (words, done.stdout[-500:], done.stderr[-500:])
    return done


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    text = CLAIMS.read_text(encoding="utf-8")
    text = text.replace("limit: float = 250.0", "limit: float = 400.0").replace(
        "step consent:", "step decision:"
    )
    file = tmp_path / "new.weft"
    file.write_text(text, encoding="utf-8")
    return file


def test_diff_says_what_differs_and_exits_by_it(changed: Path) -> None:
    assert weft("diff", str(CLAIMS), str(CLAIMS), code=0).stdout == "Nothing changed.\n"
    told = weft("diff", str(CLAIMS), str(changed), "--catalog", CATALOG, code=1).stdout.splitlines()
    assert told == [
        "The limit rises from 250.00 to 400.00.",
        "The approval `decision` is asked for less often.",
        "`consent` is now called `decision`.",
    ]
    found = json.loads(weft("diff", str(CLAIMS), str(changed), "--json", code=1).stdout)
    assert found["same"] is False
    assert [(one["kind"], one["weight"], one["new"]) for one in found["changes"]] == [
        ("head_changed", "safety", None),
        ("step_renamed", "words", "gate.decision"),
    ]
    assert found["changes"][1]["old_place"]["start"]["line"] == 39
    assert "no file" in weft("diff", str(CLAIMS), "nowhere.weft", code=2).stderr


def test_check_against_an_older_text_adds_what_breaks(changed: Path) -> None:
    words = ("check", str(changed), "--catalog", CATALOG, "--json", "--against", str(CLAIMS))
    assert json.loads(weft(*words, code=0).stdout) == []
    (found,) = json.loads(weft(*words, "--waiting", "gate.consent", code=0).stdout)
    assert (found["code"], found["severity"]) == ("B711", "warning")
    changed.write_text(
        changed.read_text(encoding="utf-8").replace("payment_id: string?,", ""), encoding="utf-8"
    )
    assert "B704" in weft(*words, code=1).stdout


def test_a_simulation_needs_no_engine_and_prints_a_line_a_path(tmp_path: Path) -> None:
    done = weft("run", str(CLAIMS), "--simulate", "--catalog", CATALOG, code=0)
    *paths, whole = map(json.loads, done.stdout.splitlines())
    assert whole["paths"] == len(paths) and whole["unreached"] == [] and not whole["cut"]
    assert "bank.pay-out" in whole["effects"]
    assert paths[0]["outcome"]["ending"] == "succeeded"
    assert "approved at gate.consent" in done.stderr
    mocks = tmp_path / "mocks.json"
    mocks.write_text('{"claim": {"error": {"code": "gone"}}}', encoding="utf-8")
    words = ("run", str(CLAIMS), "--simulate", "--catalog", CATALOG, "--mocks", str(mocks))
    *paths, whole = map(json.loads, weft(*words, "--input", '{"claim_id": "7"}', code=0).stdout.splitlines())
    assert [path["outcome"]["error"]["code"] for path in paths] == ["gone"]
    assert "does not fit" in weft(*words, "--input", '{"claim": "7"}', code=2).stderr
    mocks.write_text("[", encoding="utf-8")
    assert "not JSON" in weft(*words, code=2).stderr
    mocks.write_text('{"consent": {"answer": "maybe"}}', encoding="utf-8")
    assert "maybe" in weft(*words, code=2).stderr


def test_a_simulation_in_a_terminal_is_told_in_words_alone() -> None:
    ours, theirs = pty.openpty()
    words = (sys.executable, "-m", "deploy", "run", str(CLAIMS), "--simulate", "--catalog", CATALOG)
    said = b""
    with subprocess.Popen(words, cwd=ROOT, stdout=theirs, stderr=subprocess.PIPE) as running:
        os.close(theirs)
        with contextlib.suppress(OSError):
            while part := os.read(ours, 65_536):
                said += part
        assert running.stderr is not None and running.stderr.read() == b""
        assert running.wait(timeout=60) == 0
    os.close(ours)
    lines = said.decode().splitlines()
    assert lines[0] == "20 ways through it: 6 succeed and 14 fail." and "{" not in said.decode()


def test_a_text_with_errors_is_not_simulated(tmp_path: Path) -> None:
    file = tmp_path / "bad.weft"
    file.write_text("workflow w {\n  step a: let nothing\n}\n", encoding="utf-8")
    assert "E101" in weft("run", str(file), "--simulate", code=1).stderr
