"""``./weft run`` at a terminal, without a running studio: real database, connectors and runner, then nothing left."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from mcp.server.mcpserver import MCPServer

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
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if str(home) in " ".join(process.cmdline()):
                found.append(process.cmdline())
    return found


def ask(server: MCPServer, tool: str, **arguments: object) -> dict:
    """What a sample connector answers, on the data that the runs worked on."""

    async def once() -> dict:
        toolset = MemoryToolset("sample", server)
        await toolset.open()
        try:
            return (await toolset.call(tool, arguments, key=None, timeout_s=10)).unwrap()
        finally:
            await toolset.close()

    return asyncio.run(once())


def waiting_order(home: Path) -> str:
    """An order that may be refunded and is over the threshold."""
    server = shop.shop(home / "samples")
    for order in ask(server, "list_orders", status="delivered", limit=50)["orders"]:
        eligible = ask(server, "check_refund_eligibility", order_id=order["id"])["eligible"]
        if eligible and order["total"] > 100:
            return order["id"]
    raise AssertionError("the sample shop has no order left to try this on")


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
    order = ask(shop.shop(home / "samples"), "get_order", order_id="A-1001")
    assert order["refunded"] == order["total"] == 249.9
    outbox = ask(mail.mail(home / "samples"), "list_outbox")["messages"]
    assert [message["to"] for message in outbox] == [order["customer"]["email"]]


def test_without_an_answer_it_says_that_a_person_is_waited_for(home: Path) -> None:
    done = run(home, "--input", json.dumps({"order_id": waiting_order(home)}))
    assert done.returncode == 3, done.stderr
    assert lines(done)[-1]["state"] == "waiting"
    assert "waits for a person" in done.stderr


def test_a_rejected_approval_moves_no_money(home: Path) -> None:
    order = waiting_order(home)
    done = run(home, "--input", json.dumps({"order_id": order}), "--approve", "approval=no")
    assert "shop.process_refund" not in [event.get("tool") for event in lines(done)]
    assert ask(shop.shop(home / "samples"), "get_order", order_id=order)["refunded"] == 0


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
