"""A server gives way while it keeps a core busy, and comes forward when it rests."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors import StdioToolset
from connectors.precedence import give_way
from connectors.slices import LONG_NS
from tests.connectors.conftest import ROOT, opened
from tests.engine_run.kit import until

BURNS = "while True: pass"
IN_A_CHILD = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {BURNS!r}])"

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/autogroup").exists(), reason="the kernel does not share out by sessions"
)


def niceness(pid: int) -> int:
    return int(Path(f"/proc/{pid}/autogroup").read_text().split()[-1])


def slice_of(pid: int) -> int:
    """In nanoseconds, as the kernel shows it."""
    lines = Path(f"/proc/{pid}/sched").read_text().splitlines()
    return next(int(line.rpartition(":")[2]) for line in lines if line.startswith("se.slice"))


def shows_slices() -> bool:
    shown = Path("/proc/self/sched")
    return shown.exists() and "se.slice" in shown.read_text()


@contextlib.asynccontextmanager
async def started(text: str) -> AsyncIterator[int]:
    """The leader of a session of its own that is looked after."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", text, start_new_session=True)
    watching = asyncio.create_task(give_way(process.pid, asyncio.Event()))
    try:
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        # It ends by itself with the process.
        await asyncio.wait_for(watching, 10)


@pytest.mark.parametrize("text", [BURNS, IN_A_CHILD], ids=["itself", "in a child"])
async def test_a_server_stands_back_while_it_burns_and_comes_forward_when_it_rests(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However many others compete for the cores, it gets as much.
    monkeypatch.setattr("connectors.precedence.BURNS", 0.03)
    async with started(text) as pid:
        for _ in range(2):
            await until(lambda: niceness(pid) == 19, 30)
            os.killpg(pid, signal.SIGSTOP)
            await until(lambda: niceness(pid) == 0, 30)
            os.killpg(pid, signal.SIGCONT)


async def test_a_server_that_waits_for_calls_stands_where_we_stand() -> None:
    command = [sys.executable, "-m", "tests.connectors.odd_server", "--stdio"]
    async with opened(StdioToolset("odd", command, {"PYTHONPATH": str(ROOT)})) as toolset:
        pid = (await toolset.call("process", {}, key=None, timeout_s=20)).unwrap()["pid"]
        await until(lambda: (niceness(pid), os.getpriority(os.PRIO_PROCESS, pid)) == (0, os.nice(0)), 30)


@pytest.mark.skipif(not shows_slices(), reason="the kernel does not say how long a slice is")
async def test_while_a_server_stands_back_whoever_wakes_up_need_not_wait_for_its_slice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("connectors.precedence.BURNS", 0.03)
    # The kernel does not show the slice of the idle class.
    monkeypatch.setattr("connectors.precedence._may_raise", lambda: False)
    async with started(BURNS) as pid:
        await until(lambda: slice_of(pid) == LONG_NS, 30)
        os.killpg(pid, signal.SIGSTOP)
        await until(lambda: slice_of(pid) < LONG_NS, 30)


@pytest.mark.skipif(os.geteuid() != 0, reason="only who may take the class back gives it")
async def test_while_a_server_stands_back_its_core_counts_as_a_free_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("connectors.precedence.BURNS", 0.03)
    async with started(BURNS) as pid:
        await until(lambda: os.sched_getscheduler(pid) == os.SCHED_IDLE, 30)
        os.killpg(pid, signal.SIGSTOP)
        await until(lambda: os.sched_getscheduler(pid) == os.SCHED_OTHER, 30)
