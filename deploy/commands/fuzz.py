"""``weft fuzz``: hands over to ``tests/fuzz``."""

from __future__ import annotations

import argparse
import importlib
import os

from deploy.home import ROOT


def main(options: argparse.Namespace) -> int:
    os.chdir(ROOT)
    return int(importlib.import_module("tests.fuzz.run").main(options))
