"""``weft test``: everything that must hold, from nothing: style, types, import contracts, and all suites."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import time

from deploy.console import Console
from deploy.failure import Failure
from deploy.home import ROOT

_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_CHECKS = (
    ("style", ["ruff", "check", "."]),
    ("format", ["ruff", "format", "--check", "."]),
    ("types", ["mypy"]),
    ("import contracts", ["lint-imports"]),
)


def main(options: argparse.Namespace) -> int:
    os.chdir(ROOT)
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
    suite = subprocess.run([sys.executable, "-m", "pytest"], env=environment, check=False)
    if suite.returncode != 0:
        failed.append("tests")
    if failed:
        print(f"Failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


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
