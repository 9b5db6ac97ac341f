"""One sample server alone over stdio: stdout belongs to the protocol, stderr to warnings."""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mcp.server.mcpserver import MCPServer


def serve_stdio(make: Callable[[Path], MCPServer[Any]]) -> None:
    """Parse `--data DIR` and serve until stdin closes."""
    parser = argparse.ArgumentParser(description="Serve one sample MCP server over stdio.")
    parser.add_argument("--data", type=Path, required=True, help="folder of the server's database file")
    arguments = parser.parse_args()
    # Before the server is made: the SDK would otherwise set up the root logger in its own way.
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    make(arguments.data).run("stdio")
