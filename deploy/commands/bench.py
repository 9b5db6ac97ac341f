"""``weft bench``: hands over to the measurement of that name in ``tests/bench``."""

from __future__ import annotations

import argparse
import importlib


def main(options: argparse.Namespace) -> int:
    return int(importlib.import_module(f"tests.bench.{options.name}").main(options.rest))
