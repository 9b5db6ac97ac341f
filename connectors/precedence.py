"""A server that we started gives way to everybody else while it keeps a core busy, and at no other time.

Starting an interpreter or building an answer of 100 MB takes a core for a while; where the cores are few, every run
beside it would be slower. A server that stood back for good would be worse: where the cores are busy, the runs that
wait for its answers would wait with it. So a server begins at the back, comes forward once it rests, and stands back
again while it burns: then it gets what others leave, and its normal share for a moment twice a second.

Only what can be taken back is done: the niceness of the server's session (Linux's autogroups, which cost no privilege),
the niceness of its processes and the idle class where we may leave them again, and a long slice, so that whoever wakes
up need not wait for a tick of the kernel. Elsewhere nothing happens.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import time
from pathlib import Path

from connectors.slices import LONG_NS, USUAL_NS, set_idle, set_slice

LOOK_S = 0.05
"""How often a server that works is looked at."""
BACK_S = 0.5
"""How long it stands back after it was last seen burning."""
REST_S = 1.0
"""How often a server is looked at that rests and is sent nothing."""
BURNS = 0.4
"""From which share of a core on a server burns. Where so many compete that nobody gets as much, it has a fair share and
no more; looking at how long it waits instead would send back whom others keep waiting."""

_RESTS = 0.02
_LAST = 19
_CAP_SYS_NICE = 23


async def give_way(pid: int, stirred: asyncio.Event) -> None:
    """Looks after the server whose session `pid` leads, until it ends. `stirred` is set when it is sent something."""
    if not sys.platform.startswith("linux"):
        return
    rank = Rank(pid)
    clock = asyncio.get_running_loop().time
    with contextlib.suppress(ProcessLookupError):
        rank.stand_back()
        seen, used = clock(), _used(pid)
        until = seen + BACK_S
        while True:
            await asyncio.sleep(LOOK_S)
            before, seen = seen, clock()
            spent, used = used, _used(pid)
            share = (used - spent) / (seen - before)
            if share >= BURNS:
                until = seen + BACK_S
                rank.stand_back()
            elif seen >= until:
                rank.come_forward()
            if share < _RESTS and not rank.is_back:
                stirred.clear()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(REST_S):
                        await stirred.wait()
                seen, used = clock(), _used(pid)


class Rank:
    """Where a session stands. What the kernel refuses for the moment is asked for again at the next look."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._ours = os.getpriority(os.PRIO_PROCESS, 0)
        self._processes_too = _may_raise()
        self.is_back = False

    def stand_back(self) -> None:
        if not self.is_back:
            self.is_back = self._set(_LAST, _LAST)
            set_slice(self._pid, LONG_NS)
            if self._processes_too:
                set_idle(self._pid, True)

    def come_forward(self) -> None:
        if self.is_back:
            self.is_back = not self._set(0, self._ours)
            if self._processes_too:
                set_idle(self._pid, False)
            set_slice(self._pid, USUAL_NS)

    def _set(self, session: int, processes: int) -> bool:
        done = False
        with contextlib.suppress(OSError):
            Path(f"/proc/{self._pid}/autogroup").write_text(str(session))
            done = True
        if self._processes_too:
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PGRP, self._pid, processes)
                done = True
        return done


def _may_raise() -> bool:
    """Whether we may lower a niceness that we have raised."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapEff:"):
            return bool(int(line.split()[1], 16) >> _CAP_SYS_NICE & 1)
    return False


def _used(pid: int) -> float:
    """Seconds of processor that a process and its descendants have used. Raises ProcessLookupError when it is gone."""
    try:
        # The clock of all threads of a process, see clock_getcpuclockid(3).
        total = time.clock_gettime((~pid << 3) | 2)
    except OSError:
        raise ProcessLookupError(pid) from None
    with contextlib.suppress(OSError):
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with contextlib.suppress(ProcessLookupError):
                total += _used(int(child))
    return total
