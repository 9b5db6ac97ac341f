"""How long a process may keep a core before the kernel looks who else wants it (Linux, EEVDF's slices, from 6.12 on).

Whoever wakes up with a shorter slice takes the core from one with a longer slice at once; otherwise it waits until that
one's slice is over or the kernel's clock ticks. A long slice gives nobody more processor time and costs no privilege.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import struct
from collections.abc import Iterator
from pathlib import Path

LONG_NS = 100_000_000
"""The longest slice that the kernel grants, in nanoseconds."""
USUAL_NS = 0
"""The kernel's own choice."""

_SCHED_SETATTR = {"x86_64": 314, "aarch64": 274}.get(platform.machine())
_ATTR = struct.Struct("IIQiIQQQII")
"""struct sched_attr: size, policy, flags, nice, priority, runtime, deadline, period, util_min, util_max."""


def set_slice(pid: int, nanoseconds: int) -> None:
    """For every thread of a process and of its descendants, where the kernel can; elsewhere nothing happens."""
    if _SCHED_SETATTR is None:
        return
    system = ctypes.CDLL(None)
    for thread in _threads(pid):
        with contextlib.suppress(OSError):
            # What a thread is ranked by besides must be said again, or it would be taken away.
            policy, nice = os.sched_getscheduler(thread), os.getpriority(os.PRIO_PROCESS, thread)
            if policy in (os.SCHED_OTHER, os.SCHED_BATCH):
                attr = _ATTR.pack(_ATTR.size, policy, 0, nice, 0, nanoseconds, 0, 0, 0, 0)
                system.syscall(_SCHED_SETATTR, thread, attr, 0)


def set_idle(pid: int, idle: bool) -> None:
    """Whether every thread of a process and of its descendants is of the idle class: a core that has nothing else
    counts as a free one, so whoever wakes up is put there instead of behind others. Each keeps its slice."""
    policies = (os.SCHED_OTHER, os.SCHED_IDLE) if idle else (os.SCHED_IDLE, os.SCHED_OTHER)
    for thread in _threads(pid):
        with contextlib.suppress(OSError):
            if os.sched_getscheduler(thread) == policies[0]:
                os.sched_setscheduler(thread, policies[1], os.sched_param(0))


def _threads(pid: int) -> Iterator[int]:
    with contextlib.suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            yield int(task.name)
            for child in (task / "children").read_text().split():
                yield from _threads(int(child))
