"""Weft, the workflow language: read it, check it, change it, draw it, lower it. Pure: no input, output or clock."""

from dsl.catalog import Catalog
from dsl.cel import ExpressionError, evaluate, truth
from dsl.checks import check
from dsl.diagnostic import Diagnostic, Fix, Position, Replacement
from dsl.graph import Graph, graph_json, view
from dsl.layout import layout
from dsl.lowering import PlanError, content_hash, lower
from dsl.mermaid import mermaid
from dsl.parse import Parsed, parse
from dsl.plan import Plan
from dsl.position import position
from dsl.svg import svg
from dsl.values import InputError, coerce, validate_input

__all__ = [
    "Catalog",
    "Diagnostic",
    "ExpressionError",
    "Fix",
    "Graph",
    "InputError",
    "Parsed",
    "Plan",
    "PlanError",
    "Position",
    "Replacement",
    "check",
    "coerce",
    "content_hash",
    "evaluate",
    "graph_json",
    "layout",
    "lower",
    "mermaid",
    "parse",
    "position",
    "svg",
    "truth",
    "validate_input",
    "view",
]
