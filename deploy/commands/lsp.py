"""``weft lsp``: the language server on standard input and output, for an editor to start."""

from __future__ import annotations

import argparse

from deploy.lsp.server import serve


def main(options: argparse.Namespace) -> int:
    return serve(options.catalog)
