"""A graph as a Mermaid flowchart, for pages that draw those."""

from __future__ import annotations

from dsl.graph.nodes import Graph, Node

_SHAPES = {
    "start": ("([", "])"),
    "end": ("([", "])"),
    "approve": ("{{", "}}"),
    "return": ("([", "])"),
    "fail": ("([", "])"),
    "wait": ("(", ")"),
    "empty": ("(", ")"),
}


def mermaid(graph: Graph) -> str:
    """The flowchart's source. Lanes and containers become subgraphs; every text is quoted and escaped."""
    names = {node.id: f"n{index}" for index, node in enumerate(graph.nodes)}
    children: dict[str | None, list[Node]] = {}
    for node in graph.nodes:
        children.setdefault(node.parent, []).append(node)
    lines = ["flowchart TD"]
    _write(children.get(None, []), children, names, "  ", lines)
    for edge in graph.edges:
        # An edge between a lane and what is inside it would be drawn across the subgraph's border.
        if edge.source in _above(graph, edge.target) or edge.target in _above(graph, edge.source):
            continue
        arrow = "-.->" if edge.kind == "after" else "-->"
        label = f"|{_quoted(edge.label)}|" if edge.label else ""
        lines.append(f"  {names[edge.source]} {arrow}{label} {names[edge.target]}")
    return "\n".join(lines) + "\n"


def _write(
    nodes: list[Node],
    children: dict[str | None, list[Node]],
    names: dict[str, str],
    indent: str,
    lines: list[str],
) -> None:
    for node in nodes:
        if node.implied:
            continue
        inside = children.get(node.id, [])
        if not inside:
            opening, closing = _SHAPES.get(node.kind, ("[", "]"))
            lines.append(f"{indent}{names[node.id]}{opening}{_quoted(_text(node))}{closing}")
            continue
        lines.append(f"{indent}subgraph {names[node.id]} [{_quoted(_text(node))}]")
        _write(inside, children, names, indent + "  ", lines)
        lines.append(f"{indent}end")


def _text(node: Node) -> str:
    match node.kind:
        case "lane":
            return node.label or " "
        case "empty":
            return "nothing"
        case _:
            return f"{node.title}: {node.sentence}" if node.sentence else node.title


def _quoted(text: str) -> str:
    safe = text.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;").replace(">", "&gt;")
    return f'"{safe.replace("#", "&num;")}"'


def _above(graph: Graph, id_: str) -> set[str]:
    parents = {node.id: node.parent for node in graph.nodes}
    found: set[str] = set()
    at = parents.get(id_)
    while at is not None:
        found.add(at)
        at = parents.get(at)
    return found
