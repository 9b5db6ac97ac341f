"""Memory of an installation: the proportional set size of every process, so that shared pages count once."""

from __future__ import annotations

import contextlib

import psutil

from deploy.children import family
from deploy.home import Home
from deploy.postgres import EmbeddedPostgres

MEGABYTE = 2**20


def by_part(home: Home) -> dict[str, float]:
    """Megabytes of PSS of each part that runs (``supervisor``, ``database``, ``studio``, ...)."""
    record = home.read_record()
    owner = record.get("up")
    if not owner:
        return {}
    parts: dict[str, list[psutil.Process]] = {}
    with contextlib.suppress(psutil.Error):
        parts["supervisor"] = [psutil.Process(owner["pid"])]
    for mark in record.get("children", []):
        with contextlib.suppress(psutil.Error):
            parts[mark["name"]] = family(psutil.Process(mark["pid"]))
    if (pid := EmbeddedPostgres(home.path).pid()) is not None:
        with contextlib.suppress(psutil.Error):
            parts["database"] = family(psutil.Process(pid))
    return {name: sum(_pss(process) for process in members) / MEGABYTE for name, members in parts.items()}


def _pss(process: psutil.Process) -> int:
    with contextlib.suppress(psutil.Error):
        return int(process.memory_full_info().pss)
    return 0
