"""``weft eval``: starts the studio's evaluation of designers, which this side of the house does not import."""

from __future__ import annotations

import argparse
import subprocess
import sys


def main(options: argparse.Namespace) -> int:
    command = [sys.executable, "-m", "studio.designer.evaluation"]
    for name in ("suite", "split", "provider", "kind", "only", "jobs", "least"):
        value = getattr(options, name)
        command += [] if value is None else [f"--{name}", str(value)]
    command += [f"--{name}" for name in ("failures", "json") if getattr(options, name)]
    return subprocess.run(command, check=False).returncode
