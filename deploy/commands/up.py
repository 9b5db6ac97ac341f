"""``weft up``."""

from __future__ import annotations

import argparse
import os

from deploy.home import Home
from deploy.up import up


def main(options: argparse.Namespace) -> int:
    return up(Home.of(os.environ), options.port, engine=not options.no_engine)
