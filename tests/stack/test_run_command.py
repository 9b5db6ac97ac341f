"""``./weft run`` at a terminal, without a running studio: real database, connectors and runner, then nothing left."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from connectors import MemoryToolset
from connectors.samples import mail, shop
from tests.conftest import ROOT

pytestmark = pytest.mark.stack
REFUND = str(ROOT / "examples" / "refund.weft")


@pytest.fixture(scope="module")
def home() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="weft-run-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def run(home: Path, *words: str, file: str = REFUND) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    return subprocess.run(
        [str(ROOT / "weft"), "run", file, *words],
        env={**environment, "WEFT_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def lines(done: subprocess.CompletedProcess[str]) -> list[dict]:
    return [json.loads(line) for line in done.stdout.splitlines()]


def processes_of(home: Path) -> list[list[str]]:
    return [process.cmdline() for process in psutil.process_iter() if str(home) in " ".join(process.cmdline())]


def ask(server: object, tool: str) -> dict:
    async def once() -> dict:
        toolset = MemoryToolset(server)  # type: ignore[arg-type]
        await toolset.open()
        try:
            return (await toolset.call(tool, {}, key=None, timeout_s=10)).unwrap()
        finally:
            await toolset.close()

    return asyncio.run(once())


def test_the_refund_runs_to_its_end_when_the_approval_is_answered(home: Path) -> None:
    done = run(home, "--input", '{"order_id": "A-1001"}', "--approve", "approval=yes")
    assert done.returncode == 0, done.stderr
    *events, result = lines(done)
    assert result["state"] == "succeeded"
    assert result["output"]["status"] == "refunded"
    kinds = [event["kind"] for event in events]
    assert kinds[0] == "run.accepted"
    assert kinds.index("gate.opened") < kinds.index("run.waiting") < kinds.index("gate.answered")
    assert kinds[-1] == "run.succeeded"
    assert processes_of(home) == []


def test_without_an_answer_it_says_that_a_person_is_waited_for(home: Path) -> None:
    done = run(home, "--input", '{"order_id": "A-1005"}')
    assert done.returncode in (0, 3), done.stderr
    state = lines(done)[-1]["state"]
    assert (done.returncode, state) in ((3, "waiting"), (0, "succeeded"))


def test_a_rejected_approval_moves_no_money(home: Path) -> None:
    done = run(home, "--input", '{"order_id": "A-1001"}', "--approve", "approval=no")
    assert "process_refund" not in {event.get("tool", "").partition(".")[2] for event in lines(done)}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--input", "{order}"], "--input is not JSON"),
        (["--input", "[]"], "not an object"),
        (["--input", "{}"], "order_id"),
        (["--approve", "approval=maybe"], "STEP=yes"),
    ],
)
def test_a_wrong_word_is_said_plainly(home: Path, words: list[str], says: str) -> None:
    done = run(home, *words)
    assert done.returncode == 2, done
    assert says in done.stderr
    assert "Traceback" not in done.stderr


def test_a_text_with_errors_is_not_published(home: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.weft"
    broken.write_text(Path(REFUND).read_text().replace("shop.get_order(", "shop.fetch_order("))
    done = run(home, "--input", '{"order_id": "A-1001"}', file=str(broken))
    assert done.returncode == 1
    assert "E106" in done.stderr
    assert done.stdout == ""
