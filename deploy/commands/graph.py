"""``weft graph``: the derived graph, as JSON, Mermaid or SVG."""

from __future__ import annotations

import argparse
import json

import dsl
from deploy.texts import read_catalog, read_text


def main(options: argparse.Namespace) -> int:
    parsed = dsl.parse(read_text(options.file))
    catalog = read_catalog(options.catalog)
    diagnostics = dsl.check(parsed, catalog)
    graph = dsl.layout(dsl.view(parsed, diagnostics, catalog))
    match options.format:
        case "mermaid":
            print(dsl.mermaid(graph))
        case "svg":
            print(dsl.svg(graph))
        case _:
            print(json.dumps(dsl.program_json(parsed, graph), indent=1))
    return 1 if any(diagnostic.severity == "error" for diagnostic in parsed.diagnostics) else 0
