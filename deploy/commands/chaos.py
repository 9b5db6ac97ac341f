"""``weft chaos``: hands over to ``tests/chaos``."""

from __future__ import annotations

import argparse
import importlib
import os

from deploy.home import ROOT


def main(options: argparse.Namespace) -> int:
    os.chdir(ROOT)
    return int(importlib.import_module("tests.chaos.run").main(options))
