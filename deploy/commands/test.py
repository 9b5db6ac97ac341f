"""``weft test``: everything that must hold, from nothing: style, types, import contracts, and all suites.

Tests that need an installation wait for it most of their time, and those of the engine for the database and for
processes that they end: each of the two runs beside all others, and what it said is printed after those. ``--deep``
runs the properties alone, each on thousands of random programs.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import IO
from xml.etree import ElementTree

from deploy.console import Console
from deploy.failure import Failure
from deploy.home import ROOT

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ENGINE = ("engine_*", "chaos", "poison")
"""Folders of ``tests`` whose tests wait more than they compute."""
_CHECKS = (
    ("style", ["ruff", "check", "."]),
    ("format", ["ruff", "format", "--check", "."]),
    ("types", ["mypy"]),
    ("import contracts", ["lint-imports"]),
)


def main(options: argparse.Namespace) -> int:
    os.chdir(ROOT)
    if options.deep:
        return _deep(options.deep, options.rest)
    environment = {**os.environ, "WEFT_BROWSER": find_browser()}
    if options.rest:
        return subprocess.run(
            [sys.executable, "-m", "pytest", *options.rest], env=environment, check=False
        ).returncode
    failed = []
    bin_folder = os.path.dirname(sys.executable)
    for name, command in _CHECKS:
        started = time.monotonic()
        program = [os.path.join(bin_folder, command[0]), *command[1:]]
        if subprocess.run(program, env=environment, check=False).returncode != 0:
            failed.append(name)
        print(
            f"{name}: {'failed' if name in failed else 'ok'} ({time.monotonic() - started:.0f} s)", flush=True
        )
    failed += _suites(environment)
    if failed:
        print(f"Failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _suites(environment: dict[str, str]) -> list[str]:
    """Every test, in three processes. What failed."""
    engine = sorted(str(folder) for name in _ENGINE for folder in Path("tests").glob(name))
    suites = (
        # First, so that it is building the page and starting while the others begin.
        ("tests of an installation", ["-m", "stack"]),
        ("tests of the engine", ["-m", "not stack", *engine]),
        ("tests", ["-m", "not stack", *(f"--ignore={folder}" for folder in engine)]),
    )
    failed = []
    with contextlib.ExitStack() as held:
        *beside, last = suites
        running = []
        for number, (name, words) in enumerate(beside):
            told = held.enter_context(tempfile.TemporaryFile())
            running.append((name, _pytest(number, words, environment, told), told))
        running.append((last[0], _pytest(len(beside), last[1], environment, None), None))
        try:
            failed = [name for name, process, _ in reversed(running) if process.wait() != 0]
        finally:
            for _, process, _ in running:
                if process.poll() is None:
                    process.send_signal(signal.SIGINT)
                    process.wait()
        for name, _, told in running:
            if told is not None:
                told.seek(0)
                print(f"{name.capitalize()}:", flush=True)
                shutil.copyfileobj(told, sys.stdout.buffer)
                sys.stdout.flush()
    return failed


def _pytest(
    number: int, words: list[str], environment: dict[str, str], out: IO[bytes] | None
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "pytest", *words, "-o", f"cache_dir=.pytest_cache/{number}"]
    return subprocess.Popen(command, env=environment, stdout=out, stderr=out)


def _deep(programs: int, rest: list[str]) -> int:
    """The tests marked ``properties`` on so many programs each, and a line for each of them."""
    print(f"Trying every property on {programs} random programs; this takes a while.", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "properties.xml"
        command = [sys.executable, "-m", "pytest", "-m", "properties", f"--junitxml={report}", *rest]
        done = subprocess.run(command, env={**os.environ, "WEFT_PROGRAMS": str(programs)}, check=False)
        if not report.exists():
            return done.returncode
        cases = list(ElementTree.parse(report).iter("testcase"))
    width = max((len(_sentence(case)) for case in cases), default=0)
    print(f"{'property':<{width}}  {'programs':>8}  {'seconds':>7}")
    for case in cases:
        skipped = case.find("skipped") is not None
        wrong = case.find("failure") is not None or case.find("error") is not None
        tried = "failed" if wrong else "skipped" if skipped else str(programs)
        print(f"{_sentence(case):<{width}}  {tried:>8}  {float(case.get('time', 0)):>7.1f}")
    return done.returncode


def _sentence(case: ElementTree.Element) -> str:
    """``test_any_program_means_the_same`` of ``tests.dsl.test_format`` as words."""
    module = case.get("classname", "").removeprefix("tests.")
    return f"{module}: {case.get('name', '').removeprefix('test_').replace('_', ' ')}"


def find_browser() -> str:
    """The system's Chromium; installed from Debian's packages where that is possible and it is missing."""
    named = os.environ.get("WEFT_BROWSER")
    found = named or next((path for name in _BROWSERS if (path := shutil.which(name))), None)
    if found:
        return found
    if os.geteuid() == 0 and shutil.which("apt-get"):
        with Console().stage("Installing Chromium for the browser tests (once)", "Chromium installed"):
            quiet = {
                "env": {**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
                "check": False,
                "capture_output": True,
            }
            subprocess.run(["apt-get", "update"], **quiet)
            done = subprocess.run(
                ["apt-get", "install", "-y", "--no-install-recommends", "chromium"], **quiet
            )
        if done.returncode == 0 and (path := shutil.which("chromium")):
            return path
    raise Failure(
        "The browser tests need Chromium, and it could not be found or installed.",
        "Install it (Debian: apt install chromium) or set WEFT_BROWSER to a Chromium or Chrome program.",
    )
