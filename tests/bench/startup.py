"""``weft bench startup``: how long ``weft up`` takes to a usable page and to a ready engine, and what it holds idle.

Every start is a real one of a real installation in a folder of its own. The first makes the database and, when the
sources changed, the page; the others are second starts. Memory is the proportional set size of all processes, read
when the installation has been left alone for a while.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from pathlib import Path

from deploy import memory
from deploy.home import Home
from tests.bench.figures import Figure, report, show
from tests.stack.stack import Stack

_IDLE_SECONDS = 20


def main(argv: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="weft bench startup")
    parser.add_argument("--json", action="store_true", help="print one JSON object last")
    parser.add_argument("--starts", type=int, default=3, help="second starts to measure")
    options = parser.parse_args(argv)
    folder = Path(tempfile.mkdtemp(prefix="weft-bench-"))
    folder.chmod(0o755)
    seconds: dict[str, list[float]] = {}
    megabytes: dict[str, list[float]] = {}
    try:
        for number in range(1 + options.starts):
            _one_start(folder, "first start" if number == 0 else "second start", seconds, megabytes)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    figures = {label: Figure("s", values) for label, values in seconds.items()}
    figures |= {f"idle memory, {part}": Figure("MB", values) for part, values in megabytes.items()}
    show(report("startup", figures), as_json=options.json)
    return 0


def _one_start(
    folder: Path, kind: str, seconds: dict[str, list[float]], megabytes: dict[str, list[float]]
) -> None:
    stack = Stack(folder)
    try:
        started = time.monotonic()
        seconds.setdefault(f"{kind}, to a usable page", []).append(stack.start())
        stack.wait_for_engine()
        seconds.setdefault(f"{kind}, to a ready engine", []).append(time.monotonic() - started)
        time.sleep(_IDLE_SECONDS)
        parts = memory.by_part(Home(folder))
        for part, size in {**parts, "all": sum(parts.values())}.items():
            megabytes.setdefault(part, []).append(size)
        started = time.monotonic()
        stack.stop()
        seconds.setdefault("stop", []).append(time.monotonic() - started)
    finally:
        if stack.process is not None:
            stack.stop()


if __name__ == "__main__":
    import sys

    raise SystemExit(main(sys.argv[1:]))
