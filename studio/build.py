"""Builds the page once: `python -m studio.build [--force]`.

The result, `.web/build/client`, is static. It is rebuilt only when something that goes into it changed, told by a hash
over the studio's sources, its assets, its settings and the locks. Node comes from a Python package (rxconfig.py).
"""

import argparse
import fcntl
import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CLIENT = Path(".web/build/client")
STAMP = ".weft-build"
INPUTS = ("studio", "assets", "examples", "rxconfig.py", "reflex.lock", "requirements.lock")
SUFFIXES = {".py", ".js", ".jsx", ".css", ".svg", ".png", ".json", ".lock", ".ico", ".txt", ".html", ".weft"}


class BuildFailed(Exception):
    """The page could not be built; the message says why and what to do."""


def inputs(root: Path) -> Iterator[Path]:
    """The files the page is made of, in a stable order."""
    for name in INPUTS:
        start = root / name
        found = [start] if start.is_file() else sorted(start.rglob("*"))
        for path in found:
            # assets/external holds links that the build itself makes.
            made = "__pycache__" in path.parts or "external" in path.relative_to(root).parts
            if path.is_file() and path.suffix in SUFFIXES and not made:
                yield path


def fingerprint(root: Path = ROOT) -> str:
    """sha256 hex over the names and contents of the inputs."""
    digest = hashlib.sha256()
    for path in inputs(root):
        content = path.read_bytes()
        digest.update(f"{path.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def is_built(root: Path = ROOT) -> bool:
    """Whether the page on disk is the one these sources make."""
    stamp = root / CLIENT / STAMP
    return stamp.is_file() and stamp.read_text() == fingerprint(root)


def build(root: Path = ROOT, say: Callable[[str], None] = print, force: bool = False) -> bool:
    """Builds the page unless it is there. Returns whether it built. Raises BuildFailed.

    Two builds at once wait for each other; the second finds the first one's work.
    """
    # Not under .web: the framework empties that folder when it starts afresh.
    (root / ".node").mkdir(exist_ok=True)
    with (root / ".node" / "build.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not force and is_built(root):
            say("The page is built already.")
            return False
        _build(root, say)
        return True


def _build(root: Path, say: Callable[[str], None]) -> None:
    made_of = fingerprint(root)
    log = root / ".node" / "build.log"
    fresh = not (root / ".web" / "node_modules").is_dir()
    say(
        "Building the page"
        + (" for the first time: fetching its npm packages, about half a minute." if fresh else ".")
    )
    started = time.monotonic()
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", "TERM": "dumb", "CI": "1"}
    # The lock file is kept free of whichever registry this machine happens to use.
    environment.setdefault("NPM_CONFIG_OMIT_LOCKFILE_REGISTRY_RESOLVED", "true")
    environment.pop("__REFLEX_SKIP_COMPILE", None)
    command = [sys.executable, "-m", "reflex", "export", "--no-zip"]
    with log.open("w") as out:
        ended = subprocess.run(
            command, cwd=root, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT
        )
    if ended.returncode != 0 or not (root / CLIENT / "index.html").is_file():
        tail = "\n".join(log.read_text(errors="replace").strip().splitlines()[-12:])
        raise BuildFailed(
            f"The page could not be built (exit code {ended.returncode}). Last lines of {log}:\n{tail}\n"
            + ("Check `npm config get registry` and the network, then try again." if "npm" in tail else "")
        )
    # The build itself may write reflex.lock on a first run; the stamp must be of what is there now.
    after = fingerprint(root)
    (root / CLIENT / STAMP).write_text(after if _only_lock_changed(root, made_of, after) else made_of)
    say(f"The page is built ({time.monotonic() - started:.0f} s).")


def _only_lock_changed(root: Path, before: str, after: str) -> bool:
    """Sources edited while building must lead to another build; the lock file the build wrote must not."""
    if before == after:
        return True
    lock = root / "reflex.lock"
    newest_source = max(path.stat().st_mtime for path in inputs(root) if lock not in path.parents)
    return newest_source < (root / CLIENT / "index.html").stat().st_mtime


def main() -> int:
    """The command. Exit 0 built or up to date, 1 with a message when the build failed."""
    reader = argparse.ArgumentParser(prog="python -m studio.build", description="Builds the studio's page.")
    reader.add_argument("--force", action="store_true", help="build even when nothing changed")
    asked = reader.parse_args()
    try:
        build(force=asked.force, say=lambda line: print(line, flush=True))
    except BuildFailed as failed:
        print(failed, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
