"""The graph of a text, the boxes of its nodes, where people put them, and pictures of it. Derived, never stored."""

from dsl.graph.layout import layout
from dsl.graph.mermaid import mermaid
from dsl.graph.nodes import END, START, Edge, Graph, Node, Place, graph_json
from dsl.graph.placement import Placement, Spot, follow, placed, placement_json, read_placement
from dsl.graph.svg import svg
from dsl.graph.view import program_json, view

__all__ = [
    "END",
    "START",
    "Edge",
    "Graph",
    "Node",
    "Place",
    "Placement",
    "Spot",
    "follow",
    "graph_json",
    "layout",
    "mermaid",
    "placed",
    "placement_json",
    "program_json",
    "read_placement",
    "svg",
    "view",
]
