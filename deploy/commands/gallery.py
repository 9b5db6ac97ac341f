"""``weft gallery``: starts an installation of its own, uses it as a person does, and keeps pictures of every page."""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path


def main(options: argparse.Namespace) -> int:
    return int(importlib.import_module("tests.gallery.take").main(Path(options.to), options.only))
